"""Writing a SavedModel that TF Serving runs."""

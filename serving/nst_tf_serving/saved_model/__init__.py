"""Write a SavedModel for TF Serving."""

"""TF Serving's REST API, without TensorFlow or a web framework."""

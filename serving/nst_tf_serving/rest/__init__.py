"""TF Serving's JSON over REST, without TensorFlow or a web framework."""

"""Picture files, in and out. No TensorFlow."""

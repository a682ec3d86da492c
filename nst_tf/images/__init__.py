"""Read and write picture files. Imports no TensorFlow."""

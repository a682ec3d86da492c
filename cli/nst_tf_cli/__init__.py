"""The command line, `nst-tf`. Importing it imports no TensorFlow."""

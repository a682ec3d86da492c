"""Atomic files, checks of paths, arrays in files, and free memory. Imports no TensorFlow."""

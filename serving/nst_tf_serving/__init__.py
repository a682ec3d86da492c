"""Serve style transfer with TensorFlow Serving."""

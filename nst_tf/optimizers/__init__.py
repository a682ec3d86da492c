"""Gradient descent on a picture."""

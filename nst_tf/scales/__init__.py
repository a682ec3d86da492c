"""Sizes of a run, and resizing between them."""

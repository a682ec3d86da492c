"""Decode and encode picture files in a graph."""

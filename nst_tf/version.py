"""The version of nst-tf."""

__version__ = "0.1.0"

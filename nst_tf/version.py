"""The version of nst-tf."""

__version__ = "0.2.0"

"""The functions inside the exported graph."""

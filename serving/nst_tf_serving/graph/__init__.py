"""What runs inside the exported graph."""

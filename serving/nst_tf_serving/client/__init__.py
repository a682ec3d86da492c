"""A client for a served model."""

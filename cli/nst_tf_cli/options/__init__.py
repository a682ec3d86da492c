"""Options that come from settings."""

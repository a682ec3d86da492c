"""A local server with TF Serving's REST API."""

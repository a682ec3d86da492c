"""Painting as a service: a local server with TF Serving's REST protocol, and a client for either."""

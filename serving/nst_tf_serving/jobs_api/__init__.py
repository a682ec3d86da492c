"""Paintings as jobs over HTTP: submitted, watched, canceled, and kept in folders that outlive the server."""

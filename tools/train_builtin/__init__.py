"""Train the built-in network on pictures that a script draws."""

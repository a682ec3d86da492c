"""Train the network that ships inside the package, on pictures that this package draws."""

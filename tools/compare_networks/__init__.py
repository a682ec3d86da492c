"""Compare the pictures that different networks paint, by measures that use no network."""

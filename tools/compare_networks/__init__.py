"""Compare what different networks paint, by measures that no network is part of."""

"""Benchmarks against plain PyTorch on the same machine; see `__main__`."""

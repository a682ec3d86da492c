"""What the project costs, beside plain PyTorch on the same machine; see `__main__`."""

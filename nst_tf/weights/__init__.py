"""Where VGG-19's filters come from; importing this package imports nothing else."""

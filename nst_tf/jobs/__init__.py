"""Jobs: from picture files to picture files, with checkpoints, recordings and fallbacks; no terminal, no signals."""

"""Files on a disk: written whole or not at all, found or refused before any work. No TensorFlow."""

"""VGG-19 as a frozen extractor of features."""

"""VGG-19 as a frozen feature extractor."""

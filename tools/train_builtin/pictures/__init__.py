"""Pictures that a script draws, for a network to learn from: no photograph, no painting, no download."""

"""Procedural pictures to train a network on: no photograph, no painting, no download."""

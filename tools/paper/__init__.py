"""The tables of `docs/paper.md`, measured."""

"""Breaks runs on purpose, and measures that nothing is lost: the figures of docs/reliability.md."""

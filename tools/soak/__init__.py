"""Break runs on purpose, and check that nothing is lost: the numbers of docs/reliability.md."""

"""The commands of `nst-tf`, one a file: what each takes, and what it does."""

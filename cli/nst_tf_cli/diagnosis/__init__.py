"""What `nst-tf doctor` looks at, and how it says so."""

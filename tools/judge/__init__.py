"""Judge paintings by measures that no loss term contains: see `verdict` for what they are and how they are summed."""

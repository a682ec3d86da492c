"""Judge paintings by measures that no loss term contains; `verdict` defines the measures and their sum."""

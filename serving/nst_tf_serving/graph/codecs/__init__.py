"""Picture files decoded and encoded in a graph."""

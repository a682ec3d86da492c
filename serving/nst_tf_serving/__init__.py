"""nst-tf as a SavedModel: export, in-graph image codecs, a local server and a client."""

"""The progress, snapshots, results, provenance and metadata of a run."""

"""Many pictures: from folders, globs and manifests to files, in this process or on a Ray cluster."""

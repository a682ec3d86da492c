"""Which Ray cluster paints a batch, and what a picture takes of it. Imports no Ray."""

from dataclasses import dataclass

AUTO = "auto"
"""Address: the cluster that `RAY_ADDRESS` or this machine names; without one, a new one on this machine."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A Ray cluster, and the share of it that a picture takes.

    Attributes:
        address: `auto`, or `HOST:PORT`.
        cpus_per_picture: Cores of a node that paint one picture; its process uses as many threads.
        gpus_per_picture: GPUs that paint one picture, or a share of one.
    """

    address: str = AUTO
    cpus_per_picture: int = 1
    gpus_per_picture: float = 0.0

    def __post_init__(self) -> None:
        """Raise `ValueError` for shares that no node has."""
        if not self.cpus_per_picture >= 1:
            raise ValueError(f"cpus_per_picture must be a whole number of at least 1; got {self.cpus_per_picture}.")
        if not self.gpus_per_picture >= 0:
            raise ValueError(f"gpus_per_picture must be a number of at least 0; got {self.gpus_per_picture}.")

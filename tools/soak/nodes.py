"""A Ray cluster of several nodes on this machine, any of which can be killed as a machine dies."""

import os
import signal
from types import TracebackType
from typing import Any

import psutil

COMMON = {"object_store_memory": 80 * 2**20, "node_ip_address": "127.0.0.2"}
"""What all nodes share: little memory for objects, as only jobs and records pass through it, and this machine alone."""

HEALTH = {"health_check_period_ms": 1000, "health_check_failure_threshold": 10, "health_check_timeout_ms": 10_000}
"""How soon a dead node is noticed: after ten seconds."""

TRIES = 5
"""How often a node is started that does not answer within Ray's half minute, as on a busy machine."""


class LocalCluster:
    """A head without cores, and nodes with one core each.

    Attributes:
        address: Where it answers, as `HOST:PORT`.
    """

    def __init__(self, count: int) -> None:
        """Start the head and some nodes.

        Args:
            count: Nodes with a core.
        """
        os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_memory_monitor_refresh_ms": "0"}
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "include_dashboard": False, "_system_config": HEALTH, **COMMON}
        self._cluster: Any = Cluster(initialize_head=True, head_node_args=head)
        self.address: str = self._cluster.address
        self._nodes: list[Any] = []
        for _ in range(count):
            self.add()

    def __enter__(self) -> "LocalCluster":
        """Return the cluster."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all nodes."""
        self._cluster.shutdown()

    def add(self) -> None:
        """Add a node.

        Raises:
            RuntimeError: If it does not start.
        """
        for _ in range(TRIES):
            try:
                self._nodes.append(self._cluster.add_node(num_cpus=1, **COMMON))
                return
            except Exception as error:  # what Ray raises has no class of its own
                if "timed out during startup" not in str(error):
                    raise
        raise RuntimeError(f"No node of Ray's could be started in {TRIES} attempts.")

    def kill(self, number: int) -> None:
        """Kill a node's processes with SIGKILL: those that paint first, as a machine that dies stops all at once."""
        for info in self._nodes[number].all_processes.get("raylet", []):
            family = [*psutil.Process(info.process.pid).children(recursive=True), psutil.Process(info.process.pid)]
            for process in family:
                os.kill(process.pid, signal.SIGKILL)

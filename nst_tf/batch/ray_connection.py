"""Connect to a Ray cluster."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from nst_tf.batch.cluster import AUTO, Cluster
from nst_tf.errors import error_reason

CONNECT_SECONDS = 10.0
"""Seconds in which a cluster must answer."""


@contextmanager
def connected(cluster: Cluster) -> Iterator[None]:
    """Connect to a cluster, unless this process is connected already; `auto` starts one here if there is none.

    Raises:
        ValueError: If Ray is missing, or the address is none.
        ConnectionError: If the cluster can't be reached.
    """
    try:
        import ray
    except ImportError:
        raise ValueError("A Ray cluster needs Ray; install it: pip install 'nst-tf[ray]'") from None
    if ray.is_initialized():
        yield
        return
    _check_reachable(cluster.address)
    try:
        ray.init(address=cluster.address, logging_level=logging.ERROR, log_to_driver=False)
    except ConnectionError as error:
        if cluster.address != AUTO:
            raise ConnectionError(f"No Ray cluster answers at {cluster.address}: {error_reason(error)}.") from error
        os.environ.setdefault("RAY_gcs_server_port_wait_time_s", "120")  # a busy machine is slow to start it
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster that nobody asked for tells nobody of itself
        ray.init(logging_level=logging.ERROR, log_to_driver=False, include_dashboard=False)
    try:
        yield
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Check that somebody answers at an address, as Ray itself tries for a quarter of an hour.

    Raises:
        ValueError: If it is not an address.
        ConnectionError: If nobody answers.
    """
    host, _, port = address.rpartition(":")
    if address == AUTO:
        return
    if not host or not port.isdecimal():
        raise ValueError(f"The address of a Ray cluster must be auto or HOST:PORT; got {address!r}.")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ConnectionError(f"No Ray cluster answers at {address}: {error_reason(error)}.") from error

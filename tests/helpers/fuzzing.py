"""Mutated files and what holds for them: no other error than one line, no hang, no memory, nothing left behind."""

import contextlib
import faulthandler
import os
import random
import resource
import signal
import struct
import warnings
import zlib
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

CASES = int(os.environ.get("NST_TF_FUZZ", "200"))
"""How many cases in all."""

SECONDS = 10
"""Processor time that a case may take."""

SPARE_BYTES = 256 * 2**20
"""Memory that a case may take beyond what is stated for its kind."""

LONGEST_MESSAGE = 1000
EXTREMES = (b"\0", b"\xff", b"\x7f", b"\x80", b"\x01")


class Hang(BaseException):
    """Raised where a case is after its time; nothing in the library catches it."""


def cases(share):
    """Return the settings of a test that has a share of all cases: the same ones every time."""
    return settings(
        max_examples=round(CASES * share),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def mutated(draw, seeds):
    """Return a file made from whole ones: bits flipped, cut off, pieces exchanged, numbers set to extremes.

    Args:
        draw: Hypothesis' own.
        seeds: Bytes of whole files.
    """
    rng = random.Random(draw(st.integers(0, 2**32)))  # uniform, unlike Hypothesis' own numbers
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 3)):
        rng.choice([_flip, _cut, _splice, _extreme, _extreme])(rng, data, seeds)
    return _with_checksums(data) if rng.random() < 0.7 else bytes(data)


def _position(rng, data):
    """Choose an index, every other time among the first bytes, where headers are, and seldom in the signature."""
    last = max(0, len(data) - 1)
    first = min(last, 8 if rng.random() < 0.95 else 0)
    return rng.randint(first, min(last, max(first, 255)) if rng.random() < 0.5 else last)


def _flip(rng, data, seeds):
    for _ in range(rng.randint(1, 4)):
        if data:
            data[_position(rng, data)] ^= 1 << rng.randint(0, 7)


def _cut(rng, data, seeds):
    del data[_position(rng, data) :]


def _splice(rng, data, seeds):
    other, start, length = rng.choice(seeds), _position(rng, data), rng.randint(1, 300)
    begin = _position(rng, other)
    data[start : start + rng.choice([0, length])] = other[begin : begin + length]


def _extreme(rng, data, seeds):
    start, length = _position(rng, data), rng.choice([1, 2, 4, 8])
    number = rng.choice(EXTREMES) + rng.choice([b"\0", b"\xff"]) * (length - 1)
    data[start : start + length] = rng.choice([number, number[::-1]])


def _with_checksums(data):
    """Make the chunks of what begins like PNG valid again, so that what is in them is looked at."""
    data, at = bytearray(data), 8
    while data[:4] == b"\x89PNG" and at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        end = at + 8 + length
        if end + 4 > len(data):
            break
        data[end : end + 4] = struct.pack(">I", zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return bytes(data)


@contextlib.contextmanager
def guarded(folder, memory=0):
    """Hold a case to its time and memory (bytes, beyond `SPARE_BYTES`), and to leaving a folder as it was."""
    before = _contents(folder)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    handler = signal.signal(signal.SIGPROF, _hung)
    faulthandler.dump_traceback_later(12 * SECONDS, exit=True)  # where no Python code runs any more
    resource.setrlimit(resource.RLIMIT_AS, (used + SPARE_BYTES + memory, limits[1]))
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, limits)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGPROF, handler)
    assert _contents(folder) == before


def _hung(*_):
    raise Hang


def _contents(folder):
    return {path: path.stat().st_size for path in folder.rglob("*")}


def hold(read, path, data, memory=0):
    """Have a file read that may be broken; another kind of file needs no more than this, whole files, and a share.

    The only errors are the library's, of one line, and none comes from a lack of memory.

    Args:
        read: What reads it, given its path.
        path: Where to put it.
        data: Its bytes.
        memory: Bytes that reading it may take, beyond `SPARE_BYTES`.
    """
    path.unlink(missing_ok=True)  # a new file each time, for those who remember what they have read
    path.write_bytes(data)
    with guarded(path.parent, memory):
        error = _refusal(read, path)
    if error is not None:
        message = str(error)
        assert message and "\n" not in message and len(message) < LONGEST_MESSAGE, message
        assert not any(isinstance(each, MemoryError) for each in _causes(error)), message


def _refusal(read, path):
    try:
        read(path)
    except (ValueError, OSError) as error:
        return error
    return None


def _causes(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__

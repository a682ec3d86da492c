"""TIFF files of several pages: which page is the photograph, and which are reduced copies of it.

Each page's directory says so (TIFF 6.0, section 8; TIFF/EP and DNG for the subdirectories of a page). Imports no
TensorFlow.
"""

import struct
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from nst_tf.images.paging import missing_page

MOST_PAGES = 256
"""Pages of a file that are examined."""

RAW_REFUSAL = "it is a raw file of a camera; develop it, and save it as TIFF or JPEG"

_NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _SUB_DIRECTORIES = 254, 255, 330
_WIDTH, _HEIGHT, _PHOTOMETRIC = 256, 257, 262
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2
_UNDEVELOPED = (32803, 34892)
"""Photometric interpretations of sensor data: a color filter array, and linear raw."""

_XMP, _PROFILE = 700, 34675
_SHARED_TAGS = (274, _XMP, _PROFILE)
"""Orientation, XMP and profile: where the photograph's page has none, those of the first page apply."""

_PICTURE_TAGS = {
    *(254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325),
    *(332, 334, 338, 339, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, _XMP, _PROFILE, 50674),
}
"""Tags that say how the picture is stored and displayed; damaged ones among the others would make Pillow fail."""

_BYTES = (1, 2, 7)
"""Types of XMP and of a profile: bytes, text, undefined."""

_MAGIC = (b"*\0", b"\0*", b"+\0", b"\0+")
"""42 for TIFF, 43 for BigTIFF; Pillow accepts either byte order, whatever the file's is."""

_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


class _Layout(NamedTuple):
    """How numbers are stored in TIFF or BigTIFF, in the notation of `struct`.

    Attributes:
        order: The byte order.
        offsets: The type of positions and of an entry's count of values.
        counts: The type of a directory's count of entries.
        entry: Bytes of an entry.
    """

    order: str
    offsets: str
    counts: str
    entry: int

    def number(self, kind: str, data: bytes, at: int) -> int:
        """Read an integer of a type at a position."""
        return int(struct.unpack_from(self.order + kind, data, at)[0])


class _Page(NamedTuple):
    """A page's directory: its entries as stored in the file, and the numbers of those that matter here."""

    entries: dict[int, bytes]
    numbers: dict[int, list[int]]

    def value(self, tag: int) -> int:
        """Return the first number of a tag; 0 if the page does not have it."""
        return (self.numbers.get(tag) or [0])[0]

    def is_copy(self) -> bool:
        """Return whether the page is marked as a reduced copy or a mask."""
        kind = self.value(_NEW_SUBFILE_TYPE)
        return bool(kind & (_REDUCED | _MASK)) or self.value(_SUBFILE_TYPE) == _OLD_REDUCED

    def is_raw(self) -> bool:
        """Return whether the page holds sensor data."""
        return self.value(_PHOTOMETRIC) in _UNDEVELOPED


def keep_photograph(data: bytes) -> bytes:
    """Return a TIFF file whose only page is the photograph, without unnecessary tags; return other files unchanged.

    Raises:
        ValueError: If the file holds only reduced copies, or is a raw file.
    """
    layout = _layout_of(data)
    pages = [] if layout is None else list(_pages(data, layout))
    if layout is None or not pages:
        return data
    if data[8:10] == b"CR" or any(page.is_raw() for page in pages):
        raise ValueError(RAW_REFUSAL)
    chosen = pages[0]
    if chosen.is_copy():
        full = [page for page in pages if not page.is_copy()]
        if not full:
            raise ValueError("all of its pages are marked as reduced copies; the picture itself is missing")
        chosen = max(full, key=lambda page: page.value(_WIDTH) * page.value(_HEIGHT))
    return _alone(data, layout, pages[0], chosen)


def is_tiff(data: bytes) -> bool:
    """Return whether a file is a TIFF or BigTIFF."""
    return _layout_of(data) is not None


def keep_page(data: bytes, page: int) -> bytes:
    """Return a TIFF file whose only page is one of its pages, counted from 1 without subdirectories.

    Raises:
        ValueError: If there is no such page, or it is sensor data.
    """
    layout = _layout_of(data)
    pages = [] if layout is None else list(_pages(data, layout, with_parts=False))
    if layout is None or not 1 <= page <= len(pages):
        raise ValueError(missing_page(page, len(pages)))
    chosen = pages[page - 1]
    if chosen.is_raw():
        raise ValueError(RAW_REFUSAL)
    return _alone(data, layout, pages[0], chosen)


def _alone(data: bytes, layout: _Layout, first: _Page, chosen: _Page) -> bytes:
    """Return the file with one page alone, without unnecessary tags."""
    shared = {tag: entry for tag, entry in first.entries.items() if tag in _SHARED_TAGS}
    entries = {tag: entry for tag, entry in (shared | chosen.entries).items() if tag in _PICTURE_TAGS}
    sound = {tag: entry for tag, entry in entries.items() if _is_sound(data, layout, tag, entry)}
    return _with_only_directory(data, layout, sound)


def _is_sound(data: bytes, layout: _Layout, tag: int, entry: bytes) -> bool:
    """Return whether XMP or a profile lies within the file; other entries are left to the decoder."""
    if tag not in (_XMP, _PROFILE):
        return True
    kind, field = layout.number("H", entry, 2), struct.calcsize(layout.order + layout.offsets)
    size, place = layout.number(layout.offsets, entry, 4), layout.number(layout.offsets, entry, 4 + field)
    if kind in _BYTES and field < size <= len(data) - place:
        return True
    if tag == _PROFILE:
        warnings.warn("An embedded color profile can't be used, sRGB is assumed: it is damaged", stacklevel=2)
    return False


def _layout_of(data: bytes) -> _Layout | None:
    """Return how a file's numbers are stored; None if it is not a TIFF."""
    order, magic = {b"II": "<", b"MM": ">"}.get(data[:2]), data[2:4]
    if order is None or magic not in _MAGIC:
        return None
    return _Layout(order, "Q", "Q", 20) if b"+" in magic else _Layout(order, "I", "H", 12)


def _first_directory_at(layout: _Layout) -> int:
    """Return the position of the first directory's position."""
    return 4 if layout.offsets == "I" else 8


def _pages(data: bytes, layout: _Layout, *, with_parts: bool = True) -> Iterator[_Page]:
    """Yield the pages in order, each before its subdirectories if those count; skip damaged ones."""
    if len(data) < 16:
        return
    waiting, seen = [layout.number(layout.offsets, data, _first_directory_at(layout))], set[int]()
    while waiting and len(seen) < MOST_PAGES:
        at = waiting.pop(0)
        if at in seen or not at:
            continue
        seen.add(at)
        try:
            page, following = _page(data, layout, at)
        except struct.error:  # beyond the end of the file
            continue
        yield page
        parts = page.numbers.get(_SUB_DIRECTORIES, []) if with_parts else []
        waiting = [*parts, following, *waiting]


def _page(data: bytes, layout: _Layout, at: int) -> tuple[_Page, int]:
    """Return the page whose directory is at a position, and the position of the next directory."""
    count = layout.number(layout.counts, data, at)
    start = at + struct.calcsize(layout.order + layout.counts)
    end = start + count * layout.entry
    following = layout.number(layout.offsets, data, end) if end < len(data) else 0
    entries: dict[int, bytes] = {}
    for position in range(start, min(end, len(data) - layout.entry + 1), layout.entry):
        entry = data[position : position + layout.entry]
        entries.setdefault(layout.number("H", entry, 0), entry)
    wanted = (_NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _SUB_DIRECTORIES, _WIDTH, _HEIGHT, _PHOTOMETRIC)
    return _Page(entries, {tag: _numbers(data, layout, entries[tag]) for tag in wanted if tag in entries}), following


def _numbers(data: bytes, layout: _Layout, entry: bytes) -> list[int]:
    """Return the integers of an entry; none if it holds other values."""
    kind = _INTEGERS.get(layout.number("H", entry, 2))
    if kind is None:
        return []
    count, field = layout.number(layout.offsets, entry, 4), struct.calcsize(layout.order + layout.offsets)
    numbers = f"{layout.order}{min(count, MOST_PAGES)}{kind}"
    if struct.calcsize(numbers) <= field:
        return list(struct.unpack_from(numbers, entry, 4 + field))
    return list(struct.unpack_from(numbers, data, layout.number(layout.offsets, entry, 4 + field)))


def _with_only_directory(data: bytes, layout: _Layout, entries: dict[int, bytes]) -> bytes:
    """Append a directory of these entries, and make it the first and only one."""
    count = struct.pack(layout.order + layout.counts, len(entries))
    directory = count + b"".join(entries[tag] for tag in sorted(entries))
    start, place = len(data) + len(data) % 2, _first_directory_at(layout)
    head = data[:place] + struct.pack(layout.order + layout.offsets, start)
    end = struct.pack(layout.order + layout.offsets, 0)
    return b"".join([head, memoryview(data)[len(head) :], bytes(len(data) % 2), directory, end])

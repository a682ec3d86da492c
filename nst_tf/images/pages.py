"""Files of several pictures: which of them is the photograph, and which are reduced copies of it.

A TIFF file says so in each page's table (TIFF 6.0, section 8; TIFF/EP and DNG for the tables below a page), a
multi-picture JPEG in its index (CIPA DC-007). Imports no TensorFlow.
"""

import struct
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

from PIL import Image

MOST_PAGES = 256
"""Pages of a file that are looked through."""

RAW = "it is a raw file, whose photograph is not developed yet; develop it, and save it as TIFF or JPEG"

_NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _SUB_TABLES = 254, 255, 330
_WIDTH, _HEIGHT, _PHOTOMETRIC = 256, 257, 262
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2
_UNDEVELOPED = (32803, 34892)
"""Photometric interpretations of sensor data: a color filter array, and linear raw."""

_XMP, _PROFILE = 700, 34675
_OF_THE_WHOLE = (274, _XMP, _PROFILE)
"""Orientation, XMP and profile: where the photograph's page has none, the first page's hold for it."""

_OF_THE_PICTURE = {
    *(254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325),
    *(332, 334, 338, 339, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, _XMP, _PROFILE, 50674),
}
"""Tags that say how the picture is stored and looks; Pillow stumbles over others that are damaged."""

_BYTES = (1, 2, 7)
"""Types of a packet and of a profile: bytes, text, undefined."""


_MAGIC = (b"*\0", b"\0*", b"+\0", b"\0+")
"""42 for TIFF, 43 for BigTIFF; Pillow reads the former in both orders of bytes, whatever the file's is."""

_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_MP_ENTRIES, _PRIMARY, _THUMBNAIL = 0xB002, "Baseline MP Primary Image", "Large Thumbnail"


class _Form(NamedTuple):
    """How numbers are laid out, as `struct` names it: in TIFF, or in BigTIFF."""

    order: str
    offsets: str
    counts: str
    entry: int

    def number(self, kind: str, data: bytes, at: int) -> int:
        return int(struct.unpack_from(self.order + kind, data, at)[0])


class _Page(NamedTuple):
    """A page's table: the entries as they lie in the file, and the numbers of those that matter here."""

    entries: dict[int, bytes]
    numbers: dict[int, list[int]]

    def value(self, tag: int) -> int:
        return (self.numbers.get(tag) or [0])[0]

    def is_copy(self) -> bool:
        kind = self.value(_NEW_SUBFILE_TYPE)
        return bool(kind & (_REDUCED | _MASK)) or self.value(_SUBFILE_TYPE) == _OLD_REDUCED

    def is_raw(self) -> bool:
        return self.value(_PHOTOMETRIC) in _UNDEVELOPED


def photograph_alone(data: bytes) -> bytes:
    """Return a TIFF file whose only page is the photograph, without what does not belong to it; other files as are.

    Raises:
        ValueError: If the file holds only reduced copies, or the photograph is not developed.
    """
    form = _form_of(data)
    pages = [] if form is None else list(_pages(data, form))
    if form is None or not pages:
        return data
    if data[8:10] == b"CR" or any(page.is_raw() for page in pages):
        raise ValueError(RAW)
    chosen = pages[0]
    if chosen.is_copy():
        full = [page for page in pages if not page.is_copy()]
        if not full:
            raise ValueError("its pages all say that they are reduced copies of a picture that is not there")
        chosen = max(full, key=lambda page: page.value(_WIDTH) * page.value(_HEIGHT))
    shared = {tag: entry for tag, entry in pages[0].entries.items() if tag in _OF_THE_WHOLE}
    entries = {tag: entry for tag, entry in (shared | chosen.entries).items() if tag in _OF_THE_PICTURE}
    return _with_first(data, form, {tag: entry for tag, entry in entries.items() if _is_sound(data, form, tag, entry)})


def _is_sound(data: bytes, form: _Form, tag: int, entry: bytes) -> bool:
    """Tell whether a packet or a profile is bytes within the file; whatever else is wrong is the decoder's affair."""
    if tag not in (_XMP, _PROFILE):
        return True
    kind, field = form.number("H", entry, 2), struct.calcsize(form.order + form.offsets)
    size, place = form.number(form.offsets, entry, 4), form.number(form.offsets, entry, 4 + field)
    if kind in _BYTES and field < size <= len(data) - place:
        return True
    if tag == _PROFILE:
        warnings.warn("An embedded color profile can't be used, sRGB is assumed: it is damaged", stacklevel=2)
    return False


def _form_of(data: bytes) -> _Form | None:
    order, magic = {b"II": "<", b"MM": ">"}.get(data[:2]), data[2:4]
    if order is None or magic not in _MAGIC:
        return None
    return _Form(order, "Q", "Q", 20) if b"+" in magic else _Form(order, "I", "H", 12)


def _first_at(form: _Form) -> int:
    """Return where the file says where its first table is."""
    return 4 if form.offsets == "I" else 8


def _pages(data: bytes, form: _Form) -> Iterator[_Page]:
    """Yield the pages in their order, each before those below it, as far as the file is sound."""
    if len(data) < 16:
        return
    waiting, seen = [form.number(form.offsets, data, _first_at(form))], set[int]()
    while waiting and len(seen) < MOST_PAGES:
        at = waiting.pop(0)
        if at in seen or not at:
            continue
        seen.add(at)
        try:
            page, following = _page(data, form, at)
        except struct.error:  # beyond the end of the file
            continue
        yield page
        waiting = [*page.numbers.get(_SUB_TABLES, ()), following, *waiting]


def _page(data: bytes, form: _Form, at: int) -> tuple[_Page, int]:
    """Return the page whose table is at a position, and where the next table is."""
    count = form.number(form.counts, data, at)
    start = at + struct.calcsize(form.order + form.counts)
    end = start + count * form.entry
    following = form.number(form.offsets, data, end) if end < len(data) else 0
    entries: dict[int, bytes] = {}
    for position in range(start, min(end, len(data) - form.entry + 1), form.entry):
        entry = data[position : position + form.entry]
        entries.setdefault(form.number("H", entry, 0), entry)
    wanted = (_NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _SUB_TABLES, _WIDTH, _HEIGHT, _PHOTOMETRIC)
    return _Page(entries, {tag: _numbers(data, form, entries[tag]) for tag in wanted if tag in entries}), following


def _numbers(data: bytes, form: _Form, entry: bytes) -> list[int]:
    """Return the whole numbers of an entry; none if it holds others."""
    kind = _INTEGERS.get(form.number("H", entry, 2))
    if kind is None:
        return []
    count, field = form.number(form.offsets, entry, 4), struct.calcsize(form.order + form.offsets)
    layout = f"{form.order}{min(count, MOST_PAGES)}{kind}"
    if struct.calcsize(layout) <= field:
        return list(struct.unpack_from(layout, entry, 4 + field))
    return list(struct.unpack_from(layout, data, form.number(form.offsets, entry, 4 + field)))


def _with_first(data: bytes, form: _Form, entries: dict[int, bytes]) -> bytes:
    """Return the file with a table of these entries behind it, named as the first and only one."""
    table = struct.pack(form.order + form.counts, len(entries)) + b"".join(entries[tag] for tag in sorted(entries))
    start, place = len(data) + len(data) % 2, _first_at(form)
    head = data[:place] + struct.pack(form.order + form.offsets, start)
    end = struct.pack(form.order + form.offsets, 0)
    return b"".join([head, memoryview(data)[len(head) :], bytes(len(data) % 2), table, end])


def full_of_several(file: Image.Image, data: bytes) -> bytes | None:
    """Return the photograph of a multi-picture JPEG whose first picture is a thumbnail; None for all other files.

    Args:
        file: The file, opened and not yet decoded.
        data: All of its bytes.

    Raises:
        ValueError: If the file holds only thumbnails.
    """
    entries: list[dict[str, Any]] = getattr(file, "mpinfo", {}).get(_MP_ENTRIES, [])
    kinds = [str(entry["Attribute"]["MPType"]) for entry in entries]
    if not kinds or not kinds[0].startswith(_THUMBNAIL):
        return None
    full = [index for index, kind in enumerate(kinds) if not kind.startswith(_THUMBNAIL)]
    if not full:
        raise ValueError("its pictures all say that they are thumbnails of one that is not there")
    frame = min(full, key=lambda index: (kinds[index] != _PRIMARY, index))
    file.seek(frame)
    start = int(file.offset)  # type: ignore[attr-defined]
    return data[start : start + int(entries[frame]["Size"])]

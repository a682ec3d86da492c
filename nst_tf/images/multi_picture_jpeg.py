"""Multi-picture JPEG files (MPO, CIPA DC-007): which of the pictures is the photograph. Imports no TensorFlow."""

from typing import Any

from PIL import Image

_ENTRIES, _PRIMARY, _THUMBNAIL = 0xB002, "Baseline MP Primary Image", "Large Thumbnail"


def extract_photograph(file: Image.Image, data: bytes) -> bytes | None:
    """Return the photograph of a multi-picture JPEG whose first picture is a thumbnail; None for all other files.

    Args:
        file: The file, opened and not decoded yet.
        data: The bytes of the file.

    Raises:
        ValueError: If the file holds only thumbnails.
    """
    entries: list[dict[str, Any]] = getattr(file, "mpinfo", {}).get(_ENTRIES, [])
    kinds = [str(entry["Attribute"]["MPType"]) for entry in entries]
    if not kinds or not kinds[0].startswith(_THUMBNAIL):
        return None
    full = [index for index, kind in enumerate(kinds) if not kind.startswith(_THUMBNAIL)]
    if not full:
        raise ValueError("all of its pictures are marked as thumbnails; the photograph itself is missing")
    frame = min(full, key=lambda index: (kinds[index] != _PRIMARY, index))
    file.seek(frame)
    start = int(file.offset)  # type: ignore[attr-defined]
    return data[start : start + int(entries[frame]["Size"])]

"""Names of results: a pattern such as `{content}-{style}.png`."""

import string
from collections.abc import Sequence
from pathlib import Path

from nst_tf.batch.paths import shown
from nst_tf.images.paging import page_stem, split_page

PATTERN = "{content}-{style}.png"
"""The pattern if none is given."""

FIELDS = {
    "content": "the photograph's name without its ending",
    "style": "the style's name without its ending",
    "suffix": "the photograph's ending without the dot",
    "index": "the picture's number in the batch",
}
"""What a pattern may hold, in braces."""


def check_pattern(pattern: str) -> None:
    """Check a pattern.

    Raises:
        ValueError: If it has unknown fields, no ending that is written, or leaves the folder of the results.
    """
    from nst_tf.images.writing import WRITABLE  # which imports NumPy

    try:
        names = {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}
    except ValueError as error:
        raise ValueError(f"The pattern {pattern!r} can't be read: {error}; it looks like {PATTERN}.") from None
    if unknown := sorted(names - set(FIELDS)):
        known = ", ".join(f"{{{name}}} ({meaning})" for name, meaning in FIELDS.items())
        raise ValueError(f"A pattern may hold {known}; got {{{unknown[0]}}}.")
    path = Path(pattern)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"The pattern {pattern!r} must name a file below the folder of the results.")
    if path.suffix.lower() not in WRITABLE:
        raise ValueError(f"The pattern {pattern!r} must end in {', '.join(WRITABLE)}.")


def name_of(pattern: str, content: Path, styles: Sequence[Path], index: int) -> Path:
    """Return the name of a result, which may lie in folders.

    Args:
        pattern: A pattern that has been checked.
        content: The photograph.
        styles: The style pictures, whose names are joined by `-`.
        index: The picture's number.
    """
    style = "-".join(page_stem(Path(shown(each))) for each in styles)
    suffix = split_page(content)[0].suffix.removeprefix(".")
    return Path(pattern.format(content=page_stem(content), style=style, suffix=suffix, index=f"{index:05d}"))

"""A Markdown document of which a script owns the parts between two marker comments."""

from collections.abc import Iterable, Sequence
from pathlib import Path


def write_block(path: Path, name: str, body: str) -> None:
    """Replace what a document says between `<!-- NAME:begin -->` and `<!-- NAME:end -->`; nothing else changes.

    Without these markers they are added at the end; without a document, it is made.

    Raises:
        ValueError: If the markers are not one pair in order.
    """
    old = path.read_bytes().decode() if path.exists() else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(replaced_block(old, name, body).encode())
    partial.replace(path)


def replaced_block(text: str, name: str, body: str) -> str:
    """Return a document's text with another body between the markers of a name."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    block = f"{begin}\n\n{body.strip()}\n\n{end}"
    if begin not in text and end not in text:
        return f"{text.rstrip()}\n\n{block}\n".lstrip()
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"the document must hold {begin} and {end} once each, in this order, or neither")
    return text[: text.index(begin)] + block + text[text.index(end) + len(end) :]


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1) -> str:
    """Lay out a Markdown table: some columns of text to the left, then numbers to the right."""
    rules = [":--"] * texts + ["--:"] * (len(header) - texts)
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rules, *rows))


def beside(document: Path, ending: str) -> Path:
    """Name a file that belongs to a document: for `network.md` and `textures.jpg`, `network-textures.jpg`."""
    return document.with_name(f"{document.stem}-{ending}")

"""A Markdown document with generated blocks between marker comments."""

from collections.abc import Iterable, Sequence
from pathlib import Path


def write_block(path: Path, name: str, body: str) -> None:
    """Replace the text between `<!-- NAME:begin -->` and `<!-- NAME:end -->` in a document.

    If the markers are missing, they are added at the end; if the document is missing, it is created.

    Raises:
        ValueError: If the markers are not one pair in order.
    """
    old = path.read_bytes().decode() if path.exists() else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(replaced_block(old, name, body).encode())
    partial.replace(path)


def replaced_block(text: str, name: str, body: str) -> str:
    """Return a document's text with the body between the markers of a name replaced."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    block = f"{begin}\n\n{body.strip()}\n\n{end}"
    if begin not in text and end not in text:
        return f"{text.rstrip()}\n\n{block}\n".lstrip()
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"the document must hold {begin} and {end} once each, in this order, or neither")
    return text[: text.index(begin)] + block + text[text.index(end) + len(end) :]


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1) -> str:
    """Format a Markdown table: first columns of text, left-aligned, then numbers, right-aligned."""
    rules = [":--"] * texts + ["--:"] * (len(header) - texts)
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rules, *rows))


def beside(document: Path, ending: str) -> Path:
    """Return the path of a file that belongs to a document: `network-textures.jpg` for `network.md`."""
    return document.with_name(f"{document.stem}-{ending}")

"""What mkdocs does with a page before it renders it: files of the repository, links out of `docs/`, and equations.

A page with a line `<!-- include: README.md -->` is that file. A link to a file of the repository that is no page
becomes its name, as the site does not hold it. `$$ ... $$` becomes MathML, which browsers show without scripts.
"""

import os
import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "serving/deploy/README.md": "serving.md",
}
"""Files outside of `docs/` that are pages, too."""

_INCLUDE = re.compile(r"^<!-- include: (\S+) -->$", re.MULTILINE)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_SYMBOL = re.compile(r"\$([^$\n]+)\$")
_EQUATION = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return the text of a page as the site needs it."""
    path = f"docs/{page.file.src_uri}"
    included = _INCLUDE.search(markdown)
    if included:
        path = included[1]
        markdown = (ROOT / path).read_text()
    if _EQUATION.search(_CODE.sub("", markdown)):
        parts = _CODE.split(markdown)
        parts[::2] = map(_with_equations, parts[::2])
        markdown = "".join(parts)
    return _with_links(markdown, posixpath.dirname(path))


def _with_links(markdown: str, folder: str) -> str:
    """Adapt links, whose labels may hold code, outside of blocks of code."""
    blocks = re.split(r"(```.*?```)", markdown, flags=re.DOTALL)
    blocks[::2] = [_LINK.sub(lambda match: _link(match, folder), block) for block in blocks[::2]]
    return "".join(blocks)


def _with_equations(text: str) -> str:
    """Replace equations; a dollar sign means one only on a page with equations of their own line."""
    text = _EQUATION.sub(lambda match: f"<div>{_mathml(match[1], 'block')}</div>", text)
    return _SYMBOL.sub(lambda match: _mathml(match[1], "inline"), text)


def _mathml(tex: str, display: str) -> str:
    from latex2mathml.converter import convert

    return str(convert(tex.strip(), display=display))


def _link(match: re.Match[str], folder: str) -> str:
    """Return a link from the site's page, or the label alone if it leads out of the site."""
    picture, label, target = match.groups()
    if re.match(r"[a-z]+:", target) or target.startswith("#"):
        return match[0]
    path, hash_, anchor = target.partition("#")
    there = posixpath.normpath(posixpath.join(folder, path))
    if there in PAGES:
        there = f"docs/{PAGES[there]}"
    if not (ROOT / there).exists():
        return match[0]  # which mkdocs complains of
    if there.startswith("docs/"):
        return f"{picture}[{label}]({os.path.relpath(there, 'docs')}{hash_}{anchor})"
    return label if there.endswith(label.strip("`")) else f"{label} (`{there}`)"

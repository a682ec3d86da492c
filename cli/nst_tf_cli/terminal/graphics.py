"""Draw a picture in a terminal: by the protocols of kitty, iTerm2 or sixel, or by half blocks of two colors each.

What a terminal can do is taken from environment variables. Asking the terminal itself would need its answer, which a
slow line delays and a program that types ahead mixes up. `NST_TF_GRAPHICS` says it where the variables don't.

Of the libraries for this, term-image pins Pillow below 11, rich-pixels has half blocks only, and textual-image asks the
terminal when it is imported and does not know iTerm2.
"""

import base64
import io
import math
import os
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

CELL = (8, 16)
"""Width and height of a character in pixels, at the least; sixel pictures are as many pixels large."""

SHARPER = 2
"""How many times as many pixels the protocols get that scale a picture themselves."""

COLORS = 64
"""Colors of a sixel picture."""

KITTY_PIECE = 4096
"""Bytes of one escape sequence of kitty's protocol, at most."""

RUNS = re.compile(r"(.)\1{3,}")
"""Four or more of a character, which sixel writes shorter."""

MULTIPLEXERS = ("TMUX", "STY", "ZELLIJ")
"""Variables of programs between us and the terminal, which don't pass pictures on."""


class Cells(NamedTuple):
    """A size in characters."""

    columns: int
    rows: int


Draw = Callable[[Image.Image, Cells], str]
"""From a picture and the size it gets to what draws it at the cursor."""


def find_graphics() -> Draw | None:
    """Return how to draw pictures in this terminal, by its environment; None if it can't show them."""
    named = os.environ.get("NST_TF_GRAPHICS", "").lower()
    if named:
        return DRAWN.get(named)
    term, program = os.environ.get("TERM", ""), os.environ.get("TERM_PROGRAM", "")
    between = any(os.environ.get(name) for name in MULTIPLEXERS) or term.startswith(("screen", "tmux"))
    if not between:
        if os.environ.get("KITTY_WINDOW_ID") or term in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
            return draw_kitty
        if program in ("iTerm.app", "WezTerm", "mintty") or os.environ.get("LC_TERMINAL") == "iTerm2":
            return draw_iterm2
        if term.startswith(("foot", "mlterm", "yaft", "contour")):
            return draw_sixel
    colors = os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct")
    return draw_blocks if colors or os.environ.get("WT_SESSION") else None


def fit(size: tuple[int, int], space: Cells) -> Cells:
    """Return how many characters a picture gets; a character is twice as high as wide.

    Args:
        size: Width and height of the picture, in pixels.
        space: The space there is.
    """
    width, height = size
    columns = max(1, min(space.columns, math.floor(2 * space.rows * width / height)))
    return Cells(columns, max(1, min(space.rows, math.ceil(columns * height / width / 2))))


def draw_blocks(image: Image.Image, cells: Cells) -> str:
    """Draw two pixels per character: the upper half in the color of the text, the lower in that of the background."""
    pixels = np.asarray(image.resize((cells.columns, 2 * cells.rows), Image.Resampling.BOX))
    lines = []
    for upper, lower in zip(pixels[::2], pixels[1::2], strict=True):
        halves = (f"\x1b[38;2;{_rgb(one)};48;2;{_rgb(two)}m\u2580" for one, two in zip(upper, lower, strict=True))
        lines.append("".join(halves) + "\x1b[0m")
    return "\r\n".join(lines)


def draw_kitty(image: Image.Image, cells: Cells) -> str:
    """Draw by kitty's protocol; a picture replaces the one before, and the cursor stays."""
    data = base64.b64encode(_png(image, cells)).decode()
    pieces = [data[start : start + KITTY_PIECE] for start in range(0, len(data), KITTY_PIECE)]
    head = f"a=T,f=100,i=1974,p=1,q=2,C=1,c={cells.columns},r={cells.rows},"
    more = [f"{head if number == 0 else ''}m={int(number < len(pieces) - 1)}" for number in range(len(pieces))]
    return "".join(f"\x1b_G{keys};{piece}\x1b\\" for keys, piece in zip(more, pieces, strict=True))


def draw_iterm2(image: Image.Image, cells: Cells) -> str:
    """Draw by iTerm2's protocol, which WezTerm and mintty know, too."""
    data = _png(image, cells)
    keys = f"inline=1;size={len(data)};width={cells.columns};height={cells.rows};preserveAspectRatio=0"
    return f"\x1b]1337;File={keys}:{base64.b64encode(data).decode()}\a"


def draw_sixel(image: Image.Image, cells: Cells) -> str:
    """Draw in strips of six rows of pixels; each color of a strip is a row of bits."""
    size = cells.columns * CELL[0], cells.rows * CELL[1]
    paletted = image.resize(size, Image.Resampling.BOX).quantize(COLORS)
    palette = np.asarray(paletted.getpalette() or [], np.float64).reshape(-1, 3) * (100 / 255)
    colors = "".join(f"#{number};2;{_rgb(np.rint(color))}" for number, color in enumerate(palette))
    indices = np.asarray(paletted)
    strips = "-".join(_strip(indices[top : top + 6]) for top in range(0, size[1], 6))
    return f'\x1bP0;1q"1;1;{size[0]};{size[1]}{colors}{strips}\x1b\\'


def _strip(indices: np.ndarray) -> str:
    """Encode up to six rows of color numbers, with the lengths of runs."""
    weights = (1 << np.arange(len(indices)))[:, None]
    rows = []
    for color in np.unique(indices):
        bits = ((indices == color) * weights).sum(axis=0) + 63
        text = bits.astype(np.uint8).tobytes().decode("ascii")
        rows.append(f"#{color}{RUNS.sub(_run, text)}")
    return "$".join(rows)


def _run(found: re.Match[str]) -> str:
    return f"!{len(found[0])}{found[1]}"


def _rgb(color: np.ndarray) -> str:
    return ";".join(str(int(each)) for each in color)


def _png(image: Image.Image, cells: Cells) -> bytes:
    """Reduce a picture to the pixels that its characters have, about, and encode it."""
    size = cells.columns * CELL[0] * SHARPER, cells.rows * CELL[1] * SHARPER
    file = io.BytesIO()
    image.resize(size, Image.Resampling.BICUBIC).save(file, "PNG", compress_level=1)
    return file.getvalue()


DRAWN: dict[str, Draw] = {"kitty": draw_kitty, "iterm2": draw_iterm2, "sixel": draw_sixel, "blocks": draw_blocks}
"""Values of `NST_TF_GRAPHICS`; any other, as `off`, stands for no pictures."""

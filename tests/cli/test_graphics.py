"""Pictures in a terminal: which protocol, what is drawn by it, and where."""

import base64
import io
import os
import pty
import re
import sys

import numpy as np
import pytest
from PIL import Image

from nst_tf.runs.progress import Progress
from nst_tf_cli.terminal.graphics import (
    CELL,
    MULTIPLEXERS,
    SHARPER,
    Cells,
    draw_blocks,
    draw_iterm2,
    draw_kitty,
    draw_sixel,
    find_graphics,
    fit,
)
from nst_tf_cli.terminal.live_picture import LivePicture
from nst_tf_cli.terminal.progress_bar import show_progress

CELLS = Cells(6, 3)
SEEN = ("TERM", "TERM_PROGRAM", "COLORTERM", "KITTY_WINDOW_ID", "LC_TERMINAL", "WT_SESSION", "NST_TF_GRAPHICS")


@pytest.fixture
def image():
    """A picture of four colors that shows what is turned or mirrored."""
    corners = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 0]]], np.uint8)
    return Image.fromarray(corners).resize((60, 60), Image.Resampling.NEAREST)


@pytest.mark.parametrize(
    ("environment", "draw"),
    [
        ({"TERM": "xterm-kitty"}, draw_kitty),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, draw_kitty),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, draw_kitty),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, draw_iterm2),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, draw_iterm2),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, draw_iterm2),
        ({"TERM": "foot"}, draw_sixel),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, draw_blocks),
        ({"TERM": "xterm-256color", "WT_SESSION": "1"}, draw_blocks),
        ({"TERM": "tmux-256color", "COLORTERM": "truecolor", "KITTY_WINDOW_ID": "1", "TMUX": "x"}, draw_blocks),
        ({"TERM": "screen", "KITTY_WINDOW_ID": "1"}, None),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "xterm-256color", "NST_TF_GRAPHICS": "sixel"}, draw_sixel),
        ({"TERM": "xterm-kitty", "NST_TF_GRAPHICS": "off"}, None),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_the_environment_says_what_a_terminal_can_show(environment, draw, monkeypatch):
    for name in (*SEEN, *MULTIPLEXERS):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert find_graphics() is draw


def test_a_picture_keeps_its_proportions_in_characters_twice_as_high_as_wide():
    assert fit((400, 300), Cells(80, 24)) == Cells(64, 24)
    assert fit((400, 100), Cells(80, 24)) == Cells(80, 10)
    assert fit((10, 4000), Cells(80, 24)) == Cells(1, 24)
    assert fit((4000, 10), Cells(80, 24)) == Cells(80, 1)


def test_half_blocks_have_the_colors_of_two_pixels_each(image):
    lines = draw_blocks(image, CELLS).split("\r\n")
    colors = [re.findall(r"38;2;(\d+;\d+;\d+);48;2;(\d+;\d+;\d+)m\u2580", line) for line in lines]
    pixels = [half for line in colors for half in ([upper for upper, _ in line], [lower for _, lower in line])]
    wanted = np.asarray(image.resize((6, 6), Image.Resampling.BOX))
    assert pixels == [[";".join(map(str, pixel)) for pixel in row] for row in wanted.tolist()]
    assert all(line.endswith("\x1b[0m") for line in lines)


def test_kitty_and_iterm2_get_a_png_of_the_picture(image):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (99, 99, 3), dtype=np.uint8))
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", draw_kitty(noise, CELLS))
    assert len(pieces) > 1 and {"a=T", "c=6", "r=3", "C=1", "m=1"} <= set(pieces[0][0].split(","))
    assert [keys for keys, _ in pieces[1:]] == ["m=1"] * (len(pieces) - 2) + ["m=0"]
    assert max(len(data) for _, data in pieces) <= 4096
    sent = "".join(data for _, data in pieces), draw_iterm2(noise, CELLS).partition(":")[2].removesuffix("\a")
    for data in sent:
        with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as file:
            assert file.size == (6 * CELL[0] * SHARPER, 3 * CELL[1] * SHARPER)
            assert file.format == "PNG"


def decode_sixel(text):
    """The pixels of a sixel picture, `(H, W, 3)` in percent, by the definition of DEC."""
    width, height = (int(each) for each in re.match(r"\x1bP0;1q\"1;1;(\d+);(\d+)", text).groups())
    body = re.sub(r"^[^#]*", "", text.removesuffix("\x1b\\"))
    pixels, palette, color, x, y = np.full((height + 6, width, 3), -1), {}, None, 0, 0
    for number, values, count, bits, move in re.findall(r"#(\d+)((?:;\d+)*)|!(\d+)(?=(.))|([$\-?-~])", body):
        if number:
            color = int(number)
            palette |= {color: [int(each) for each in values[1:].split(";")[1:]]} if values else {}
        elif count:
            repeat = int(count) - 1  # the character itself follows
            for bit in (each for each in range(6) if (ord(bits) - 63) >> each & 1):
                pixels[y + bit, x : x + repeat] = palette[color]
            x += repeat
        elif move in "$-":
            x, y = 0, y + 6 * (move == "-")
        else:
            for bit in (each for each in range(6) if (ord(move) - 63) >> each & 1):
                pixels[y + bit, x] = palette[color]
            x += 1
    return pixels[:height]


def test_sixel_draws_every_pixel_in_its_color(image):
    cells = Cells(5, 2)
    wanted = np.asarray(image.resize((5 * CELL[0], 2 * CELL[1]), Image.Resampling.BOX)) / 2.55
    np.testing.assert_allclose(decode_sixel(draw_sixel(image, cells)), wanted, atol=2)


def test_the_next_picture_is_drawn_over_the_one_before(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "20")
    stream = io.StringIO()
    picture = LivePicture(lambda _, cells: f"<{cells.rows}>", stream)
    picture.show(np.zeros((1, 30, 30, 3), np.float32))
    assert stream.getvalue() == "\r" + "\n" * 16 + "\x1b[16A\x1b7<16>\x1b8\x1b[16B"
    picture.show(np.zeros((1, 30, 30, 3), np.float32))
    assert stream.getvalue().count("\x1b[16A\r") == 1


@pytest.mark.parametrize(("show", "drawn"), [(True, True), (False, False)])
def test_pictures_are_drawn_on_a_terminal_if_asked_for(show, drawn, monkeypatch):
    for name in ("NO_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NST_TF_GRAPHICS", "blocks")
    monkeypatch.setenv("COLUMNS", "8")  # few characters, as nobody reads them meanwhile
    monkeypatch.setenv("LINES", "6")
    numbers = {"step": 9, "steps": 9, "share": 1.0, "size": (4, 4), "loss": 1.0, "seconds": 1.0, "seconds_left": 0.0}
    image = np.zeros((1, 8, 8, 3), np.float32)
    progress = Progress(**numbers, terms={}, image=lambda: image, snapshot=lambda: None)
    reader, terminal = pty.openpty()
    with os.fdopen(terminal, "w") as stderr, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        with show_progress(quiet=False, show=show) as report:
            report(progress)
        os.set_blocking(reader, False)
        shown = os.read(reader, 100_000).decode()
    os.close(reader)
    assert ("\x1b[38;2;0;0;0;48;2;0;0;0m\u2580" in shown) == drawn and "\x1b" in shown


def test_nothing_is_drawn_where_there_is_no_terminal(monkeypatch, capsys):
    monkeypatch.setenv("NST_TF_GRAPHICS", "blocks")
    with show_progress(quiet=False, show=True) as report:
        report(Progress(**dict.fromkeys(Progress.__dataclass_fields__, 1) | {"size": (4, 4), "loss": 1.0}))
    shown = capsys.readouterr()
    assert "\x1b" not in shown.err and shown.err.startswith("step 1/1")

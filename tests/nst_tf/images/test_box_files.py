"""HEIC, AVIF and JPEG 2000 beyond the input matrix: what they need, name and claim; `.avif` results."""

import struct
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from helpers import box_pictures, color_profiles
from helpers.command_line import run
from helpers.picture_files import encoded, noise, picture
from PIL import Image, features

from nst_tf.images.reading import load_image
from nst_tf.images.writing import check_output
from nst_tf.runs.metadata import read_metadata

DISPLAY_P3, SRGB_CURVE = 12, 13  # ITU-T H.273


def read(data, folder):
    (folder / "picture").write_bytes(data)
    return load_image(folder / "picture")[0]


def test_phone_picture_is_painted_into_an_avif(pictures):
    (pictures / "IMG_1.HEIC").write_bytes(box_pictures.heic(Image.fromarray(picture())))
    quick = ["--weights", "random", "--scales", "1", "--steps", "1", "--size", "32"]
    result = run("stylize", "IMG_1.HEIC", "painting.jpg", "-o", "out.avif", *quick)
    assert result.exit_code == 0, result.output
    assert load_image("out.avif").shape == (1, 24, 32, 3)
    assert read_metadata("out.avif").ending.steps == 1


def test_tiles_of_a_phones_picture_are_put_together(tmp_path):
    pixels = picture(150, 200)
    data = box_pictures.heic(Image.fromarray(pixels), tile_size=64)
    assert b"grid" in data
    np.testing.assert_allclose(read(data, tmp_path), pixels / 255, atol=1e-6)


def test_heic_without_its_extra_names_the_line_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    data = box_pictures.heic(Image.fromarray(picture()))
    with pytest.raises(ValueError, match=r"HEIC needs pi-heif; install it: pip install 'nst-tf\[heif\]'"):
        read(data, tmp_path)


def test_pillow_without_avif_is_said_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "check", lambda _name: False)
    with pytest.raises(ValueError, match="built without AVIF; install another: pip install --upgrade pillow"):
        check_output(tmp_path / "out.avif")


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_colors_named_by_codes_are_converted(kind, tmp_path):
    pixels = picture()
    data = box_pictures.named_colors(encoded(Image.fromarray(pixels), kind), DISPLAY_P3, SRGB_CURVE)
    seen = color_profiles.in_srgb(pixels / 255, "Display P3")
    np.testing.assert_allclose(read(data, tmp_path), seen, atol=0.05 if kind == "AVIF" else 2 / 255)


def test_colors_named_by_unknown_codes_are_srgb_with_a_warning(tmp_path):
    data = box_pictures.named_colors(encoded(Image.fromarray(picture()), "HEIF"), 8, 11)
    with pytest.warns(UserWarning, match="color space is unknown"):
        np.testing.assert_allclose(read(data, tmp_path), picture() / 255, atol=1e-6)


def test_orientation_in_the_xmp_of_an_avif_is_void(tmp_path):
    data = encoded(Image.fromarray(picture()), "AVIF", xmp=b'<a tiff:Orientation="6"/>')
    assert read(data, tmp_path).shape == (24, 32, 3)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "JPEG2000", "PPM"])
def test_large_picture_is_refused_by_its_header(kind, tmp_path, monkeypatch):
    data = encoded(Image.fromarray(noise()), kind)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=9000))
    with pytest.raises(ValueError, match=r"32x24 px take about 0\.0 GB of memory"):
        read(data, tmp_path)


def claimed(kind, side):
    """A file whose header claims to be a square."""
    data = encoded(Image.fromarray(picture(32, 32)), kind)
    if kind == "PPM":
        return data.replace(b"32 32", b"%d %d" % (side, side))
    for name, at in ((b"ispe", 8), (b"ihdr", 4), (b"\xff\x51\x00", 6)):
        place = data.find(name)
        if place >= 0:
            data = data[: place + at] + struct.pack(">II", side, side) + data[place + at + 8 :]
    return data


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "JPEG2000", "PPM"])
def test_bomb_is_refused_at_once(kind, tmp_path):
    begun = time.process_time()
    with pytest.raises(ValueError, match=r"picture (can't be read|is too large)") as refusal:
        read(claimed(kind, 30_000), tmp_path)
    assert time.process_time() - begun < 2 and "\n" not in str(refusal.value)


def test_hostile_files_end_no_process(tmp_path):
    """In a process of its own, which a crash of a decoder would end."""
    script = """
import random, sys, warnings
from pathlib import Path
from nst_tf.images.reading import load_image
warnings.simplefilter("ignore")
chance = random.Random(4)
for path in sorted(Path().glob("whole*")):
    whole = path.read_bytes()
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 5)):
            data[chance.randrange(len(data))] = chance.choice((0, 255, chance.randrange(256)))
        Path("broken").write_bytes(data[: chance.choice((len(data), len(data), chance.randrange(len(data))))])
        try:
            load_image("broken")
        except ValueError as error:
            assert len(str(error).splitlines()) == 1, error
print("alive")
"""
    for kind in ("HEIF", "AVIF", "JPEG2000"):
        data = encoded(Image.fromarray(picture()), kind)
        (tmp_path / f"whole-{kind}").write_bytes(data)
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.stdout == "alive\n" and "Traceback" not in ended.stderr, ended.stderr[-2000:]

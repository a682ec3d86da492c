"""`FILE#2`: pages of a TIFF, frames of an animation, and other files of several pictures."""

import hashlib

import numpy as np
import pytest
from helpers import box_pictures, raw_pictures
from helpers.command_line import run
from helpers.picture_files import EXACT, PRIMARY, deep_picture, multi_picture, paletted, picture
from PIL import Image

from nst_tf.batch.estimate import picture_size
from nst_tf.batch.inputs import find_pictures
from nst_tf.images.paging import page_stem, split_page
from nst_tf.images.reading import load_image, load_picture
from nst_tf.runs.metadata import read_metadata
from nst_tf.runs.provenance import file_sha256

FIRST, SECOND = picture(), 255 - picture()[::-1]


def animation(path, **options):
    kind = path.suffix[1:]
    files = [paletted(each) if kind == "gif" else Image.fromarray(each) for each in (FIRST, SECOND)]
    files[0].save(path, save_all=True, append_images=files[1:], **EXACT.get(kind.upper(), {}), **options)


def written(folder, kind):
    """A file of two pictures."""
    path = folder / f"two.{kind}"
    if kind == "heic":
        path.write_bytes(box_pictures.heic(Image.fromarray(FIRST), Image.fromarray(SECOND)))
    elif kind == "jpg":
        path.write_bytes(multi_picture(PRIMARY, PRIMARY, files=(FIRST, SECOND)))
    elif kind == "tif":
        path.write_bytes(raw_pictures.tiff_of_pages([(FIRST, {}, [(FIRST[::2], {}, [])]), (SECOND, {}, [])]))
    else:
        animation(path)
    return path


@pytest.mark.parametrize("kind", ["gif", "png", "webp", "avif", "heic", "jpg", "tif"])
def test_each_picture_of_a_file_is_read_by_its_number(kind, tmp_path):
    path = written(tmp_path, kind)
    off = {"jpg": 0.01, "avif": 0.02, "heic": 1.1 / 255}.get(kind, 1e-6)
    for name, wanted in ((path, FIRST), (f"{path}#1", FIRST), (f"{path}#2", SECOND)):
        np.testing.assert_allclose(load_image(name)[0], wanted / 255, atol=off)
    assert picture_size(tmp_path / f"two.{kind}#2") == (24, 32)


@pytest.mark.parametrize("number", [0, 3])
@pytest.mark.parametrize("kind", ["gif", "tif", "png", "heic"])
def test_page_that_is_missing_is_refused_with_their_number(kind, number, tmp_path):
    path = written(tmp_path, kind)
    wanted = rf"two.{kind}#{number} can't be read .*: it has 2 pages, counted from 1; there is no page {number}\.$"
    with pytest.raises(ValueError, match=wanted):
        load_image(f"{path}#{number}")


def test_page_of_a_plain_picture_is_its_only_one(tmp_path):
    Image.fromarray(FIRST).save(tmp_path / "one.bmp")
    np.testing.assert_allclose(load_image(tmp_path / "one.bmp#1")[0], FIRST / 255, atol=1e-6)
    with pytest.raises(ValueError, match="it has 1 page, counted"):
        load_image(tmp_path / "one.bmp#2")
    with pytest.raises(FileNotFoundError, match=r"There is no picture .*none.bmp#2"):
        load_image(tmp_path / "none.bmp#2")


def test_the_only_page_keeps_16_bits(tmp_path):
    deep = deep_picture(3)
    (tmp_path / "deep.png").write_bytes(raw_pictures.png(deep, color=2, depth=16))
    np.testing.assert_allclose(load_image(tmp_path / "deep.png#1")[0], deep / 65535, atol=1e-6)


def test_page_of_a_tiff_has_its_own_orientation(tmp_path):
    deep = raw_pictures.tiff_of_pages([(FIRST, {274: [6]}, []), (SECOND, {274: [3]}, [])])
    (tmp_path / "deep.tif").write_bytes(deep)
    np.testing.assert_allclose(load_image(tmp_path / "deep.tif#2")[0], np.rot90(SECOND, 2) / 255, atol=1e-6)


def test_file_whose_own_name_ends_like_this_wins(tmp_path):
    animation(tmp_path / "two.gif")
    Image.fromarray(SECOND).resize((8, 6)).save(tmp_path / "two.gif#1", "PNG")
    assert load_image(tmp_path / "two.gif#1").shape == (1, 6, 8, 3)
    assert split_page(tmp_path / "two.gif#2") == (tmp_path / "two.gif", 2)
    assert page_stem(tmp_path / "two.gif#2") == "two-2" and page_stem(tmp_path / "two.gif") == "two"


def test_frame_keeps_its_transparency(tmp_path):
    clear = np.dstack([SECOND, np.full((24, 32), 255, np.uint8)])
    clear[:, :16, 3] = 0
    files = [Image.fromarray(np.dstack([FIRST, clear[:, :, 3]])), Image.fromarray(clear)]
    files[0].save(tmp_path / "cut.webp", save_all=True, append_images=files[1:], lossless=True, exact=True)
    image, alpha, _ = load_picture(tmp_path / "cut.webp#2")
    assert not alpha[0, :, :16].any() and alpha[0, :, 16:].all()
    np.testing.assert_allclose(image[0, :, 16:], SECOND[:, 16:] / 255, atol=1e-6)


def test_painting_of_a_page_is_named_and_noted_by_it(pictures):
    animation(pictures / "two.gif")
    quick = ["--weights", "random", "--scales", "1", "--steps", "1", "--size", "32"]
    result = run("stylize", "two.gif#2", "painting.jpg", *quick)
    assert result.exit_code == 0, result.output
    noted = read_metadata("two-2-painting.png").provenance.content
    assert noted == hashlib.sha256((pictures / "two.gif").read_bytes() + b"#2").hexdigest()
    assert noted != file_sha256(pictures / "two.gif")
    assert [source.path.name for source in find_pictures("two.gif#2")] == ["two.gif#2"]

"""Of several pictures in a file, the photograph is taken and no reduced copy of it."""

import struct

import numpy as np
import pytest
from helpers import raw_pictures
from helpers.picture_files import FULL_HD, PANORAMA, PRIMARY, VGA, multi_picture, picture

from nst_tf.images.reading import load_image
from nst_tf.images.tiff_pages import keep_photograph

FULL, SMALL = picture(), picture(6, 8)
REDUCED = {254: [1]}


def read(data, folder):
    (folder / "picture").write_bytes(data)
    return load_image(folder / "picture")[0]


def assert_full(data, folder, wanted=FULL, tolerance=1e-6):
    image = read(data, folder)
    assert image.shape == wanted.shape
    np.testing.assert_allclose(image, wanted / 255, atol=tolerance)


@pytest.mark.parametrize("form", [{}, {"big_endian": True}, {"big": True}], ids=["", "big-endian", "BigTIFF"])
@pytest.mark.parametrize(
    "pages",
    [
        [(SMALL, REDUCED, [(FULL, {}, [])])],
        [(SMALL, REDUCED, []), (FULL, {}, [])],
        [(SMALL, {255: [2]}, []), (FULL, {255: [1]}, [])],
        [(SMALL, {254: [4]}, []), (FULL, {}, [])],
        [(SMALL, REDUCED, [(FULL[::2], REDUCED, []), (FULL, {254: [0]}, []), (SMALL, REDUCED, [])])],
        [(FULL, {}, [(SMALL, REDUCED, [])]), (SMALL, REDUCED, [])],
        [(FULL, {254: [2]}, []), (FULL[::-1, :30], {254: [2]}, [])],
    ],
    ids=["below", "behind", "old tag", "mask", "several below", "pyramid", "document"],
)
def test_page_that_is_no_copy_is_taken(pages, form, tmp_path):
    assert_full(raw_pictures.tiff_of_pages(pages, **form), tmp_path)


def test_page_is_turned_as_the_first_one_says_unless_it_says_so_itself(tmp_path):
    below = [(np.rot90(FULL), {}, [])]
    assert_full(raw_pictures.tiff_of_pages([(SMALL, REDUCED | {274: [6]}, below)]), tmp_path)
    below = [(FULL[::-1], {274: [4]}, [])]
    assert_full(raw_pictures.tiff_of_pages([(SMALL, REDUCED | {274: [6]}, below)]), tmp_path)


@pytest.mark.parametrize("photometric", [32803, 34892])
def test_raw_file_is_refused_and_not_its_thumbnail_read(photometric, tmp_path):
    sensor = (FULL, {262: [photometric]}, [])
    for data in (
        raw_pictures.tiff_of_pages([(SMALL, REDUCED, [sensor])]),
        raw_pictures.tiff_of_pages([(SMALL, {}, []), sensor]),
    ):
        with pytest.raises(ValueError, match="is a raw file of a camera; develop it"):
            read(data, tmp_path)


def test_raw_file_of_canon_is_refused(tmp_path):
    data = bytearray(raw_pictures.tiff_of_pages([(SMALL, {}, [])]))
    data[8:10] = b"CR"  # in place of two numbers of the preview
    with pytest.raises(ValueError, match="is a raw file"):
        read(data, tmp_path)


def test_file_of_nothing_but_copies_is_refused(tmp_path):
    with pytest.raises(ValueError, match="all of its pages are marked as reduced copies"):
        read(raw_pictures.tiff_of_pages([(SMALL, REDUCED, []), (SMALL, REDUCED, [])]), tmp_path)


def test_tables_that_form_a_ring_or_lie_nowhere_end(tmp_path):
    data = raw_pictures.tiff_of_pages([(SMALL, REDUCED, [])])
    for number in (struct.unpack_from("<I", data, 4)[0], 2**31, len(data) - 1):
        broken = data[:-4] + struct.pack("<I", number)
        with pytest.raises(ValueError, match="all of its pages are marked as reduced copies"):
            keep_photograph(broken)
    assert keep_photograph(b"II*\0") == b"II*\0"


@pytest.mark.parametrize(
    ("kinds", "files"),
    [
        ((VGA, PRIMARY), (SMALL, FULL)),
        ((FULL_HD, VGA, 0x20000000 | PRIMARY), (SMALL, SMALL, FULL)),
        ((VGA, PANORAMA, PANORAMA), (SMALL, FULL, SMALL)),
        ((PRIMARY, VGA), (FULL, SMALL)),
        ((0, 0), (FULL, SMALL)),
    ],
)
def test_picture_of_a_multi_picture_jpeg_is_no_thumbnail(kinds, files, tmp_path):
    assert_full(multi_picture(*kinds, files=files), tmp_path, tolerance=0.015)


def test_multi_picture_jpeg_of_nothing_but_thumbnails_is_refused(tmp_path):
    with pytest.raises(ValueError, match="marked as thumbnails"):
        read(multi_picture(VGA, FULL_HD, files=(SMALL, SMALL)), tmp_path)

"""Reading band by band: the pixels of a whole conversion by Pillow, whatever the bands, in the memory of the floats."""

import numpy as np
import pytest
from helpers.picture_files import CELLS, KINDS, SUFFIXES

from nst_tf.images import bands
from nst_tf.images.bands import Packed
from nst_tf.images.reading import load_picture


@pytest.mark.parametrize(("kind", "white"), [(np.uint8, 255), (np.uint16, 65535), (np.uint32, 1000)])
@pytest.mark.parametrize("per_band", [1, 30, 10**6])
def test_integers_become_floats_in_place(kind, white, per_band, rng, monkeypatch):
    monkeypatch.setattr(bands, "PIXELS_PER_BAND", per_band)
    values = rng.integers(0, white + 1, (13, 9, 3)).astype(kind)
    packed = Packed(values.shape, kind)
    packed.values[:] = values
    floats = packed.unpack(white)
    assert floats.dtype == np.float32 and floats.base is not None
    np.testing.assert_array_equal(floats[0], values.astype(np.float32) / np.float32(white))


@pytest.mark.parametrize(("format_", "kind"), CELLS, ids=[f"{format_}-{kind}" for format_, kind in CELLS])
@pytest.mark.filterwarnings("ignore")
def test_bands_change_no_pixel(format_, kind, tmp_path, monkeypatch):
    path = tmp_path / f"picture{SUFFIXES[format_]}"
    for sample in KINDS[kind](format_):
        path.write_bytes(sample.data)
        monkeypatch.setattr(bands, "PIXELS_PER_BAND", 10**9)
        whole = load_picture(path)
        monkeypatch.setattr(bands, "PIXELS_PER_BAND", 1)
        by_rows = load_picture(path)
        for one, other in zip(whole, by_rows, strict=True):
            np.testing.assert_array_equal(one, other)

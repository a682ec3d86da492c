"""What is written with 16 bits per channel, against Pillow's decoders and PNG's and TIFF's own rules."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from nst_tf.images import sixteen_bit
from nst_tf.images.reading import load_picture
from nst_tf.images.sixteen_bit import encode_png16, encode_tiff16
from nst_tf.images.srgb import srgb_profile
from nst_tf.images.writing import save_image

PACKET = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
WRITERS = {"PNG": encode_png16, "TIFF": encode_tiff16}


@pytest.fixture(params=[3, 4], ids=["RGB", "RGBA"])
def pixels(request, rng):
    return rng.integers(0, 65536, (11, 7, request.param)).astype(np.uint16)


@pytest.mark.parametrize("kind", WRITERS)
def test_pillow_sees_the_upper_bytes_profile_and_packet(kind, pixels):
    data = WRITERS[kind](pixels, srgb_profile(), PACKET)
    with Image.open(io.BytesIO(data), formats=[kind]) as file:
        np.testing.assert_array_equal(np.asarray(file), pixels >> 8)
        assert file.mode == ("RGB" if pixels.shape[2] == 3 else "RGBA")
        assert file.info["icc_profile"] == srgb_profile()
        assert file.info["xmp"] == PACKET
    ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))


def test_png_holds_every_bit_by_its_own_rules(pixels):
    data, chunks, at = encode_png16(pixels, srgb_profile()), {}, 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + body),)
        chunks[kind], at = body, at + 12 + length
    assert list(chunks) == [b"IHDR", b"iCCP", b"IDAT", b"IEND"]
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(len(pixels), -1)
    assert (rows[:, 0] == 2).all()
    decoded = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8)
    np.testing.assert_array_equal(decoded.tobytes(), pixels.astype(">u2").tobytes())


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_come_back(suffix, pixels, tmp_path):
    values = pixels / 65535
    alpha = np.maximum(values[:, :, 3:], 1e-3)[None] if pixels.shape[2] == 4 else None
    save_image(tmp_path / f"deep{suffix}", values[None, :, :, :3], alpha=alpha, bit_depth=16)
    loaded = load_picture(tmp_path / f"deep{suffix}")
    np.testing.assert_allclose(loaded.image[0], values[:, :, :3], atol=1e-7 + 0.5 / 65535)
    assert (loaded.alpha is None) == (alpha is None)
    assert alpha is None or np.abs(loaded.alpha - alpha).max() < 1 / 65535


def test_tiff_has_no_tag_that_changes_from_day_to_day(pixels):
    data = encode_tiff16(pixels, srgb_profile(), PACKET)
    assert data == encode_tiff16(pixels, srgb_profile(), PACKET)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tags = {tag.code: tag.value for tag in file.pages[0].tags}
        np.testing.assert_array_equal(file.asarray(), pixels)
    assert not tags.keys() & {270, 305, 306, 315}  # description, software, date, artist
    assert (tags[259], tags[317], tags.get(338)) == (8, 2, (2,) if pixels.shape[2] == 4 else None)


def test_tiff_of_more_than_four_gigabytes_is_a_bigtiff_that_is_read(monkeypatch, tmp_path, rng):
    monkeypatch.setattr(sixteen_bit, "LARGEST_CLASSIC_TIFF", 1000)
    values = rng.integers(0, 65536, (300, 200, 3)) / 65535
    save_image(tmp_path / "large.tif", values, bit_depth=16)
    assert (tmp_path / "large.tif").read_bytes()[:4] == b"II+\0"
    np.testing.assert_allclose(load_picture(tmp_path / "large.tif").image[0], values, atol=1e-7)


@pytest.mark.parametrize("name", ["out.jpg", "out.webp"])
def test_sixteen_bits_are_refused_where_the_format_has_none(name, tmp_path):
    with pytest.raises(ValueError, match=rf"need a name that ends in .png, .tif, .tiff; got '{name}'"):
        save_image(tmp_path / name, np.zeros((4, 4, 3)), bit_depth=16)
    with pytest.raises(ValueError, match="must be 8 or 16; got 12"):
        save_image(tmp_path / name, np.zeros((4, 4, 3)), bit_depth=12)
    assert not list(tmp_path.iterdir())

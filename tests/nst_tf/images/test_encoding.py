"""What is written band by band, against Pillow's decoders, whole compression, and PNG's and TIFF's own rules."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from nst_tf.images import bands, encoding, writing
from nst_tf.images.encoding import WRITERS, Attached
from nst_tf.images.pixels import checked_pixels
from nst_tf.images.reading import load_picture
from nst_tf.images.srgb import srgb_profile
from nst_tf.images.writing import save_image

PACKET = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


def encoded(kind, values, xmp=None):
    """The file of integers, `(H, W, 3 or 4)`, whose type says how many bits they have."""
    bits, alpha = 8 * values.itemsize, values[:, :, 3:] if values.shape[2] == 4 else None
    floats = [None if each is None else each / (2**bits - 1) for each in (values[:, :, :3], alpha)]
    stream = io.BytesIO()
    WRITERS[kind](stream, checked_pixels(*floats, bits), Attached(srgb_profile(), xmp))
    return stream.getvalue()


def chunks_of(data):
    """The chunks of a PNG in order, their checksums verified."""
    chunks, at = [], 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + body),)
        chunks.append((kind, body))
        at += 12 + length
    return chunks


@pytest.fixture
def small_bands(monkeypatch):
    """Bands of a few rows."""
    monkeypatch.setattr(bands, "PIXELS_PER_BAND", 40)


@pytest.fixture(params=[3, 4], ids=["RGB", "RGBA"])
def pixels(request, rng):
    return rng.integers(0, 65536, (11, 7, request.param)).astype(np.uint16)


@pytest.mark.parametrize("kind", WRITERS)
def test_pillow_sees_the_upper_bytes_profile_and_packet(kind, pixels):
    data = encoded(kind, pixels, PACKET)
    with Image.open(io.BytesIO(data), formats=[kind]) as file:
        np.testing.assert_array_equal(np.asarray(file), pixels >> 8)
        assert file.mode == ("RGB" if pixels.shape[2] == 3 else "RGBA")
        assert file.info["icc_profile"] == srgb_profile()
        assert file.info["xmp"] == PACKET
    ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))


def test_png_holds_every_bit_by_its_own_rules(pixels):
    chunks = chunks_of(encoded("PNG", pixels))
    assert [kind for kind, _ in chunks] == [b"IHDR", b"iCCP", b"IDAT", b"IEND"]
    rows = np.frombuffer(zlib.decompress(chunks[2][1]), np.uint8).reshape(len(pixels), -1)
    assert (rows[:, 0] == 2).all()
    decoded = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8)
    np.testing.assert_array_equal(decoded.tobytes(), pixels.astype(">u2").tobytes())


@pytest.mark.parametrize("kind", WRITERS)
def test_bands_change_no_byte(kind, pixels, monkeypatch):
    tall = np.tile(pixels, (30, 2, 1))
    whole = encoded(kind, tall, PACKET)
    monkeypatch.setattr(bands, "PIXELS_PER_BAND", 100)
    assert encoded(kind, tall, PACKET) == whole


def test_png_is_compressed_as_if_at_once(rng, monkeypatch):
    monkeypatch.setattr(bands, "PIXELS_PER_BAND", 1000)
    values = (rng.integers(0, 9, (300, 200, 3)) * 7000).astype(np.uint16)
    (body,) = (body for kind, body in chunks_of(encoded("PNG", values)) if kind == b"IDAT")
    assert body == zlib.compress(zlib.decompress(body))


def test_tiff_is_what_tifffile_makes_of_the_whole(pixels, small_bands):
    file = io.BytesIO()
    with tifffile.TiffWriter(file, byteorder="<") as writer:
        writer.write(
            pixels,
            photometric="rgb",
            extrasamples=["unassalpha"] if pixels.shape[2] == 4 else None,
            compression="zlib",
            predictor=True,
            resolution=(72, 72),
            resolutionunit="inch",
            iccprofile=srgb_profile(),
            software=False,
            metadata=None,
        )
    assert encoded("TIFF", pixels) == file.getvalue()


def test_pixels_too_long_for_a_chunk_are_divided(pixels, monkeypatch, small_bands):
    whole = dict(chunks_of(encoded("PNG", pixels)))
    monkeypatch.setattr(encoding, "LARGEST_CHUNK", 400)
    monkeypatch.setattr(encoding, "_deflated", lambda _: iter([whole[b"IDAT"][:300], whole[b"IDAT"][300:]]))
    data = encoded("PNG", pixels)
    assert [len(body) for kind, body in chunks_of(data) if kind == b"IDAT"] == [300, len(whole[b"IDAT"]) - 300]
    with Image.open(io.BytesIO(data)) as file:
        np.testing.assert_array_equal(np.asarray(file), pixels >> 8)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_large_pictures_of_eight_bits_are_written_band_by_band(
    suffix, channels, tmp_path, rng, monkeypatch, small_bands
):
    values = rng.integers(0, 256, (19, 23, channels), np.uint8)
    alpha = values[None, :, :, 3:] / 255 if channels == 4 else None
    save_image(tmp_path / f"by_pillow{suffix}", values[None, :, :, :3] / 255, alpha=alpha, xmp=PACKET)
    monkeypatch.setattr(writing, "PILLOWS_PIXELS", 100)
    save_image(tmp_path / f"by_bands{suffix}", values[None, :, :, :3] / 255, alpha=alpha, xmp=PACKET)
    assert (tmp_path / f"by_pillow{suffix}").read_bytes() != (tmp_path / f"by_bands{suffix}").read_bytes()
    for name in ("by_pillow", "by_bands"):
        with Image.open(tmp_path / f"{name}{suffix}") as file:
            np.testing.assert_array_equal(np.asarray(file), values)
            assert (file.info["icc_profile"], file.info["xmp"]) == (srgb_profile(), PACKET)


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
    data = encoded("TIFF", pixels, PACKET)
    assert data == encoded("TIFF", pixels, PACKET)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tags = {tag.code: tag.value for tag in file.pages[0].tags}
        np.testing.assert_array_equal(file.asarray(), pixels)
    assert not tags.keys() & {270, 305, 306, 315}  # description, software, date, artist
    assert (tags[259], tags[317], tags.get(338)) == (8, 2, (2,) if pixels.shape[2] == 4 else None)


def test_tiff_of_more_than_four_gigabytes_is_a_bigtiff_that_is_read(monkeypatch, tmp_path, rng):
    monkeypatch.setattr(encoding, "LARGEST_CLASSIC_TIFF", 1000)
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

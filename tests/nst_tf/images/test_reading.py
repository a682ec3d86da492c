import io
import os
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from PIL import Image, ImageCms, JpegImagePlugin

from nst_tf import load_image, save_image
from nst_tf.images.reading import load_picture
from nst_tf.images.srgb import srgb_profile
from nst_tf.images.writing import check_output


@pytest.fixture
def pixels(rng):
    """Smooth RGB in [0, 1], `(1, 24, 32, 3)`."""
    coarse = Image.fromarray(rng.integers(30, 226, (4, 5, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((32, 24), Image.Resampling.BICUBIC), np.float32)[None] / 255


def as_file(pixels):
    return Image.fromarray(np.rint(pixels[0] * 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("suffix", "tolerance"),
    [(".png", 0.5 / 255), (".tif", 0.5 / 255), (".webp", 0.09), (".jpg", 0.03), (".avif", 0.03)],
)
def test_saved_image_comes_back(suffix, tolerance, pixels, tmp_path):
    save_image(tmp_path / f"out{suffix}", pixels)
    loaded = load_image(tmp_path / f"out{suffix}")
    assert loaded.dtype == np.float32 and loaded.shape == pixels.shape
    np.testing.assert_allclose(loaded, pixels, atol=tolerance + 1e-6)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".avif"])
def test_srgb_profile_is_embedded_and_the_bytes_repeat(suffix, pixels, tmp_path):
    for name in ("a", "b"):
        save_image(tmp_path / f"{name}{suffix}", pixels)
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    with Image.open(tmp_path / f"a{suffix}") as file:
        assert file.info["icc_profile"] == srgb_profile()
    assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile())))


def test_jpeg_keeps_every_color_at_quality_95(pixels, tmp_path):
    save_image(tmp_path / "out.jpg", pixels)
    as_file(pixels).save(tmp_path / "pillow.jpg", quality=95)
    with Image.open(tmp_path / "out.jpg") as file, Image.open(tmp_path / "pillow.jpg") as same:
        assert JpegImagePlugin.get_sampling(file) == 0  # 4:4:4
        assert file.quantization == same.quantization


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation, pixels, tmp_path):
    """Stored so that a viewer who obeys the tag sees `pixels`."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transposes: FLIP_LEFT_RIGHT is 0, ROTATE_90 is 2, ...
    stored = as_file(pixels)
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_allclose(load_image(tmp_path / "turned.png"), pixels, atol=1e-2)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "RGBA", "LA", "YCbCr"])
def test_every_mode_becomes_rgb(mode, pixels, tmp_path):
    file = as_file(pixels).convert(mode)
    suffix = "jpg" if mode in ("CMYK", "YCbCr") else "png"
    file.save(tmp_path / f"picture.{suffix}", **({"quality": 100, "subsampling": 0} if suffix == "jpg" else {}))
    expected = np.asarray(file.convert("RGB"), np.float32)[None] / 255
    np.testing.assert_allclose(load_image(tmp_path / f"picture.{suffix}"), expected, atol=0.04)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_gray_keeps_its_tones(suffix, tmp_path):
    values = np.linspace(0, 65535, 24 * 32).astype(np.uint16).reshape(24, 32)
    Image.fromarray(values).save(tmp_path / f"deep.{suffix}")
    loaded = load_image(tmp_path / f"deep.{suffix}")
    np.testing.assert_allclose(loaded[0, :, :, 1], values / 65535, atol=1e-6)
    assert len(np.unique(loaded)) > 256


@pytest.mark.parametrize("name", ["animated.gif", "picture.bmp"])
def test_first_frame_of_other_readable_formats(name, pixels, tmp_path):
    first = as_file(pixels)
    more = {"save_all": True, "append_images": [Image.new("RGB", first.size, "red")]} if "gif" in name else {}
    first.save(tmp_path / name, **more)
    np.testing.assert_allclose(load_image(tmp_path / name), pixels, atol=0.12)


def scrambled_profile():
    """A real matrix profile that is not sRGB: sRGB's with red and blue primaries exchanged."""
    data = bytearray(srgb_profile())
    count = int.from_bytes(data[128:132], "big")
    for entry in range(count):
        at = 132 + 12 * entry
        data[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(bytes(data[at : at + 4]), data[at : at + 4])
    return bytes(data)


@pytest.mark.parametrize("alpha", [False, True])
def test_embedded_profile_is_converted_as_pillow_does(alpha, pixels, tmp_path):
    file, profile = as_file(pixels), scrambled_profile()
    stored = Image.merge("RGBA", (*file.split(), Image.new("L", file.size, 255))) if alpha else file
    stored.save(tmp_path / "wide.png", icc_profile=profile)
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    expected = ImageCms.profileToProfile(file, source, ImageCms.createProfile("sRGB"))
    loaded = load_image(tmp_path / "wide.png")
    np.testing.assert_allclose(loaded[0], np.asarray(expected) / 255, atol=1e-6)
    assert np.max(np.abs(loaded - pixels)) > 0.05


def gray_profile():
    """A profile for gray with a gamma of 1, so that it changes every tone."""
    curve = b"curv" + bytes(4) + (1).to_bytes(4, "big") + (256).to_bytes(2, "big") + bytes(2)
    white = b"XYZ " + bytes(4) + bytes.fromhex("0000f6d6000100000000d32d")
    text = b"desc" + bytes(4) + (5).to_bytes(4, "big") + b"gray\0" + bytes(78)
    tags, body, at = b"", b"", 128 + 4 + 3 * 12
    for name, data in ((b"desc", text + bytes(-len(text) % 4)), (b"wtpt", white), (b"kTRC", curve)):
        tags += name + (at + len(body)).to_bytes(4, "big") + len(data).to_bytes(4, "big")
        body += data
    header = bytearray(srgb_profile()[:128])
    header[16:20] = b"GRAY"
    header[0:4] = (at + len(body)).to_bytes(4, "big")
    return bytes(header) + (3).to_bytes(4, "big") + tags + body


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_gray_profile_applies_to_gray_of_every_depth(mode, tmp_path):
    ramp = np.linspace(0, 255, 256).astype(np.uint8).reshape(16, 16)
    profile = gray_profile()
    files = {"L": ramp, "LA": np.dstack([ramp, np.full_like(ramp, 255)]), "I;16": ramp.astype(np.uint16) * 257}
    Image.fromarray(files[mode]).save(tmp_path / "gray.png", icc_profile=profile)
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    expected = ImageCms.profileToProfile(
        Image.fromarray(ramp), source, ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    loaded = load_image(tmp_path / "gray.png")
    np.testing.assert_allclose(loaded[0], np.asarray(expected) / 255, atol=1e-5)
    assert loaded.mean() > 0.6


def test_broken_notes_of_a_camera_do_not_matter(pixels, tmp_path):
    as_file(pixels).save(tmp_path / "notes.png", exif=b"Exif\0\0garbage!!")
    with pytest.warns(UserWarning, match=r"notes\.png: Its EXIF data can't be read") as told:
        np.testing.assert_allclose(load_image(tmp_path / "notes.png"), pixels, atol=1e-2)
    assert len(told) == 1


@pytest.mark.parametrize("values", [np.full((8, 8), 300.0, np.float32), np.full((8, 8), -5, np.int32)])
def test_gray_values_that_no_picture_has_are_refused(values, tmp_path):
    Image.fromarray(values).save(tmp_path / "odd.tif")
    with pytest.raises(ValueError, match="gray values do not lie within"):
        load_image(tmp_path / "odd.tif")


def test_unusable_profile_is_taken_for_srgb_with_a_warning(pixels, tmp_path):
    as_file(pixels).save(tmp_path / "odd.png", icc_profile=b"no profile at all")
    with pytest.warns(UserWarning, match=r"odd\.png: .* color profile can't be used"):
        np.testing.assert_allclose(load_image(tmp_path / "odd.png"), pixels, atol=1e-2)


def test_transparency_is_kept_apart_and_does_not_tint(pixels, tmp_path):
    opacity = Image.new("L", (32, 24), 255)
    opacity.paste(0, (0, 0, 16, 24))
    hidden = as_file(pixels)
    hidden.paste((255, 0, 255), (0, 0, 16, 24))
    hidden.putalpha(opacity)
    hidden.save(tmp_path / "cut.png")
    picture = load_picture(tmp_path / "cut.png")
    assert picture.alpha[0, 0, 0, 0] == 0 and picture.alpha[0, 0, 31, 0] == 1
    visible = picture.image[:, :, 16:]
    np.testing.assert_allclose(picture.image[0, 5, 5], visible.mean(axis=(0, 1, 2)), atol=1e-3)


@pytest.mark.parametrize(
    ("suffix", "kept"), [(".png", True), (".webp", True), (".tif", True), (".avif", True), (".jpg", False)]
)
def test_alpha_is_put_back_where_the_format_has_it(suffix, kept, pixels, tmp_path):
    alpha = np.linspace(0, 1, 24 * 32, dtype=np.float32).reshape(1, 24, 32, 1)
    save_image(tmp_path / f"out{suffix}", pixels, alpha=alpha)
    loaded = load_picture(tmp_path / f"out{suffix}").alpha
    assert (loaded is not None) == kept
    if kept:
        np.testing.assert_allclose(loaded, alpha, atol=0.01)


def bomb(width, height):
    """A PNG whose header promises a giant."""
    data = io.BytesIO()
    Image.new("L", (1, 1)).save(data, "PNG")
    raw = bytearray(data.getvalue())
    raw[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    import zlib

    raw[29:33] = zlib.crc32(raw[12:29]).to_bytes(4, "big")
    return bytes(raw)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("text.jpg", b"hello", "not a picture of a known format"),
        ("empty.png", b"", "not a picture of a known format"),
        ("bomb.png", bomb(40_000, 40_000), "too large to be read"),
    ],
)
def test_what_is_no_picture_gets_a_sentence(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_image(tmp_path / name)


def test_picture_that_there_is_no_memory_for_is_refused_by_its_header(tmp_path, monkeypatch):
    Image.new("P", (9000, 9000)).save(tmp_path / "flat.gif")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=2e9))
    with pytest.raises(ValueError, match=r"9000x9000 px take about 2\.5 GB of memory, 2\.0 GB are free; reduce it"):
        load_image(tmp_path / "flat.gif")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "gif", "bmp"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated_file_gets_a_sentence(suffix, share, rng, tmp_path):
    path = tmp_path / f"cut.{suffix}"
    Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ValueError, match=f"cut.{suffix} (can't be read|is not a picture)"):
        load_image(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "gif", "bmp"])
def test_file_cut_anywhere_is_called_by_its_format_or_said_to_be_cut(suffix, pixels, tmp_path):
    path = tmp_path / f"cut.{suffix}"
    as_file(pixels).save(path)
    data = path.read_bytes()
    for length in range(12, 120, 9):
        path.write_bytes(data[:length])
        with pytest.raises(ValueError, match="can't be read as a picture: ") as refusal:
            load_image(path)
        assert "known format" not in str(refusal.value)


def test_missing_file_and_folder_are_told_apart(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no picture"):
        load_image(tmp_path / "nothing.png")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        load_image(tmp_path)


@pytest.mark.parametrize("path", ["out.bmp", "out", "folder.png", "there.png", "nowhere/out.png"])
def test_output_that_can_not_be_written_is_refused_and_leaves_nothing(path, pixels, tmp_path):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "there.png").write_bytes(b"mine")
    for attempt in (lambda: check_output(tmp_path / path), lambda: save_image(tmp_path / path, pixels)):
        with pytest.raises((ValueError, OSError), match=r"must end in|is a folder|exists|no folder"):
            attempt()
    assert (tmp_path / "there.png").read_bytes() == b"mine"
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["folder.png", "there.png"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to every folder")
def test_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="can't be written to"):
        check_output(tmp_path / "out.png")


def test_overwriting_needs_to_be_allowed(pixels, tmp_path):
    save_image(tmp_path / "out.png", pixels)
    save_image(tmp_path / "out.png", 1 - pixels, overwrite=True)
    np.testing.assert_allclose(load_image(tmp_path / "out.png"), 1 - pixels, atol=1e-2)


@pytest.mark.parametrize(
    ("image", "alpha", "message"),
    [
        (np.zeros((2, 4, 4, 3)), None, r"must be \(H, W, 3\)"),
        (np.zeros((4, 4, 3), np.uint8), None, "must hold finite floats, 0 to 1; got uint8"),
        (np.full((4, 4, 3), np.nan), None, "must hold finite floats"),
        (np.zeros((4, 4, 3)), np.zeros((5, 4)), "alpha must have the image's height and width"),
    ],
)
def test_image_that_is_none_leaves_no_file(image, alpha, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        save_image(tmp_path / "out.png", image, alpha=alpha)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", [True, False])
def test_link_stays_a_link_and_its_target_is_written(there, pixels, tmp_path):
    target, link = tmp_path / "target.png", tmp_path / "link.png"
    if there:
        target.write_bytes(b"old")
        target.chmod(0o640)
    link.symlink_to(target)
    save_image(link, pixels, overwrite=True)
    assert link.is_symlink()
    np.testing.assert_allclose(load_image(target), pixels, atol=1e-2)
    assert not there or target.stat().st_mode & 0o777 == 0o640


def test_name_may_be_as_long_as_file_systems_take(pixels, tmp_path):
    save_image(tmp_path / ("a" * 251 + ".png"), pixels)
    with pytest.raises(ValueError, match="more than 255 bytes"):
        check_output(tmp_path / ("a" * 252 + ".png"))

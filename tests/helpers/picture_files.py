"""Files of every format and kind, and what a viewer should see: computed from numbers, never read back.

A kind is a function from a format to samples. What a format can't express is in `LEFT_OUT`, with the reason.
"""

import io
import itertools
import struct
import zlib
from typing import NamedTuple

import numpy as np
from PIL import Image

from helpers import box_pictures, color_profiles, raw_pictures

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "HEIF", "JPEG2000", "PPM")
SUFFIXES = {
    **{"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "TIFF": ".tif", "GIF": ".gif", "BMP": ".bmp"},
    **{"AVIF": ".avif", "HEIF": ".heic", "JPEG2000": ".jp2", "PPM": ".ppm"},
}
EXACT = {
    "JPEG": {"quality": 100, "subsampling": 0},
    "WEBP": {"lossless": True, "exact": True},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
}
LOSSY = {"JPEG": 0.01, "AVIF": 0.015}
"""How far a format at its best may be off; others are exact unless a sample says how far it may be off."""

ORIENTATION = 0x0112


class Sample(NamedTuple):
    """A file and what it shows.

    Attributes:
        name: Which variant of its kind it is.
        data: The file.
        image: `(H, W, 3)` in [0, 1].
        alpha: `(H, W)` in [0, 1]; None if it is opaque.
        tolerance: How far values may be off.
        warning: A pattern of what is said about it; None if nothing needs to be said.
    """

    name: str
    data: bytes
    image: np.ndarray
    alpha: np.ndarray | None = None
    tolerance: float = 1e-6
    warning: str | None = None


def picture(height=24, width=32):
    """Return `(H, W, 3)`, bytes: 8 x 6 x 4 colors, so that a palette can hold them, without any symmetry."""
    y, x = np.mgrid[:height, :width]
    red, green, blue = 8 * x // width, 6 * y // height, (3 * x // width + 2 * y // height) % 4
    return np.stack([20 + 30 * red, 25 + 40 * green, 240 - 70 * blue], axis=2).astype(np.uint8)


def gray_picture():
    return picture()[:, :, 0] // 2 + picture()[:, :, 1] // 2


def opacity(height=24, width=32):
    """Return `(H, W)`, bytes, from wholly transparent at the left to opaque."""
    return np.broadcast_to(np.clip(np.linspace(-60, 300, width), 0, 255).astype(np.uint8), (height, width))


def deep_picture(channels):
    """Return `(24, 32, C)`, 16 bits, whose lower bytes are as varied as the upper ones."""
    y, x = np.mgrid[:24, :32]
    return np.stack([(2011 * x + 1733 * y + 9311 * c) % 65536 for c in range(channels)], axis=2)


def paletted(pixels):
    colors, indices = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    file = Image.fromarray(indices.reshape(pixels.shape[:2]).astype(np.uint8), "L").convert("P")
    file.putdata(indices.reshape(-1).tolist())
    file.putpalette(colors.astype(np.uint8).tobytes())
    return file


def encoded(file, kind, **options):
    """Return a file's bytes as Pillow writes them, with as little loss as the format allows."""
    if kind == "HEIF":
        return box_pictures.heic(file, **options)
    if kind == "JPEG2000":
        return box_pictures.jpeg_2000(file, **options)
    stream = io.BytesIO()
    file = paletted(np.asarray(file)) if kind == "GIF" and file.mode == "RGB" else file
    file.save(stream, kind, **EXACT.get(kind, {}), **options)
    return stream.getvalue()


def sample(name, data, pixels, alpha=None, *, kind="", scale=255.0, tolerance=None):
    rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, axis=2)
    return Sample(name, data, rgb / scale, None if alpha is None else alpha / scale, tolerance or LOSSY.get(kind, 1e-6))


def rgb(kind):
    pixels = picture()
    file = Image.fromarray(pixels)
    yield sample("plain", encoded(file, kind), pixels, kind=kind)
    if kind == "JPEG":
        yield sample("4:2:0", _saved(file, kind, quality=95, subsampling=2), pixels, tolerance=0.25)
    if kind == "WEBP":
        yield sample("lossy", _saved(file, kind, quality=95), pixels, tolerance=0.25)
    if kind == "TIFF":
        for compression in ("tiff_lzw", "tiff_deflate", "packbits"):
            yield sample(compression, encoded(file, kind, compression=compression), pixels)
        planes = raw_pictures.tiff(pixels, photometric=2, depth=8, planar=True)
        yield sample("planes", planes, pixels)
    if kind == "BMP":
        yield sample("version 5", raw_pictures.bmp(pixels), pixels)
    if kind == "AVIF":
        yield sample("4:2:0", _saved(file, kind, quality=90), pixels, tolerance=0.25)
    if kind == "HEIF":
        yield sample("10 bits", box_pictures.ten_bits(pixels), pixels, tolerance=1.1 / 255)
    if kind == "JPEG2000":
        yield sample("codestream", box_pictures.jpeg_2000(file, no_jp2=True), pixels)
        yield sample(
            "lossy", box_pictures.jpeg_2000(file, irreversible=True, quality_layers=[8]), pixels, tolerance=0.25
        )
    if kind == "PPM":
        yield sample("text", box_pictures.plain_ppm(pixels), pixels)


def _saved(file, kind, **options):
    stream = io.BytesIO()
    file.save(stream, kind, **options)
    return stream.getvalue()


def gray(kind):
    pixels = gray_picture()
    yield sample("8 bits", encoded(Image.fromarray(pixels), kind), pixels, kind=kind)
    if kind == "PNG":
        for depth in (1, 2, 4):
            few = pixels.astype(int) >> (8 - depth)
            data = raw_pictures.png(few[:, :, None], color=0, depth=depth)
            yield sample(f"{depth} bits", data, few, scale=2**depth - 1)
    if kind == "PPM":
        ink = np.where(pixels > 100, 255, 0).astype(np.uint8)
        yield sample("1 bit", encoded(Image.fromarray(ink).convert("1"), kind), ink)
    if kind == "TIFF":
        inverted = raw_pictures.tiff(255 - pixels[:, :, None], photometric=0, depth=8)
        yield sample("white is zero", inverted, pixels)


def palette(kind):
    pixels = picture()
    yield sample("192 colors", encoded(paletted(pixels), kind), pixels)
    if kind == "PNG":
        few = (pixels // 128).astype(np.uint8) * 255
        yield sample("8 colors", encoded(paletted(few), kind, bits=4), few)


def cmyk(kind):
    inks = np.dstack([picture(), 255 - gray_picture()])
    seen = (1 - inks[:, :, :3] / 255) * (1 - inks[:, :, 3:] / 255)
    data = encoded(Image.fromarray(inks, "CMYK"), kind)
    yield sample("plain", data, seen, scale=1, tolerance=LOSSY.get(kind, 1.1 / 255))
    if kind == "TIFF":
        deep = raw_pictures.tiff(inks.astype(int) * 257, photometric=5)
        yield sample("16 bits", deep, seen, scale=1, tolerance=1.1 / 255)


def alpha(kind):
    pixels, veil = picture(), opacity()
    cut = np.where(veil >= 128, 255, 0).astype(np.uint8)
    if kind == "GIF":
        yield sample("a color of the palette", _keyed_gif(pixels, cut), pixels, cut)
        return
    if kind == "BMP":
        yield sample("BGRA", raw_pictures.bmp(np.dstack([pixels, veil])), pixels, veil)
        return
    yield sample("RGBA", encoded(Image.fromarray(np.dstack([pixels, veil])), kind), pixels, veil, kind=kind)
    if kind == "PNG":
        yield from _transparent_pngs(pixels, veil)
    if kind == "TIFF":
        tone = gray_picture()
        data = raw_pictures.tiff(np.dstack([tone, veil]), photometric=1, depth=8, extra=2)
        yield sample("gray", data, tone, veil)
        faint = np.where(veil >= 50, veil, 0)  # below, colors are lost to the rounding
        premultiplied = np.rint(pixels * (faint[:, :, None] / 255))
        data = raw_pictures.tiff(np.dstack([premultiplied, faint]), photometric=2, depth=8, extra=1)
        yield sample("premultiplied", data, pixels, faint, tolerance=5 / 255)


def _keyed_gif(pixels, cut):
    file = paletted(pixels)
    indices = np.where(cut > 0, np.asarray(file), 255).astype(np.uint8)
    file.putdata(indices.reshape(-1).tolist())
    return _saved(file, "GIF", transparency=255)


def _transparent_pngs(pixels, veil):
    tone = gray_picture()
    yield sample("gray", raw_pictures.png(np.dstack([tone, veil]), color=4), tone, veil)
    key = pixels[0, 0]
    others = np.where((pixels == key).all(axis=2), 0, 255)
    data = raw_pictures.png(pixels, color=2, chunks=[(b"tRNS", struct.pack(">3H", *key))])
    yield sample("a color", data, pixels, others)
    for depth in (1, 2, 4, 8):
        few = tone.astype(int) >> (8 - depth)
        key = few[-1, -1]
        data = raw_pictures.png(few[:, :, None], color=0, depth=depth, chunks=[(b"tRNS", struct.pack(">H", key))])
        most = 2**depth - 1
        yield sample(f"a gray of {depth} bits", data, few, np.where(few == key, 0, most), scale=most)
    file = paletted(pixels)
    table = np.linspace(0, 255, len(file.getpalette()) // 3).astype(np.uint8)
    yield sample("a palette's", _saved(file, "PNG", transparency=table.tobytes()), pixels, table[np.asarray(file)])


def sixteen_bits(kind):
    tone, colors, translucent = deep_picture(1), deep_picture(3), deep_picture(4)
    if kind == "JPEG2000":
        yield _deep("gray", box_pictures.jpeg_2000(Image.fromarray(tone[:, :, 0].astype(np.uint16))), tone)
        return
    if kind == "PPM":
        yield _deep("gray", box_pictures.deep_ppm(tone), tone)
        yield _deep("RGB", box_pictures.deep_ppm(colors), colors, tolerance=0.51 / 255)
        yield _deep("gray floats", box_pictures.pfm(tone[:, :, 0] / 65535), tone)
        return
    if kind == "PNG":
        both = np.dstack([tone, translucent[:, :, 3:]])
        for interlaced in (False, True):
            manner = {"depth": 16, "interlaced": interlaced}
            yield _deep("gray", raw_pictures.png(tone, color=0, **manner), tone)
            yield _deep("RGB", raw_pictures.png(colors, color=2, **manner), colors)
            yield _deep("gray, alpha", raw_pictures.png(both, color=4, **manner), both)
            yield _deep("RGBA", raw_pictures.png(translucent, color=6, **manner), translucent)
        yield from _keyed_deep_pngs(tone, colors)
        return
    yield _deep("gray", raw_pictures.tiff(tone, photometric=1), tone)
    yield _deep("gray, white is zero", raw_pictures.tiff(65535 - tone, photometric=0), tone)
    for big_endian in (False, True):
        for planar in (False, True):
            manner = {"photometric": 2, "big_endian": big_endian, "planar": planar}
            yield _deep(f"RGB {manner}", raw_pictures.tiff(colors, **manner), colors)
            yield _deep(f"RGBA {manner}", raw_pictures.tiff(translucent, extra=2, **manner), translucent)
        data = raw_pictures.tiff(colors, photometric=2, deflate=True, big_endian=big_endian)
        yield _deep("RGB, deflated", data, colors)
    data = raw_pictures.tiff(colors, photometric=2, deflate=True, planar=True)
    yield _deep("RGB, deflated planes", data, colors, tolerance=1 / 255)


def _deep(name, data, values, **options):
    color = values[:, :, :3] if values.shape[2] >= 3 else values[:, :, 0]
    veil = values[:, :, -1] if values.shape[2] in (2, 4) else None
    return sample(name, data, color, veil, scale=65535, **options)


def _keyed_deep_pngs(tone, colors):
    for name, values, color in (("gray", tone, 0), ("RGB", colors, 2)):
        key = values[3, 5]
        chunk = (b"tRNS", struct.pack(f">{len(key)}H", *key))
        others = np.where((values == key).all(axis=2), 0, 65535)
        data = raw_pictures.png(values, color=color, depth=16, chunks=[chunk])
        yield _deep(f"{name}, one transparent", data, values)._replace(alpha=others / 65535)


def oriented(number):
    """Return the kind of a picture stored such that a viewer who obeys the tag sees it upright."""
    store = {
        1: lambda pixels: pixels,
        2: np.fliplr,
        3: lambda pixels: np.rot90(pixels, 2),
        4: np.flipud,
        5: lambda pixels: np.swapaxes(pixels, 0, 1),
        6: np.rot90,
        7: lambda pixels: np.swapaxes(np.rot90(pixels, 2), 0, 1),
        8: lambda pixels: np.rot90(pixels, -1),
    }[number]
    exif = Image.Exif()
    exif[ORIENTATION] = number

    def kind_of(kind):
        pixels = picture()
        stored = np.ascontiguousarray(store(pixels))
        if kind == "HEIF":
            data = box_pictures.heic(Image.fromarray(stored), exif=exif.tobytes())
            yield sample("as a phone says it", data, pixels)
            upright = box_pictures.heic(Image.fromarray(pixels), exif=exif_of(1))
            told = upright.replace(exif_of(1), exif_of(number))
            yield sample("in EXIF alone, which is void", told, pixels)
            return
        yield sample("RGB", encoded(Image.fromarray(stored), kind, exif=exif.tobytes()), pixels, kind=kind)
        if kind == "TIFF":
            deep = deep_picture(3)
            data = raw_pictures.tiff(store(deep), photometric=2, tags=[(274, number)])
            yield _deep("16 bits", data, deep)
        if kind == "PNG":
            deep = deep_picture(4)
            data = raw_pictures.png(store(deep), color=6, depth=16, chunks=[(b"eXIf", exif.tobytes()[6:])])
            yield _deep("16 bits, alpha", data, deep)

    return kind_of


XMP_FORMS = {
    "attribute": b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>',
    "element": b"<rdf:Description><tiff:Orientation>6</tiff:Orientation></rdf:Description>",
    "after another": b"<!-- tiff:Orientation is --><rdf:li tiff:Orientation='3'/><b tiff:Orientation=\"6\"/>",
}
"""Packets that say that the row at the top is the picture's right side."""


def in_digits(name, data):
    """A camera's notes as ImageMagick writes them into a text."""
    digits = data.hex().encode()
    lines = [digits[at : at + 72] for at in range(0, len(digits), 72)]
    return b"\n" + name + b"\n%8d\n" % len(data) + b"\n".join(lines) + b"\n"


def exif_of(number=None, *, order="<", kind=3):
    """EXIF data, of an orientation as a short or a long number (kind 4), or of another tag."""
    tag = (0x0112, kind, 1, number) if number else (0x0128, 3, 1, 2)
    entry = struct.pack(order + ("2HI2HI" if tag[1] == 3 else "2HI2I"), *tag, *((0, 0) if tag[1] == 3 else (0,)))
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 1) + entry


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def noted_elsewhere(kind):
    """The orientation where it is found beside EXIF's usual place; all are seen upright."""
    pixels = picture()
    stored = np.ascontiguousarray(np.rot90(pixels))
    plain = encoded(Image.fromarray(stored), kind)
    for name, data in {"PNG": png_notes, "JPEG": jpeg_notes, "WEBP": webp_notes, "TIFF": tiff_notes}[kind](
        plain, stored
    ):
        yield sample(name, data, pixels, kind=kind)
    lying = {"PNG": png_lies, "JPEG": jpeg_lies}.get(kind, lambda _: ())
    for name, data in lying(plain):
        yield sample(name, data, stored, kind=kind)


def _text(kind, keyword, text):
    compressed = b"\0" + zlib.compress(text)
    return kind, keyword + b"\0" + {b"tEXt": text, b"zTXt": compressed, b"iTXt": b"\0\0\0\0" + text}[kind]


def png_notes(plain, stored):
    xmp = b"XML:com.adobe.xmp"
    for name, packet in XMP_FORMS.items():
        yield f"XMP, {name}", with_chunks(plain, _text(b"iTXt", xmp, packet))
    packet = XMP_FORMS["attribute"]
    yield "XMP with a language", with_chunks(plain, (b"iTXt", xmp + b"\0\0\0de\0Notizen\0" + packet))
    yield "XMP behind the pixels", with_chunks(plain, _text(b"iTXt", xmp, packet), behind=True)
    yield "packed XMP", with_chunks(plain, (b"iTXt", xmp + b"\0\1\0\0\0" + zlib.compress(packet)))
    yield "EXIF behind the pixels", with_chunks(plain, (b"eXIf", exif_of(6)), behind=True)
    yield "EXIF with a prefix", with_chunks(plain, (b"eXIf", b"Exif\0\0" + exif_of(6)))
    yield "EXIF, a long number", with_chunks(plain, (b"eXIf", exif_of(6, order=">", kind=4)))
    yield "EXIF that says nothing", with_chunks(plain, (b"eXIf", exif_of()), _text(b"iTXt", xmp, packet))
    yield "many chunks", with_chunks(plain, *[(b"prVt", b"x")] * 1500, (b"eXIf", exif_of(6)))
    hidden = in_digits(b"exif", b"Exif\0\0" + exif_of(6))
    for kind in (b"tEXt", b"zTXt", b"iTXt"):
        yield f"EXIF as digits, {kind.decode()}", with_chunks(plain, _text(kind, b"Raw profile type exif", hidden))
    hidden = in_digits(b"app1", b"Exif\0\0" + exif_of(6))
    yield "APP1 as digits", with_chunks(plain, _text(b"zTXt", b"Raw profile type APP1", hidden))
    hidden = in_digits(b"app1", b"http://ns.adobe.com/xap/1.0/\0" + packet)
    yield "XMP as digits", with_chunks(plain, _text(b"tEXt", b"Raw profile type xmp", in_digits(b"xmp", packet)))
    yield "APP1 as digits, XMP", with_chunks(plain, _text(b"zTXt", b"Raw profile type APP1", hidden))


def png_lies(plain):
    packet = _text(b"iTXt", b"XML:com.adobe.xmp", XMP_FORMS["attribute"])
    yield "EXIF before XMP", with_chunks(plain, packet, (b"eXIf", exif_of(1)))
    yield "EXIF of a strange number before XMP", with_chunks(plain, packet, (b"eXIf", exif_of(77)))
    yield "the first XMP counts", with_chunks(plain, (packet[0], packet[1].replace(b"6", b"1")), packet)
    yield "XMP under another name", with_chunks(plain, (packet[0], packet[1].replace(b"XML", b"xml")))


def jpeg_notes(plain, stored):
    start = b"http://ns.adobe.com/xap/1.0/\0"
    for name, packet in XMP_FORMS.items():
        yield f"XMP, {name}", plain[:2] + segment(0xE1, start + packet) + plain[2:]
    packet = segment(0xE1, start + XMP_FORMS["element"])
    late = plain.index(b"\xff\xda")
    yield "EXIF behind the frame header", plain[:late] + segment(0xE1, b"Exif\0\0" + exif_of(6)) + plain[late:]
    yield "XMP behind the frame header", plain[:late] + packet + plain[late:]
    yield "EXIF, a long number", plain[:2] + segment(0xE1, b"Exif\0\0" + exif_of(6, kind=4)) + plain[2:]
    yield "EXIF that says nothing", plain[:2] + segment(0xE1, b"Exif\0\0" + exif_of()) + packet + plain[2:]


def jpeg_lies(plain):
    packet = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP_FORMS["element"])
    yield "EXIF before XMP", plain[:2] + packet + segment(0xE1, b"Exif\0\0" + exif_of(1)) + plain[2:]
    extension = packet.replace(b"/xap/1.0/", b"/xmp/ext/")
    yield "an extension of XMP", plain[:2] + extension + plain[2:]


def webp_notes(plain, stored):
    file = Image.fromarray(stored)
    for name, packet in XMP_FORMS.items():
        yield f"XMP, {name}", encoded(file, "WEBP", xmp=packet)
    yield "EXIF that says nothing", encoded(file, "WEBP", xmp=XMP_FORMS["element"], exif=exif_of())
    yield "EXIF without a prefix", encoded(file, "WEBP", exif=exif_of(6))


def tiff_notes(plain, stored):
    for name, packet in XMP_FORMS.items():
        yield f"XMP, {name}", encoded(Image.fromarray(stored), "TIFF", tiffinfo={700: packet})


def with_chunks(plain, *chunks, behind=False):
    """A PNG with more chunks, behind its header or its pixels."""
    at = len(plain) - 12 if behind else 33
    return plain[:at] + b"".join(raw_pictures.chunk(*each) for each in chunks) + plain[at:]


def without(data, marker):
    """A JPEG without the first segment of a marker."""
    at = data.index(bytes([0xFF, marker]))
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def marked_otherwise(kind):
    """JPEGs of other color models, with and without the markers that tell them."""
    pixels = picture()
    inks = Image.fromarray(np.dstack([255 - pixels, np.full(pixels.shape[:2], 40, np.uint8)]), "CMYK")
    seen = pixels / 255 * (1 - 40 / 255)
    data = encoded(inks, kind)
    rgb_data = encoded(Image.fromarray(pixels), kind, keep_rgb=True)
    yield sample("CMYK", data, seen, kind=kind, scale=1)
    yield sample("CMYK without Adobe's marker", without(data, 0xEE), seen, kind=kind, scale=1)
    progressive = without(encoded(inks, kind, progressive=True), 0xEE)
    yield sample("CMYK without Adobe's marker, progressive", progressive, seen, kind=kind, scale=1)
    yield sample("YCCK", _ycck(pixels), pixels / 255, kind=kind, scale=1, tolerance=0.02)
    yield sample("RGB", rgb_data, pixels, kind=kind)
    yield sample("RGB without Adobe's marker", without(rgb_data, 0xEE), pixels, kind=kind)
    yield sample(
        "YCbCr without JFIF's marker", without(encoded(Image.fromarray(pixels), kind), 0xE0), pixels, kind=kind
    )


def _ycck(pixels):
    """Adobe's form of four inks: YCbCr of the first three, then black, inverted."""
    ycc = np.asarray(Image.fromarray(255 - pixels).convert("YCbCr"))
    file = Image.fromarray(np.dstack([255 - ycc, np.zeros(pixels.shape[:2], np.uint8)]), "CMYK")  # Pillow inverts
    data = bytearray(encoded(file, "JPEG"))
    data[data.index(b"Adobe") + 11] = 2
    return bytes(data)


def side_parts(kind):
    """Whole pictures beside which something is damaged, oversized, missing or unknown."""
    pixels = picture()
    plain = encoded(Image.fromarray(pixels), kind)
    parts = {"PNG": png_parts, "JPEG": jpeg_parts, "WEBP": webp_parts, "TIFF": tiff_parts, "GIF": gif_parts}
    for name, data, warning in parts.get(kind, bmp_parts)(plain):
        yield sample(name, data, pixels, kind=kind)._replace(warning=warning)


NO_PROFILE = "color profile can't be used"


def png_parts(plain):
    large, noise = b"<li>xmp.did:1234</li>" * 60_000, np.random.default_rng(0).bytes(1_200_000)
    profile = color_profiles.profile("Display P3")
    for name, chunk in {
        "large XMP": (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(large)),
        "large text": _text(b"zTXt", b"workflow", large),
        "huge text": _text(b"zTXt", b"workflow", bytes(70 * 2**20)),
        "large plain text": _text(b"tEXt", b"workflow", large),
        "large unknown chunk": (b"caBX", noise),
        "unknown chunk of Apple": (b"iDOT", bytes(28)),
        "text that does not unpack": (b"zTXt", b"workflow\0\0garbage"),
        "text packed in another way": (b"zTXt", b"workflow\0\1garbage"),
        "text without an end of its keyword": (b"iTXt", b"\xff" * 99),
        "short density": (b"pHYs", b"\1"),
        "short gamma": (b"gAMA", b"\1"),
        "short key": (b"tRNS", b"\1"),
        "animation of no frames": (b"acTL", bytes(8)),
        "frame of no animation": (b"fcTL", b"\1"),
        "notes of a camera without an end": (b"eXIf", b"II*\0\xff\xff\xff\x7f"),
    }.items():
        yield name, with_chunks(plain, chunk), None
        yield f"{name}, behind the pixels", with_chunks(plain, chunk, behind=True), None
    yield "many texts", with_chunks(plain, *[_text(b"tEXt", b"key", bytes(1000))] * 2000), None
    skipped = "iCCP chunk is skipped"
    yield "large profile", with_chunks(plain, (b"iCCP", b"p\0\0" + zlib.compress(bytes(2**24 + 1)))), skipped
    yield "profile that does not unpack", with_chunks(plain, (b"iCCP", b"p\0\0" + zlib.compress(profile)[:-9])), skipped
    yield "profile without a name", with_chunks(plain, (b"iCCP", b"\1")), skipped
    beside = ((b"tEXt", b"key\0value"), (b"iTXt", b"XML:com.adobe.xmp\0"), (b"pHYs", bytes(9)), (b"PLTE", bytes(9)))
    for kind, data in beside:
        yield f"wrong checksum of {kind.decode()}", misread(with_chunks(plain, (kind, data)), kind), None
    for kind, data in ((b"iCCP", b"p\0\0" + zlib.compress(profile)), gamma_chunk(1), (b"tRNS", bytes(6))):
        told = f"{kind.decode()} chunk is skipped: it is damaged"
        yield f"wrong checksum of {kind.decode()}", misread(with_chunks(plain, (kind, data)), kind), told
    told = "eXIf chunk is skipped: it is damaged"
    yield "wrong checksum of eXIf", misread(with_chunks(plain, (b"eXIf", exif_of(6))), b"eXIf"), told
    yield "17 packed texts", with_chunks(plain, *[_text(b"zTXt", b"key", b"value")] * 17), None
    yield "wrong checksum of the pixels, which unpack", misread(plain, b"IDAT"), None
    for length in (1, 8, 12, 14):  # of IEND, then of the last checksum
        yield f"without its last {length} bytes", plain[:-length], None
    yield "garbage at the end", plain + b"garbage" * 99, None


def misread(data, kind):
    """A PNG in which the checksum of a chunk is wrong."""
    at = data.index(kind)
    end = at + 4 + int.from_bytes(data[at - 4 : at], "big")
    return data[:end] + bytes(byte ^ 0x55 for byte in data[end : end + 4]) + data[end + 4 :]


def jpeg_parts(plain):
    def profile_part(number, count, data):
        return segment(0xE2, b"ICC_PROFILE\0" + bytes([number, count]) + data)

    profile = color_profiles.profile("Display P3")
    first, second = profile_part(1, 2, profile[:300]), profile_part(2, 2, profile[300:])
    for name, parts, warning in (
        ("first part of a profile missing", [second], NO_PROFILE),
        ("last part of a profile missing", [first], NO_PROFILE),
        ("part of a profile twice", [first, first, second], NO_PROFILE),
        ("profile without numbers", [segment(0xE2, b"ICC_PROFILE\0")], None),
        ("short marker of Adobe", [segment(0xEE, b"Adobe")], None),
        ("large unknown segments", [segment(0xE3 + index, bytes(65_000)) for index in range(11)], None),
        ("notes of a camera without an end", [segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\x7f")], None),
        ("empty notes of a camera", [segment(0xE1, b"Exif\0\0")], None),
        ("XMP that is none", [segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0\xff\xfe")], None),
        ("notes of Photoshop without an end", [segment(0xED, b"Photoshop 3.0\x008BIM\3\xed\xff")], None),
        ("index that is none", [segment(0xE2, b"MPF\0garbage")], None),
    ):
        yield name, plain[:2] + b"".join(parts) + plain[2:], warning
    yield "short marker of JFIF", plain[:2] + segment(0xE0, b"JFIF\0") + without(plain, 0xE0)[2:], None
    yield "garbage at the end", plain + b"garbage" * 99, None
    yield "without the end", plain[:-2], None
    yield "without half of the end", plain[:-1], None
    pixels = Image.fromarray(picture())
    yield (
        "with a thumbnail, without the end",
        plain[:2] + segment(0xE1, b"Exif\0\0" + exif_of(1) + plain) + plain[2:-2],
        None,
    )
    yield "progressive, without the end", encoded(pixels, "JPEG", progressive=True)[:-2], None
    pair = io.BytesIO()
    pixels.save(pair, "MPO", save_all=True, append_images=[pixels], **EXACT["JPEG"])
    second = pair.getvalue().index(b"\xff\xd8", 2)
    yield "the second picture missing", pair.getvalue()[:second], None
    yield "the second picture and the end missing", pair.getvalue()[: second - 2], None


def webp_parts(plain):
    packet = b"<x/>" * 20
    noted = encoded(Image.fromarray(picture()), "WEBP", xmp=packet)
    for length in (1, len(packet), len(packet) + 8):
        yield f"without the last {length} bytes of its XMP", noted[:-length], None
    for name, size in (("too long", len(noted) + 900), ("too short", len(noted) - 58)):
        yield f"a length that is {name}", noted[:4] + struct.pack("<I", size) + noted[8:], None
    yield "garbage at the end", plain + b"garbage" * 9, None
    profile = encoded(Image.fromarray(picture()), "WEBP", icc_profile=b"no profile")
    yield "a profile that is none", profile, NO_PROFILE


def tiff_parts(plain):
    values = [(7, 1000, 99_999_999), (7, 2**31, 8), (99, 1, 1), (5, 1, 2**31), (4, 2**20, 0)]
    for tag, name in {270: "description", 282: "density", 305: "program", 700: "XMP", 33723: "IPTC"}.items():
        for kind, count, place in values:
            yield f"{name} {kind} {count} {place}", _with_tag(tag, kind, count, place), None
    for kind, count, place in values:
        yield f"profile {kind} {count} {place}", _with_tag(34675, kind, count, place), NO_PROFILE
    pages = raw_pictures.tiff_of_pages([(picture(), {}, []), (picture(), {}, [])])
    yield "garbage at the end", plain + b"garbage" * 9, None
    yield "the second page nowhere", pages[:-4] + b"\xff\xff\xff\x7f", None


def _with_tag(tag, kind, count, place):
    data = raw_pictures.tiff(picture(), photometric=2, depth=8, tags=[(tag, 1)])
    entry = struct.pack("<HHI", tag, 3, 1)
    at = data.index(entry)
    return data[:at] + struct.pack("<HHII", tag, kind, count, place) + data[at + 12 :]


def gif_parts(plain):
    yield "without its end", plain[:-1], None
    yield "a comment that is cut off", plain[:-1] + b"\x21\xfe\xffcomment", None
    yield "garbage at the end", plain + b"garbage", None


def bmp_parts(plain):
    yield "a length of 0", plain[:2] + bytes(4) + plain[6:], None
    profile = color_profiles.profile("Display P3")
    data = raw_pictures.bmp(picture(), profile=profile)
    yield "a profile that is cut off", data[:-200], NO_PROFILE
    yield "a profile that is missing", data[: -len(profile)], NO_PROFILE
    yield "garbage at the end", plain + b"garbage", None


VGA, FULL_HD, PRIMARY, PANORAMA = 0x010001, 0x010002, 0x030000, 0x020001
"""Kinds of pictures in a multi-picture file: two of thumbnails, and two of others (CIPA DC-007)."""


def multi_picture(*kinds, files):
    """A JPEG with an index of several (CIPA DC-007), each of a kind."""
    parts = [encoded(Image.fromarray(each), "JPEG") for each in files]
    stream = io.BytesIO()
    pictures = [Image.open(io.BytesIO(part)) for part in parts]
    pictures[0].save(stream, "MPO", save_all=True, append_images=pictures[1:], **EXACT["JPEG"])
    data = bytearray(stream.getvalue())
    at = data.index(b"MPF\0") + 4
    entries = at + struct.unpack_from("<I", data, data.index(struct.pack("<HH", 0xB002, 7), at) + 8)[0]
    for index, kind in enumerate(kinds):
        struct.pack_into("<I", data, entries + 16 * index, kind)
    return bytes(data)


def reduced_copies(kind):
    """Files whose first picture says that it is a reduced copy of another."""
    pixels, small = picture(), picture(6, 8)
    if kind == "JPEG":
        data = multi_picture(VGA, PRIMARY, files=(small, pixels))
        yield sample("a thumbnail first", data, pixels, kind=kind)
        return
    below = raw_pictures.tiff_of_pages([(small, {254: [1]}, [(pixels, {}, [])])])
    yield sample("a page below", below, pixels)
    behind = raw_pictures.tiff_of_pages([(small, {254: [1]}, []), (pixels, {}, [])])
    yield sample("a page behind", behind, pixels)


def profiled(name):
    """Return the kind of a picture in another color space than sRGB."""

    def kind_of(kind):
        pixels, data = picture(), color_profiles.profile(name)
        seen = color_profiles.in_srgb(pixels / 255, name)
        if kind == "BMP":
            yield sample("version 5", raw_pictures.bmp(pixels, profile=data), seen, scale=1, tolerance=2 / 255)
            return
        off = {"JPEG": 0.02, "AVIF": 0.05}.get(kind, 2 / 255)
        yield sample("RGB", encoded(Image.fromarray(pixels), kind, icc_profile=data), seen, scale=1, tolerance=off)
        if kind in ("PNG", "TIFF"):
            flat = encoded(paletted(pixels), kind, icc_profile=data)
            yield sample("palette", flat, seen, scale=1, tolerance=2 / 255)
        if kind == "PNG":
            yield _deep_with_profile(name, data)

    return kind_of


FOREIGN = {
    "RGB": {
        "gray": color_profiles.gray_profile(),
        "inks": color_profiles.relabelled("Adobe RGB", space=b"CMYK"),
        "Lab": color_profiles.relabelled("Adobe RGB", space=b"Lab "),
        "a link": color_profiles.relabelled("Adobe RGB", kind=b"link"),
        "no profile": b"no profile at all",
    },
    "gray": {"RGB": color_profiles.profile("Adobe RGB"), "inks": color_profiles.relabelled("Adobe RGB", space=b"CMYK")},
    "CMYK": {"RGB": color_profiles.profile("Adobe RGB"), "gray": color_profiles.gray_profile()},
}
"""Color space of a picture to profiles that can't describe it."""


def foreign_profile(kind):
    """A profile that belongs to another picture: what is seen are the numbers as they are."""
    told, pixels, tone = "color profile can't be used", picture(), gray_picture()
    for name, data in FOREIGN["RGB"].items():
        if kind in ("AVIF", "HEIF") and name == "no profile":
            continue  # their encoders refuse it
        if kind == "BMP":
            yield sample(name, raw_pictures.bmp(pixels, profile=data), pixels)._replace(warning=told)
            continue
        file = encoded(Image.fromarray(pixels), kind, icc_profile=data)
        yield sample(name, file, pixels, kind=kind)._replace(warning=told)
        if kind in ("PNG", "TIFF"):
            flat = encoded(paletted(pixels), kind, icc_profile=data)
            yield sample(f"palette, {name}", flat, pixels)._replace(warning=told)
        if kind == "PNG":
            deep, chunk = deep_picture(4), (b"iCCP", b"profile\0\0" + zlib.compress(data))
            written = raw_pictures.png(deep, color=6, depth=16, chunks=[chunk])
            yield _deep(f"16 bits, {name}", written, deep)._replace(warning=told)
    if kind in ("JPEG", "PNG", "TIFF"):
        for name, data in FOREIGN["gray"].items():
            file = encoded(Image.fromarray(tone), kind, icc_profile=data)
            yield sample(f"gray, {name}", file, tone, kind=kind)._replace(warning=told)
    if kind in ("JPEG", "TIFF"):
        for name, data in FOREIGN["CMYK"].items():
            inks = next(iter(cmyk(kind)))
            file = Image.fromarray(np.dstack([pixels, 255 - tone]), "CMYK")
            yield inks._replace(name=name, data=encoded(file, kind, icc_profile=data), warning=told)


def other_depths(kind):
    """Gray whose white is neither 255 nor 65535: by bits and sample format (TIFF 6.0, section 19)."""
    tone = deep_picture(1)
    for depth, letter, orders in ((12, "u", "<"), (8, "i", "<>"), (16, "i", "<>"), (32, "u", "<"), (32, "i", "<>")):
        white = 2 ** (depth - (letter == "i")) - 1
        values = np.rint(tone / 65535 * white)
        for order in orders:
            for deflate in (False, True):
                manner = {"depth": depth, "kind": letter, "big_endian": order == ">", "deflate": deflate}
                data = raw_pictures.tiff(values, photometric=1, **manner)
                yield sample(str(manner), data, values[:, :, 0], scale=white)
    for photometric, order, deflate in itertools.product((0, 1), "<>", (False, True)):
        values = 1 - tone / 65535 if photometric == 0 else tone / 65535
        manner = {"depth": 32, "kind": "f", "big_endian": order == ">", "photometric": photometric, "deflate": deflate}
        yield sample(str(manner), raw_pictures.tiff(values, **manner), tone[:, :, 0], scale=65535)
    narrow = deep_picture(1)[:, :17] >> 4  # rows that end within a byte
    yield sample("12 bits, 17 px", raw_pictures.tiff(narrow, photometric=1, depth=12), narrow[:, :, 0], scale=4095)


def gamma_chunk(gamma):
    return b"gAMA", struct.pack(">I", round(gamma * 100_000))


def primaries_chunk(primaries):
    return b"cHRM", struct.pack(
        ">8I", *(round(value * 100_000) for xy in ((0.3127, 0.329), *primaries) for value in xy)
    )


def profile_chunk(name):
    return b"iCCP", b"profile\0\0" + zlib.compress(color_profiles.profile(name))


SRGB, P3, ADOBE = color_profiles.SRGB, color_profiles.DISPLAY_P3, color_profiles.ADOBE_RGB
LIGHT, CURVED, BT709 = color_profiles.power(1), color_profiles.srgb_decoded, color_profiles.bt709_decoded

SAID = {
    "linear": ([gamma_chunk(1)], SRGB, LIGHT),
    "gamma 1.8": ([gamma_chunk(1 / 1.8)], SRGB, color_profiles.power(1.8)),
    "gamma 2.2": ([gamma_chunk(1 / 2.2)], SRGB, CURVED),
    "gamma 2.2, sRGB's primaries": ([gamma_chunk(1 / 2.2), primaries_chunk(SRGB)], SRGB, CURVED),
    "Adobe RGB": ([gamma_chunk(256 / 563), primaries_chunk(ADOBE)], ADOBE, color_profiles.adobe_decoded),
    "primaries alone": ([primaries_chunk(P3)], P3, CURVED),
    "sRGB before gamma": ([gamma_chunk(1), primaries_chunk(P3), (b"sRGB", b"\0")], SRGB, CURVED),
    "a profile before gamma": ([gamma_chunk(1), profile_chunk("Display P3")], P3, CURVED),
    "codes, P3": ([(b"cICP", bytes([12, 13, 0, 1]))], P3, CURVED),
    "codes, linear": ([(b"cICP", bytes([1, 8, 0, 1]))], SRGB, LIGHT),
    "codes, BT.2020": ([(b"cICP", bytes([9, 14, 0, 1]))], color_profiles.BT2020, BT709),
    "codes before all": ([profile_chunk("Adobe RGB"), (b"cICP", bytes([1, 8, 0, 1])), (b"sRGB", b"\0")], SRGB, LIGHT),
}
"""What chunks of a PNG say of its colors: the chunks, the primaries, the curve to light."""

MISSAID = {
    "no gamma": ([gamma_chunk(0)], "gAMA chunk is skipped: a gamma of 0.0 is not possible"),
    "no primaries": ([primaries_chunk([(0.3, 0.3)] * 3)], "chromaticities span no color space"),
    "zeros for primaries": ([primaries_chunk([(0, 0)] * 3)], "chromaticities span no color space"),
    "unknown codes": ([(b"cICP", bytes([2, 2, 0, 1]))], "cICP chunk is skipped: it names an unknown color space"),
    "codes of video": ([(b"cICP", bytes([1, 1, 1, 0]))], "cICP chunk is skipped: it names an unknown color space"),
}
"""The same where it can't be true: the chunks, and what is told."""


def said_by_chunks(kind):
    pixels, deep, tone = picture(), deep_picture(4), gray_picture()
    for name, (chunks, primaries, curve) in SAID.items():
        seen = color_profiles.converted(pixels / 255, primaries, curve)
        off = 2 / 255 if any(chunk[0] == b"iCCP" for chunk in chunks) else 2e-4
        data = raw_pictures.png(pixels, color=2, chunks=chunks)
        yield sample(name, data, seen, scale=1, tolerance=off)
        veil = opacity()
        data = raw_pictures.png(np.dstack([pixels, veil]), color=6, chunks=chunks)
        yield sample(f"{name}, alpha", data, seen, veil / 255, scale=1, tolerance=off)
        if off < 1e-3:
            data = raw_pictures.png(deep, color=6, depth=16, chunks=chunks)
            seen = color_profiles.converted(deep[:, :, :3] / 65535, primaries, curve)
            yield sample(f"{name}, 16 bits", data, seen, deep[:, :, 3] / 65535, scale=1, tolerance=1e-3)
            data = raw_pictures.png(tone[:, :, None], color=0, chunks=chunks)
            seen = color_profiles.converted(np.repeat(tone[:, :, None], 3, 2) / 255, primaries, curve)
            yield sample(f"{name}, gray", data, seen, scale=1, tolerance=1e-3)
    for name, (chunks, told) in MISSAID.items():
        data = raw_pictures.png(pixels, color=2, chunks=chunks)
        yield sample(name, data, pixels)._replace(warning=told)


def _deep_with_profile(name, profile):
    deep = deep_picture(3)
    chunk = (b"iCCP", b"profile\0\0" + zlib.compress(profile))
    seen = color_profiles.in_srgb(deep / 65535, name)
    data = raw_pictures.png(deep, color=2, depth=16, chunks=[chunk])
    return sample("16 bits", data, seen, scale=1, tolerance=5 / 255)  # dark tones are steep


def interlaced(kind):
    pixels = picture()
    if kind == "PNG":
        yield sample("Adam7", raw_pictures.png(pixels, color=2, interlaced=True), pixels)
        for shape in ((1, 1), (3, 2), (9, 5)):
            small = picture(*shape)
            yield sample(f"Adam7 {shape}", raw_pictures.png(small, color=2, interlaced=True), small)
        return
    option = {"JPEG": {"progressive": True}, "GIF": {"interlace": 1}}[kind]
    yield sample("plain", encoded(Image.fromarray(pixels), kind, **option), pixels, kind=kind)


def animated(kind):
    first, other = picture(), 255 - picture()
    if kind == "HEIF":
        pair = map(Image.fromarray, (first, other))
        yield sample("two pictures", box_pictures.heic(*pair), first)
        return
    if kind == "PPM":
        pair = (encoded(Image.fromarray(each), kind) for each in (first, other))
        yield sample("two pictures", b"".join(pair), first)
        return
    files = [paletted(each) if kind == "GIF" else Image.fromarray(each) for each in (first, other)]
    options = EXACT.get(kind, {})
    data = _saved(files[0], "MPO" if kind == "JPEG" else kind, save_all=True, append_images=files[1:], **options)
    yield sample("two frames", data, first, kind=kind)


def shaped(*shapes):
    """Return the kind of pictures of some heights and widths."""

    def kind_of(kind):
        for height, width in shapes:
            pixels = picture(height, width)
            yield sample(f"{width}x{height}", encoded(Image.fromarray(pixels), kind), pixels, kind=kind)

    return kind_of


KINDS = {
    "RGB": rgb,
    "gray": gray,
    "palette": palette,
    "CMYK": cmyk,
    "alpha": alpha,
    "16 bits": sixteen_bits,
    **{f"orientation {number}": oriented(number) for number in range(1, 9)},
    **{name: profiled(name) for name in color_profiles.SPACES},
    "foreign profile": foreign_profile,
    "other depths": other_depths,
    "chunks that say colors": said_by_chunks,
    "orientation elsewhere": noted_elsewhere,
    "other color models": marked_otherwise,
    "side parts": side_parts,
    "reduced copies": reduced_copies,
    "interlaced": interlaced,
    "animated": animated,
    "one pixel wide": shaped((24, 1), (1, 32), (1, 1)),
    "odd sizes": shaped((23, 31), (7, 5), (17, 3)),
    "extreme proportions": shaped((3, 3001), (3001, 2)),
}

_ORIENTATIONS = [f"orientation {number}" for number in range(1, 9)]

_WITHOUT_REPAIRS = ("AVIF", "HEIF", "JPEG2000", "PPM")
_NEVER_TURNED = ("GIF", "BMP", "JPEG2000", "PPM")

LEFT_OUT = {
    ("GIF", "RGB"): "only palettes",
    ("WEBP", "gray"): "only RGB",
    **dict.fromkeys([(kind, "palette") for kind in ("JPEG", "WEBP", *_WITHOUT_REPAIRS)], "no palettes"),
    **dict.fromkeys([(kind, "CMYK") for kind in ("PNG", "WEBP", "GIF", "BMP", *_WITHOUT_REPAIRS)], "no inks"),
    **dict.fromkeys([("JPEG", "alpha"), ("PPM", "alpha")], "no transparency"),
    **dict.fromkeys([(kind, "16 bits") for kind in ("JPEG", "WEBP", "GIF", "BMP", "AVIF", "HEIF")], "12 bits at most"),
    **dict.fromkeys([(kind, each) for kind in _NEVER_TURNED for each in _ORIENTATIONS], "no notes of a camera"),
    **dict.fromkeys(
        [(kind, name) for kind in ("GIF", "PPM") for name in (*color_profiles.SPACES, "foreign profile")], "no profiles"
    ),
    **dict.fromkeys([(kind, "other depths") for kind in FORMATS if kind != "TIFF"], "only TIFF has them"),
    **dict.fromkeys([(kind, "chunks that say colors") for kind in FORMATS if kind != "PNG"], "only PNG has them"),
    **dict.fromkeys([(kind, "orientation elsewhere") for kind in (*_NEVER_TURNED, "AVIF", "HEIF")], "no such notes"),
    **dict.fromkeys([(kind, "other color models") for kind in FORMATS if kind != "JPEG"], "only JPEG has them"),
    **dict.fromkeys([(kind, "reduced copies") for kind in FORMATS if kind not in ("JPEG", "TIFF")], "no copies"),
    **dict.fromkeys(
        [(kind, "interlaced") for kind in ("WEBP", "TIFF", "BMP", *_WITHOUT_REPAIRS)], "from top to bottom only"
    ),
    **dict.fromkeys([("BMP", "animated"), ("JPEG2000", "animated")], "one picture"),
    **dict.fromkeys([(kind, "side parts") for kind in _WITHOUT_REPAIRS], "read as the decoder does"),
}
"""Format and kind to why there is no such file."""

CELLS = [(format_, kind) for kind in KINDS for format_ in FORMATS if (format_, kind) not in LEFT_OUT]


class Refused(NamedTuple):
    """A file that is not read.

    Attributes:
        name: What it is.
        data: The file.
        told: A pattern of what is said about it.
    """

    name: str
    data: bytes
    told: str


def refused():
    """Yield files that the library refuses."""
    pixels, deep, tone = picture(), deep_picture(3), deep_picture(1)
    rare, damaged = "it is a TIFF file, but damaged or of an unsupported variant; save it as PNG", "truncated|damaged"
    sensor = (pixels, {262: [32803]}, [])
    yield Refused("raw file", raw_pictures.tiff_of_pages([(pixels, {254: [1]}, [sensor])]), "is a raw file")
    copies = raw_pictures.tiff_of_pages([(pixels, {254: [1]}, [])])
    yield Refused("TIFF of copies", copies, "marked as reduced copies")
    yield Refused("JPEG of thumbnails", multi_picture(VGA, VGA, files=(pixels, pixels)), "marked as thumbnails")
    for name, data in {
        "gray of 10 bits": raw_pictures.tiff(tone >> 6, photometric=1, depth=10),
        "gray of 14 bits": raw_pictures.tiff(tone >> 2, photometric=1, depth=14),
        "gray of half floats": raw_pictures.tiff(tone / 65535, photometric=1, kind="f"),
        "gray of 16 bits with opacity": raw_pictures.tiff(deep[:, :, :2], photometric=1, extra=2),
        "RGB of 12 bits": raw_pictures.tiff(deep >> 4, photometric=2, depth=12),
        "RGB of 32 bits": raw_pictures.tiff(deep, photometric=2, depth=32),
        "RGB of floats": raw_pictures.tiff(deep / 65535, photometric=2, depth=32, kind="f"),
    }.items():
        yield Refused(f"TIFF, {name}", data, rare)
    for name, values, manner in (
        ("negative, 8 bits", tone // 256 - 128, {"depth": 8, "kind": "i"}),
        ("negative, 16 bits", tone - 32768, {"kind": "i"}),
        ("negative, 32 bits", tone - 32768, {"depth": 32, "kind": "i"}),
        ("floats up to 255", tone / 257, {"depth": 32, "kind": "f"}),
        ("floats that are none", np.where(tone == tone[0, 0], np.nan, 0.5), {"depth": 32, "kind": "f"}),
    ):
        data = raw_pictures.tiff(values, photometric=1, **manner)
        yield Refused(f"TIFF, gray, {name}", data, "its gray values do not lie within 0 and")
    for code, name in ((16, "PQ"), (18, "HLG")):
        data = raw_pictures.png(pixels, color=2, chunks=[(b"cICP", bytes([9, code, 0, 1]))])
        yield Refused(f"PNG, {name}", data, rf"is of high dynamic range \({name}\); convert it")
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"):
        data = encoded(Image.fromarray(pixels if kind == "GIF" else noise()), kind)
        yield Refused(f"{kind}, half of its pixels", data[: len(data) // 2], damaged + "|could not create decoder")
    progressive = encoded(Image.fromarray(pixels), "JPEG", progressive=True)
    scan = progressive.rindex(b"\xff\xda")
    yield Refused("JPEG, its last scan missing", progressive[:scan], damaged)
    thumbnail = segment(0xE1, b"Exif\0\0" + exif_of(1) + encoded(Image.fromarray(picture(6, 8)), "JPEG"))
    noted = progressive[:2] + thumbnail + progressive[2:scan]
    yield Refused("JPEG with a thumbnail, its last scan missing", noted, damaged)
    yield Refused("JPEG, its last byte of pixels missing", encoded(Image.fromarray(noise()), "JPEG")[:-4], damaged)
    strips = raw_pictures.tiff(pixels, photometric=2, depth=8)
    few = strips.replace(struct.pack("<HHII", 278, 4, 1, 24), struct.pack("<HHII", 278, 4, 1, 9))
    yield Refused("TIFF, rows missing", few, "parts of its pixels are missing")
    for interlaced in (False, True):
        rows = raw_pictures.png(pixels[:-1], color=2, interlaced=interlaced)
        tall = rows[:16] + raw_pictures.chunk(b"IHDR", rows[16:20] + struct.pack(">I", 24) + rows[24:29])[8:]
        yield Refused(
            f"PNG, a row missing, interlaced {interlaced}", tall + rows[33:], "a part of its pixels is missing"
        )
    flipped = bytearray(encoded(Image.fromarray(noise()), "PNG"))
    flipped[200] ^= 1
    yield Refused("PNG, a bit of its pixels wrong", bytes(flipped), "the checksum of its pixels is wrong")
    header = misread(encoded(Image.fromarray(pixels), "PNG"), b"IHDR")
    yield Refused("PNG, its header damaged", header, "the checksum of its IHDR chunk is wrong")
    cut = damaged + "|end of file|broken data stream|Expected to read"
    for kind in ("HEIF", "AVIF", "JPEG2000", "PPM"):
        data = encoded(Image.fromarray(noise()), kind)
        yield Refused(f"{kind}, half of its pixels", data[: len(data) // 2], cut)
        yield Refused(f"{kind}, its beginning", data[:40], cut)
    for code, name in ((16, "PQ"), (18, "HLG")):
        for kind in ("HEIF", "AVIF"):
            data = box_pictures.named_colors(encoded(Image.fromarray(pixels), kind), 9, code)
            yield Refused(f"{kind}, {name}", data, rf"is of high dynamic range \({name}\); convert it")
    for name, head in {
        "JPEG XL": b"\xff\x0a",
        "PSD": b"8BPS\0\1",
        "raw file of Fuji": b"FUJIFILMCCD-RAW",
        "raw file of Panasonic": b"IIU\0\x18\0\0\0",
    }.items():
        yield Refused(name, head + bytes(99), "is not a picture of a known format")


def noise():
    return np.random.default_rng(1).integers(0, 256, (24, 32, 3), dtype=np.uint8)

"""ICC profiles of color spaces given by their primaries, and what their colors are in sRGB, from the definitions."""

import struct

import numpy as np

D50, D65 = np.array([0.9642, 1.0, 0.8249]), np.array([0.95046, 1.0, 1.08906])

SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))

ADOBE_GAMMA = 563 / 256


def srgb_decoded(values):
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def srgb_encoded(light):
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)


def adobe_decoded(values):
    return values**ADOBE_GAMMA


def power(exponent):
    return lambda values: values**exponent


def bt709_decoded(values):
    return np.where(values < 0.081, values / 4.5, ((values + 0.099) / 1.099) ** (1 / 0.45))


BT2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))

SPACES = {"Display P3": (DISPLAY_P3, srgb_decoded), "Adobe RGB": (ADOBE_RGB, adobe_decoded)}
"""Name to primaries and the curve from stored values to light."""


def to_d50(primaries):
    """Return the matrix from linear RGB with a white of D65 to XYZ, adapted to D50 by Bradford's method."""
    columns = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    rgb = columns * np.linalg.solve(columns, D65)
    cone = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    return np.linalg.inv(cone) @ np.diag((cone @ D50) / (cone @ D65)) @ cone @ rgb


def in_srgb(values, name):
    """Convert `(H, W, 3)` in [0, 1] from a space of `SPACES` to sRGB, cut off at its gamut."""
    return converted(values, *SPACES[name])


def converted(values, primaries, decoded):
    """Convert `(H, W, 3)` in [0, 1] from a space of these primaries and curve, with a white of D65, likewise."""
    light = decoded(values) @ (np.linalg.inv(to_d50(SRGB)) @ to_d50(primaries)).T
    return np.clip(srgb_encoded(np.clip(light, 0, 1)), 0, 1)


def profile(name):
    """Return an ICC profile (version 2.4, matrix and curves) of a space of `SPACES`."""
    primaries, decoded = SPACES[name]
    curve = np.rint(decoded(np.linspace(0, 1, 4096)) * 65535).astype(">u2")
    text = name.encode() + b"\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": _xyz(D50),
        **{tag: _xyz(column) for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), to_d50(primaries).T, strict=True)},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), b"curv" + struct.pack(">II", 0, len(curve)) + curve.tobytes()),
    }
    table, body = b"", b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = 128 + 4 + len(table) + len(body)
    head = struct.pack(">I4xI", size, 0x02400000) + b"mntrRGB XYZ " + struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp"
    head = (head + bytes(28) + _xyz(D50)[8:]).ljust(128, b"\0")
    return head + struct.pack(">I", len(tags)) + table + body


def relabelled(name, *, space=b"RGB ", kind=b"mntr"):
    """Return the profile of a space of `SPACES` whose header says that it is for another color space, or class."""
    data = profile(name)
    return data[:12] + kind + space + data[20:]


def gray_profile(gamma=1.0):
    """Return an ICC profile of gray whose light is a power of the stored numbers."""
    curve = b"curv" + struct.pack(">IIH2x", 0, 1, round(gamma * 256))
    tags = {b"desc": b"desc" + struct.pack(">II", 0, 5) + b"gray\0" + bytes(79), b"wtpt": _xyz(D50), b"kTRC": curve}
    table, body = b"", b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(data))
        body += data
    head = profile("Adobe RGB")[:128]
    size = 128 + 4 + len(table) + len(body)
    return struct.pack(">I", size) + head[4:16] + b"GRAY" + head[20:] + struct.pack(">I", len(tags)) + table + body


def _xyz(vector):
    return b"XYZ " + bytes(4) + struct.pack(">3i", *np.rint(np.asarray(vector) * 65536).astype(int))

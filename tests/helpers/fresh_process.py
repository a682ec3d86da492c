"""What TensorFlow Serving would do: run a saved model in a session, in a process that did not build it.

A crash takes this process with it and no test.
"""

import io
import resource
import struct
import sys

import numpy as np
import tensorflow as tf
from PIL import Image

from helpers.encoded_pictures import MAX_PIXELS, encode, smooth

SEED, MUTATIONS = 11, 40


def refusal(run, encoded):
    """The message of the refusal as INVALID_ARGUMENT, or None for a picture; all else is raised."""
    try:
        run(encoded)
    except tf.errors.InvalidArgumentError as error:
        return str(error)
    return None


def sources():
    """A small file of every kind, so that a mutation likely hits something."""
    file = Image.fromarray(smooth(19, 14))
    exif = Image.Exif()
    exif[0x0112] = 6
    yield encode(file, "PNG", exif=exif)
    yield encode(file.quantize(8), "PNG", transparency=2)
    yield encode(file, "JPEG", exif=exif, quality=60)
    yield encode(file, "JPEG", progressive=True)
    yield encode(file, "WEBP", exif=exif)
    yield encode(file, "WEBP", lossless=True)
    yield encode(file.quantize(8), "GIF", comment=b"a note", transparency=1)
    yield encode(file, "BMP")
    yield encode(file.quantize(8), "BMP")


def mutate(data, rng):
    """Flip bits, cut, overwrite a header, double a part, or replace bytes by extreme ones."""
    data, kind = bytearray(data), rng.integers(5)
    at = int(rng.integers(len(data)))
    if kind == 0:
        for place in rng.integers(len(data), size=rng.integers(1, 9)):
            data[place] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        del data[at:]
    elif kind == 2:
        data[4:40] = rng.integers(0, 256, 36, np.uint8).tobytes()
    elif kind == 3:
        data[at:at] = data[at // 2 : at]
    else:
        place = int(rng.integers(min(len(data), 64)))
        data[place : place + 4] = bytes([rng.choice([0, 1, 0x7F, 0x80, 0xFF])]) * 4
    return bytes(data)


def mutations(signatures):
    """Each is refused, or gives a picture of the announced size, in range, and the same twice."""
    rng = np.random.default_rng(SEED)
    whole = [data for source in sources() for data in (mutate(source, rng) for _ in range(MUTATIONS))]
    whole = [data for data in whole if refusal(signatures["decode"], data) is None]
    assert MUTATIONS < len(whole) < 8 * MUTATIONS  # both outcomes are met
    for data in whole:
        (first,), (again,) = signatures["decode"](data), signatures["decode"](data)
        _, width, height, _ = signatures["describe"](data)
        assert first.size == width * height * 3 <= MAX_PIXELS * 3
        assert first.min() >= 0 and first.max() <= 1
        np.testing.assert_array_equal(first, again)


def huge_pictures():
    """Headers that claim millions of pixels and more, without the data."""
    yield b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">2I", 50_000, 50_000) + b"\x08\2\0\0\0" + bytes(99)
    yield b"\xff\xd8\xff\xc0\0\x11\x08" + b"\xc3\x50" * 2 + b"\3\1\x11\0\2\x11\0\3\x11\0\xff\xda" + bytes(99)
    for screen in (b"\x50\xc3", b"\1\0"):
        yield b"GIF89a" + screen * 2 + b"\0\0\0\x2c\0\0\0\0" + b"\x50\xc3" * 2 + b"\0\2\1\0\0\x3b"
    yield b"BM" + bytes(8) + struct.pack("<2I2i2H6I", 54, 40, 50_000, -50_000, 1, 24, *bytes(6))
    yield b"RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\x4f\xc3\0" * 2 + bytes(99)
    yield b"RIFF\xff\0\0\0WEBPVP8 \xff\0\0\0\x10\0\0\x9d\1\x2a" + b"\xff\x3f" * 2 + bytes(99)
    yield b"RIFF\xff\0\0\0WEBPVP8L\xff\0\0\0\x2f" + b"\xff" * 4 + bytes(99)


def bombs(signatures):
    """Refuse huge sizes without 20 MB more memory."""
    signatures["decode"](next(sources()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for bomb in huge_pictures():
        message = refusal(signatures["decode"], bomb)
        assert message is not None and "A picture may have 20000 pixels; got " in message, (bomb, message)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


def several(signatures):
    """Decode and encode several pictures in one call; one that is bad refuses all."""
    pixels = smooth()
    good, small = encode(Image.fromarray(pixels), "PNG"), encode(Image.fromarray(pixels[:9]), "BMP")
    (answers,) = signatures["again"]([good, small])
    for answer, wanted in zip(answers, (pixels, pixels[:9]), strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(answer))), wanted)
    large = encode(Image.new("RGB", (200, 101)), "PNG")
    for bad, sentence in ((large, "got 200 x 101"), (b"?", "unknown format"), (good[:200], "PNG")):
        assert sentence in str(refusal(signatures["again"], [good, bad]))


def main(folder):
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        model = tf.compat.v1.saved_model.loader.load(session, ["serve"], folder)
        signatures = {}
        for name, signature in model.signature_def.items():
            feed = signature.inputs["encoded"].name
            fetches = [signature.outputs[key].name for key in sorted(signature.outputs)]
            signatures[name] = lambda value, feed=feed, fetches=fetches: session.run(fetches, {feed: value})
        for check in (several, bombs, mutations):
            check(signatures)


if __name__ == "__main__":
    main(sys.argv[1])

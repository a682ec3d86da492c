"""A toy model with the signatures of the real one, a server for it on a real socket, and requests."""

# ruff: noqa: B008, ARG002 (a signature's defaults must be tensors in the function's head; the toy needs few of them)

import base64
import contextlib
import dataclasses
import io
import threading
import time
import types

import numpy as np
import tensorflow as tf
from PIL import Image

from nst_tf_serving.server.app import bind, make_app, make_server
from nst_tf_serving.server_options import ServerOptions

MOST_STEPS = 1_000_000
LONG = 600_000
"""Steps that take some seconds."""

BYTES = tf.TensorSpec([None], tf.string)
WHOLE = tf.TensorSpec([None], tf.int32)
REAL = tf.TensorSpec([None], tf.float32)
IMAGES = tf.TensorSpec([None, None, None, 3], tf.float32)
PARAMETERS = {
    "steps": WHOLE,
    "size": WHOLE,
    "content_weight": REAL,
    "style_weight": REAL,
    "tv_weight": REAL,
    "learning_rate": REAL,
    "seed": WHOLE,
    "color": BYTES,
}


def decode(encoded):
    return tf.image.convert_image_dtype(tf.io.decode_image(encoded, 3, expand_animations=False), tf.float32)


def blend_bytes(pair):
    content, style = decode(pair[0]), decode(pair[1])
    style = tf.image.resize(style, tf.shape(content)[:2])
    return tf.io.encode_png(tf.image.convert_image_dtype((content + style) / 2, tf.uint8))


def blends(content_bytes, style_bytes):
    return tf.map_fn(blend_bytes, (content_bytes, style_bytes), fn_output_signature=tf.string)


def work(steps):
    """Loop for as long as a request says; ten microseconds a step or more."""
    start = (tf.constant(0), tf.eye(64))
    return tf.while_loop(lambda i, _: i < steps, lambda i, x: (i + 1, tf.matmul(x, x)), start)[1][0, 0]


class Toy(tf.Module):
    @tf.function(input_signature=[BYTES, BYTES])
    def plain(self, content_bytes, style_bytes):
        return {"stylized_bytes": blends(content_bytes, style_bytes)}

    @tf.function(input_signature=[BYTES, BYTES, *PARAMETERS.values()])
    def stylize_bytes(
        self,
        content_bytes,
        style_bytes,
        steps=tf.constant([200]),
        size=tf.constant([0]),
        content_weight=tf.constant([0.3]),
        style_weight=tf.constant([1.0]),
        tv_weight=tf.constant([1.0]),
        learning_rate=tf.constant([0.02]),
        seed=tf.constant([0]),
        color=tf.constant(["style"]),
    ):
        message = f"steps must be at most {MOST_STEPS}; ask for fewer."
        with tf.control_dependencies([tf.debugging.assert_less_equal(steps, MOST_STEPS, message=message)]):
            loss = tf.map_fn(work, steps, fn_output_signature=tf.float32)
        loss = loss * content_weight + 1000 * tf.cast(size, tf.float32)
        return {"stylized_bytes": blends(content_bytes, style_bytes), "loss": loss}

    @tf.function(input_signature=[IMAGES])
    def features(self, image):
        gram = tf.einsum("bhwi,bhwj->bij", image, image)
        return {"block1_conv1": image * 2, "gram": gram, "mean": tf.reduce_mean(image)}


def export_toy(folder):
    """Write the toy as version 12, a version 3 that can't be loaded, and what an export in progress leaves."""
    toy = Toy()
    signatures = {"serving_default": toy.plain, "stylize_bytes": toy.stylize_bytes, "features": toy.features}
    tf.saved_model.save(toy, str(folder / "12"), signatures=signatures)
    (folder / "3").mkdir()
    (folder / "3" / "saved_model.pb").write_bytes(b"an older one, not to be loaded")
    (folder / "temporary-13").mkdir()
    return folder


def watched(model):
    """The same model, and the sizes that it was asked for so far."""
    asked, run = [], model.root.signatures["stylize_bytes"]

    def stylize_bytes(**inputs):
        asked.append(inputs["size"].numpy().item())
        return run(**inputs)

    root = types.SimpleNamespace(model=model.root, signatures={"stylize_bytes": stylize_bytes})
    return dataclasses.replace(model, root=root), asked


@contextlib.contextmanager
def serving(model, workers=None, **options):
    """Serve a model on a free port; yields the address."""
    listener = bind("127.0.0.1", 0)
    server = make_server(make_app(model, ServerOptions(**options), workers))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    listener.listen()
    port = listener.getsockname()[1]
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def encoded(color, size=(20, 16), kind="PNG"):
    stream = io.BytesIO()
    Image.new("RGB", size, color).save(stream, kind)
    return stream.getvalue()


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def b64(data):
    return {"b64": base64.b64encode(data).decode()}


def row(**changes):
    """A row for `stylize_bytes`."""
    values = {"steps": 1, "size": 0, "content_weight": 0.3, "style_weight": 1.0, "tv_weight": 1.0}
    pictures = {"content_bytes": b64(encoded("red")), "style_bytes": b64(encoded("blue"))}
    return {**pictures, **values, "learning_rate": 0.02, "seed": 0, "color": "style", **changes}


class SlicedToy(Toy):
    """A toy that paints in slices: its state is the steps taken and planned, and its painting is the blend."""

    @tf.function(input_signature=[BYTES, BYTES, *PARAMETERS.values()])
    def begin(self, content_bytes, style_bytes, steps, size, content_weight, style_weight, tv_weight, learning_rate, seed, color):  # fmt: skip  # noqa: E501
        return {"state_bytes": written(tf.zeros_like(steps), steps), "planned": steps}

    @tf.function(input_signature=[BYTES, BYTES])
    def begin_default(self, content_bytes, style_bytes):
        planned = tf.fill(tf.shape(content_bytes), 40)
        return {"state_bytes": written(tf.zeros_like(planned), planned), "planned": planned}

    @tf.function(input_signature=[BYTES, BYTES, BYTES, WHOLE, WHOLE])
    def advance(self, content_bytes, style_bytes, state_bytes, steps, preview):
        parts = tf.strings.to_number(tf.strings.split(state_bytes, ",").to_tensor(), tf.int32)
        before, planned = parts[:, 0], parts[:, 1]
        taken = tf.minimum(before + steps, planned)
        with tf.control_dependencies([tf.map_fn(work, (taken - before) * 2_000, fn_output_signature=tf.float32)]):
            over, none = taken == planned, tf.fill(tf.shape(taken), "")
            painted = blends(content_bytes, style_bytes)
        blank = tf.io.encode_jpeg(tf.zeros([4, 4, 3], tf.uint8))
        return {
            "state_bytes": tf.where(over, none, written(taken, planned)),
            "taken": taken,
            "planned": planned,
            "left": planned - taken,
            "share": tf.cast(taken / planned, tf.float32),
            "height": tf.ones_like(taken) * 16,
            "width": tf.ones_like(taken) * 20,
            "loss": tf.cast(taken, tf.float32),
            "preview_bytes": tf.where(preview > 0, tf.fill(tf.shape(taken), blank), none),
            "stylized_bytes": tf.where(over, painted, none),
        }


def written(taken, planned):
    return tf.strings.join([tf.strings.as_string(taken), tf.strings.as_string(planned)], ",")

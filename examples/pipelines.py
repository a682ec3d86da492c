"""Use an exported model in TensorFlow programs: called directly, in `tf.data`, and as a Keras layer.

nst-tf export export/nst
python examples/pipelines.py export/nst/1 painting.jpg photos/*.jpg
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf


def paint_once(model: Path, content: np.ndarray, style: np.ndarray) -> np.ndarray:
    """Call the model like TF Hub's stylization module, with images `(N, H, W, 3)` in [0, 1]."""
    loaded = tf.saved_model.load(str(model))
    return loaded(tf.constant(content), tf.constant(style))[0].numpy()


def paint_files(model: Path, photos: list[Path], style: Path, *, steps: int) -> Iterator[tuple[Path, bytes]]:
    """Paint files of any size in a `tf.data` pipeline; yield path and PNG of each."""
    loaded = tf.saved_model.load(str(model))  # must live as long as the pipeline

    def paint(path: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Paint one file."""
        contents, styles = (tf.io.read_file(each)[None] for each in (path, str(style)))
        painted = loaded.stylize_bytes(contents, styles, steps=tf.constant([steps]))
        return path, painted["stylized_bytes"][0]

    # One painting can use every core, but tf.data has to allow it; several at once would only wait for each other.
    cores = tf.data.Options()
    cores.threading.max_intra_op_parallelism = 0
    pipeline = tf.data.Dataset.from_tensor_slices([str(photo) for photo in photos]).map(paint, num_parallel_calls=1)
    for path, painting in pipeline.prefetch(1).with_options(cores):
        yield Path(path.numpy().decode()), painting.numpy()


def keras_model(model: Path) -> keras.Model:
    """Return a Keras model that maps content and style, `(N, H, W, 3)`, to the painting."""
    pictures = {name: keras.Input((None, None, 3), name=name) for name in ("content", "style")}
    layer = keras.layers.TFSMLayer(str(model), call_endpoint="stylize_dict", trainable=False)
    return keras.Model(pictures, layer(pictures))


if __name__ == "__main__":
    exported, painting, *photographs = map(Path, sys.argv[1:])
    for photograph, png in paint_files(exported, photographs, painting, steps=100):
        target = photograph.with_name(f"{photograph.stem}-painted.png")
        target.write_bytes(png)
        sys.stdout.write(f"{target}\n")

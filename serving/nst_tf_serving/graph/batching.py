"""Paint a batch of pictures one by one, in a graph."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from nst_tf_serving.graph.checks import Check, after_checks


class Batch(NamedTuple):
    """The inputs of a request.

    Attributes:
        pictures: Input name to pictures, content first; of the others either one for each content or one for all.
        settings: A named tuple: for each setting, either one value for each content or one for all.
    """

    pictures: dict[str, tf.Tensor]
    settings: Any


def one_by_one(paint_one: Callable[..., Any], batch: Batch, specs: tuple[Any, ...], *, most: int) -> Any:
    """Paint the pictures of a batch one after the other, so that each can use all memory and processors.

    Args:
        paint_one: From one of each of the pictures, and settings, to tensors.
        batch: The inputs of the request.
        specs: The types of the resulting tensors.
        most: Most pictures of a request.
    """
    count = tf.shape(next(iter(batch.pictures.values())))[0]

    def paint_at(index: tf.Tensor) -> Any:
        """Paint one picture of the batch."""
        settings = type(batch.settings)(*(_at(values, index) for values in batch.settings))
        return paint_one(*(_at(values, index) for values in batch.pictures.values()), settings)

    message = f"{next(iter(batch.pictures))} must hold 1 to {most} pictures; got "
    checks = [Check(tf.logical_and(count >= 1, count <= most), (message, count, "."))]
    for name, values in {**batch.pictures, **batch.settings._asdict()}.items():
        length = tf.shape(values)[0]
        message = f"{name} must have one value, or as many as there are contents ("
        matches = tf.logical_or(length == 1, length == count)
        checks.append(Check(matches, (message, count, "); got ", length, ".")))
    return after_checks(
        checks,
        lambda: tf.map_fn(paint_at, tf.range(count), fn_output_signature=specs, parallel_iterations=1),
    )


def _at(values: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    return values[tf.minimum(index, tf.shape(values)[0] - 1)]

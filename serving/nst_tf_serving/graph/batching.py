"""A request of several pictures, painted one by one inside a graph."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from nst_tf_serving.graph.checks import Check, after_checks
from nst_tf_serving.graph.request_settings import Settings


class Batch(NamedTuple):
    """A request.

    Attributes:
        pictures: Input name to pictures, content first; of the style, either as many as of the content or one for all.
        settings: Of each, as many as pictures or one for all.
    """

    pictures: dict[str, tf.Tensor]
    settings: Settings


def one_by_one(paint_one: Callable[..., Any], batch: Batch, specs: tuple[Any, ...], *, most: int) -> Any:
    """Paint the pictures of a request one after the other, so that each has all of the memory and the processor.

    Args:
        paint_one: From a content, a style and settings to tensors.
        batch: The request.
        specs: What those tensors are.
        most: Pictures that a request may have.
    """
    content, style = batch.pictures.values()
    count = tf.shape(content)[0]

    def paint_at(index: tf.Tensor) -> Any:
        settings = Settings(*(_at(values, index) for values in batch.settings))
        return paint_one(_at(content, index), _at(style, index), settings)

    told = f"{next(iter(batch.pictures))} must hold 1 to {most} pictures; got "
    checks = [Check(tf.logical_and(count >= 1, count <= most), (told, count, "."))]
    for name, values in {**batch.pictures, **batch.settings._asdict()}.items():
        length = tf.shape(values)[0]
        told = f"{name} must have one value, or as many as there are contents ("
        matches = tf.logical_or(length == 1, length == count)
        checks.append(Check(matches, (told, count, "); got ", length, ".")))
    return after_checks(
        checks,
        lambda: tf.map_fn(paint_at, tf.range(count), fn_output_signature=specs, parallel_iterations=1),
    )


def _at(values: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    return values[tf.minimum(index, tf.shape(values)[0] - 1)]

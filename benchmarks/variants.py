"""Variants of Adam: schedules, momenta, parametrizations.

Each is an `Optimizer` like the library's own, and runs in the same compiled loop on the same loss.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from benchmarks.problem import LOSS, Problem
from nst_tf.config import StyleConfig
from nst_tf.gradients import value_and_gradient
from nst_tf.images.picture import Picture
from nst_tf.network.vgg19 import feature_model
from nst_tf.objective import term_weights
from nst_tf.optimizers.compiled import CompiledLoop
from nst_tf.optimizers.interface import Evaluate, Optimizer
from nst_tf.optimizers.loop import LoopState, optimize
from nst_tf.pictures import as_tensors
from nst_tf.recipe import make_recipe, measure, no_terms
from nst_tf.weights.network_weights import NetworkWeights

Rate = Callable[[tf.Tensor], tf.Tensor]
"""Maps the finished share of the run, 0 to 1, to a factor on the learning rate."""

Decode = Callable[[tf.Tensor], tf.Tensor]
"""Maps the values that Adam updates to the image, before it is clipped."""


class FreeState(NamedTuple):
    """Adam's state on encoded values; `image` is the decoded picture."""

    step: tf.Tensor
    image: tf.Tensor
    values: tf.Tensor
    first: tf.Tensor
    second: tf.Tensor


@dataclasses.dataclass(frozen=True, kw_only=True)
class Variant:
    """A variant of Adam.

    Attributes:
        label: Name in the table.
        settings: Changes to the configuration.
        rate: Learning-rate schedule.
        decode: Parametrization of the picture.
        encode: Inverse of `decode`.
        normalized: Whether to divide gradients by their root mean square first.
    """

    label: str
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    rate: Rate | None = None
    decode: Decode | None = None
    encode: Decode | None = None
    normalized: bool = False


BASELINE = {"learning_rate": 0.02, "beta_2": 0.8, "average_decay": 0.0}
"""Settings that the variants change."""


def run(problem: Problem, variant: Variant, *, steps: int) -> float:
    """Paint at one size from the content, and return the loss of the last picture, or of the moving average if set."""
    run_settings = {"steps": steps, "scales": 1, "precision": "float32", **BASELINE}
    config = StyleConfig(**LOSS, **{**run_settings, **variant.settings})
    network = feature_model(config.layers, weights=NetworkWeights(name="benchmark", arrays=problem.filters))
    recipe = make_recipe(network, config)
    goal = measure(recipe, as_tensors(Picture(problem.content), [Picture(problem.style)])), term_weights(config)
    plain = variant.rate is None and variant.decode is None and not variant.normalized
    optimizer = recipe.optimizer if plain else _free_adam(config, variant)
    start = optimizer.start(tf.constant(problem.content), config.learning_rate)
    loop = CompiledLoop(value_and_gradient(recipe.objective), optimizer)
    beginning = LoopState(start, no_terms())
    end = optimize(functools.partial(loop, goal), beginning, steps=steps, report=lambda _: False)
    return float(recipe.objective(optimizer.picture(end.state), *goal).loss)


def _free_adam(config: StyleConfig, variant: Variant) -> Optimizer:
    """Return Adam on encoded values; without an encoding, they are clipped to [0, 1] as in the library."""
    decode, encode = variant.decode or tf.identity, variant.encode or tf.identity
    bounded = variant.decode is None

    def start(image: tf.Tensor, _: Any) -> FreeState:
        """Return Adam's first state."""
        values = encode(image)
        return FreeState(tf.constant(0, tf.int64), image, values, tf.zeros_like(values), tf.zeros_like(values))

    def step(state: FreeState, _: Any, evaluate: Evaluate) -> tuple[FreeState, Any]:
        """Update the values once."""
        with tf.GradientTape() as tape:
            tape.watch(state.values)
            image = tf.clip_by_value(decode(state.values), 0.0, 1.0)
        terms, slope = evaluate(image)
        gradient = tape.gradient(image, state.values, output_gradients=slope)
        if variant.normalized:
            gradient *= tf.math.rsqrt(tf.reduce_mean(tf.square(gradient)) + 1e-30)
        count = state.step + 1
        time = tf.cast(count, tf.float32)
        first = state.first + (gradient - state.first) * (1 - config.beta_1)
        second = state.second + (tf.square(gradient) - state.second) * (1 - config.beta_2)
        rate = config.learning_rate * (variant.rate(time / config.steps) if variant.rate else 1.0)
        rate *= tf.sqrt(1 - config.beta_2**time) / (1 - config.beta_1**time)
        values = state.values - rate * first / (tf.sqrt(second) + config.epsilon)
        values = tf.clip_by_value(values, 0.0, 1.0) if bounded else values
        return FreeState(count, tf.clip_by_value(decode(values), 0.0, 1.0), values, first, second), terms

    return Optimizer(start=start, step=step, picture=lambda state: state.image, restarted=lambda state, _: state)


def _cosine(done: tf.Tensor) -> tf.Tensor:
    return 0.5 * (1.0 + tf.cos(np.pi * done))


def _warm_up(done: tf.Tensor) -> tf.Tensor:
    return tf.minimum(1.0, 10.0 * done)


# Decorrelated colors of natural pictures; columns are brightness, blue-yellow, red-green.
_COLORS = np.array([[0.577, 0.707, 0.408], [0.577, 0.0, -0.816], [0.577, -0.707, 0.408]], np.float32)
_SPREAD = np.array([1.0, 0.3, 0.15], np.float32)


def _from_colors(values: tf.Tensor) -> tf.Tensor:
    return tf.einsum("bhwc,dc->bhwd", values * _SPREAD, _COLORS)


def _to_colors(image: tf.Tensor) -> tf.Tensor:
    return tf.einsum("bhwd,dc->bhwc", image, _COLORS) / _SPREAD


_LEVELS = 4


def _from_pyramid(values: tf.Tensor) -> tf.Tensor:
    """Sum the levels of a pyramid, each averaged over blocks twice as large as those of the level before."""
    levels = tf.split(values, _LEVELS, axis=-1)
    return tf.add_n([_blocky(level, 2**number) for number, level in enumerate(levels)])


def _to_pyramid(image: tf.Tensor) -> tf.Tensor:
    return tf.concat([image] + [tf.zeros_like(image)] * (_LEVELS - 1), axis=-1)


def _blocky(level: tf.Tensor, side: int) -> tf.Tensor:
    if side == 1:
        return level
    pooled = tf.nn.avg_pool2d(level, side, side, "SAME")
    return tf.image.resize(pooled, tf.shape(level)[1:3], method="bilinear") * side


VARIANTS = (
    Variant(label="Adam 0.02, second moment 0.8"),
    Variant(label="rate 0.01", settings={"learning_rate": 0.01}),
    Variant(
        label="rate 0.01, second moment 0.99, average decay 0.9 (the default)",
        settings={"learning_rate": 0.01, "beta_2": 0.99, "average_decay": 0.9},
    ),
    Variant(label="rate 0.05", settings={"learning_rate": 0.05}),
    Variant(label="rate 0.1", settings={"learning_rate": 0.1}),
    Variant(label="momentum 0.8", settings={"beta_1": 0.8}),
    Variant(label="momentum 0.95", settings={"beta_1": 0.95}),
    Variant(label="second moment 0.5", settings={"beta_2": 0.5}),
    Variant(label="second moment 0.9", settings={"beta_2": 0.9}),
    Variant(label="second moment 0.99", settings={"beta_2": 0.99}),
    Variant(label="second moment 0.999", settings={"beta_2": 0.999}),
    Variant(label="average decay 0.7", settings={"average_decay": 0.7}),
    Variant(label="average decay 0.9", settings={"average_decay": 0.9}),
    Variant(label="cosine decay from 0.05", settings={"learning_rate": 0.05}, rate=_cosine),
    Variant(label="warm-up over a tenth of the steps", rate=_warm_up),
    Variant(label="gradient divided by its RMS", normalized=True),
    Variant(label="decorrelated colors", decode=_from_colors, encode=_to_colors),
    Variant(label="pyramid of four levels", decode=_from_pyramid, encode=_to_pyramid),
)

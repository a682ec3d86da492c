"""The library's recipe as one graph: from a content, a style and a request's settings to a painting.

The step, the losses and the coarse-to-fine plan are the library's own; here `tf.while_loop`s connect them, without
assigning any variable, so that requests can't affect each other.
"""

from typing import NamedTuple

import keras
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.images.picture import Picture
from nst_tf.layer_names import smallest_side
from nst_tf.objective import TermWeights
from nst_tf.optimizers.interface import State
from nst_tf.pictures import Pictures, fit, recolor
from nst_tf.recipe import enter_size, first_image, make_recipe, measure, no_terms
from nst_tf.scales.plan_in_graph import Stages, stages
from nst_tf_serving.graph.checks import Check, after_checks
from nst_tf_serving.graph.request_settings import Settings, setting_checks
from nst_tf_serving.graph.size_checks import size_checks
from nst_tf_serving.limits import Limits


class ServedRecipe(NamedTuple):
    """The parts of a model that are fixed at export.

    Attributes:
        network: Result of `nst_tf.feature_model`.
        config: All settings; those that a request can choose are defaults.
        limits: Limits of a request.
    """

    network: keras.Model
    config: StyleConfig
    limits: Limits


def paint(
    recipe: ServedRecipe, content: tf.Tensor, style: tf.Tensor, settings: Settings
) -> tuple[tf.Tensor, tf.Tensor]:
    """Paint one picture as `nst_tf.stylize` does with the same settings.

    Args:
        recipe: The network, the configuration and the limits.
        content: `(H, W, 3)` in [0, 1].
        style: `(h, w, 3)` in [0, 1].
        settings: Settings of the request.

    Returns:
        The painting, `(height, width, 3)` in [0, 1], and its loss, a scalar.
    """
    content_size, style_size = tf.shape(content)[:2], tf.shape(style)[:2]
    sizes = size_checks(content_size, style_size, size=settings.size, config=recipe.config, limits=recipe.limits)
    checks = [
        *setting_checks(settings, recipe.limits),
        *_range_checks(content=content, style=style),
        *sizes,
    ]

    def compute() -> tuple[tf.Tensor, tf.Tensor]:
        """Plan the sizes, and paint."""
        plan = stages(content_size, style_size, size=settings.size, steps=settings.steps, config=recipe.config)
        return _run_stages(recipe, Pictures(Picture(content[None]), (Picture(style[None]),)), settings, plan)

    image, loss = after_checks(checks, compute)
    message = "the loss is not finite; try a smaller learning_rate or smaller term weights."
    finite = Check(tf.math.is_finite(loss), (message,))
    return after_checks([finite], lambda: (tf.identity(image[0]), tf.identity(loss)))  # type: ignore[no-any-return]


def _run_stages(
    served: ServedRecipe, pictures: Pictures, settings: Settings, plan: Stages
) -> tuple[tf.Tensor, tf.Tensor]:
    """Loop over the sizes in a `tf.while_loop`: the driver of `nst_tf.recipe` in a graph."""
    recipe = make_recipe(served.network, served.config, settings.color)
    optimizer = recipe.optimizer
    weights = TermWeights(settings.content_weight, settings.style_weight, settings.tv_weight)

    def fitted(number: tf.Tensor) -> Pictures:
        """Return the pictures at one size, in the colors in which they are painted."""
        at_size = fit(pictures, plan.sizes[number], [plan.style_sizes[number]])
        return recolor(at_size, settings.color, served.config.color_map)

    def stage(number: tf.Tensor, state: State, _: tf.Tensor) -> tuple[tf.Tensor, State, tf.Tensor]:
        """Paint at one size."""
        at_size = fitted(number)
        goal = measure(recipe, at_size), weights
        state = tf.cond(
            number > 0,
            lambda: enter_size(optimizer, state, at_size.content.image, weights.content),
            lambda: tf.nest.map_structure(tf.identity, state),
        )
        state, _ = recipe.descend(goal, state, no_terms(), plan.steps[number])
        return number + 1, state, recipe.objective(optimizer.picture(state), *goal).loss

    image = first_image(fitted(tf.constant(0)), served.config.start, settings.seed, settings.color)
    start = (tf.constant(0), optimizer.start(image, settings.learning_rate), tf.constant(0.0))
    count = tf.shape(plan.steps)[0]
    shapes = tf.nest.map_structure(_shape, start)
    _, state, loss = tf.while_loop(lambda number, *_: number < count, stage, start, shapes, parallel_iterations=1)
    return pictures.show(optimizer.picture(state), settings.color), loss


def _shape(tensor: tf.Tensor) -> tf.TensorShape:
    return tf.TensorShape([1, None, None, 3] if tensor.shape.rank == 4 else tensor.shape)


def image_checks(images: tf.Tensor, *, config: StyleConfig, limits: Limits) -> list[Check]:
    """Return the checks of images `(N, H, W, 3)` whose features are requested."""
    count, height, width, _ = tf.unstack(tf.shape(images))
    pixels = tf.cast(count, tf.int64) * tf.cast(height, tf.int64) * tf.cast(width, tf.int64)
    needed = smallest_side(config.layers)
    message = f"image must have sides of at least {needed} px and at most {limits.pixels} px in all; got "
    good = tf.logical_and(tf.minimum(height, width) >= needed, tf.logical_and(count >= 1, pixels <= limits.pixels))
    return [Check(good, (message, count, " x ", height, " x ", width, ".")), *_range_checks(image=images)]


def _range_checks(**images: tf.Tensor) -> list[Check]:
    checks = []
    for name, image in images.items():
        lowest, highest = tf.reduce_min(image), tf.reduce_max(image)
        message = (f"{name} must hold RGB values from 0 to 1; got ", lowest, " to ", highest, ".")
        good = tf.reduce_all(tf.logical_and(image >= 0, image <= 1))
        checks.append(Check(tf.size(image) > 0, (f"{name} has no pixels.",)))
        checks.append(Check(good, message))
    return checks

"""Paint one picture in one call, in a graph: from a content, a style and a request's settings to a painting."""

from typing import NamedTuple

import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.images.picture import Picture
from nst_tf.layer_names import smallest_side
from nst_tf.pictures import Pictures
from nst_tf.recipe import make_optimizer
from nst_tf.scales.plan_in_graph import Stages, stages
from nst_tf_serving.graph.checks import Check, after_checks
from nst_tf_serving.graph.request_settings import Settings, setting_checks
from nst_tf_serving.graph.run import CompiledRun, Position, ServedRecipe, beginning
from nst_tf_serving.graph.size_checks import size_checks
from nst_tf_serving.limits import Limits


class Request(NamedTuple):
    """A request for one painting.

    Attributes:
        content: `(H, W, 3)` in [0, 1].
        style: `(h, w, 3)` in [0, 1].
        settings: Settings of the request.
    """

    content: tf.Tensor
    style: tf.Tensor
    settings: Settings

    def checks(self, recipe: ServedRecipe) -> list[Check]:
        """Return the checks of the settings and the sizes."""
        sizes = tf.shape(self.content)[:2], tf.shape(self.style)[:2]
        return [
            *setting_checks(self.settings, recipe.limits),
            *size_checks(*sizes, size=self.settings.size, config=recipe.config, limits=recipe.limits),
        ]

    def plan(self, recipe: ServedRecipe) -> Stages:
        """Return the sizes and the steps at each."""
        sizes = tf.shape(self.content)[:2], tf.shape(self.style)[:2]
        return stages(*sizes, size=self.settings.size, steps=self.settings.steps, config=recipe.config)

    def show(self, recipe: ServedRecipe, position: Position) -> tf.Tensor:
        """Return the picture at a position as it is shown, `(1, height, width, 3)` in [0, 1]."""
        color = self.settings.color
        pictures = Pictures(Picture(self.content[None]), (Picture(self.style[None]),))
        return pictures.show(make_optimizer(recipe.config, color).picture(position.state), color)


def paint(
    recipe: ServedRecipe, run: CompiledRun, content: tf.Tensor, style: tf.Tensor, settings: Settings
) -> tuple[tf.Tensor, tf.Tensor]:
    """Paint one picture as `nst_tf.stylize` does with the same settings.

    Args:
        recipe: The network, the configuration and the limits.
        run: The compiled run.
        content: `(H, W, 3)` in [0, 1].
        style: `(h, w, 3)` in [0, 1].
        settings: Settings of the request.

    Returns:
        The painting, `(height, width, 3)` in [0, 1], and its loss, a scalar.
    """
    request = Request(content, style, settings)

    def compute() -> tuple[tf.Tensor, tf.Tensor]:
        """Plan the sizes, and paint."""
        plan = request.plan(recipe)
        start = beginning(recipe, run.spec, settings)
        position, loss = run.take(content, style, settings, plan, start, tf.reduce_sum(plan.steps))
        return request.show(recipe, position), loss

    image, loss = after_checks([*request.checks(recipe), *_range_checks(content=content, style=style)], compute)
    finite = finite_check(tf.math.is_finite(loss))
    return after_checks([finite], lambda: (tf.identity(image[0]), tf.identity(loss)))  # type: ignore[no-any-return]


def finite_check(holds: tf.Tensor) -> Check:
    """Return the check that a loss is finite."""
    return Check(holds, ("the loss is not finite; try a smaller learning_rate or smaller term weights.",))


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

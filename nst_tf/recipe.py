"""The recipe: one size of a run, as pure functions of tensors.

Two drivers loop over the sizes, and both call these functions: `nst_tf.stylizer` in a Python loop that reports its
progress, and the graph of a served model in a `tf.while_loop`. Nothing here opens a file or holds a variable.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.gradients import value_and_gradient
from nst_tf.network.vgg19 import MEAN_COLOR
from nst_tf.objective import Objective, Terms, TermWeights, make_objective, measure_content, measure_style
from nst_tf.optimizers.adam import adam
from nst_tf.optimizers.interface import Optimizer, State
from nst_tf.optimizers.lbfgs import lbfgs
from nst_tf.optimizers.loop import descend
from nst_tf.scales.resizing import enlarge, resize
from nst_tf.targets import ContentTargets, StyleTargets, Targets, join_targets


class Pictures(NamedTuple):
    """The two pictures of a run, as tensors.

    Attributes:
        content: `(1, H, W, 3)` in [0, 1].
        style: `(1, h, w, 3)` in [0, 1].
        content_alpha: The content's opacity, `(1, H, W, 1)` in [0, 1]; None if it is opaque.
        style_alpha: The style's opacity, `(1, h, w, 1)` in [0, 1]; None if it is opaque.
    """

    content: tf.Tensor
    style: tf.Tensor
    content_alpha: tf.Tensor | None = None
    style_alpha: tf.Tensor | None = None


Goal = tuple[Targets, TermWeights]
"""Arguments of the objective after the image."""


class Recipe(NamedTuple):
    """The functions that paint one size of a run; each can be replaced by a compiled one.

    Attributes:
        measure_content: From the content, and its opacity if it has one, to the content's targets.
        measure_style: From the style, and its opacity if it has one, to the style's targets.
        objective: From an image, targets and term weights to the terms.
        optimizer: The optimizer.
        descend: From targets and term weights, a state, the previous terms and a number of steps to the state and the
            terms after these steps.
    """

    measure_content: Callable[..., ContentTargets]
    measure_style: Callable[..., StyleTargets]
    objective: Objective
    optimizer: Optimizer
    descend: Callable[[Goal, State, Terms, Any], tuple[State, Terms]]


def make_recipe(network: keras.Model, config: StyleConfig) -> Recipe:
    """Return a configuration's recipe.

    Args:
        network: What `nst_tf.feature_model` returns, with all layers of the configuration.
        config: All settings; the pictures, the sizes and the term weights come as arguments.
    """
    objective, optimizer = make_objective(network, config=config), make_optimizer(config)
    evaluate = value_and_gradient(objective)

    def take(goal: Goal, state: State, terms: Terms, steps: tf.Tensor) -> tuple[State, Terms]:
        """Take some steps towards a goal."""
        return descend(lambda image: evaluate(image, *goal), optimizer, state, terms, steps, stop_when=config.stop_when)

    return Recipe(
        measure_content=lambda *picture: measure_content(network, *picture, config=config),
        measure_style=lambda *picture: measure_style(network, *picture, config=config),
        objective=objective,
        optimizer=optimizer,
        descend=take,
    )


def make_optimizer(config: StyleConfig) -> Optimizer:
    """Return a configuration's optimizer."""
    if config.optimizer == "lbfgs":
        return lbfgs(history=config.history)
    return adam(beta_1=config.beta_1, beta_2=config.beta_2, epsilon=config.epsilon, average_decay=config.average_decay)


def no_terms() -> Terms:
    """Return the terms before the first step, all zero."""
    return Terms(*tf.unstack(tf.zeros(len(Terms._fields))))


def fit(pictures: Pictures, size: Any, style_size: Any) -> Pictures:
    """Resize both pictures, with their opacities, to one size of a run.

    Args:
        pictures: The pictures in full size.
        size: Height and width to paint at, numbers or a tensor.
        style_size: Height and width to measure the style at, numbers or a tensor.
    """
    content, style, content_alpha, style_alpha = pictures
    return Pictures(
        content=resize(content, size),
        style=resize(style, style_size),
        content_alpha=None if content_alpha is None else resize(content_alpha, size),
        style_alpha=None if style_alpha is None else resize(style_alpha, style_size),
    )


def measure(recipe: Recipe, pictures: Pictures) -> Targets:
    """Measure the targets at one size, first the content's, then the style's."""
    content, style, content_alpha, style_alpha = pictures
    of_content = recipe.measure_content(content, *_given(content_alpha))
    return join_targets(of_content, recipe.measure_style(style, *_given(style_alpha)))


def _given(alpha: tf.Tensor | None) -> tuple[tf.Tensor, ...]:
    return () if alpha is None else (alpha,)


def first_image(pictures: Pictures, start: str | tf.Tensor, seed: tf.Tensor | int) -> tf.Tensor:
    """Return the picture from which a run starts, of the content's shape.

    The paper starts from white noise; the default here is the content, which needs far fewer steps.

    Args:
        pictures: The pictures at the first size.
        start: `content`, `noise` or `style`; or a picture of any size, `(1, H, W, 3)` in [0, 1].
        seed: Seed of the noise.
    """
    size = tf.shape(pictures.content)[1:3]
    if not isinstance(start, str):
        return resize(start, size)
    if start == "noise":
        return white_noise(tf.shape(pictures.content), seed)
    return resize(pictures.style, size) if start == "style" else pictures.content


def white_noise(shape: tf.Tensor | tf.TensorShape, seed: tf.Tensor | int) -> tf.Tensor:
    """Return faint white noise around ImageNet's mean color, of a shape `(1, H, W, 3)`.

    Its standard deviation is 1/255, which is 1 in the network's input (0 to 255), as in the code that Gatys
    released; the paper only says "white noise". Noise over all of [0, 1] would leave colored dots in the result.
    """
    noise = tf.random.stateless_normal(shape, seed=tf.stack([seed, 0]))
    return tf.constant(MEAN_COLOR) + noise * (1 / 255)


def enter_size(optimizer: Optimizer, state: State, content: tf.Tensor, content_weight: tf.Tensor | float) -> State:
    """Return the state before the first step at the next size.

    Args:
        optimizer: The optimizer.
        state: The state after the last step at the previous size.
        content: The content at the next size, `(1, H, W, 3)`.
        content_weight: Weight of the content term.
    """
    return optimizer.restarted(state, enlarge(optimizer.picture(state), content, content_weight))

"""The recipe: one size of a run, as pure functions of tensors.

Two drivers loop over the sizes, and both call these functions: `nst_tf.stylizer` in a Python loop that reports its
progress, and the graph of a served model in a `tf.while_loop`. Nothing here opens a file or holds a variable.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from nst_tf.color import LUMINANCE, Choice, as_painted, gradient_as_painted
from nst_tf.config import StyleConfig
from nst_tf.gradients import value_and_gradient
from nst_tf.images.picture import Picture
from nst_tf.network.vgg19 import MEAN_COLOR
from nst_tf.objective import Objective, Terms, TermWeights, make_objective, measure_content, measure_style
from nst_tf.optimizers.adam import adam
from nst_tf.optimizers.interface import Optimizer, State, with_gradient
from nst_tf.optimizers.lbfgs import lbfgs
from nst_tf.optimizers.loop import descend
from nst_tf.pictures import Pictures
from nst_tf.scales.resizing import enlarge, resize
from nst_tf.styles import mix_styles
from nst_tf.targets import ContentTargets, StyleTargets, Targets, join_targets

Goal = tuple[Targets, TermWeights]
"""Arguments of the objective after the image."""


class Recipe(NamedTuple):
    """The functions that paint one size of a run; each can be replaced by a compiled one.

    Attributes:
        measure_content: From the content, and its opacity and regions if it has any, to the content's targets.
        measure_style: From a style, and its opacity and regions if it has any, to that style's targets.
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


def make_recipe(network: keras.Model, config: StyleConfig, color: Choice | None = None) -> Recipe:
    """Return a configuration's recipe.

    Args:
        network: What `nst_tf.feature_model` returns, with all layers of the configuration.
        config: All settings; the pictures, the sizes and the term weights come as arguments.
        color: Whose colors the painting has; if None, what the configuration says.
    """
    objective, optimizer = make_objective(network, config=config), make_optimizer(config, color)
    evaluate = value_and_gradient(objective)

    def take(goal: Goal, state: State, terms: Terms, steps: tf.Tensor) -> tuple[State, Terms]:
        """Take some steps towards a goal."""
        return descend(lambda image: evaluate(image, *goal), optimizer, state, terms, steps)

    return Recipe(
        measure_content=lambda *picture: measure_content(network, *picture, config=config),
        measure_style=lambda *picture: measure_style(network, *picture, config=config),
        objective=objective,
        optimizer=optimizer,
        descend=take,
    )


def make_optimizer(config: StyleConfig, color: Choice | None = None) -> Optimizer:
    """Return a configuration's optimizer; where luminance alone is painted, a gray image stays gray."""
    color = config.color if color is None else color
    optimizer = lbfgs(history=config.history) if config.optimizer == "lbfgs" else _adam(config)
    if isinstance(color, str) and color != LUMINANCE:
        return optimizer
    return with_gradient(optimizer, lambda gradient: gradient_as_painted(gradient, color))


def _adam(config: StyleConfig) -> Optimizer:
    return adam(beta_1=config.beta_1, beta_2=config.beta_2, epsilon=config.epsilon, average_decay=config.average_decay)


def no_terms() -> Terms:
    """Return the terms before the first step, all zero."""
    return Terms(*tf.unstack(tf.zeros(len(Terms._fields))))


def measure(
    recipe: Recipe,
    pictures: Pictures,
    shares: Sequence[float] = (1.0,),
    region_weights: tf.Tensor | None = None,
) -> Targets:
    """Measure the targets at one size, first the content's, then the mixture of the styles'.

    Args:
        recipe: The recipe.
        pictures: The pictures at this size.
        shares: Share of each style; they add up to 1.
        region_weights: Strength of the style in each region, `(R,)`; 1 if None.
    """
    of_content = recipe.measure_content(*_given(pictures.content))
    mixed = mix_styles([_targets_of(recipe, style) for style in pictures.styles], shares)
    return join_targets(of_content, mixed, region_weights=region_weights, canvas=pictures.canvas)


def _targets_of(recipe: Recipe, style: Any) -> StyleTargets:
    return style if isinstance(style, StyleTargets) else recipe.measure_style(*_given(style))


def _given(picture: Picture) -> tuple[tf.Tensor | None, ...]:
    """Return the parts of a picture up to the last that it has."""
    count = max(number for number, part in enumerate(picture, 1) if part is not None)
    return tuple(picture)[:count]


def first_image(
    pictures: Pictures, start: str | tf.Tensor, seed: tf.Tensor | int, color: Choice = StyleConfig.color
) -> tf.Tensor:
    """Return the picture from which a run starts, of the content's shape.

    The paper starts from white noise; the default here is the content, which needs far fewer steps.

    Args:
        pictures: The pictures at the first size.
        start: `content`, `noise` or `style` (the first one); or a picture of any size, `(1, H, W, 3)` in [0, 1].
        seed: Seed of the noise.
        color: Whose colors the painting has.
    """
    content = pictures.content.image
    size = tf.shape(content)[1:3]
    if not isinstance(start, str):
        return as_painted(resize(start, size), color)
    if start == "noise":
        return as_painted(white_noise(tf.shape(content), seed), color)
    return resize(pictures.styles[0].image, size) if start == "style" else content


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

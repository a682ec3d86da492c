"""The recipe: from a content and a style to a painting."""

import dataclasses
import functools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy.typing as npt
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.errors import DivergedError
from nst_tf.images.picture import Picture, as_image, as_picture
from nst_tf.images.reading import load_start
from nst_tf.layer_names import deepest
from nst_tf.network.activation_normalization import needs_normalization, normalize_activations
from nst_tf.network.precision import resolved_precision
from nst_tf.network.vgg19 import MEAN_COLOR, feature_model
from nst_tf.objective import Targets, Terms, TermWeights, make_objective, measure_targets, term_weights
from nst_tf.optimizers.adam import adam
from nst_tf.optimizers.interface import Optimizer
from nst_tf.optimizers.lbfgs import lbfgs
from nst_tf.optimizers.loop import LoopState, call_with_open_size, check_finite, make_driver, optimize
from nst_tf.runs.painting import Painting
from nst_tf.runs.progress import Callback, ProgressReporter
from nst_tf.runs.snapshot import Snapshot
from nst_tf.scales.plan import Size, Stage, check_sizes, painted_size, stages, style_size
from nst_tf.scales.resizing import enlarge, resize, resized
from nst_tf.weights.network_weights import NetworkWeights
from nst_tf.weights.sources import load_weights


def stylize(
    content: npt.ArrayLike | Picture,
    style: npt.ArrayLike | Picture,
    *,
    config: StyleConfig | None = None,
    callback: Callback | None = None,
    report_every: int | None = None,
    resume_from: Snapshot | None = None,
) -> Painting:
    """Paint the content of one picture in the style of another (Gatys, Ecker and Bethge 2015).

    Args:
        content: The photograph, `(H, W, 3)` or `(1, H, W, 3)`, RGB in [0, 1]; or what `nst_tf.load_picture` returned,
            of which what is transparent then counts for nothing.
        style: The painting, of any size, likewise.
        config: The settings; the default ones if None.
        callback: Called with a `Progress` a few times a second; returning `True` ends the run early.
        report_every: Call it at every multiple of this number of steps as well.
        resume_from: What `Progress.snapshot` gave in a run with the same pictures and settings; the same painting
            comes out as if that run had not ended.

    Returns:
        The painting, of the content's proportions.

    Raises:
        ValueError: If a picture is malformed, or too small for the layers; if the snapshot is of another run.
        FileNotFoundError: If the weights' or the start's file is not there.
        MissingWeightsError: If ImageNet's weights were asked for and are not to be had.
        DivergedError: If the loss stops being finite, be it after the last step; a `FloatingPointError` that keeps the
            last good picture, as large as the painting.
    """
    config = config or StyleConfig()
    pictures = as_picture("content", content), as_picture("style", style)
    photograph, painting = (tf.constant(picture.image) for picture in pictures)
    plan = stages(photograph.shape[1:3], painting.shape[1:3], config)
    weights = _network_weights(*pictures, config)
    compiled = _compiled(weights, compiled_settings(config))
    watch = ProgressReporter(plan, callback, seconds=resume_from.seconds if resume_from else 0.0)
    reached: Any = None
    for number in range(_first(plan, resume_from), len(plan)):
        stage = plan[number]
        content, style = _fitted(photograph, painting, stage.size, config)
        alphas = _fitted_alphas(*pictures, stage.size, config)
        targets = call_with_open_size(compiled.measure, content, style, term_weights(config), alphas)
        if reached is None:
            reached = _beginning(compiled.optimizer, content, style, config, resume_from)
            if resume_from and not math.isfinite(
                call_with_open_size(compiled.evaluate, reached.state.image, targets).loss
            ):
                reached = reached._replace(good=None)  # no step has looked at the last picture yet
        else:
            image = enlarge(compiled.optimizer.picture(reached.state), content, config.content_weight)
            reached = LoopState(compiled.optimizer.restarted(reached.state, image), _no_terms(), good=reached.good)
        with _diverging_at(plan[-1].size):
            reached = optimize(
                compiled.driver,
                reached,
                targets,
                steps=stage.steps,
                report=watch.reporter(number, compiled.optimizer.picture),
                report_every=report_every,
                stop_when=config.stop_when,
            )
        if watch.stopped:
            break
    image = compiled.optimizer.picture(reached.state)
    found = call_with_open_size(compiled.evaluate, image, targets)
    with _diverging_at(plan[-1].size):
        check_finite(found, reached.good, when=f"after step {int(reached.state.step)}")
    loss, *terms = (float(value) for value in found)
    return Painting(
        image=resize(image, plan[-1].size).numpy(),
        loss=loss,
        terms=dict(zip(Terms._fields[1:], terms, strict=True)),
        steps=int(reached.state.step),
        planned=sum(stage.steps for stage in plan),
        weights=weights.name,
        config=config,
    )


def _first(plan: list[Stage], resume_from: Snapshot | None) -> int:
    """Return the number of the size to begin with."""
    if resume_from is None:
        return 0
    if resume_from.stage >= len(plan) or resume_from.taken > plan[resume_from.stage].steps:
        raise ValueError("The snapshot is of another run: it is further than these settings go.")
    return resume_from.stage


def _beginning(
    optimizer: Optimizer, content: tf.Tensor, style: tf.Tensor, config: StyleConfig, resume_from: Snapshot | None
) -> LoopState:
    """Return where the run stands before the first step that it takes here."""
    if resume_from:
        return resume_from.restore(optimizer.start(tf.zeros_like(content), config.learning_rate), Terms)
    image = starting_image(content, style, config=config)
    return LoopState(optimizer.start(image, config.learning_rate), _no_terms())


def _no_terms() -> Terms:
    """Return what stands for the terms before the first step."""
    return Terms(*tf.zeros(len(Terms._fields)))


@contextmanager
def _diverging_at(size: Size) -> Iterator[None]:
    """Let an error that keeps a picture of a coarse size keep it as large as the painting would have been."""
    try:
        yield
    except DivergedError as error:
        if error.image is not None:
            error.image = resize(error.image, size).numpy()
        raise


def fit_pictures(content: npt.ArrayLike, style: npt.ArrayLike, *, config: StyleConfig) -> tuple[tf.Tensor, tf.Tensor]:
    """Check both pictures and resize them, each in its own proportions, to what will be painted.

    The content's longer side becomes `config.size`. The style's becomes `config.style_scale` times that; unlike in the
    paper, which resizes the style to the content's size, it is not stretched unless `config.style_proportions` says so.
    """
    photograph, painting = tf.constant(as_image("content", content)), tf.constant(as_image("style", style))
    check_sizes(photograph.shape[1:3], painting.shape[1:3], config)
    return _fitted(photograph, painting, painted_size(photograph.shape[1:3], config), config)


def _fitted(photograph: tf.Tensor, painting: tf.Tensor, size: Size, config: StyleConfig) -> tuple[tf.Tensor, tf.Tensor]:
    return resize(photograph, size), resize(painting, style_size(painting.shape[1:3], size, config))


def _fitted_alphas(photograph: Picture, painting: Picture, size: Size, config: StyleConfig) -> dict[str, tf.Tensor]:
    """Resize opacities with their pictures, as arguments of `measure_targets`; none for what is opaque."""
    of_style = style_size(painting.image.shape[1:3], size, config)
    alphas = {"content_alpha": (photograph.alpha, size), "style_alpha": (painting.alpha, of_style)}
    return {name: resize(alpha, size) for name, (alpha, size) in alphas.items() if alpha is not None}


def _network_weights(photograph: Picture, painting: Picture, config: StyleConfig) -> NetworkWeights:
    """Load the filters; as in the paper, they can be normalized: on the two pictures, as large as they are painted."""
    weights = load_weights(config.weights, seed=config.seed)
    # Where one term counts alone, no ratio asks for it, and a search among rescaled filters is ill-conditioned.
    both_terms = bool(config.content_layer_weights and config.style_layer_weights)
    automatic = config.activations == "auto" and both_terms and needs_normalization(weights)
    if not (automatic or config.activations == "normalized"):
        return weights
    size = painted_size(photograph.image.shape[1:3], config)
    pictures = resized(photograph, size), resized(painting, style_size(painting.image.shape[1:3], size, config))
    return normalize_activations(weights.up_to(deepest(config.layers)), pictures, pooling=config.pooling)


def starting_image(content: tf.Tensor, style: tf.Tensor, *, config: StyleConfig) -> tf.Tensor:
    """Return the picture to start from, of the content's shape.

    The paper starts from white noise; the default here is the content, which needs far fewer steps.
    """
    if config.start == "content":
        return content
    if config.start == "style":
        return resize(style, content.shape[1:3])
    if config.start == "noise":
        return white_noise(content.shape, config.seed)
    return resize(tf.constant(load_start(config.start)), content.shape[1:3])


def white_noise(shape: tf.Tensor | tf.TensorShape, seed: tf.Tensor | int) -> tf.Tensor:
    """Return faint white noise around the mean of ImageNet's colors, of a shape `(1, H, W, 3)`.

    Its standard deviation is one of 255 levels, a unit normal in the network's input, as in the code that Gatys
    released; the paper only says "white noise". Of noise over all of [0, 1], colored dots are left in the end.
    """
    noise = tf.random.stateless_normal(shape, seed=tf.stack([seed, 0]))
    return tf.constant(MEAN_COLOR) + noise * (1 / 255)


def compiled_settings(config: StyleConfig) -> StyleConfig:
    """Reset the settings that the compiled loop does not depend on, and resolve the precision."""
    return dataclasses.replace(config.compiled(), precision=resolved_precision(config.precision))


class _Compiled(NamedTuple):
    """What is traced once for some filters and settings.

    Attributes:
        measure: From content, style, weights of the terms and opacities to targets.
        evaluate: From an image and targets to terms.
        optimizer: How the driver descends.
        driver: The compiled loop, for `optimize`.
    """

    measure: Any
    evaluate: Any
    optimizer: Optimizer
    driver: Any


@functools.lru_cache(maxsize=2)
def _compiled(weights: NetworkWeights, config: StyleConfig) -> _Compiled:
    model = feature_model(config.layers, weights=weights, pooling=config.pooling, dtype=config.precision)
    objective = make_objective(model, config=config)

    def measure(content: tf.Tensor, style: tf.Tensor, weights: TermWeights, alphas: dict[str, tf.Tensor]) -> Targets:
        return measure_targets(model, content, style, config=config, weights=weights, **alphas)

    return _Compiled(
        measure=tf.function(measure, autograph=False),
        evaluate=tf.function(objective, autograph=False),
        optimizer=make_optimizer(config),
        driver=make_driver(objective, make_optimizer(config)),
    )


def make_optimizer(config: StyleConfig) -> Optimizer:
    """Return a configuration's optimizer."""
    return {"adam": adam, "lbfgs": lbfgs}[config.optimizer](config)

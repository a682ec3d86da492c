"""From white noise by our L-BFGS and by PyTorch's: one loss, one start, the same number of evaluations."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import torch

import nst_tf
from nst_tf.config import StyleConfig
from nst_tf.gradients import value_and_gradient
from nst_tf.network.activation_normalization import normalize_activations
from nst_tf.network.vgg19 import feature_model
from nst_tf.objective import Terms, term_weights
from nst_tf.optimizers.compiled import CompiledLoop
from nst_tf.recipe import Goal, make_optimizer, make_recipe, measure, no_terms, white_noise
from nst_tf.transfer import fit_pictures

Image = npt.NDArray[np.float32]
Losses = dict[int, float]
"""Number of evaluations to the loss of the best picture so far."""

Method = Callable[[Callable[..., Terms], Any, tf.Tensor, Sequence[int]], Losses]

Echo = Callable[[str], None]

STARTS = ("faint noise", "noise in [0, 1]")

TORCH_SCALE = 1e9
"""What PyTorch's loss is multiplied with: about what the weights of Gatys' code amount to, beside 1.

PyTorch learns no curvature below an absolute threshold, 1e-10, which a loss of the order of one stays under.
"""


def compare(
    content: Path, style: Path, config: StyleConfig, marks: Sequence[int], *, starts: Sequence[str] = STARTS, echo: Echo
) -> dict[str, Losses]:
    """Minimize one loss from noise by both methods.

    Args:
        content: A photograph.
        style: A painting.
        config: The preset `paper`, or a change of it; its filters are normalized on the two pictures.
        marks: After how many evaluations to take the loss down, ascending.
        starts: Some of `STARTS`.
        echo: Told every result.
    """
    pictures = fit_pictures(nst_tf.load_image(content), nst_tf.load_image(style), config=config)
    weights = normalize_activations(
        config.weights, [np.asarray(each.image) for each in (pictures.content, *pictures.styles)]
    )
    network = feature_model(config.layers, weights=weights)
    recipe = make_recipe(network, config)
    objective, goal = recipe.objective, (measure(recipe, pictures), term_weights(config))
    shape, found = pictures.content.image.shape, {}
    methods: dict[str, Method] = {"nst-tf": functools.partial(by_ours, config=config), "PyTorch": by_torch}
    noises = white_noise(shape, config.seed), tf.random.stateless_uniform(shape, seed=(config.seed, 0))
    for name, start in zip(STARTS, noises, strict=True):
        for method, run in methods.items() if name in starts else ():
            found[f"{method}, {name}"] = run(objective, goal, start, marks)
            echo(f"{method}, {name}: {found[f'{method}, {name}']}")
    return found


def by_ours(
    objective: Callable[..., Terms], goal: Goal, start: tf.Tensor, marks: Sequence[int], *, config: StyleConfig
) -> Losses:
    """Take the bounded L-BFGS of `nst_tf`."""
    method, losses = make_optimizer(config), {}
    loop, state, terms = CompiledLoop(value_and_gradient(objective), method), method.start(start, 1.0), no_terms()
    for before, mark in zip((0, *marks), marks, strict=False):
        state, terms = loop(goal, state, terms, mark - before)
        losses[mark] = float(state.loss)
    return losses


def by_torch(objective: Callable[..., Terms], goal: Goal, start: tf.Tensor, marks: Sequence[int]) -> Losses:
    """Take PyTorch's L-BFGS as it comes: no line search, no bounds, 100 pairs; on pixels from 0 to 255."""

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def evaluate(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(image)
            loss = objective(image, *goal).loss
        return loss, tape.gradient(loss, image)

    pixels = torch.tensor(start.numpy() * 255.0, requires_grad=True)
    losses: list[float] = []

    def closure() -> float:
        loss, gradient = evaluate(tf.constant(pixels.detach().numpy() / 255.0))
        pixels.grad = torch.tensor(gradient.numpy() * (TORCH_SCALE / 255.0))
        losses.append(float(loss))
        return losses[-1] * TORCH_SCALE

    method = torch.optim.LBFGS(
        [pixels], max_iter=marks[-1], max_eval=marks[-1], tolerance_grad=0.0, tolerance_change=0.0
    )
    step: Callable[[Callable[[], float]], Any] = method.step
    while len(losses) < marks[-1]:
        step(closure)
    return {mark: min(losses[:mark]) for mark in marks}

"""The same loss written in PyTorch, and the optimizers commonly used with it."""

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional

from benchmarks import problem as shared
from benchmarks.problem import Array, Problem

Snapshots = list[tuple[float, int, Array]]
"""Seconds since the start, evaluations, and picture `(1, H, W, 3)`."""


class Loss:
    """The style transfer loss in PyTorch: features, relative terms, total variation.

    Args:
        problem: Pictures and filters.
        precision: `float32`, or `bfloat16` for autocast.
        channels_last: Memory format of the features.
    """

    def __init__(self, problem: Problem, *, precision: str = "float32", channels_last: bool = False) -> None:
        """Measure the targets."""
        self.precision = precision
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.layers = problem.layers
        self.filters = {name: self._filter(problem, name) for name in self.layers}
        self.mean = torch.tensor(shared.MEAN_BGR).view(1, 3, 1, 1)
        with torch.no_grad():
            of_content, of_style = (self.features(to_torch(p)) for p in (problem.content, problem.style))
            self.target = of_content[shared.CONTENT]
            self.grams = {name: gram(of_style[name]) for name in shared.STYLES}
            self.content_energy = floored(self.target, of_style[shared.CONTENT])
            self.style_energy = {name: floored(g, gram(of_content[name])) for name, g in self.grams.items()}

    def _filter(self, problem: Problem, name: str) -> tuple[torch.Tensor, torch.Tensor]:
        kernel = torch.tensor(problem.filters[f"{name}/kernel"].transpose(3, 2, 0, 1).copy())
        return kernel.to(memory_format=self.format), torch.tensor(problem.filters[f"{name}/bias"])

    def features(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return activations after the ReLU, float32."""
        x, found = (image.flip(1) * 255 - self.mean).contiguous(memory_format=self.format), {}
        half = torch.autocast("cpu", torch.bfloat16) if self.precision == "bfloat16" else nullcontext()
        with half:
            for name in self.layers:
                if name.endswith("conv1") and name != self.layers[0]:
                    x = functional.avg_pool2d(x, 2)
                x = found[name] = functional.relu(functional.conv2d(x, *self.filters[name], padding=1))
        return {name: maps.float() for name, maps in found.items() if name in (*shared.STYLES, shared.CONTENT)}

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """Return the loss of an image `(1, 3, H, W)`."""
        found = self.features(image)
        content = (found[shared.CONTENT] - self.target).square().sum() / self.content_energy
        shares = [(gram(found[n]) - g).square().sum() / self.style_energy[n] for n, g in self.grams.items()]
        down, right = image[:, :, 1:] - image[:, :, :-1], image[..., 1:] - image[..., :-1]
        tv = down.square().mean() + right.square().mean()
        style = torch.stack(shares).mean()
        return shared.CONTENT_WEIGHT * content + shared.STYLE_WEIGHT * style + shared.TV_WEIGHT * tv


def gram(maps: torch.Tensor) -> torch.Tensor:
    """Compute the Gram matrix per position, `(1, C, H, W)` to `(C, C)`."""
    flat = maps.flatten(2)[0]
    return flat @ flat.T / flat.shape[1]


def floored(target: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the target's energy, with a share of the other's mean energy as a floor."""
    mean = torch.maximum(target.square().mean(), shared.ENERGY_FLOOR * other.square().mean())
    return mean * target.numel()


def to_torch(picture: Array) -> torch.Tensor:
    """Convert `(1, H, W, 3)` to `(1, 3, H, W)`."""
    return torch.tensor(picture.transpose(0, 3, 1, 2).copy())


def to_numpy(image: torch.Tensor) -> Array:
    """Convert `(1, 3, H, W)` to `(1, H, W, 3)`, clamped to [0, 1]."""
    return image.detach().clamp(0, 1).numpy().transpose(0, 2, 3, 1).copy()


class Clock:
    """Takes snapshots at chosen evaluations, and times the run without them."""

    def __init__(self, wanted: list[int]) -> None:
        """Start the timer."""
        self.snapshots: Snapshots = []
        self._wanted, self._begun, self._evaluations = set(wanted), time.perf_counter(), 0

    def evaluated(self, picture: Callable[[], Array]) -> None:
        """Count an evaluation, and take a snapshot if it is wanted."""
        self._evaluations += 1
        if self._evaluations in self._wanted:
            now = time.perf_counter()
            self.snapshots.append((now - self._begun, self._evaluations, picture()))
            self._begun += time.perf_counter() - now


def run_lbfgs(problem: Problem, evaluations: int, wanted: list[int], *, line_search: str | None) -> Snapshots:
    """Run PyTorch's L-BFGS as jcjohnson/neural-style and its port do: unbounded, clamped at the end."""
    clock = Clock(wanted)
    loss, image = Loss(problem), to_torch(problem.content).requires_grad_()
    optimizer = torch.optim.LBFGS(
        [image], max_iter=evaluations, max_eval=evaluations, history_size=100, line_search_fn=line_search,
        tolerance_grad=0, tolerance_change=0,
    )  # fmt: skip

    def closure() -> torch.Tensor:
        """Evaluate loss and gradient."""
        optimizer.zero_grad()
        value = loss(image)
        value.backward()
        clock.evaluated(lambda: to_numpy(image))
        return value

    optimizer.step(closure)
    return clock.snapshots


def run_adam(problem: Problem, evaluations: int, wanted: list[int]) -> Snapshots:
    """Run Adam, clamped to [0, 1] after each step."""
    clock = Clock(wanted)
    image = to_torch(problem.content).requires_grad_()
    for _ in _adam_steps(Loss(problem), image, evaluations, {}):
        clock.evaluated(lambda: to_numpy(image))
    return clock.snapshots


def run_pyramid(problem: Problem, steps: int, wanted: list[int]) -> Snapshots:
    """Run Adam coarse to fine on crowsonkb's schedule: sizes grow by sqrt(2) from 128; the result is a moving average.

    As there, the first size gets twice the steps of the others, and moments are enlarged with the picture.
    """
    clock = Clock(wanted)
    height, width = problem.content.shape[1:3]
    count = 1 + max(0, int(2 * np.log2(1.01 * max(height, width) / 128)))
    image, state = to_torch(problem.content), {}
    average = image
    for above in reversed(range(count)):
        size = (round(height * 2 ** (-above / 2)), round(width * 2 ** (-above / 2)))
        style = [round(side * 2 ** (-above / 2)) for side in problem.style.shape[1:3]]
        loss = Loss(Problem(resized(problem.content, size), resized(problem.style, style), problem.filters))
        image = _bicubic(average, size).clamp(0, 1).requires_grad_()
        state = {name: _bicubic(moment, size) for name, moment in state.items()}
        total, decay = torch.zeros_like(image), 0.99
        for step, _ in enumerate(_adam_steps(loss, image, steps * (2 if above == count - 1 else 1), state), start=1):
            total = total * decay + image.detach() * (1 - decay)
            average = total / (1 - decay**step)
            clock.evaluated(lambda shown=average: to_numpy(_bicubic(shown, (height, width))))  # type: ignore[misc]
    return clock.snapshots


def _adam_steps(loss: Loss, image: torch.Tensor, steps: int, state: dict[str, torch.Tensor]) -> Iterator[None]:
    optimizer = torch.optim.Adam([image], lr=0.02, betas=(0.9, 0.99))
    if state:
        first, second = state["exp_avg"], state["exp_avg_sq"].relu()
        optimizer.state[image] = {"step": torch.tensor(100.0), "exp_avg": first, "exp_avg_sq": second}
    for _ in range(steps):
        optimizer.zero_grad()
        loss(image).backward()
        optimizer.step()
        with torch.no_grad():
            image.clamp_(0, 1)
        yield
    state |= {name: optimizer.state[image][name] for name in ("exp_avg", "exp_avg_sq")}


def resized(picture: Array, size: Any) -> Array:
    """Resize `(1, H, W, 3)` with an antialiased cubic filter."""
    return to_numpy(_bicubic(to_torch(picture), size))


def _bicubic(image: torch.Tensor, size: Any) -> torch.Tensor:
    shape = tuple(size)
    return functional.interpolate(image.detach(), shape, mode="bicubic", antialias=True)


def evaluate(problem: Problem, pictures: list[Array]) -> list[float]:
    """Compute the float32 loss of pictures, as the independent evaluator."""
    loss = Loss(problem)
    with torch.no_grad():
        return [float(loss(to_torch(picture))) for picture in pictures]


def step_seconds(problem: Problem, steps: int, *, precision: str, channels_last: bool) -> tuple[list[float], float]:
    """Time single steps of Adam; return the times and the first loss."""
    loss, image = Loss(problem, precision=precision, channels_last=channels_last), to_torch(problem.content)
    image = image.contiguous(memory_format=loss.format).requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.02, betas=(0.9, 0.99))
    seconds, first = [], 0.0
    for step in range(steps + 1):
        begun = time.perf_counter()
        optimizer.zero_grad()
        value = loss(image)
        value.backward()
        optimizer.step()
        with torch.no_grad():
            image.clamp_(0, 1)
        seconds.append(time.perf_counter() - begun)
        first = first if step else value.item()
    return seconds[1:], first

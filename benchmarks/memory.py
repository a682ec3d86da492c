"""Peak memory and step times of large pictures, whole and in blocks, beside what the planner expects."""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import nst_tf
from nst_tf.layer_names import smallest_side
from nst_tf.network import precision
from nst_tf.runs.memory import estimated_bytes

Size = tuple[int, int]

STYLE = (512, 640)
"""Height and width of the style's file; it is measured as large as the painting."""


class Case(NamedTuple):
    """A run whose peak memory is measured.

    Attributes:
        size: Height and width.
        settings: Settings in which it differs from the default, at one size.
    """

    size: Size
    settings: dict[str, Any]

    @property
    def config(self) -> nst_tf.StyleConfig:
        """All settings; two steps, as moments are empty before the first, and L-BFGS keeps a pair after each."""
        steps = 2 + self.settings.get("history", 1)
        return nst_tf.StyleConfig(**{"size": max(self.size), "scales": 1, "steps": steps, **self.settings})


def cases(largest: int) -> Iterator[Case]:
    """Yield what is measured, up to a longer side in pixels."""
    for side in (256, 512, 1024, 2048, 4096):
        shorter = side if side <= 2048 else side // 4
        yield Case((shorter, side), {"block": "whole"})
    yield Case((512, 512), {"block": "whole", "optimizer": "lbfgs", "history": 3})
    yield Case((1024, 1024), {"block": "whole", "style_scale": 1.6})
    yield Case((1024, 1024), {"block": "whole", "precision": "float32"})
    for side, block in ((1024, 512), (2048, 512), (2048, 1024), (4096, 1024), (8192, 1024)):
        if side <= largest:
            yield Case((side, side), {"block": block})
    yield Case((1536, 1536), {"block": 512, "style_scale": 1.6})
    yield Case((1536, 1536), {"block": 512, "optimizer": "lbfgs", "history": 3})


def paint(size: Size, settings: dict[str, Any]) -> dict[str, Any]:
    """Paint noise in the style of noise in this process; return the estimated bytes, and the seconds of each step."""
    case = Case((size[0], size[1]), settings)
    generator, clock = np.random.default_rng(0), []

    def note(_: nst_tf.Progress) -> None:
        """Record the time."""
        clock.append((time.process_time(), time.perf_counter()))

    content, style = (generator.random((1, *each, 3), np.float32) for each in (size, STYLE))
    nst_tf.stylize(content, style, config=case.config, callback=note)
    cpu, wall = np.diff(np.array(clock), axis=0).T.tolist()
    return {"estimate": estimated_bytes(case.size, case.config, styles=[STYLE]), "cpu": cpu, "wall": wall}


def compare(measure: Callable[[dict[str, Any]], dict[str, Any]], *, largest: int, echo: Callable[[str], None]) -> Any:
    """Measure each case in a process of its own; return cases with measured and estimated bytes."""
    rows = []
    for case in cases(largest):
        found = measure({"kind": "memory", "size": case.size, "settings": case.settings})
        measured = found["megabytes"] * 2**20
        rows.append((case, measured, found["estimate"]))
        echo(f"{case.size} {case.settings}: {measured / 1e9:.2f} GB, estimate {found['estimate'] / measured:.2f} of it")
    return rows


def step_seconds(sizes: list[Size], block: int, *, echo: Callable[[str], None]) -> list[tuple[Size, float, float]]:
    """Return size, and the seconds of an evaluation of the whole picture (only of the first) and in blocks.

    Targets are zero: they cost what others do.
    """
    import tensorflow as tf

    from nst_tf.block_functions import BlockFunctions
    from nst_tf.block_gradients import BlockGradients
    from nst_tf.gradients import value_and_gradient
    from nst_tf.objective import Targets, make_objective, term_weights
    from nst_tf.optimizers.compiled import compile_for_all_sizes

    config = nst_tf.StyleConfig()
    network = nst_tf.feature_model(config.layers, dtype=precision.resolved_precision("auto"))
    in_blocks = BlockGradients(BlockFunctions(network, config), block).evaluate
    compiled = compile_for_all_sizes(value_and_gradient(make_objective(network, config=config)))
    channels = {name: network.output[name].shape[-1] for name in config.layers}

    def whole(*arguments: Any) -> Any:
        """Evaluate the whole picture; its targets are tensors."""
        return compiled(
            *tf.nest.map_structure(lambda each: each if each is None else tf.convert_to_tensor(each), arguments)
        )

    def seconds(evaluate: Callable[..., Any], size: Size) -> float:
        """Time one evaluation."""
        image = tf.random.stateless_uniform((1, *size, 3), (0, 0))
        content = {
            name: np.zeros((1, *(side // smallest_side([name]) for side in size), channels[name]), np.float32)
            for name in config.content_layer_weights
        }
        grams = {name: tf.zeros((1, channels[name], channels[name])) for name in config.style_layer_weights}
        shares = {name: tf.ones(1) for name in grams}
        targets = Targets(
            content=content,
            grams=grams,
            content_energy={name: tf.constant(1.0) for name in content},
            style_energy=shares,
            guides={},
            style_guides={},
            region_weights=shares,
        )
        begun = time.perf_counter()
        evaluate(image, targets, term_weights(config))
        return time.perf_counter() - begun

    for evaluate in (whole, in_blocks):
        seconds(evaluate, (320, 320) if evaluate is whole else (block + 64, block + 64))  # compiles
    rows = []
    for size in sizes:
        found = [seconds(whole, size) if size == sizes[0] else float("nan"), seconds(in_blocks, size)]
        rows.append((size, *found))
        echo(f"{size}: whole {found[0]:.1f} s, in blocks {found[1]:.1f} s")
    return rows

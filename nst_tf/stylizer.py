"""The Python driver of `nst_tf.recipe`: compiled once, it paints any number of pictures and reports its progress."""

import dataclasses
import functools
import math
from typing import Any, NamedTuple

import numpy.typing as npt
import tensorflow as tf

from nst_tf.block_functions import BlockFunctions
from nst_tf.block_recipe import block_recipe
from nst_tf.blocks import fits_in_one, relative_cost
from nst_tf.config import StyleConfig
from nst_tf.gradients import value_and_gradient
from nst_tf.images.picture import Picture, as_picture
from nst_tf.images.regions import arrange
from nst_tf.network.activation_normalization import fixed_weights
from nst_tf.network.precision import resolved_precision
from nst_tf.network.vgg19 import feature_model
from nst_tf.objective import Terms, term_weights
from nst_tf.optimizers.compiled import CompiledLoop, compile_for_all_sizes
from nst_tf.optimizers.loop import LoopState, check_finite, optimize
from nst_tf.pictures import Pictures, arranged_tensors, fit_to, recolor
from nst_tf.recipe import Goal, Recipe, enter_size, first_image, make_optimizer, make_recipe, measure, no_terms
from nst_tf.runs.memory import fit_to_memory, free_for_run
from nst_tf.runs.painting import Painting, diverging_at
from nst_tf.runs.progress import Callback, ProgressReporter
from nst_tf.runs.snapshot import Snapshot
from nst_tf.runs.start import Start, first_stage, resolved_start
from nst_tf.saved_styles import check_filters, plan_run
from nst_tf.scales.plan import Size, Stage
from nst_tf.scales.resizing import resize
from nst_tf.settings import shares_of
from nst_tf.styles import Styles, as_styles
from nst_tf.weights.network_weights import NetworkWeights


class _Run(NamedTuple):
    pictures: Pictures
    plan: list[Stage]
    config: StyleConfig
    block: str | int
    recipes: list[Recipe]
    start: str | tf.Tensor | Snapshot
    reporter: ProgressReporter
    report_every: int | None

    def show(self, image: tf.Tensor) -> tf.Tensor:
        """Return an image of any size as it is shown."""
        return self.pictures.show(image, self.config.color)


class Stylizer:
    """A network and an optimization loop, compiled once for any number of pictures.

        stylizer = nst_tf.Stylizer(nst_tf.StyleConfig(steps=100))
        paintings = [stylizer.stylize(content, style) for content in contents]

    `nst_tf.stylize` caches the last two that it used; use this class to keep one for longer, or to count its traces.
    Several threads may share one: a lock serializes the calls of the loop, so that runs take turns and don't affect
    each other.

    Attributes:
        config: The settings that `stylize` uses if it is given no `config`.
        weights: The network's filters.
        loop: The compiled loop; its image is a `tf.Variable`.
    """

    def __init__(self, config: StyleConfig | None = None, *, weights: NetworkWeights | None = None) -> None:
        """Build the network; the first painting traces the loop.

        Args:
            config: The settings; the defaults if None.
            weights: Result of `nst_tf.load_weights` or `nst_tf.normalize_activations`; if None, the weights that the
                settings name.

        Raises:
            ValueError: If the settings need filters that depend on the pictures.
            MissingWeightsError: If ImageNet's weights were requested and are not available.
        """
        self.config = config or StyleConfig()
        self.weights = weights or fixed_weights(self.config)
        self._settings = compiled_settings(self.config)
        layers, pooling, border = self._settings.layers, self._settings.pooling, self._settings.border
        network = feature_model(
            layers, weights=self.weights, pooling=pooling, border=border, dtype=self._settings.precision
        )
        recipe = make_recipe(network, self._settings)
        self._blocks = BlockFunctions(network, self._settings)
        self.loop = CompiledLoop(value_and_gradient(recipe.objective), recipe.optimizer)
        forward = make_recipe(compile_for_all_sizes(network), self._settings)  # its functions share one trace of it
        self._recipe = Recipe(
            measure_content=compile_for_all_sizes(forward.measure_content),
            measure_style=compile_for_all_sizes(forward.measure_style),
            objective=compile_for_all_sizes(forward.objective),
            optimizer=recipe.optimizer,
            descend=self.loop,
        )

    @property
    def traces(self) -> int:
        """How many times the loop has been traced: once for all sizes, unless a picture is transparent."""
        return self.loop.traces

    @property
    def block_traces(self) -> int:
        """How many times the two functions have been traced that paint a block: once each for blocks of all sizes."""
        return self._blocks.traces

    def stylize(
        self,
        content: npt.ArrayLike | Picture,
        style: Styles,
        *,
        config: StyleConfig | None = None,
        start: Start = None,
        callback: Callback | None = None,
        report_every: int | None = None,
    ) -> Painting:
        """Paint the content of one picture in the style of another, as `nst_tf.stylize` does.

        Args:
            content: The content, as `nst_tf.stylize` takes it.
            style: The style, as `nst_tf.stylize` takes it.
            config: The settings, except `weights` and `activations`, which are ignored; the Stylizer's if None.
            start: As `nst_tf.stylize` takes it.
            callback: As `nst_tf.stylize` takes it.
            report_every: As `nst_tf.stylize` takes it.

        Raises:
            ValueError: If the settings need another Stylizer, or as `nst_tf.stylize` does.
            DivergedError: If the loss stops being finite.
        """
        config = config or self.config
        self._check_settings(config)
        content, styles = as_picture("content", content), as_styles(style)
        plan = plan_run(content, styles, config)
        check_filters(styles, self.weights.sha256, self.weights.name)
        resolved = fit_to_memory(plan[-1].size, config, free_for_run(), styles=[style.size for style in styles])
        recipes = [self._recipe_of(stage.size, resolved) for stage in plan]
        seconds = start.seconds if isinstance(start, Snapshot) else 0.0
        costs = [relative_cost(stage.size, resolved.block) for stage in plan]
        reporter = ProgressReporter(plan, callback, seconds=seconds, costs=costs)
        pictures = arranged_tensors(arrange(content, styles, config), plan[-1].size, config)
        start = resolved_start(start, config)
        run = _Run(pictures, plan, config, resolved.block, recipes, start, reporter, report_every)
        try:
            with diverging_at(plan[-1].size, run.show):
                return self._paint(run)
        finally:
            self.loop.release()

    def _check_settings(self, config: StyleConfig) -> None:
        wanted = compiled_settings(config)
        names = [each.name for each in dataclasses.fields(wanted)]
        odd = [name for name in names if getattr(wanted, name) != getattr(self._settings, name)]
        if odd:
            raise ValueError(f"A Stylizer is compiled for fixed settings; make another for this {', '.join(odd)}.")

    def _recipe_of(self, size: Size, config: StyleConfig) -> Recipe:
        """Return the recipe of one size; what is no larger than a block is painted whole."""
        if fits_in_one(size, config.block):
            return self._recipe
        return block_recipe(self._blocks, make_optimizer(config), int(config.block))

    def _paint(self, run: _Run) -> Painting:
        loop_state: Any = None
        weights, shares = term_weights(run.config), shares_of(run.config.style_weights, len(run.pictures.styles))
        of_regions = tf.constant(run.config.region_weights, tf.float32)
        for number in range(first_stage(run.plan, run.start), len(run.plan)):
            (size, steps), recipe = run.plan[number], run.recipes[number]
            pictures = fit_to(run.pictures, size, run.config)
            pictures = recolor(pictures, run.config.color, run.config.color_map)
            goal = measure(recipe, pictures, shares, of_regions), weights
            before = [_next(recipe, loop_state, pictures, run) if loop_state else _first(recipe, pictures, goal, run)]
            del pictures, loop_state
            loop_state = optimize(
                functools.partial(recipe.descend, goal),
                before.pop(),  # a large picture is not to be kept for the length of this call
                steps=steps,
                report=run.reporter.reporter(number, functools.partial(_shown, recipe, run)),
                report_every=run.report_every if recipe is self._recipe else 1,
                stop_when=run.config.stop_when,
            )
            if run.reporter.stopped:
                break
        image, good = recipe.optimizer.picture(loop_state.state), loop_state.good
        step = int(loop_state.state.step)
        del loop_state  # of a large picture, all that the optimizer holds
        found = recipe.objective(image, *goal)
        del goal
        check_finite(found, good, when=f"after step {step}")
        return self._painting(image, step, found, run)

    def _painting(self, image: Any, step: int, found: Terms, run: _Run) -> Painting:
        loss, *terms = (float(value) for value in found)
        return Painting(
            image=run.show(resize(image, run.plan[-1].size)).numpy(),
            loss=loss,
            terms=dict(zip(Terms._fields[1:], terms, strict=True)),
            steps=step,
            planned=sum(stage.steps for stage in run.plan),
            weights=self.weights.name,
            config=run.config,
            block=run.block,
        )


def compiled_settings(config: StyleConfig) -> StyleConfig:
    """Reset settings on which the compiled loop does not depend, and resolve the precision."""
    return dataclasses.replace(config.compiled(), precision=resolved_precision(config.precision))


def _first(recipe: Recipe, pictures: Pictures, goal: Goal, run: _Run) -> LoopState:
    """Return the state of the loop before the first step that this run takes."""
    optimizer, rate = recipe.optimizer, run.config.learning_rate
    if not isinstance(run.start, Snapshot):
        image = first_image(pictures, run.start, run.config.seed, run.config.color)
        return LoopState(optimizer.start(image, rate), no_terms())
    restored = run.start.restore(optimizer.start(tf.zeros_like(pictures.content.image), rate), Terms)
    if math.isfinite(recipe.objective(restored.state.image, *goal).loss):
        return restored
    return restored._replace(good=None)  # no step has evaluated the last picture yet


def _next(recipe: Recipe, last: LoopState, pictures: Pictures, run: _Run) -> LoopState:
    """Return the state of the loop before the first step at the next size."""
    state = enter_size(recipe.optimizer, last.state, pictures.content.image, run.config.content_weight)
    return LoopState(state, no_terms(), good=last.good)


def _shown(recipe: Recipe, run: _Run, state: Any) -> Any:
    """Return what is shown of a state."""
    return run.show(recipe.optimizer.picture(state))

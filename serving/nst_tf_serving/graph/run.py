"""A run through its sizes in a graph, from where it stands: the driver of `nst_tf.recipe` that a served model has.

The step, the losses and the coarse-to-fine plan are the library's own; here `tf.while_loop`s connect them, without
assigning any variable, so that requests can't affect each other. A painting in one call and one in slices are both runs
of this function: one takes all steps, the others some of them.
"""

import functools
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.images.picture import Picture
from nst_tf.objective import Terms, TermWeights
from nst_tf.optimizers.interface import State
from nst_tf.optimizers.loop import LoopState, has_settled, optimize_in_graph
from nst_tf.pictures import Pictures, fit, recolor
from nst_tf.recipe import Recipe, enter_size, first_image, make_optimizer, make_recipe, measure, no_terms
from nst_tf.scales.plan_in_graph import Stages
from nst_tf.targets import Targets
from nst_tf_serving.graph.request_settings import TYPES, Settings
from nst_tf_serving.limits import Limits

PICTURE = tf.TensorSpec((None, None, 3), tf.float32)
ONE = Settings(*(tf.TensorSpec((), kind) for kind in TYPES))
_IMAGE = tf.TensorSpec((1, None, None, 3), tf.float32)
_PLAN = Stages(*(tf.TensorSpec((None, *shape), tf.int32) for shape in ((2,), (2,), ())))
_WHOLE = tf.TensorSpec((), tf.int32)


Parts = dict[str, dict[str, tf.Tensor]]
"""Those fields of `Targets` that are not empty."""


class ServedRecipe(NamedTuple):
    """The parts of a model that are fixed at export.

    Attributes:
        network: Result of `nst_tf.feature_model`.
        config: All settings; those that a request can choose are defaults.
        limits: Limits of a request.
        identity: Says what the result depends on besides the request; states are bound to it.
    """

    network: keras.Model
    config: StyleConfig
    limits: Limits
    identity: str = ""


class Position(NamedTuple):
    """Where a run stands between two steps.

    Attributes:
        stage: Index of the size being painted, a scalar int32; the number of sizes when the run has finished.
        taken: Steps taken at this size, a scalar int32; if 0, `state` is of the size before, or empty at the first.
        losses: The losses at the ends of the last two windows, `(2,)`, float64.
        terms: The last loss terms.
        state: The optimizer's state.
        targets: What `remembered` returns; zeros or of another size if `taken` is 0.
    """

    stage: tf.Tensor
    taken: tf.Tensor
    losses: tf.Tensor
    terms: Terms
    state: State
    targets: Parts


class CompiledRun(NamedTuple):
    """A run, traced once for all signatures.

    Attributes:
        take: From the pictures, `Settings`, `Stages`, a `Position` and the most steps to take to the position after the
            last of them, and the loss: of the painting if the run has finished, otherwise the one evaluated last.
        spec: The types of a position; of images, height and width are open.
    """

    take: Any
    spec: Position


def compile_run(served: ServedRecipe) -> CompiledRun:
    """Compile a run; its targets are measured by functions that are traced once."""
    own = make_recipe(served.network, served.config)
    measure_content = tf.function(own.measure_content, input_signature=[_IMAGE], autograph=False)
    measure_style = tf.function(own.measure_style, input_signature=[_IMAGE], autograph=False)
    spec = _position_spec(own._replace(measure_content=measure_content, measure_style=measure_style))

    def take(
        content: tf.Tensor, style: tf.Tensor, settings: Any, plan: Stages, position: Position, steps: tf.Tensor
    ) -> tuple[Position, tf.Tensor]:
        """Take some steps."""
        recipe = make_recipe(served.network, served.config, settings.color)
        recipe = recipe._replace(measure_content=measure_content, measure_style=measure_style)
        pictures = Pictures(Picture(content[None]), (Picture(style[None]),))
        return _Run(served.config, recipe, pictures, settings, plan).take(position, steps)

    signature = [PICTURE, PICTURE, ONE, _PLAN, spec, _WHOLE]
    return CompiledRun(tf.function(take, input_signature=signature, autograph=False), spec)


def beginning(served: ServedRecipe, spec: Position, settings: Settings) -> Position:
    """Return the position before the first step, with an empty picture.

    Args:
        served: The recipe.
        spec: That of the compiled run.
        settings: Settings of the request.
    """
    empty = make_optimizer(served.config, settings.color).start(tf.zeros((1, 0, 0, 3)), settings.learning_rate)
    return Position(
        stage=tf.constant(0),
        taken=tf.constant(0),
        losses=_no_losses(),
        terms=no_terms(),
        state=empty,
        targets=tf.nest.map_structure(lambda each: tf.zeros(each.shape, each.dtype), spec.targets),
    )


def _position_spec(recipe: Recipe) -> Position:
    def example(image: tf.Tensor) -> Position:
        """Return a position after a step."""
        targets = remembered(measure(recipe, Pictures(Picture(image), (Picture(image),))))
        state = recipe.optimizer.start(image, 0.0)
        return Position(tf.constant(0), tf.constant(0), _no_losses(), no_terms(), state, targets)

    made = tf.function(example, input_signature=[_IMAGE], autograph=False).get_concrete_function()
    return tf.nest.map_structure(_open, made.structured_outputs)  # type: ignore[no-any-return]


def remembered(targets: Targets) -> Parts:
    """Return the targets that take as little memory for any picture: all but the content's features."""
    return _parts(targets.without_positions())


class _Run(NamedTuple):
    config: StyleConfig
    recipe: Recipe
    pictures: Pictures
    settings: Any
    plan: Stages

    def take(self, position: Position, steps: tf.Tensor) -> tuple[Position, tf.Tensor]:
        """Take some steps, at as many sizes as they reach."""
        count = tf.shape(self.plan.steps)[0]

        def goes_on(left: tf.Tensor, position: Position, _: tf.Tensor) -> tf.Tensor:
            """Return whether steps are left, of the slice and of the run."""
            return tf.logical_and(left > 0, position.stage < count)

        start = (steps, position, tf.constant(0.0))
        shapes = tf.nest.map_structure(lambda tensor: _open(tensor).shape, start)
        _, position, loss = tf.while_loop(goes_on, self._stage, start, shapes, parallel_iterations=1)
        return position, loss

    def _stage(self, left: tf.Tensor, position: Position, _: tf.Tensor) -> tuple[tf.Tensor, Position, tf.Tensor]:
        """Take steps at one size, to its end or to that of the slice."""
        at_size = self._fitted(position.stage)
        targets = self._targets(at_size, position)
        goal = targets, TermWeights(self.settings.content_weight, self.settings.style_weight, self.settings.tv_weight)
        before = LoopState(self._entered(at_size, position), position.terms, position.taken, position.losses)
        planned, stop_when = self.plan.steps[position.stage], self.config.stop_when
        until = tf.minimum(planned, position.taken + left)
        drive = functools.partial(self.recipe.descend, goal)
        after = optimize_in_graph(drive, before, steps=until, stop_when=stop_when)
        over = tf.logical_or(after.taken >= planned, has_settled(after.losses, stop_when))
        loss = tf.cond(
            tf.logical_and(over, position.stage + 1 == tf.shape(self.plan.steps)[0]),
            lambda: self.recipe.objective(self.recipe.optimizer.picture(after.state), *goal).loss,
            lambda: tf.identity(after.terms.loss),
        )
        moved = Position(
            stage=position.stage + tf.cast(over, tf.int32),
            taken=tf.where(over, 0, after.taken),
            losses=tf.where(over, _no_losses(), after.losses),
            terms=after.terms,
            state=after.state,
            targets=remembered(targets),
        )
        return left - (after.taken - position.taken), moved, loss

    def _fitted(self, stage: tf.Tensor) -> Pictures:
        """Return the pictures at one size, in the colors in which they are painted."""
        at_size = fit(self.pictures, self.plan.sizes[stage], [self.plan.style_sizes[stage]])
        return recolor(at_size, self.settings.color, self.config.color_map)

    def _targets(self, at_size: Pictures, position: Position) -> Targets:
        """Return the targets at a size: measured where it begins, later all but the content's features remembered."""

        def again() -> Parts:
            """Measure the content's features alone."""
            return {"content": self.recipe.measure_content(at_size.content.image).features, **position.targets}

        measured = tf.cond(position.taken > 0, again, lambda: _parts(measure(self.recipe, at_size)))
        return Targets(guides={}, style_guides={}, canvas=None, **measured)

    def _entered(self, at_size: Pictures, position: Position) -> State:
        """Return the state before the next step: at the beginning of a size another one."""
        optimizer, content = self.recipe.optimizer, at_size.content.image

        def begun() -> State:
            """Begin the run."""
            image = first_image(at_size, self.config.start, self.settings.seed, self.settings.color)
            return optimizer.start(image, self.settings.learning_rate)

        def enlarged() -> State:
            """Begin a larger size."""
            return enter_size(optimizer, position.state, content, self.settings.content_weight)

        return tf.cond(
            position.taken > 0,
            lambda: tf.nest.map_structure(tf.identity, position.state),
            lambda: tf.cond(position.stage > 0, enlarged, begun),
        )


def _parts(targets: Targets) -> Parts:
    return {name: each for name, each in targets._asdict().items() if each}


def _no_losses() -> tf.Tensor:
    return tf.fill([2], tf.constant(float("inf"), tf.float64))


def _open(tensor: Any) -> tf.TensorSpec:
    return tf.TensorSpec([1, None, None, 3] if tensor.shape.rank == 4 else tensor.shape, tensor.dtype)

"""A painting in slices: `begin` returns a state, and `advance` takes some steps from one to the next.

The server keeps nothing between two requests: a run is a function of its pictures, settings and state. So a client sees
progress, stops when it likes, repeats what was lost, and goes on with another server; any slices give the bytes of one
call.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from nst_tf.scales.plan_in_graph import Stages
from nst_tf.scales.resizing import resize
from nst_tf_serving.graph.checks import Check, after_checks
from nst_tf_serving.graph.codecs.picture import encode
from nst_tf_serving.graph.painting import Request, finite_check
from nst_tf_serving.graph.request_settings import Settings
from nst_tf_serving.graph.run import CompiledRun, Position, ServedRecipe, beginning
from nst_tf_serving.graph.state_bytes import (
    Sent,
    is_begun,
    position_check,
    read_position,
    read_settings,
    state_checks,
    state_format,
    write_state,
)

LARGEST_PREVIEW = 512
"""Longer side of a preview in pixels, at most."""

_QUALITY = 90


class SliceSettings(NamedTuple):
    """What a slice is asked for.

    Attributes:
        steps: Most steps to take, a scalar int32.
        preview: Longer side in pixels of the preview, a scalar int32; 0 for none.
    """

    steps: tf.Tensor
    preview: tf.Tensor

    def checks(self) -> list[Check]:
        """Return the checks of these values."""
        sized = (self.preview >= 0) & (self.preview <= LARGEST_PREVIEW)
        message = f"preview must be from 1 to {LARGEST_PREVIEW}, the longer side in pixels, or 0 for none; got "
        return [
            Check(self.steps >= 1, ("steps must be at least 1; got ", self.steps, ".")),
            Check(sized, (message, self.preview, ".")),
        ]


class SliceOutputs(NamedTuple):
    """The outputs of a slice, all scalars.

    Attributes:
        state_bytes: The next state; empty when the run has finished.
        taken: Steps taken so far, at all sizes together.
        planned: Planned steps, at all sizes together.
        left: Planned steps that are left at the size being painted; 0 when the run has finished.
        share: Share of the work that is done, 0 to 1; a step counts by its pixels.
        height: Height of the size being painted.
        width: Its width.
        loss: That of the painting when the run has finished, otherwise the one evaluated last.
        preview_bytes: The picture so far as JPEG, if it was asked for.
        stylized_bytes: The painting as PNG, when the run has finished.
    """

    state_bytes: Any
    taken: Any
    planned: Any
    left: Any
    share: Any
    height: Any
    width: Any
    loss: Any
    preview_bytes: Any
    stylized_bytes: Any


_NUMBERS = dict.fromkeys(("taken", "planned", "left", "height", "width"), tf.int32)
_TYPES = {**_NUMBERS, "share": tf.float32, "loss": tf.float32}
OUTPUTS = SliceOutputs(*(tf.TensorSpec((), _TYPES.get(name, tf.string)) for name in SliceOutputs._fields))
"""The types of a slice's outputs."""


class Slices:
    """The two functions for one painting, from scalars to scalars."""

    def __init__(self, recipe: ServedRecipe, run: CompiledRun, decode_one: Any) -> None:
        """Prepare the format of the states.

        Args:
            recipe: The network, the configuration and the limits.
            run: The compiled run.
            decode_one: From an encoded picture to an image.
        """
        self._recipe, self._run, self._decode = recipe, run, decode_one
        self._form = state_format(recipe.identity, run.spec, pixels=recipe.limits.pixels)

    def begin(self, content: tf.Tensor, style: tf.Tensor, settings: Settings) -> tuple[tf.Tensor, tf.Tensor]:
        """Check a request, and return the state before the first step and the number of planned steps."""
        request = Request(self._decode(content), self._decode(style), settings)

        def begun() -> tuple[tf.Tensor, tf.Tensor]:
            """Write the state."""
            planned = tf.reduce_sum(request.plan(self._recipe).steps)
            return self.first_state(content, style, settings), planned

        return after_checks(request.checks(self._recipe), begun)  # type: ignore[no-any-return]

    def first_state(self, content: tf.Tensor, style: tf.Tensor, settings: Settings) -> tf.Tensor:
        """Return the state before the first step of a request that needs no check."""
        return write_state(self._form, Sent(content, style), settings)

    def advance(self, content: tf.Tensor, style: tf.Tensor, state: tf.Tensor, asked: SliceSettings) -> SliceOutputs:
        """Check a state, and take some steps."""
        sent = Sent(content, style)
        checks = [*asked.checks(), *state_checks(self._form, state, sent)]
        return after_checks(checks, lambda: self._from_known(sent, state, asked))  # type: ignore[no-any-return]

    def _from_known(self, sent: Sent, state: tf.Tensor, asked: SliceSettings) -> SliceOutputs:
        """Go on from a state that belongs to this model and these pictures."""
        request = Request(self._decode(sent.content), self._decode(sent.style), read_settings(state))

        def planned() -> SliceOutputs:
            """Plan the run, and go on from a position in it."""
            plan = request.plan(self._recipe)
            fits = position_check(self._form, state, plan)
            return after_checks([fits], lambda: self._advanced(request, plan, sent, state, asked))  # type: ignore[no-any-return]

        return after_checks(request.checks(self._recipe), planned)  # type: ignore[no-any-return]

    def _advanced(
        self, request: Request, plan: Stages, sent: Sent, state: tf.Tensor, asked: SliceSettings
    ) -> SliceOutputs:
        """Go on from a state that fits its plan."""
        start = tf.cond(
            is_begun(state),
            lambda: read_position(self._form, state, plan),
            lambda: beginning(self._recipe, self._run.spec, request.settings),
        )
        position, loss = self._run.take(*request, plan, start, asked.steps)
        over = position.stage == tf.shape(plan.steps)[0]
        finite = finite_check(tf.where(over, tf.math.is_finite(loss), ~tf.math.is_nan(loss)))
        state = tf.cond(over, _nothing, lambda: write_state(self._form, sent, request.settings, position))
        image = request.show(self._recipe, position)
        preview = tf.cond(asked.preview > 0, lambda: _preview(image, asked.preview), _nothing)
        png = tf.cond(over, lambda: encode(image[0]), _nothing)
        numbers = _progress(plan, position)
        outputs = SliceOutputs(state_bytes=state, **numbers, loss=loss, preview_bytes=preview, stylized_bytes=png)
        return after_checks([finite], lambda: tf.nest.map_structure(tf.identity, outputs))  # type: ignore[no-any-return]


def _progress(plan: Stages, position: Position) -> dict[str, tf.Tensor]:
    """Return those outputs that say how far a run is."""
    last = tf.shape(plan.steps)[0] - 1
    over, stage = position.stage > last, tf.minimum(position.stage, last)
    pixels = tf.reduce_prod(tf.cast(plan.sizes, tf.float64), axis=1)
    done = tf.where(
        tf.range(last + 1) < position.stage, plan.steps, tf.where(tf.range(last + 1) == stage, position.taken, 0)
    )
    work = [tf.reduce_sum(pixels * tf.cast(steps, tf.float64)) for steps in (done, plan.steps)]
    height, width = tf.unstack(plan.sizes[stage])
    return {
        "taken": tf.cast(position.state.step, tf.int32),
        "planned": tf.reduce_sum(plan.steps),
        "left": tf.where(over, 0, plan.steps[stage] - position.taken),
        "share": tf.cast(work[0] / work[1], tf.float32),
        "height": height,
        "width": width,
    }


def _nothing() -> tf.Tensor:
    return tf.constant(b"")


def _preview(image: tf.Tensor, longest: tf.Tensor) -> tf.Tensor:
    """Return an image as JPEG, reduced to a longer side."""
    size = tf.shape(image)[1:3]
    longer = tf.reduce_max(size)
    share = tf.cast(tf.minimum(longest, longer), tf.float64) / tf.cast(longer, tf.float64)
    reduced = resize(image, tf.maximum(tf.cast(tf.round(tf.cast(size, tf.float64) * share), tf.int32), 1))
    return tf.io.encode_jpeg(tf.cast(tf.round(reduced[0] * 255), tf.uint8), quality=_QUALITY)

"""A painting in slices, from the client's side: a loop over `advance`, which keeps the state of the run.

The server keeps nothing between two slices, so that progress, cancelling, retrying and moving to another server are the
client's. Nothing here imports TensorFlow or NumPy.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nst_tf.runs.time_left import TimeLeft
from nst_tf_serving.client.transport import TOO_LARGE, TOO_SLOW, Outputs, ServerError, Signatures, Transport, Value

SLICE_SECONDS = 5.0
"""Seconds that a slice should take: short enough to watch, long enough that what it costs besides steps is little."""

PATIENCE = 300.0
"""Seconds without an answer after which a client gives up on a run that has begun."""

GROWTH = 4
"""Most times as many steps as in the last slice, as it may say little about the next."""

MOST_SLOW = 3
"""Slices of a single step that may take too long in a row, as a server may still be busy with a longer one."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class ServedPainting:
    """A painting, and what it was painted with as far as the client knows.

    Attributes:
        png: The painting, as PNG, the bytes that the server sent.
        loss: Its loss; None if the server did not return it, as to a single request without settings.
        settings: The settings with which it was painted, those of `nst_tf.config.REQUEST_SETTINGS`; None if they are
            not known, as those of a single request without settings, or of one that went on from a state.
        version: Version of the model; empty if it is not known.
    """

    png: bytes
    loss: float | None
    settings: Mapping[str, float | str | None] | None = None
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class SliceOptions:
    """How a painting is requested in slices.

    Attributes:
        preview: Longer side in pixels of the JPEG that each progress has, at most 512; 0 for none.
        every: Let a slice end at each multiple of this number of steps; None for no such ends.
        state: Where to go on, from an earlier progress with the same pictures; empty to begin.
        seconds: Seconds that a slice should take.
        patience: Seconds without an answer after which a run that has begun is given up.
    """

    preview: int = 0
    every: int | None = None
    state: bytes = b""
    seconds: float = SLICE_SECONDS
    patience: float = PATIENCE


@dataclass(frozen=True, kw_only=True)
class RequestProgress:
    """Progress of a painting on a server, after each slice.

    Attributes:
        step: Steps taken, at all sizes together.
        steps: Planned steps, at all sizes together.
        share: Share of the work that is done, 0 to 1; a step counts by its pixels.
        size: Height and width that are being painted.
        loss: The loss evaluated last; of the painting if it is finished.
        seconds: Time since the request.
        seconds_left: Estimate of the time that the rest takes; None as long as nobody knows.
        preview: The picture so far, as JPEG; empty if none was asked for.
        state: State of the run, from which any server with this model goes on; empty if the painting is finished.
        painting: The painting once it is finished, otherwise None.
    """

    step: int
    steps: int
    share: float
    size: tuple[int, int]
    loss: float
    seconds: float
    seconds_left: float | None
    preview: bytes = field(repr=False)
    state: bytes = field(repr=False)
    painting: ServedPainting | None


def offers_slices(signatures: Signatures, *, named: bool) -> bool:
    """Return whether a model can paint in slices; with a style by its name, if `named`."""
    return {signature_of(verb, named=named) for verb in ("begin", "advance")} <= set(signatures)


def signature_of(verb: str, *, named: bool) -> str:
    """Return the name of a signature for slices."""
    return f"{verb}_named" if named else verb


def paint_in_slices(
    way: Transport, pictures: Mapping[str, Value], settings: Mapping[str, Value], options: SliceOptions
) -> Iterator[RequestProgress]:
    """Paint slice by slice; the last progress has the painting.

    Args:
        way: The way to one server or several.
        pictures: The inputs `content_bytes`, and `style_bytes` or `style_name`.
        settings: All settings, or none for the model's own.
        options: How to slice.

    Raises:
        ServerError: If the server refuses, or does not answer for too long.
    """
    begun, clock, pace = time.perf_counter(), TimeLeft(), _Pace(options)
    named = "style_name" in pictures
    state: Value = options.state or _begun(way, pictures, settings, named=named)
    while True:
        answer = _advanced(way, signature_of("advance", named=named), {**pictures, "state_bytes": state}, pace)
        progress = _progress(answer, time.perf_counter() - begun, clock)
        yield progress
        if progress.painting:
            return
        state = progress.state


def _begun(way: Transport, pictures: Mapping[str, Value], settings: Mapping[str, Value], *, named: bool) -> Value:
    signature = signature_of("begin", named=named) if settings else "begin_default"
    state: bytes = _field(way.predict(signature, {**pictures, **settings}), "state_bytes", bytes)
    return state


def _advanced(way: Transport, signature: str, inputs: Mapping[str, Value], pace: "_Pace") -> Outputs:
    """Take a slice; if it takes too long for a server or a proxy, take shorter ones from now on."""
    slow = 0
    while True:
        steps, before = pace.steps, time.perf_counter()
        try:
            answer = way.predict(signature, {**inputs, "steps": steps, "preview": pace.options.preview})
        except ServerError as error:
            if error.status == TOO_LARGE:
                raise _with_its_state(error, inputs["state_bytes"]) from None
            slow += steps == 1
            if error.status != TOO_SLOW or slow == MOST_SLOW:
                raise
            pace.shorten()
        else:
            whole = time.perf_counter() - before
            pace.note(answer, whole if answer.run_seconds is None else answer.run_seconds)
            return answer


def _with_its_state(error: ServerError, state: Value) -> ServerError:
    """Say how large a state is; that of L-BFGS has 24 bytes a pixel for each correction pair."""
    megabytes = len(state) / 1e6 if isinstance(state, bytes) else 0
    return ServerError(
        f"{error} {megabytes:.1f} MB of it are the run's state, which goes with each slice; paint in one call "
        "(--single, in Python slices=None), or ask a model with the optimizer adam.",
        error.status,
    )


class _Pace:
    """How many steps the next slice has.

    Attributes:
        options: How to slice.
    """

    def __init__(self, options: SliceOptions) -> None:
        """Begin with a single step."""
        self.options = options
        self._steps, self._most = 1, 2**31 - 1

    @property
    def steps(self) -> int:
        """The next number of steps."""
        return self._steps

    def shorten(self) -> None:
        """Take at most half as many from now on."""
        self._steps = self._most = max(1, self._steps // 2)

    def note(self, answer: Mapping[str, Value], seconds: float) -> None:
        """Choose the next number of steps by the seconds of the last; no slice reaches into another size.

        Where the server says how long it ran, time in its queue does not count: shorter slices would not shorten that.
        """
        wanted = int(self._steps * self.options.seconds / max(seconds, 1e-3))
        limits = [wanted, GROWTH * self._steps, self._most, _field(answer, "left", int)]
        if self.options.every:
            limits.append(self.options.every - _field(answer, "taken", int) % self.options.every)
        self._steps = max(1, min(limits))


def _progress(answer: Mapping[str, Value], seconds: float, clock: TimeLeft) -> RequestProgress:
    size = _field(answer, "height", int), _field(answer, "width", int)
    share, loss = _field(answer, "share", float), _field(answer, "loss", float)
    png, state = (_field(answer, name, bytes) for name in ("stylized_bytes", "state_bytes"))
    if not (png.startswith(PNG_SIGNATURE) if png else state):
        raise ServerError("The server's answer holds neither a state nor a PNG; is another model served here?")
    return RequestProgress(
        step=_field(answer, "taken", int),
        steps=_field(answer, "planned", int),
        share=share,
        size=size,
        loss=loss,
        seconds=seconds,
        seconds_left=clock.estimate(size, seconds, share),
        preview=_field(answer, "preview_bytes", bytes),
        state=state,
        painting=ServedPainting(png, loss) if png else None,
    )


def _field(answer: Mapping[str, Value], name: str, kind: type[Any]) -> Any:
    """Return an output of a type; a whole number may come as a float, as JSON has one type for both."""
    value = answer.get(name)
    if isinstance(value, (int, float)) and kind in (int, float) and float(value) == float(value):
        return kind(value)
    if kind is float and isinstance(value, float):
        return value
    if not isinstance(value, kind):
        raise ServerError(f"The server's answer holds no {name}; is another model served here?")
    return value

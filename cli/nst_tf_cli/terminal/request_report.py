"""What `nst-tf request` reports: the painting that a server has made, or what is kept of one that was interrupted."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_tf_cli.terminal.console import complain, printable
from nst_tf_cli.terminal.job_messages import finished
from nst_tf_cli.terminal.report import Report
from nst_tf_cli.terminal.request_display import KeptRun
from nst_tf_cli.terminal.signals import ignore_signals

if TYPE_CHECKING:
    from nst_tf_serving.client.slices import ServedPainting


class Interrupted(Exception):  # noqa: N818 (not an error)
    """Ctrl-C, SIGTERM or a closed terminal has ended a painting in slices.

    Attributes:
        kept: What is kept of it.
        code: The exit code.
    """

    def __init__(self, kept: KeptRun, *, code: int) -> None:
        """Store what is kept, and the exit code."""
        super().__init__()
        self.kept, self.code = kept, code


def report_interruption(kept: KeptRun, command: Callable[[Path], str], *, code: int) -> Report:
    """Keep what was painted, say where it is, and report it.

    Args:
        kept: What is kept.
        command: From the state's file to the command that goes on from it.
        code: The exit code.
    """
    ignore_signals()
    complain(printable(f"Interrupted. {kept.keep(command)}".strip()))
    files = {"path": kept.picture, "state_file": kept.state_file}
    values = {name: None if file is None else str(file) for name, file in files.items()}
    values |= {"state": "interrupted", "command": command(kept.state_file) if kept.state_file else None}
    return Report(values=values | _progress(kept), code=code)


def with_metadata(served: "ServedPainting", pictures: tuple[bytes, bytes | str], model: str) -> bytes:
    """Return a painting with what is known of it; its pixels stay those that the server sent.

    Args:
        served: The painting.
        pictures: The photograph, and the painting or the name of a style in the model.
        model: Name of the model.

    Raises:
        ValueError: If the server has sent something else than a PNG.
    """
    from nst_tf.runs.served_metadata import ServedMetadata

    content, style = pictures
    notes = ServedMetadata(
        model=model,
        version=served.version,
        content=hashlib.sha256(content).hexdigest(),
        style=style if isinstance(style, str) else hashlib.sha256(style).hexdigest(),
        settings=served.settings,
        loss=served.loss,
    )
    return notes.embedded(served.png)


def summary(served: "ServedPainting", seconds: float) -> str:
    """Say how large a painting is, how long it took, and what its loss is."""
    from nst_tf.images.png_chunks import size_in

    loss = "" if served.loss is None else f" Its loss is {served.loss:.4g}."
    return f"{finished(size_in(served.png), seconds, resizable=False)}{loss}"


def report_painting(
    served: "ServedPainting", kept: KeptRun | None, *, path: Path, model: str, seconds: float
) -> Report:
    """Report a painting that was saved.

    Args:
        served: The painting.
        kept: What was kept on the way; None for one that was painted in one call.
        path: Its file.
        model: Name of the model.
        seconds: How long it took.
    """
    from nst_tf.images.png_chunks import size_in

    height, width = size_in(served.png)
    values = {"path": str(path), "state": "finished", "width": width, "height": height, **_progress(kept)}
    values |= {"seconds": round(seconds, 3), "loss": served.loss, "settings": served.settings}
    return Report(values={**values, "model": model, "model_version": served.version or None}, text=str(path))


def _progress(kept: KeptRun | None) -> dict[str, Any]:
    """Return how far a painting got, and what went wrong on the way."""
    last = kept.last if kept else None
    steps = {"steps": last.step if last else None, "planned": last.steps if last else None}
    return {**steps, "warnings": kept.warnings if kept else []}

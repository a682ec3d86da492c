"""The model and the paintings that a load test asks for, and the right answer to each."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from nst_tf_serving.client.transport import ServerError, Transport, Value
from tools.soak.load.records import BUSY, LOST, RIGHT, WRONG, Outcome

SIDE = 64
COLORS = ("style", "luminance", "match", "histogram")

MODEL, SIGNATURE = "nst", "stylize_bytes"

PATIENCE = 300.0
"""Seconds after which an answer counts as lost."""


@dataclass(frozen=True)
class Work:
    """A painting to ask for, and its bytes when nothing else is asked for."""

    inputs: dict[str, Value]
    png: bytes = b""

    @property
    def pictures(self) -> tuple[bytes, bytes]:
        """The content and the style."""
        content, style = self.inputs["content_bytes"], self.inputs["style_bytes"]
        if not isinstance(content, bytes) or not isinstance(style, bytes):
            raise TypeError("pictures are bytes")
        return content, style

    @property
    def settings(self) -> dict[str, float | str]:
        """The settings; a size of 0 stands for the model's own."""
        settings = {name: value for name, value in self.inputs.items() if not isinstance(value, bytes)}
        return {name: value for name, value in settings.items() if (name, value) != ("size", 0)}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What the clients share.

    Attributes:
        rest: Address of the REST server, such as `http://127.0.0.1:8501`.
        grpc: Address of the gRPC server, such as `127.0.0.1:8500`.
        works: The paintings, with their answers.
        job: The painting of a job with the pictures of the first work.
    """

    rest: str
    grpc: str
    works: list[Work]
    job: bytes = b""


def export_model(folder: Path) -> Path:
    """Export a model with random filters; its version's folder is returned."""
    from nst_tf import StyleConfig
    from nst_tf_serving.saved_model.exporter import export

    return export(folder / "nst", config=StyleConfig(weights="random", precision="float32", steps=3))


def make_works(count: int) -> list[Work]:
    """Return paintings of several sizes, styles, steps and colors, without their answers yet."""
    from nst_tf_serving.client.painting import all_settings

    return [
        Work(
            {
                "content_bytes": _picture(number, SIDE - 8 * (number % 3), SIDE),
                "style_bytes": _picture(number + 50, SIDE - 16, SIDE - 4 * (number % 4)),
                **all_settings({"steps": 1 + number % 4, "color": COLORS[number % 4]}),
            }
        )
        for number in range(count)
    ]


def answered_alone(works: Sequence[Work], server: Transport) -> list[Work]:
    """Ask for each painting alone, and keep its bytes."""
    return [Work(work.inputs, png_of(server.predict(SIGNATURE, work.inputs))) for work in works]


def png_of(outputs: dict[str, Value]) -> bytes:
    """Return the painting of an answer."""
    png = outputs["stylized_bytes"]
    return png if isinstance(png, bytes) else b""


def _picture(seed: int, height: int, width: int) -> bytes:
    """Encode a smooth picture in random colors."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(stream, "PNG")
    return stream.getvalue()


def painted(server: Transport, work: Work) -> Outcome:
    """Ask for a painting in one call."""
    try:
        return compared(png_of(server.predict(SIGNATURE, work.inputs)), work)
    except ServerError as error:
        return Outcome(BUSY if error.status in (429, 503) else LOST, str(error))


def compared(png: bytes, work: Work) -> Outcome:
    """Compare a painting with the right one."""
    return Outcome(RIGHT) if png == work.png else Outcome(WRONG, f"{len(png)} other bytes")

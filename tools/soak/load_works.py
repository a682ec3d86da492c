"""The model and the paintings that a load test asks for, and the right answer to each."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from nst_tf_serving.client.transport import Transport, Value

SIDE = 64
COLORS = ("style", "luminance", "match", "histogram")

SIGNATURE = "stylize_bytes"


@dataclass(frozen=True)
class Work:
    """A painting to ask for, and its bytes when nothing else is asked for."""

    inputs: dict[str, Value]
    png: bytes = b""


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

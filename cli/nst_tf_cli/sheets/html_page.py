"""A page of figures: one HTML file that holds its pictures and needs nothing else."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

TITLE = "A Neural Algorithm of Artistic Style"
QUALITY = 92
"""Of JPEG."""

THUMBNAIL = 320
"""Longer side in pixels of the pictures that everything is painted from."""

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 3rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.9rem; margin-bottom: 0; }
h2 { font-size: 1.25rem; margin: 0 0 .5rem; }
p.intro { opacity: .7; margin-top: .25rem; }
figure { margin: 3.5rem 0 0; overflow-x: auto; }
figcaption { max-width: 46rem; margin-top: .75rem; opacity: .8; }
table { border-collapse: separate; border-spacing: .4rem; margin: 0 -.4rem; }
th { font-weight: 500; font-size: .85rem; opacity: .8; max-width: 16rem; }
th[scope=row] { text-align: left; min-width: 7rem; max-width: 9rem; }
th[scope=col] { vertical-align: bottom; }
td { vertical-align: top; }
img { display: block; border-radius: 3px; max-width: 100%; }
"""

Image = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Section:
    """A figure with its caption.

    Attributes:
        title: Above it.
        caption: Below it.
        rows: Labels beside the rows; empty ones take no space.
        columns: Labels above the columns.
        grid: Rows of images, `(1, H, W, 3)` in [0, 1].
    """

    title: str
    caption: str
    rows: Sequence[str]
    columns: Sequence[str]
    grid: Sequence[Sequence[Image]]


def html_page(intro: str, sources: Mapping[str, Image], sections: Sequence[Section]) -> str:
    """Lay out figures below the pictures that they are painted from.

    Args:
        intro: A sentence about how it was made.
        sources: Name to picture, which is shown reduced.
        sections: The figures.
    """
    reduced = [[_reduced(image) for image in sources.values()]]
    first = Section(
        title="The pictures", caption="A photograph, and paintings.", rows=[""], columns=list(sources), grid=reduced
    )
    figures = "\n".join(_figure(section) for section in (first, *sections))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n'
        f"<title>{TITLE}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{TITLE}</h1>\n<p class=intro>{escape(intro)}</p>\n{figures}\n</body>\n</html>\n"
    )


def _figure(section: Section) -> str:
    labelled = any(section.rows)
    heads = "".join(f"<th scope=col>{escape(text)}</th>" for text in section.columns)
    lines = [f"<tr>{'<td></td>' * labelled}{heads}</tr>"]
    for label, images in zip(section.rows, section.grid, strict=True):
        head = f"<th scope=row>{escape(label)}</th>" if labelled else ""
        cells = (
            f"<td>{_img(image, f'{label} {column}'.strip())}</td>"
            for column, image in zip(section.columns, images, strict=True)
        )
        lines.append(f"<tr>{head}{''.join(cells)}</tr>")
    table = "\n".join(lines)
    caption = f"<figcaption>{escape(section.caption)}</figcaption>"
    return f"<figure>\n<h2>{escape(section.title)}</h2>\n<table>\n{table}\n</table>\n{caption}\n</figure>"


def _img(image: Image, text: str) -> str:
    stream = io.BytesIO()
    PillowImage.fromarray(_bytes(image)).save(stream, "JPEG", quality=QUALITY, subsampling=0)
    data = base64.b64encode(stream.getvalue()).decode()
    return (
        f'<img width={image.shape[2]} height={image.shape[1]} alt="{escape(text)}" src="data:image/jpeg;base64,{data}">'
    )


def _reduced(image: Image) -> Image:
    small = PillowImage.fromarray(_bytes(image))
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    pixels: Image = np.asarray(small, np.float32) / np.float32(255)
    return pixels[None]


def _bytes(image: Image) -> npt.NDArray[np.uint8]:
    pixels: npt.NDArray[np.uint8] = np.rint(image[0] * 255).astype(np.uint8)
    return pixels

"""Paintings side by side: contents, styles, networks, and how much of each photograph is preserved."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nst_tf.config import StyleConfig
from tools.compare_networks.cells import Cell, Echo, paint_missing
from tools.compare_networks.document import beside, table, write_block
from tools.compare_networks.measures import structural_similarity
from tools.compare_networks.sheets import Tile, contact_sheet, save_jpeg
from tools.compare_networks.sources import Network, Source

Similarities = dict[tuple[str, str, str], float]
"""Maps network, content and style to the SSIM of luminance between photograph and painting."""


def compare_paintings(
    networks: Sequence[Network],
    contents: Sequence[Source],
    styles: Sequence[Source],
    work: Path,
    *,
    settings: StyleConfig,
    echo: Echo,
) -> tuple[Similarities, dict[str, list[list[Tile]]]]:
    """Paint every content in every style with every network, unless painted already, and compare with the photograph.

    Returns:
        The similarities, and for each content the rows of a contact sheet, one per style: photograph, style, results.
    """
    cells = [
        Cell(network=network, content=content, style=style, settings=settings)
        for network in networks
        for content in contents
        for style in styles
    ]
    paint_missing(cells, work, echo=echo)
    similarities: Similarities = {}
    sheets: dict[str, list[list[Tile]]] = {content.label: [] for content in contents}
    for cell in cells[: len(contents) * len(styles)]:
        same = [other for other in cells if (other.content, other.style) == (cell.content, cell.style)]
        photograph, painting = cell.inputs()
        row = [Tile(photograph, cell.content.label), Tile(painting, cell.style.label)]
        for other in same:
            result = other.result(work)
            similarity = structural_similarity(photograph, result)
            similarities[other.network.name, cell.content.label, cell.style.label] = similarity
            row.append(Tile(result, f"{other.network.name}, SSIM {similarity:.2f}"))
        sheets[cell.content.label].append(row)
    return similarities, sheets


def publish(
    document: Path,
    similarities: Similarities,
    sheets: dict[str, list[list[Tile]]],
    *,
    settings: StyleConfig,
    side: int,
) -> None:
    """Write a table into a document, and numbers (`-paintings.json`) and a sheet per content (`.jpg`) next to it."""
    pictures = {}
    for index, (label, tiles) in enumerate(sheets.items(), 1):
        path = beside(document, f"paintings-{index}.jpg")
        save_jpeg(contact_sheet(tiles, side=side), path)
        pictures[label] = path.name
    numbers = [
        {"network": network, "content": content, "style": style, "ssim": similarity}
        for (network, content, style), similarity in similarities.items()
    ]
    beside(document, "paintings.json").write_text(json.dumps(numbers, indent=1) + "\n")
    write_block(document, "paintings", _body(similarities, pictures, settings))


def _body(similarities: Similarities, pictures: dict[str, str], settings: StyleConfig) -> str:
    networks = list(dict.fromkeys(network for network, _, _ in similarities))
    pairs = list(dict.fromkeys((content, style) for _, content, style in similarities))
    rows = [[c, s, *(f"{similarities[network, c, s]:.2f}" for network in networks)] for c, s in pairs]
    mean = [f"{np.mean([similarities[network, c, s] for c, s in pairs]):.2f}" for network in networks]
    links = "\n\n".join(f"![{label} in several styles]({name})" for label, name in pictures.items())
    return (
        f"Default settings, size {settings.size}, {settings.steps} steps. SSIM of luminance between photograph and "
        "painting: 1 is the photograph itself, 0 is unrelated to it.\n\n"
        f"{table(['Photograph', 'Painting', *networks], [*rows, ['mean', '', *mean]], texts=2)}\n\n{links}"
    )

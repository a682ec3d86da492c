"""Paint the gallery of the documentation, and write its page: `python -m tools.gallery FOLDER [--paint]`.

FOLDER holds the pictures of `examples/paint_readme_pictures.py`. Each picture is what the command below it writes, in
docs/gallery. What is there already is not painted again; with two cores, each takes a minute or two.
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGE, PICTURES = ROOT / "docs" / "gallery.md", ROOT / "docs" / "gallery"
BEGIN, END = "<!-- gallery:begin -->\n", "<!-- gallery:end -->\n"


class Cell(NamedTuple):
    """A painting.

    Attributes:
        name: Its file, without the ending.
        title: What it shows.
        pictures: Content and style.
        options: The settings that are not default.
        size: Its longer side, px.
    """

    name: str
    title: str
    pictures: str
    options: str = ""
    size: int = 320

    @property
    def command(self) -> str:
        """The command that paints it."""
        words = [
            "nst-tf stylize",
            self.pictures,
            f"--size {self.size} --weights imagenet",
            self.options,
            f"-o {self.name}.webp",
        ]
        return " ".join(word for word in words if word)


PORTRAIT = "--content-weight 0.3 --color match --style-scale 0.6"

CELLS = {
    "Styles": [
        Cell("tubingen-starry-night", "The Starry Night", "tubingen.jpg starry_night.jpg"),
        Cell("tubingen-composition", "Composition VII", "tubingen.jpg composition_vii.jpg"),
        Cell("tubingen-scream", "The Scream", "tubingen.jpg the_scream.jpg"),
        Cell("tubingen-shipwreck", "The Shipwreck", "tubingen.jpg shipwreck.jpg"),
    ],
    "Presets": [
        Cell("tubingen-fast", "`fast`, a third of the time", "tubingen.jpg starry_night.jpg", "--preset fast"),
        Cell("tubingen-best", "`best`, twice the time", "tubingen.jpg starry_night.jpg", "--preset best"),
    ],
    "Portraits and colors": [
        Cell("astronaut", "A portrait", "astronaut.png starry_night.jpg", PORTRAIT, 512),
        Cell("tubingen-colors", "The photograph's colors", "tubingen.jpg starry_night.jpg", "--color luminance"),
    ],
}


def main() -> None:
    """Paint what is missing if asked to, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="folder of the photographs and paintings")
    parser.add_argument("--paint", action="store_true", help="paint the pictures that are missing")
    asked = parser.parse_args()
    for cell in (cell for cells in CELLS.values() for cell in cells):
        if asked.paint and not (PICTURES / f"{cell.name}.webp").exists():
            paint(cell, asked.folder)
    head, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(head + BEGIN + sections() + END + rest.partition(END)[2])


def paint(cell: Cell, folder: Path) -> None:
    """Run the command of a cell in the folder of the pictures, with its output in the gallery."""
    PICTURES.mkdir(exist_ok=True)
    words = shlex.split(cell.command)[1:]
    words[-1] = str(PICTURES / words[-1])
    subprocess.run([sys.executable, "-m", "nst_tf_cli", *words, "--quiet"], cwd=folder, check=True)  # noqa: S603


def sections() -> str:
    """Return the page's sections."""
    return "".join(f"## {title}\n\n" + "".join(map(_shown, cells)) for title, cells in CELLS.items())


def _shown(cell: Cell) -> str:
    picture = f"![{cell.pictures.replace(' ', ' in the style of ')}](gallery/{cell.name}.webp){{ loading=lazy }}"
    command = cell.command.replace(f"{cell.pictures} ", f"{cell.pictures} \\\n    ")
    return f"### {cell.title}\n\n{picture}\n\n```sh\n{command}\n```\n\n"


if __name__ == "__main__":
    main()

"""The nine pairs of pictures to judge by, and where to find them."""

from collections.abc import Sequence
from pathlib import Path

PAIRS = (
    ("tubingen.jpg", "starry_night.jpg"),
    ("tubingen.jpg", "composition_vii.jpg"),
    ("tubingen.jpg", "shipwreck.jpg"),
    ("china.jpg", "the_scream.jpg"),
    ("china.jpg", "starry_night.jpg"),
    ("china.jpg", "shipwreck.jpg"),
    ("astronaut.png", "composition_vii.jpg"),
    ("astronaut.png", "vangogh_starry_night.jpg"),
    ("scene.png", "the_scream.jpg"),
)
"""Photograph and style: a town, a temple, a portrait, and the scene of nst-tf's demo."""

ROOT = Path(__file__).parents[2]
IMAGES = ROOT.parent / "shared" / "images"
ASSETS = ROOT / "cli" / "nst_tf_cli" / "assets"

Pair = tuple[Path, Path]


def find_pairs(pairs: Sequence[tuple[str, str]], images: Path) -> list[Pair]:
    """Find the files of photographs and styles: in a folder, as paths, or among the bundled ones.

    Raises:
        FileNotFoundError: If any is missing; the message lists all missing ones, and says where to get them.
    """
    found = {name: _find(name, images) for pair in pairs for name in pair}
    missing = ", ".join(name for name, path in found.items() if path is None)
    if missing:
        raise FileNotFoundError(
            f"There is no {missing} in {images}; Wikimedia Commons has these paintings and photographs (NASA the "
            "portrait), --images names another folder, --pair other pictures."
        )
    return [(_there(found[content]), _there(found[style])) for content, style in pairs]


def _find(name: str, images: Path) -> Path | None:
    return next((path for path in (images / name, Path(name), ASSETS / name) if path.is_file()), None)


def _there(path: Path | None) -> Path:
    if path is None:  # find_pairs has refused it
        raise FileNotFoundError
    return path


def parse_pair(text: str) -> tuple[str, str]:
    """Parse `CONTENT,STYLE`.

    Raises:
        ValueError: If the text is not two names.
    """
    content, comma, style = text.partition(",")
    if not (content and comma and style) or "," in style:
        raise ValueError(f"a pair must be CONTENT,STYLE, two pictures; got {text!r}")
    return content, style

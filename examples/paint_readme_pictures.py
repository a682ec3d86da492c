"""Paint the README's pictures with ImageNet's filters: one photograph in five styles, and a portrait.

    python examples/paint_readme_pictures.py FOLDER

FOLDER holds the pictures: `tubingen.jpg` (Neckarfront in Tübingen by Andreas Praefcke, Wikimedia Commons, CC BY 3.0),
`astronaut.png` (Eileen Collins; NASA, public domain), and four paintings in the public domain: `starry_night.jpg`
(Vincent van Gogh, 1889), `composition_vii.jpg` (Wassily Kandinsky, 1913), `the_scream.jpg` (Edvard Munch, 1893),
`shipwreck.jpg` (J. M. W. Turner, 1805). The fifth style is the demo's. This takes some minutes on two cores, and
gives the same pictures every time on one kind of machine.
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

import nst_tf
from nst_tf.scales.resizing import resize
from nst_tf_cli.commands.demo import bundled

TARGET = Path(__file__).parents[1] / "docs" / "images"
STYLES = ("composition_vii.jpg", "the_scream.jpg", "shipwreck.jpg")
GAP = 8
"""Pixels between two pictures."""
PORTRAIT_CONTENT_WEIGHT = 0.2
"""Content weight that preserves faces; see `docs/defaults.md`."""


def main(folder: Path) -> None:
    """Paint the pictures, lay them out, and save them for the README."""
    photograph = nst_tf.load_image(folder / "tubingen.jpg")
    famous = nst_tf.load_image(folder / "starry_night.jpg")
    result = painted(photograph, famous, size=768)
    height = (result.shape[1] - GAP) // 2
    left = np.concatenate(
        [_at_height(photograph, height), _gap(down=True, like=_at_height(photograph, height))], axis=1
    )
    left = np.concatenate([left, _cropped(famous, left.shape[2], result.shape[1] - height - GAP)], axis=1)
    save("tubingen_starry_night.jpg", [left, result])
    styles = [*(nst_tf.load_image(folder / name) for name in STYLES), nst_tf.load_image(bundled("painting.png"))]
    save("tubingen_in_four_styles.jpg", [resize(painted(photograph, style, size=512), (288, 384)) for style in styles])
    portrait = nst_tf.load_image(folder / "astronaut.png")
    weights = (nst_tf.StyleConfig.content_weight, PORTRAIT_CONTENT_WEIGHT)
    save("portrait.jpg", [painted(portrait, famous, size=512, content_weight=weight) for weight in weights])


def painted(photograph: np.ndarray, style: np.ndarray, *, size: int, **changes: float) -> np.ndarray:
    """Paint with ImageNet's filters and the default settings, apart from some changes."""
    config = nst_tf.StyleConfig(weights="imagenet", size=size, **changes)
    return nst_tf.stylize(photograph, style, config=config).image


def save(name: str, row: list[np.ndarray]) -> None:
    """Save pictures of equal height side by side."""
    spaced = [part for picture in row for part in (picture, _gap(down=False, like=picture))][:-1]
    nst_tf.save_image(TARGET / name, np.concatenate(spaced, axis=2), overwrite=True)


def _gap(*, down: bool, like: np.ndarray) -> np.ndarray:
    return np.ones((1, GAP, like.shape[2], 3) if down else (1, like.shape[1], GAP, 3), np.float32)


def _at_height(picture: np.ndarray, height: int) -> np.ndarray:
    return resize(picture, (height, round(picture.shape[2] * height / picture.shape[1]))).numpy()


def _cropped(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize and center-crop a picture to a box."""
    scale = max(width / picture.shape[2], height / picture.shape[1])
    fitted = resize(picture, (round(picture.shape[1] * scale), round(picture.shape[2] * scale)))
    return tf.image.resize_with_crop_or_pad(fitted, height, width).numpy()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

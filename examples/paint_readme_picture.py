"""Paint the README's picture: the demo's scene and painting, and what becomes of them, side by side.

    python examples/paint_readme_picture.py

Takes a few minutes on two cores, and gives the same picture every time.
"""

from pathlib import Path

import numpy as np

import nst_tf
from nst_tf.pyramid import resize
from nst_tf_cli.painting import bundled

TARGET = Path(__file__).parents[1] / "docs" / "images" / "demo.jpg"


def main() -> None:
    """Paint, put the three pictures into a row, and save it where the README looks for it."""
    scene, painting = (nst_tf.load_image(bundled(f"{name}.png")) for name in ("scene", "painting"))
    result = nst_tf.stylize(scene, painting, config=nst_tf.StyleConfig(weights="builtin", size=512)).image
    originals = [resize(picture, result.shape[1:3]) for picture in (scene, painting)]
    gap = np.ones((1, result.shape[1], 8, 3), np.float32)
    row = np.concatenate([originals[0], gap, originals[1], gap, result], axis=2)
    nst_tf.save_image(TARGET, row, overwrite=True)


if __name__ == "__main__":
    main()

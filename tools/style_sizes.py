"""How far the Gram matrices of a style file are from the picture's own at a size between those that it holds.

python -m tools.style_sizes painting.jpg 430
"""

import sys

import numpy as np

import nst_tf
from nst_tf import StyleConfig
from nst_tf.layer_names import paper_name
from nst_tf.style_saving import DEFAULT_LARGEST, measure_at_many_sizes
from nst_tf.styles import targets_of_saved


def errors(painting: str, longer: int) -> dict[str, tuple[float, float]]:
    """Return for each layer the relative error of the mixture of two sizes, and of the nearer of both."""
    picture, config = nst_tf.load_picture(painting), StyleConfig()
    saved = measure_at_many_sizes(picture, config, DEFAULT_LARGEST)
    (wanted,) = measure_at_many_sizes(picture, config, longer).levels[-1:]
    mixed, held = targets_of_saved(saved, longer).grams, [level for level, _ in saved.around(longer)]
    found = {}
    for layer, gram in wanted.grams.items():
        candidates = [mixed[layer].numpy(), *(level.grams[layer] for level in held)]
        mixture, *others = (float(np.linalg.norm(each - gram) / np.linalg.norm(gram)) for each in candidates)
        found[layer] = mixture, min(others)
    return found


if __name__ == "__main__":
    print("| layer | two sizes mixed | the nearer one |\n|:--|--:|--:|")  # noqa: T201
    for layer, (mixture, nearer) in errors(sys.argv[1], int(sys.argv[2])).items():
        print(f"| {paper_name(layer)} | {100 * mixture:.1f} % | {100 * nearer:.1f} % |")  # noqa: T201

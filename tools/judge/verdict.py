"""Compare the measurements of a painting with those of its photograph and style: the measures, and one sum.

None of the measures is part of the loss.

| measure | of | best |
|:--|:--|--:|
| gram | relative distance of Gram matrices on conv1_2, conv2_2, conv3_2 and conv4_2, mean of the four | 0 |
| w2 | relative squared Wasserstein distance between Gaussians on the same layers, mean of the four | 0 |
| color | sliced Wasserstein distance in OkLab | 0 |
| coverage | share of the style's patches that the painting uses, divided by the share that the style itself uses | 1 |
| self_similarity | divergence of the self-similarities of positions, on conv3_1, nats | 0 |
| cosine | 1 minus the mean cosine of conv4_3's features, position by position | 0 |
| edges | structural similarity of the gradient's magnitude | 1 |
| artifact_2 to artifact_16 | power at periods of 2, 4, 8 and 16 px, divided by the style's | |
| artifacts | the largest of these four | at most 1.2 |
| foreign_2 to foreign_16 | the same, divided by the larger of the style's and the photograph's | |
| foreign | the largest of these four | at most 1.2 |
| grid_2 to grid_16 | how much these periods stand out from their neighbors, relative to style and photograph | |
| grid | the largest of these four | about 1 |
| specks | single pixels of another hue, divided by the larger of the style's and the photograph's | below 1 |

The photograph's own detail makes `artifacts` large where the style has little; `foreign` excludes that detail.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nst_tf.config import StyleConfig
from nst_tf.scales.plan import style_size
from tools.compare_networks.measures import color_distance
from tools.judge.artifacts import PERIODS, band_power, peak
from tools.judge.content import cosine_distance, edge_similarity, self_similarity_distance
from tools.judge.described import Described, Eye
from tools.judge.style import coverage, gaussian_distance, gram_distance

Measures = dict[str, float]
"""Maps a measure's name to its value."""

STYLE = ("gram", "w2", "color", "coverage")
CONTENT = ("self_similarity", "cosine", "edges")
"""Measures in the sum."""

SIMILARITIES = ("coverage", "edges")
"""Measures whose best value is 1, not 0."""

TOLERATED = 1.2
"""Largest `foreign` that costs nothing."""

UNSEEN_SPECKS = 0.02
"""Specks allowed in a clean picture: pictures at 512 px have .004 to .13, a sky with colored dots .05, noise 3."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """A photograph and a style at the sizes used for a painting, and the measures of the worst paintings.

    Attributes:
        photograph: The photograph at the painting's size.
        style: The style at the size used for the painting.
        unpainted: Style measures of the photograph itself.
        replaced: Content measures of the style, stretched to the painting's size.
    """

    photograph: Described
    style: Described
    unpainted: Measures
    replaced: Measures


def describe_pair(
    eye: Eye, photograph: npt.ArrayLike, style: npt.ArrayLike, *, size: tuple[int, int], style_scale: float = 1.0
) -> Pair:
    """Measure a photograph and a style at the sizes used for a painting.

    Args:
        eye: Measures pictures.
        photograph: `(1, H, W, 3)` in [0, 1].
        style: `(1, H, W, 3)` in [0, 1].
        size: Height and width of the painting.
        style_scale: Longer side of the style as a multiple of the painting's.
    """
    config = StyleConfig(size=max(size), style_scale=style_scale)
    of_photograph, stretched = eye(photograph, size), eye(style, size)
    of_style = eye(style, style_size(np.shape(style)[-3:-1], size, config))
    return Pair(
        photograph=of_photograph,
        style=of_style,
        unpainted=style_measures(of_photograph, of_style),
        replaced=content_measures(stretched, of_photograph),
    )


def verdict(painting: Described, pair: Pair) -> Measures:
    """Judge a painting.

    Returns:
        All measures, and these summaries, for which lower is better:

        * `style`: mean of the style measures, each relative to that of the unpainted photograph; 0 is the style's own
          statistics, 1 the unpainted photograph.
        * `content`: mean of the content measures, each relative to that of the style in the painting's place; 0 is the
          photograph itself, 1 nothing left of it.
        * `sum`: both, plus the excess of `foreign` over 1.2. Specks are reported, not summed: they have no upper limit.

        An unpainted photograph and a stretched style both get about 1.
    """
    measured = style_measures(painting, pair.style) | content_measures(painting, pair.photograph)
    measured |= artifact_measures(painting, pair)
    style = float(np.mean([_share(name, measured[name], pair.unpainted[name]) for name in STYLE]))
    content = float(np.mean([_share(name, measured[name], pair.replaced[name]) for name in CONTENT]))
    excess = max(0.0, measured["foreign"] - TOLERATED)
    return measured | {"style": style, "content": content, "sum": style + content + excess}


def style_measures(image: Described, style: Described) -> Measures:
    """Compare the style of two pictures of any sizes."""
    moments = [(image.gaussians[layer], style.gaussians[layer]) for layer in style.gaussians]
    return {
        "gram": float(np.mean([gram_distance(*each) for each in moments])),
        "w2": float(np.mean([gaussian_distance(*each) for each in moments])),
        "color": color_distance(image.colors, style.colors),
        "coverage": coverage(image.patches, style.patches) / coverage(style.others, style.patches),
    }


def content_measures(image: Described, photograph: Described) -> Measures:
    """Compare two pictures of equal size position by position."""
    return {
        "self_similarity": self_similarity_distance(image.similarity, photograph.similarity),
        "cosine": cosine_distance(image.content, photograph.content),
        "edges": edge_similarity(image.edges, photograph.edges),
    }


def artifact_measures(painting: Described, pair: Pair) -> Measures:
    """Measure specks, and patterns with periods of 2, 4, 8 and 16 px."""
    style, photograph = pair.style, pair.photograph
    measures: Measures = {}
    for period in PERIODS:
        power, of_style, of_photograph = (band_power(each.power, period) for each in (painting, style, photograph))
        height, *usual = (peak(each.power, period) for each in (painting, style, photograph))
        measures[f"artifact_{period}"] = power / of_style
        measures[f"foreign_{period}"] = power / max(of_style, of_photograph)
        measures[f"grid_{period}"] = height / max(1.0, *usual)
    for total, name in (("artifacts", "artifact"), ("foreign", "foreign"), ("grid", "grid")):
        measures[total] = max(measures[f"{name}_{period}"] for period in PERIODS)
    return measures | {"specks": painting.specks / max(style.specks, photograph.specks, UNSEEN_SPECKS)}


def _share(name: str, value: float, worst: float) -> float:
    """Return where a measure lies between the best (0) and the worst (1)."""
    if name in SIMILARITIES:
        value, worst = max(0.0, 1 - value), 1 - worst
    return value / max(worst, 1e-6)

"""Which region of the content is painted in which region of which style. Imports no TensorFlow.

Everything but an image says which pixels count: opacity and regions are one mechanism, and a mask that stands alone is
one region that is painted, or the visible part of a style.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nst_tf.config import StyleConfig
from nst_tf.images.masks import color_regions, paired_regions, read_colors, read_region
from nst_tf.images.picture import Picture, as_picture, several
from nst_tf.settings import of_each

Masks = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""What a caller passes as masks: a file, or several."""


class Arrangement(NamedTuple):
    """The pictures of a run.

    Attributes:
        content: The content, with as many regions as the styles, or none.
        styles: The styles, pictures and saved ones.
        paints_part: Whether only the content's region is painted, and the rest stays the photograph.
    """

    content: Picture
    styles: tuple[Any, ...]
    paints_part: bool


def add_masks(
    content: Picture,
    style: Any,
    *,
    content_mask: Masks = (),
    style_mask: Masks = (),
) -> tuple[Picture, tuple[Any, ...]]:
    """Add the regions of mask files to a content and its styles, for `nst_tf.stylize`.

    A content mask alone is where to paint (white); several, one for each style, are where each style goes. A style mask
    alone is the part of a style to look at. One content mask and one style mask for each style: flat colors are
    regions, each painted in the style's region of the same color. Several content masks, and as many style masks: each
    file is a region, of one style, or each of its own style. The pixels of a mask may be fewer or more than the
    picture's, in the same proportions.

    Args:
        content: A result of `nst_tf.load_picture`.
        style: Another, or a result of `nst_tf.load_style`; or a list of several.
        content_mask: File of the content's mask, or several files.
        style_mask: File of the style's mask, or several files.

    Returns:
        The content and the styles, with regions.

    Raises:
        OSError: If a file can't be read.
        ValueError: If a file is not a mask, or the masks don't go together.
    """
    styles = tuple(several(style))
    contents_files, styles_files = mask_files(content_mask), mask_files(style_mask)
    if not styles_files:
        if len(contents_files) not in (0, 1, len(styles)):
            raise ValueError(
                "Content masks without style masks are one, for where to paint, or one for each style; got "
                f"{len(contents_files)} content masks for {len(styles)} style{'s' * (len(styles) > 1)}."
            )
        return _with_regions(content, contents_files), styles
    if not contents_files:
        _check_count(len(styles_files), "style masks", len(styles), "styles")
        return content, tuple(_with_regions(*each) for each in zip(styles, _each_alone(styles_files), strict=True))
    if len(contents_files) == 1:
        _check_count(len(styles_files), "style masks", len(styles), "styles")
        return _with_colors(content, contents_files[0], styles, styles_files)
    _check_count(len(styles_files), "style masks", len(contents_files), "content masks")
    content = _with_regions(content, contents_files)
    if len(styles) == 1:
        return content, (_with_regions(styles[0], styles_files),)
    _check_count(len(contents_files), "content masks", len(styles), "styles")
    alone = zip(styles, _each_alone(styles_files), strict=True)
    return content, _each_in_its_region([_with_regions(*each) for each in alone])


def arrange(content: Picture, styles: Sequence[Any], config: StyleConfig) -> Arrangement:
    """Decide which region is painted in which.

    Raises:
        ValueError: If the regions of the pictures, or their weights, don't go together.
    """
    regions, of_styles = _count(content), [_count(style) for style in styles]
    if regions and not any(of_styles) and regions in (1, len(styles)):
        placed = _each_in_its_region(styles) if regions > 1 else styles
        arranged = Arrangement(content, tuple(placed), paints_part=regions == 1)
    elif not regions and set(of_styles) <= {0, 1}:
        arranged = Arrangement(content, tuple(_seen_in_region(style) for style in styles), paints_part=False)
    elif {regions} == set(of_styles):
        arranged = Arrangement(content, tuple(styles), paints_part=False)
    else:
        of_each_style = " and ".join(map(str, of_styles))
        raise ValueError(
            f"The content has {regions} regions, and the style {of_each_style}; a region of the content is painted in "
            "the style's region of the same number, so both need as many."
        )
    of_each("region_weights", config.region_weights, _count(arranged.content) or 1, "region")
    return arranged


def mask_files(masks: Masks) -> tuple[Path, ...]:
    """Return the files that a caller passes as masks: one, or several."""
    return tuple(map(Path, [masks] if isinstance(masks, (str, os.PathLike)) else masks))


def _each_alone(files: Sequence[Path]) -> list[tuple[Path]]:
    return [(file,) for file in files]


def _with_regions(picture: Any, files: Sequence[Path]) -> Any:
    """Add a region for each file; of a saved style, none."""
    _check_picture(picture, needed=bool(files))
    regions = [read_region(file, picture.size) for file in files]
    return picture._replace(regions=np.concatenate(regions, axis=3)) if regions else picture


def _with_colors(
    content: Picture, file: Path, styles: Sequence[Any], files: Sequence[Path]
) -> tuple[Picture, tuple[Any, ...]]:
    """Add a region for each flat color of the content's mask."""
    for style in styles:
        _check_picture(style)
    mask, masks = read_colors(file), [read_colors(each) for each in files]
    content = content._replace(regions=color_regions(mask, range(len(mask.colors)), content.size))
    found = zip(styles, masks, paired_regions(mask, masks), strict=True)
    return content, tuple(
        style._replace(regions=color_regions(each, indices, style.size)) for style, each, indices in found
    )


def _each_in_its_region(styles: Sequence[Any]) -> tuple[Picture, ...]:
    """Give each style, or its only region, to the region of the same number."""
    placed = []
    for number, style in enumerate(styles):
        _check_picture(style)
        regions = np.zeros((1, *style.size, len(styles)), np.float32)
        regions[..., number] = 1.0 if style.regions is None else style.regions[..., 0]
        placed.append(style._replace(regions=regions))
    return tuple(placed)


def _seen_in_region(style: Any) -> Any:
    """Let only the region of a style be visible."""
    if not _count(style):
        return style
    return as_picture("style", Picture(style.image, style.regions * (1.0 if style.alpha is None else style.alpha)))


def _count(picture: Any) -> int:
    """Return the number of a picture's regions; a saved style has none."""
    return int(picture.regions.shape[3]) if isinstance(picture, Picture) and picture.regions is not None else 0


def _check_picture(style: Any, *, needed: bool = True) -> None:
    if needed and not isinstance(style, Picture):
        raise ValueError("A style file holds no pixels that a mask could choose from; give its picture.")


def _check_count(found: int, what: str, wanted: int, of: str) -> None:
    if found != wanted:
        raise ValueError(f"There must be as many {what} as {of}; got {found} for {wanted}.")

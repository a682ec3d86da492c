"""The pictures of a run as tensors: at one of its sizes, with masks, and in the colors in which they are painted."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from nst_tf.color import Choice, as_painted, finished, recolored
from nst_tf.color_maps import Colors
from nst_tf.config import StyleConfig
from nst_tf.guides import grow, soften
from nst_tf.images.picture import Picture
from nst_tf.images.regions import Arrangement
from nst_tf.saved_styles import AnyStyle, SavedStyle
from nst_tf.scales.plan import Size, style_sizes
from nst_tf.scales.resizing import resize
from nst_tf.styles import targets_of_saved
from nst_tf.targets import Canvas


class Pictures(NamedTuple):
    """The pictures of a run, as tensors.

    Attributes:
        content: The content.
        styles: One or more styles, each of its own size: `Picture`, or `SavedStyle`; at one size of the run, the
            `StyleTargets` of the latter.
        paints_part: Whether only the content's region is painted, and the rest stays the photograph.
    """

    content: Picture
    styles: tuple[Any, ...]
    paints_part: bool = False

    @property
    def canvas(self) -> Canvas | None:
        """The photograph with the part to paint; None if all of it is painted."""
        return Canvas(self.content.image, self.content.regions) if self.paints_part else None

    def show(self, image: tf.Tensor, color: Choice) -> tf.Tensor:
        """Return an image of any size as it is shown: in its colors, and on the photograph if a part is painted.

        Args:
            image: The image being painted, or the result, `(1, H, W, 3)`.
            color: Whose colors the painting has.
        """
        size = tf.shape(image)[1:3]
        image = finished(image, lambda: resize(self.content.image, size), color)
        canvas = self._replace(content=_fitted(self.content, size)).canvas if self.paints_part else None
        return image if canvas is None else canvas.show(image)


def as_tensors(content: Picture, styles: Sequence[AnyStyle]) -> Pictures:
    """Convert pictures to tensors; saved styles stay as they are."""
    tensors = [_each_part(style, tf.constant) if isinstance(style, Picture) else style for style in styles]
    return Pictures(_each_part(content, tf.constant), tuple(tensors))


def arranged_tensors(arranged: Arrangement, size: Size, config: StyleConfig) -> Pictures:
    """Convert the pictures of a run to tensors, and let regions grow and get soft edges, in pixels of the result.

    Args:
        arranged: The pictures.
        size: Height and width of the result.
        config: Decides growth and edges.
    """
    pictures = as_tensors(arranged.content, arranged.styles)._replace(paints_part=arranged.paints_part)
    grows = bool(config.mask_growth) or arranged.paints_part
    if pictures.content.regions is None or not grows:
        return pictures
    edge = config.mask_edge if arranged.paints_part else 0
    sizes = style_sizes([style.size for style in pictures.styles], size, config)
    content = _grown(pictures.content, size, growth=config.mask_growth, edge=edge)
    styles = (_grown(*each, growth=config.mask_growth) for each in zip(pictures.styles, sizes, strict=True))
    return pictures._replace(content=content, styles=tuple(styles))


def _grown(picture: Any, size: Size, *, growth: int, edge: int = 0) -> Any:
    if not isinstance(picture, Picture) or picture.regions is None:
        return picture
    return picture._replace(regions=soften(grow(resize(picture.regions, size), growth), round(edge / 2)))


def fit_to(pictures: Pictures, size: Size, config: StyleConfig) -> Pictures:
    """Resize a run's pictures to one of its sizes, each style at its own scale."""
    return fit(pictures, size, style_sizes([style.size for style in pictures.styles], size, config))


def fit(pictures: Pictures, size: Any, style_sizes: Sequence[Any]) -> Pictures:
    """Resize all pictures, with their opacities, to one size of a run.

    Args:
        pictures: The pictures in full size.
        size: Height and width to paint at, numbers or a tensor.
        style_sizes: For each style height and width to measure it at, numbers or a tensor.
    """
    styles = [_fitted(style, at) for style, at in zip(pictures.styles, style_sizes, strict=True)]
    return pictures._replace(content=_fitted(pictures.content, size), styles=tuple(styles))


def recolor(pictures: Pictures, color: Choice, color_map: str) -> Pictures:
    """Return the pictures of one size in the colors in which they are painted.

    Args:
        pictures: The pictures at this size, in their own colors.
        color: Whose colors the painting has, the setting or a tensor that holds it.
        color_map: The setting.
    """
    content = pictures.content
    colors = Colors(content.image, content.alpha)

    def mapped(style: Any) -> Any:
        """Return a style in these colors; what is saved of one has none left to map."""
        if not isinstance(style, Picture):
            return style
        return style._replace(image=recolored(Colors(style.image, style.alpha), colors, color, color_map))

    content = content._replace(image=as_painted(content.image, color))
    return pictures._replace(content=content, styles=tuple(map(mapped, pictures.styles)))


def _fitted(picture: Any, size: Any) -> Any:
    if isinstance(picture, SavedStyle):
        return targets_of_saved(picture, max(size))
    return _each_part(picture, functools.partial(resize, size=size))


def _each_part(picture: Picture, change: Callable[..., tf.Tensor]) -> Picture:
    """Change the image, and the opacity and the regions if there are any."""
    parts: list[Any] = [None if part is None else change(part) for part in picture]
    return Picture(*parts)

"""Random crops of the corpus, cut and recolored on the device, inside the compiled training step.

The layer holds the corpus as one uint8 variable, so that a batch of training data is only a batch of picture numbers.
Everything here is `keras.ops` and `keras.random`: the same code runs on TensorFlow, JAX and PyTorch.

The output is that of `keras.applications.vgg19.preprocess_input` (BGR, 0 to 255, minus the ImageNet mean), divided by
`INPUT_SCALE` for about unit variance at the start of training. `fold` moves the division into the first kernel.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from tools.train_builtin.vgg19 import CHANNEL_MEANS, INPUT_SCALE

Tensor = Any

LARGEST_STEP = 1.5
"""Picture pixels per crop pixel above which crops are read from half-size pictures, against aliasing."""


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How crops differ from the picture they come from.

    Attributes:
        scale: Smallest and largest side of a crop, as a fraction of the picture's side.
        travel: 1 lets the (unrotated) crop reach the border, 0 keeps it centered.
        rotation: Standard deviation of the angle, degrees.
        flip: Probability of mirroring.
        gain: Each channel is multiplied by a factor within 1 ± gain.
        brightness: An offset within ± brightness is added to all channels.
        permute: Probability of permuting the channels.
        gray: Probability of removing the color.
        noise: Standard deviation of the noise added to values in [0, 1].
    """

    scale: tuple[float, float] = (0.25, 0.8)
    travel: float = 1.0
    rotation: float = 20.0
    flip: float = 0.5
    gain: float = 0.3
    brightness: float = 0.15
    permute: float = 0.4
    gray: float = 0.25
    noise: float = 0.01

    @classmethod
    def none(cls, scale: float) -> "Augmentation":
        """Return the augmentation that only crops the center, `scale` of the picture's side."""
        zero = dict.fromkeys(("travel", "rotation", "flip", "gain", "brightness", "permute", "gray", "noise"), 0.0)
        return cls(scale=(scale, scale), **zero)


class Crops(keras.layers.Layer):  # type: ignore[misc]
    """Turn picture numbers `(B,)` into augmented crops `(B * views, crop, crop, 3)`.

    Args:
        pictures: The corpus, uint8 RGB `(N, S, S, 3)`.
        crop: Side of a crop in pixels.
        views: Crops per picture; those of one picture are consecutive.
        augmentation: How crops are varied.
        seed: Seed of all randomness.
    """

    def __init__(
        self,
        pictures: npt.NDArray[np.uint8],
        *,
        crop: int,
        views: int = 1,
        augmentation: Augmentation,
        seed: int = 0,
    ) -> None:
        """Put the corpus on the device."""
        super().__init__(name="crops", dtype="float32", trainable=False)
        self.size, self.crop, self.views = pictures.shape[1], crop, views
        self.augmentation = augmentation
        self.random = keras.random.SeedGenerator(seed, name="seed_generator")
        self.pictures, self.halves = self._held("pictures", pictures), self._held("halves", halved(pictures))

    def call(self, indices: Tensor) -> Tensor:
        """Cut, recolor and normalize one crop per index and view."""
        indices = ops.repeat(indices, self.views)
        x, y, step = self._positions(batch_size(indices))
        sharp = self._read(self.pictures, indices, x, y)
        soft = self._read(self.halves, indices, (x - 0.5) / 2, (y - 0.5) / 2)
        rgb = self._recolor(ops.where(step[..., None] > LARGEST_STEP, soft, sharp))
        bgr = ops.flip(ops.clip(rgb, 0.0, 1.0), axis=-1) * 255.0
        return (bgr - ops.convert_to_tensor(CHANNEL_MEANS, "float32")) / INPUT_SCALE

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Return `(B * views, crop, crop, 3)`."""
        batch = None if input_shape[0] is None else input_shape[0] * self.views
        return (batch, self.crop, self.crop, 3)

    def _held(self, name: str, pictures: npt.NDArray[np.uint8]) -> Tensor:
        return self.add_weight(
            name=name,
            shape=pictures.shape,
            dtype="uint8",
            trainable=False,
            initializer=lambda *_, dtype: ops.convert_to_tensor(pictures, dtype),
        )

    def _uniform(self, shape: tuple[Any, ...], low: float, high: float) -> Tensor:
        return keras.random.uniform(shape, low, high, dtype="float32", seed=self.random)

    def _positions(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        """Choose the sampling position of every pixel of every crop.

        Returns:
            x and y in picture pixels, `(B, P, P)` each; and the picture pixels per crop pixel, `(B, 1, 1)`.
        """
        a = self.augmentation
        shape = (batch, 1, 1)
        scale = ops.exp(self._uniform(shape, math.log(a.scale[0]), math.log(a.scale[1])))
        turn = keras.random.normal(shape, 0.0, math.radians(a.rotation), dtype="float32", seed=self.random)
        mirror = ops.where(self._uniform(shape, 0.0, 1.0) < a.flip, -1.0, 1.0)
        reach = 0.5 * self.size * a.travel * ops.maximum(1.0 - scale, 0.0)
        middle = (self.size - 1) / 2
        center_x = middle + reach * self._uniform(shape, -1.0, 1.0)
        center_y = middle + reach * self._uniform(shape, -1.0, 1.0)
        line = (ops.arange(self.crop, dtype="float32") - (self.crop - 1) / 2) * (self.size / self.crop)
        across, down = scale * mirror * line[None, None, :], scale * line[None, :, None]
        cos, sin = ops.cos(turn), ops.sin(turn)
        step = scale * (self.size / self.crop)
        return center_x + cos * across - sin * down, center_y + sin * across + cos * down, step

    def _read(self, pictures: Tensor, indices: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Sample pictures bilinearly, mirrored at their borders: `(B, P, P, 3)` in [0, 1]."""
        size = pictures.shape[1]
        x, y = _reflect(x, size), _reflect(y, size)
        left, top = ops.floor(x), ops.floor(y)
        fx, fy = (x - left)[..., None], (y - top)[..., None]
        left, top = ops.cast(left, "int32"), ops.cast(top, "int32")
        right, bottom = ops.minimum(left + 1, size - 1), ops.minimum(top + 1, size - 1)
        flat = ops.reshape(pictures, (-1, 3))
        first = ops.cast(indices, "int32")[:, None, None] * (size * size)

        def pixel(row: Tensor, column: Tensor) -> Tensor:
            """Read pixels, `(B, P, P, 3)` in [0, 1]."""
            return ops.cast(ops.take(flat, first + row * size + column, axis=0), "float32") / 255.0

        upper = pixel(top, left) * (1.0 - fx) + pixel(top, right) * fx
        lower = pixel(bottom, left) * (1.0 - fx) + pixel(bottom, right) * fx
        return upper * (1.0 - fy) + lower * fy

    def _recolor(self, rgb: Tensor) -> Tensor:
        """Apply a random affine map to the colors of each crop, then noise."""
        a = self.augmentation
        batch = batch_size(rgb)
        matrix = self._color_matrix(batch)
        offset = self._uniform((batch, 1, 1, 1), -a.brightness, a.brightness)
        # Three products and a sum, since a matrix product would run in TF32 on a GPU.
        mixed = sum(rgb[..., c : c + 1] * matrix[:, None, None, c, :] for c in range(3)) + offset
        if not a.noise:
            return mixed
        grain = keras.random.normal(ops.shape(mixed), 0.0, a.noise, dtype="float32", seed=self.random)
        return mixed + grain

    def _color_matrix(self, batch: Any) -> Tensor:
        """Combine channel gains, a permutation and the loss of color: `(B, 3, 3)`, input to output."""
        a = self.augmentation
        gains = self._uniform((batch, 3, 1), 1.0 - a.gain, 1.0 + a.gain)
        order = ops.argsort(self._uniform((batch, 3), 0.0, 1.0), axis=-1)
        places = ops.one_hot(order, 3, dtype="float32")
        keep = ops.broadcast_to(ops.eye(3, dtype="float32")[None], ops.shape(places))
        matrix = ops.where(self._uniform((batch, 1, 1), 0.0, 1.0) < a.permute, places, keep)
        gray = self._uniform((batch, 1, 1), 0.0, 1.0) < a.gray
        return gains * ops.where(gray, ops.full_like(matrix, 1 / 3), matrix)


def halved(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Reduce pictures `(N, S, S, 3)` to half their side by averaging."""
    count, side = len(pictures), pictures.shape[1] // 2
    blocks = pictures[:, : 2 * side, : 2 * side].reshape(count, side, 2, side, 2, 3)
    return np.stack([np.rint(each.mean(axis=(1, 3), dtype=np.float32)).astype(np.uint8) for each in blocks])


def _reflect(position: Tensor, size: int) -> Tensor:
    """Reflect positions outside of a picture into [0, S - 1]."""
    period = 2.0 * (size - 1)
    position = ops.mod(position, period)
    return ops.minimum(position, period - position)


def batch_size(tensor: Tensor) -> Any:
    """Return the size of the first axis: a number if known, a tensor in a TensorFlow graph."""
    return ops.shape(tensor)[0]

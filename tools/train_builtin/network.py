"""VGG-19 for training: average pooling, batch normalization, and heads that read texture statistics.

It differs from VGG-19 in the pooling, the normalization (removed by `fold` afterwards) and the missing fully connected
layers. Layer names are Keras'.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from tools.train_builtin.arrays import Arrays
from tools.train_builtin.crops import Tensor
from tools.train_builtin.fold import layer_names
from tools.train_builtin.initial import drawn_gains, initial_filters
from tools.train_builtin.recipe import Architecture
from tools.train_builtin.vgg19 import BATCH_NORM_EPSILON, narrowed


def features(images: Tensor, filters: Mapping[str, int], *, normalize: bool) -> dict[str, Tensor]:
    """Build the convolutions on a symbolic input.

    Args:
        images: `(B, H, W, 3)`.
        filters: Number of filters by layer name, first layer first.
        normalize: Whether to use batch normalization instead of biases, for training.

    Returns:
        Output after ReLU by layer name.
    """
    outputs: dict[str, Tensor] = {}
    x, block = images, "block1"
    for name, count in filters.items():
        if not name.startswith(block):
            x = layers.AveragePooling2D(2, name=f"{block}_pool")(x)
            block = name.partition("_")[0]
        x = outputs[name] = _convolution(x, name, count, normalize=normalize)
    return outputs


def _convolution(x: Tensor, name: str, count: int, *, normalize: bool) -> Tensor:
    options = {"padding": "same", "use_bias": not normalize, "kernel_initializer": _initial}
    drawn = normalize and x.shape[-1] == 3
    x = layers.Conv2D(count, 3, name=name, trainable=not drawn, **options)(x)
    if normalize:
        norm = BatchNormalization(epsilon=BATCH_NORM_EPSILON, name=f"{name}_norm")
        x = norm(x)
        if drawn:
            _keep_drawn(norm, count)
    return layers.Activation("relu", name=f"{name}_relu")(x)


def _keep_drawn(norm: layers.BatchNormalization, count: int) -> None:
    """Set the drawn gains and offsets and freeze them; the moving statistics are still updated."""
    for variable, values in zip((norm.gamma, norm.beta), drawn_gains(), strict=True):
        variable.assign(values[:count])
        variable.trainable = False


def _initial(shape: tuple[int, int, int, int], dtype: str | None = None) -> Tensor:
    """Initialize a kernel, seeded by `keras.utils.set_random_seed`."""
    rng = np.random.default_rng(np.random.randint(2**31))
    return ops.convert_to_tensor(initial_filters(shape, rng), dtype)


class BatchNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """Keras' batch normalization, computed by PyTorch's own kernel on the PyTorch backend.

    There Keras composes it of a dozen passes over the features, which on a CPU take longer than the convolutions.
    (PyTorch's moving variance divides by n - 1, Keras' by n.)
    """

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None) -> Tensor:
        """Normalize with batch statistics in training, with moving statistics otherwise."""
        if keras.backend.backend() != "torch" or not training or not isinstance(inputs, _torch().Tensor):
            return super().call(inputs, training=training, mask=mask)
        outputs = _torch().nn.functional.batch_norm(
            inputs.movedim(-1, 1),
            self.moving_mean.value,
            self.moving_variance.value,
            self.gamma.value,
            self.beta.value,
            training=True,
            momentum=1.0 - self.momentum,
            eps=self.epsilon,
        )
        return outputs.movedim(1, -1)


def _torch() -> Any:
    import torch

    return torch


class TextureStatistics(layers.Layer):  # type: ignore[misc]
    """Describe features by the mean and the root mean square of every channel, `(B, H, W, C)` to `(B, 2 C)`.

    The mean squares are the diagonal of a Gram matrix, so that the network learns to tell textures apart by the
    statistics that style transfer uses.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Average over all positions, in float32."""
        x = ops.cast(inputs, "float32")
        mean = ops.mean(x, axis=(1, 2))
        root = ops.sqrt(ops.mean(ops.square(x), axis=(1, 2)) + 1e-4)
        return ops.concatenate([mean, root], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        """Return `(B, 2 C)`."""
        return (input_shape[0], 2 * input_shape[-1])


def trainee(crops: layers.Layer, architecture: Architecture, *, classes: int) -> keras.Model:
    """Build the model to train, from picture numbers to one output per head.

    Args:
        crops: Layer that turns picture numbers into images.
        architecture: Width, heads and objective.
        classes: Number of pictures.

    Returns:
        Model from int32 `(B,)` to a dict of float32: logits `(B, classes)`, or unit vectors
        `(B, 2, projection)` for contrast.
    """
    indices = keras.Input((), dtype="int32", name="indices")
    maps = features(crops(indices), narrowed(architecture.width), normalize=True)
    return keras.Model(indices, {name: _head(maps[name], name, architecture, classes) for name in architecture.heads})


def _head(maps: Tensor, name: str, architecture: Architecture, classes: int) -> Tensor:
    x = TextureStatistics(dtype="float32", name=f"{name}_statistics")(maps)
    x = layers.LayerNormalization(dtype="float32", name=f"{name}_scale")(x)
    if architecture.objective == "classify":
        # Logits start near zero; otherwise the first hundred steps only unlearn them.
        small = keras.initializers.RandomNormal(stddev=0.01)
        return layers.Dense(classes, dtype="float32", kernel_initializer=small, name=f"{name}_logits")(x)
    x = layers.Dense(architecture.projection, dtype="float32", name=f"{name}_projection")(x)
    x = layers.UnitNormalization(dtype="float32", name=f"{name}_unit")(x)
    return ops.reshape(x, (-1, architecture.views, architecture.projection))


def plain(weights: Arrays) -> keras.Model:
    """Build the plain network, from Keras' preprocessed images of any size to a dict of features.

    Args:
        weights: Float kernels and biases, as `fold` names them.
    """
    names = layer_names(weights)
    images = keras.Input((None, None, 3), dtype="float32")
    filters = {name: weights[f"{name}/bias"].size for name in names}
    model = keras.Model(images, features(images, filters, normalize=False))
    for name in names:
        model.get_layer(name).set_weights([weights[f"{name}/kernel"], weights[f"{name}/bias"]])
    return model

"""The filters that a training begins with, and how to give layers of a trained network new ones."""

import numpy as np

from nst_tf.random_network import smooth_kernel
from tools.train_builtin.arrays import Arrays

# Brightness, blue against yellow, red against green; and how much of each a filter of the first layer reads.
_COLORS = np.array([[0.577, 0.707, 0.408], [0.577, 0.0, -0.816], [0.577, -0.707, 0.408]])
_COLOR_GAINS = np.array([1.5, 0.7, 0.5])


def smooth_filters(shape: tuple[int, int, int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw a kernel `(3, 3, in, out)` of smooth filters, which in the first layer are mostly colorless.

    Training moves the first layer but a little. From independent weights it stays colored noise, which shows as speckle
    in paintings.
    """
    first = shape[2] == 3
    kernel = smooth_kernel(shape, rng, keep_mean=first)
    if first:
        kernel = np.einsum("hwio,ji->hwjo", kernel, _COLORS * _COLOR_GAINS)
    return kernel.astype(np.float32)


def renew(state: Arrays, names: list[str], *, minutes: float, seed: int) -> Arrays:
    """Give layers of a checkpoint new filters, and set the training's clock back.

    Args:
        state: Arrays of a checkpoint.
        names: Keras' names of the layers, such as `block1_conv1`.
        minutes: What the training has taken so far, as it is to believe from now on; less raises the learning rate.
        seed: Seed of the filters.

    Returns:
        The arrays of a checkpoint that continues with the other layers as they are.

    Raises:
        ValueError: The network has no such layer.
    """
    fresh = {"gamma": 1.0, "beta": 0.0, "moving_mean": 0.0, "moving_variance": 1.0}
    rng = np.random.default_rng(seed)
    renewed = dict(state)
    for name in names:
        if f"{name}/kernel" not in state:
            raise ValueError(f"the checkpoint has no layer {name!r}; Keras' names are wanted, such as block1_conv1")
        for key, value in state.items():
            if key == f"{name}/kernel":
                renewed[key] = smooth_filters(value.shape, rng)
            elif key.startswith(f"{name}_norm/"):
                renewed[key] = np.full_like(value, fresh[key.rpartition("/")[2]])
            elif key.startswith(f"adam_w/{name}_"):
                renewed[key] = np.zeros_like(value)
    renewed["progress/seconds"] = np.asarray(60 * minutes)
    return renewed

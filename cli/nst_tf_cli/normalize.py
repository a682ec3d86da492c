"""Filters with a mean activation of one: what `nst-tf weights normalize` does."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nst_tf.images.reading import load_picture
from nst_tf.storage.atomic_files import atomic_write
from nst_tf.storage.path_checks import check_writable
from nst_tf_cli.terminal.errors import say
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow


def normalize_weights(
    images: Sequence[Path], output: Path, *, weights: str, pooling: str, size: int, overwrite: bool
) -> None:
    """Measure activations on pictures, and write the filters rescaled by them."""
    _check(output, overwrite=overwrite)
    pictures = [load_picture(path) for path in images]
    start_tensorflow()
    from nst_tf.network.activation_normalization import normalize_activations
    from nst_tf.scales.plan import reduced_size
    from nst_tf.scales.resizing import resized

    reduced = (resized(picture, reduced_size(picture.image.shape[1:3], size)) for picture in pictures)
    normalized = normalize_activations(weights, reduced, pooling=pooling)
    with atomic_write(output, overwrite=overwrite) as stream:
        np.savez(stream, **normalized.arrays)  # type: ignore[arg-type]
    say(f"{output}  {normalized.name}, sha256 {normalized.sha256}", err=False)


def _check(output: Path, *, overwrite: bool) -> None:
    if output.suffix.lower() != ".npz":
        raise ValueError(f"The weights' file must end in .npz; got {output.name!r}.")
    check_writable(output, "weights", overwrite=overwrite)

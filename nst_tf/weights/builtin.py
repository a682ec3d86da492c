"""The built-in network, trained by `tools/train_builtin`: 8 bits per weight, one scale per filter."""

import hashlib
import io
from importlib import resources

import numpy as np
import numpy.typing as npt

from nst_tf.errors import MissingWeightsError
from nst_tf.layer_names import LAYERS

FILE = resources.files("nst_tf") / "assets" / "builtin_vgg19.npz"
SHA256 = "b5694ca708273f41dad558ff28f8c596b5257c073bb65ee5365fd2319c7413b8"


def load_arrays() -> dict[str, npt.NDArray[np.float32]]:
    """Read filters and biases of all sixteen convolutions.

    Raises:
        MissingWeightsError: If the file is missing, or has another hash.
    """
    content = FILE.read_bytes() if FILE.is_file() else b""
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise MissingWeightsError(f"The built-in network ({FILE}) is missing or damaged; install nst-tf again.")
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        kernels = {f"{layer}/kernel": stored[f"{layer}/kernel"] * stored[f"{layer}/scale"] for layer in LAYERS}
        return kernels | {f"{layer}/bias": stored[f"{layer}/bias"] for layer in LAYERS}

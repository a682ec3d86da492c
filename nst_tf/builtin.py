"""The network that ships inside the package, made by `tools/train_builtin`: 8 bits a weight, one scale per filter."""

import hashlib
import io
from importlib import resources

import numpy as np
import numpy.typing as npt

from nst_tf.imagenet import MissingWeightsError
from nst_tf.layers import LAYERS

FILE = resources.files("nst_tf") / "assets" / "builtin_vgg19.npz"
SHA256 = "213858ae11337f63f349a9e016708fe8ef5e7f6c090f75c31e19778e15a01f27"


def load_arrays() -> dict[str, npt.NDArray[np.float32]]:
    """Read filters and biases of all sixteen convolutions.

    Raises:
        MissingWeightsError: If the file is not the one that was released.
    """
    content = FILE.read_bytes() if FILE.is_file() else b""
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise MissingWeightsError(f"The built-in network ({FILE}) is missing or damaged; install nst-tf again.")
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        kernels = {f"{layer}/kernel": stored[f"{layer}/kernel"] * stored[f"{layer}/scale"] for layer in LAYERS}
        return kernels | {f"{layer}/bias": stored[f"{layer}/bias"] for layer in LAYERS}

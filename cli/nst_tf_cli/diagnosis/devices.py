"""What TensorFlow computes on: threads, precision, and GPUs or the reason why there are none."""

import ctypes.util
import importlib.metadata
import os
from collections.abc import Iterator
from pathlib import Path

from nst_tf_cli.diagnosis.finding import Finding, Level
from nst_tf_cli.terminal.announcement import thread_count

INSTALL_GPU = "pip install 'nst-tf[gpu]'"

ASK_TENSORFLOW = "TF_CPP_MIN_LOG_LEVEL=0 python -c 'import tensorflow as tf; tf.config.list_physical_devices(\"GPU\")'"
"""What prints TensorFlow's own reason."""


def find_devices() -> Iterator[Finding]:
    """Yield how TensorFlow computes; needs TensorFlow."""
    import tensorflow as tf

    from nst_tf.network.cpu_features import uses_onednn
    from nst_tf.network.precision import resolved_precision

    precision = resolved_precision("auto")
    speed = "" if precision == "bfloat16" else "; bfloat16 would not be faster here"
    yield Finding(section="TensorFlow", name="precision", value=f"{precision}, by --precision auto{speed}")
    value = f"{thread_count()}; TF_NUM_INTRAOP_THREADS sets another number"
    yield Finding(section="TensorFlow", name="threads", value=value)
    yield Finding(section="TensorFlow", name="convolutions", value="oneDNN" if uses_onednn() else "Eigen")
    gpus = tf.config.list_physical_devices("GPU")
    for number, gpu in enumerate(gpus):
        details = tf.config.experimental.get_device_details(gpu)
        capability = ".".join(map(str, details.get("compute_capability", ())))
        name = f"{details.get('device_name', gpu.name)}{capability and f', compute capability {capability}'}"
        yield Finding(section="TensorFlow", name=f"GPU {number}", value=name)
    if not gpus:
        yield why_no_gpu(driver=has_driver(), built=bool(tf.test.is_built_with_cuda()), libraries=has_libraries())


def why_no_gpu(*, driver: bool, built: bool, libraries: bool) -> Finding:
    """Explain why TensorFlow sees no GPU.

    Args:
        driver: Whether this machine has an NVIDIA driver.
        built: Whether this TensorFlow was built with CUDA.
        libraries: Whether CUDA's libraries are installed as packages.
    """
    section, name = "TensorFlow", "GPU"
    if not driver:
        return Finding(section=section, name=name, value="none; this machine has no NVIDIA driver")
    if not built:
        value = "none; a driver is here, but this TensorFlow was built without CUDA (it has GPUs on Linux and WSL2)"
        return Finding(section=section, name=name, value=value, level=Level.NOTE)
    if not libraries:
        value = "none; a driver is here, but CUDA's libraries are not installed"
        return Finding(section=section, name=name, value=value, level=Level.NOTE, advice=INSTALL_GPU)
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None and hidden.strip() in ("", "-1"):
        value = f"none; CUDA_VISIBLE_DEVICES={hidden} hides them"
        return Finding(section=section, name=name, value=value, level=Level.NOTE, advice="unset CUDA_VISIBLE_DEVICES")
    value = "none, though a driver and CUDA's libraries are here"
    return Finding(section=section, name=name, value=value, level=Level.NOTE, advice=f"ask why: {ASK_TENSORFLOW}")


def has_driver() -> bool:
    """Return whether this machine has an NVIDIA driver."""
    return Path("/proc/driver/nvidia/version").exists() or ctypes.util.find_library("cuda") is not None


def has_libraries() -> bool:
    """Return whether CUDA's libraries are installed as packages, as TensorFlow's own extra brings them."""
    names = (each.metadata["Name"] or "" for each in importlib.metadata.distributions())
    return any(name.lower().replace("_", "-").startswith("nvidia-cudnn") for name in names)

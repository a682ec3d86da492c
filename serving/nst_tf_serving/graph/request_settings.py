"""Settings that a request may choose, as marked in `nst_tf.config`, as tensors."""

from collections import namedtuple
from collections.abc import Mapping
from inspect import Parameter, Signature
from typing import Any, cast

import numpy as np
import tensorflow as tf

from nst_tf.config import REQUEST_SETTINGS, SETTINGS, StyleConfig
from nst_tf.settings import CHOICE, NUMBER, WHOLE_NUMBER
from nst_tf_serving.graph.checks import Check, shown
from nst_tf_serving.limits import Limits

Settings: Any = cast(Any, namedtuple)("Settings", REQUEST_SETTINGS)
"""A named tuple of scalars, one for each setting of a request; 0 stands for None."""

_KINDS = {WHOLE_NUMBER: tf.int32, NUMBER: tf.float32, CHOICE: tf.string}

TYPES: Any = Settings(*(_KINDS[SETTINGS[name].metadata["kind"]] for name in REQUEST_SETTINGS))
"""Type of each setting of a request."""


def default_settings(config: StyleConfig) -> dict[str, np.ndarray]:
    """Return a configuration's settings as arrays of one element."""
    return {name: _as_array(getattr(config, name), kind) for name, kind in TYPES._asdict().items()}


def _as_array(value: Any, kind: tf.DType) -> np.ndarray:
    return np.array([value.encode() if isinstance(value, str) else value or 0], kind.as_numpy_dtype)


def with_settings(function: Any, inputs: Mapping[str, Any], config: StyleConfig) -> Any:
    """Compile a function of inputs and `Settings`, with one argument for each setting.

    Args:
        function: From the inputs and `Settings` to tensors.
        inputs: Input name to `tf.TensorSpec`.
        config: Its settings become the defaults, as tensors of one element, the form in which a signature has defaults.
    """
    defaults = {name: tf.constant(value) for name, value in default_settings(config).items()}
    plain = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in inputs]
    chosen = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=value) for name, value in defaults.items()]

    def flat(*arguments: tf.Tensor) -> Any:
        """Call the function with its settings as one argument."""
        return function(*arguments[: len(inputs)], Settings(*arguments[len(inputs) :]))

    flat.__name__ = function.__name__
    flat.__signature__ = Signature([*plain, *chosen])  # type: ignore[attr-defined]
    specs = [*inputs.values(), *(tf.TensorSpec((None,), kind) for kind in TYPES)]
    return tf.function(flat, input_signature=specs, autograph=False)


def setting_checks(settings: Any, limits: Limits) -> list[Check]:
    """Return the checks of the settings, with the bounds of `nst_tf.StyleConfig`; `size` depends on the pictures."""
    checks = []
    for name in REQUEST_SETTINGS:
        if name == "size":
            continue
        value, bounds = getattr(settings, name), SETTINGS[name].metadata
        if bounds["kind"] == CHOICE:
            checks.append(_choice_check(name, value, bounds["choices"]))
            continue
        high = limits.steps if name == "steps" else bounds["high"]
        low = value > bounds["above"] if "above" in bounds else value >= bounds["low"]
        least = f"above {bounds['above']}" if "above" in bounds else f"at least {bounds['low']}"
        message = (f"{name} must be {least} and at most {high}; got ", value, ".")
        within = tf.logical_and(low, value <= high)
        checks.append(Check(tf.logical_or(within, value == 0) if bounds["optional"] else within, message))
    anything = settings.content_weight + settings.style_weight > 0
    return [*checks, Check(anything, ("content_weight and style_weight are both 0; raise one.",))]


def _choice_check(name: str, value: tf.Tensor, choices: tuple[str, ...]) -> Check:
    wanted = f"{name} must be one of {', '.join(choices)}; got "
    return Check(tf.reduce_any(tf.equal(value, choices)), (wanted, shown(value), "."))

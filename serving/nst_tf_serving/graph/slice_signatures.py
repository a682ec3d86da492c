"""The signatures for a painting in slices, each for one picture or for several at once."""

from collections.abc import Callable, Mapping
from inspect import Parameter, Signature
from typing import Any

import tensorflow as tf

from nst_tf_serving.graph.batching import Batch, one_by_one
from nst_tf_serving.graph.request_settings import Settings, default_settings, with_settings
from nst_tf_serving.graph.run import ONE, ServedRecipe
from nst_tf_serving.graph.slices import OUTPUTS, Slices, SliceSettings
from nst_tf_serving.graph.style_names import with_named_style

_TEXTS = tf.TensorSpec((None,), tf.string)
_NUMBERS = tf.TensorSpec((None,), tf.int32)
_TEXT = tf.TensorSpec((), tf.string)
_NUMBER = tf.TensorSpec((), tf.int32)


def slice_signatures(recipe: ServedRecipe, slices: Slices, styles: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the signatures by name; those for names of styles only if the model has styles.

    Args:
        recipe: The network, the configuration and the limits.
        slices: The functions for one painting.
        styles: Name to encoded picture of each style in the model.
    """
    begin = tf.function(slices.begin, input_signature=[_TEXT, _TEXT, ONE], autograph=False)
    asked = SliceSettings(_NUMBER, _NUMBER)
    advance = tf.function(slices.advance, input_signature=[_TEXT, _TEXT, _TEXT, asked], autograph=False)
    full = _begin(recipe, "begin", "style_bytes", begin)
    signatures = {
        "begin": full,
        "begin_default": _begin_default(recipe, full),
        "advance": _advance(recipe, "advance", "style_bytes", advance),
    }
    if styles:
        signatures["begin_named"] = _begin(recipe, "begin_named", "style_name", _by_name(styles, begin))
        signatures["advance_named"] = _advance(recipe, "advance_named", "style_name", _by_name(styles, advance))
    return signatures


def _by_name(styles: Mapping[str, bytes], function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of a content, the name of a style and more."""
    return lambda content, name, *more: with_named_style(styles, name, lambda style: function(content, style, *more))


def _begin(recipe: ServedRecipe, name: str, style: str, begin_one: Callable[..., Any]) -> Any:
    """Return a signature that begins runs."""

    def begin(content_bytes: tf.Tensor, styles: tf.Tensor, settings: Settings) -> dict[str, tf.Tensor]:
        """Check requests, and return their first states."""
        batch = Batch({"content_bytes": content_bytes, style: styles}, settings)
        begun = one_by_one(begin_one, batch, (_TEXT, _NUMBER), most=recipe.limits.pictures)
        return dict(zip(("state_bytes", "planned"), begun, strict=True))

    begin.__name__ = name
    return with_settings(begin, {"content_bytes": _TEXTS, style: _TEXTS}, recipe.config)


def _begin_default(recipe: ServedRecipe, begin: Any) -> Any:
    """Return the signature that begins runs with the model's own settings, as REST wants every input of a signature."""

    def begin_default(content_bytes: tf.Tensor, style_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Begin runs with the default settings."""
        own = [tf.constant(value) for value in default_settings(recipe.config).values()]
        return begin(content_bytes, style_bytes, *own)  # type: ignore[no-any-return]

    return tf.function(begin_default, input_signature=[_TEXTS, _TEXTS], autograph=False)


def _advance(recipe: ServedRecipe, name: str, style: str, advance_one: Callable[..., Any]) -> Any:
    """Return a signature that takes steps of runs."""
    texts, numbers = ("content_bytes", style, "state_bytes"), SliceSettings._fields

    def advance(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        """Take steps."""
        batch = Batch(dict(zip(texts, tensors[:3], strict=True)), SliceSettings(*tensors[3:]))
        return one_by_one(advance_one, batch, OUTPUTS, most=recipe.limits.pictures)._asdict()  # type: ignore[no-any-return]

    advance.__name__ = name
    parameters = [Parameter(each, Parameter.POSITIONAL_OR_KEYWORD) for each in (*texts, *numbers)]
    advance.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    specs = [*[_TEXTS] * len(texts), *[_NUMBERS] * len(numbers)]
    return tf.function(advance, input_signature=specs, autograph=False)

"""The signatures of an exported model for TF Serving, and the call of TF Hub's stylization module."""

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.losses import gram_matrix
from nst_tf_serving.graph.batching import Batch, one_by_one
from nst_tf_serving.graph.checks import Check, after_checks
from nst_tf_serving.graph.codecs.picture import decode, encode
from nst_tf_serving.graph.painting import image_checks, paint
from nst_tf_serving.graph.request_settings import Settings, default_settings, with_settings
from nst_tf_serving.graph.run import ONE, PICTURE, ServedRecipe, compile_run
from nst_tf_serving.graph.slice_signatures import slice_signatures
from nst_tf_serving.graph.slices import Slices
from nst_tf_serving.graph.style_names import with_named_style

_IMAGES = tf.TensorSpec((None, None, None, 3), tf.float32)
_BYTES = tf.TensorSpec((None,), tf.string)
_TEXT = tf.TensorSpec((), tf.string)
_LOSS = tf.TensorSpec((), tf.float32)

NAMED = "stylize_named"
"""Signature whose requests name a style that is in the model."""


class ServedModule(NamedTuple):
    """A model before it is saved.

    Attributes:
        module: What is saved.
        signatures: Name to `tf.function`.
        slices: The functions of a painting in slices, to be called without a graph.
    """

    module: tf.Module
    signatures: dict[str, Any]
    slices: Slices


def make_module(recipe: ServedRecipe, styles: Mapping[str, bytes]) -> ServedModule:
    """Return the module to save, and its signatures; nothing is traced yet but the run's types.

    The loaded module can be called like TF Hub's stylization module: `model(content, style)[0]`. All signatures share
    one copy of the loop, the decoder and the checks of the settings.

    Args:
        recipe: The network, the configuration and the limits.
        styles: Name to encoded picture of each style that is in the model; with none there is no signature for them.
    """
    module = tf.Module(name="stylizer")
    # Keras' own variables would be saved under names that TF Serving's loader does not find (keras#20095).
    module.filters = [variable.value for variable in recipe.network.variables]
    run = compile_run(recipe)
    paint_one = tf.function(
        functools.partial(paint, recipe, run), input_signature=[PICTURE, PICTURE, ONE], autograph=False
    )
    module.stylize = _images_function(recipe, paint_one)
    bounds = {"max_bytes": recipe.limits.input_bytes, "max_pixels": recipe.limits.input_pixels}
    decode_one = tf.function(functools.partial(decode, **bounds), input_signature=[_TEXT], autograph=False)
    paint_encoded = _paint_encoded(decode_one, paint_one)
    module.stylize_bytes = _bytes_function(recipe, paint_encoded)
    module.features = _features_function(recipe)
    module.stylize_dict = _dict_function(recipe.config, module.stylize)
    module.__call__ = _call_function(recipe.config, module.stylize)
    signatures = {
        "serving_default": _default_function(recipe.config, module.stylize_bytes),
        "stylize_bytes": module.stylize_bytes,
        "stylize": module.stylize,
        "features": module.features,
    }
    if styles:
        module.stylize_named = signatures[NAMED] = _named_function(recipe, paint_encoded, styles)
    slices = Slices(recipe, run, decode_one)
    for name, function in slice_signatures(recipe, slices, styles).items():
        signatures[name] = function
        setattr(module, name, function)
    return ServedModule(module, signatures, slices)


def _images_function(recipe: ServedRecipe, paint_one: Any) -> Any:
    """Return the signature for images, all painted at one size."""

    def stylize(content: tf.Tensor, style: tf.Tensor, settings: Any) -> dict[str, tf.Tensor]:
        """Paint images."""
        batch, size = Batch({"content": content, "style": style}, settings), settings.size
        alike = Check(tf.reduce_all(size == size[:1]), ("size must be the same for all pictures of a request.",))
        specs = (PICTURE, _LOSS)
        painted = after_checks([alike], lambda: one_by_one(paint_one, batch, specs, most=recipe.limits.pictures))
        return dict(zip(("stylized", "loss"), painted, strict=True))

    return with_settings(stylize, {"content": _IMAGES, "style": _IMAGES}, recipe.config)


def _paint_encoded(decode_one: Any, paint_one: Any) -> Any:
    """Return the function from an encoded content and style to an encoded painting."""

    def paint_encoded(content: tf.Tensor, style: tf.Tensor, settings: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """Decode, paint and encode one picture."""
        image, loss = paint_one(decode_one(content), decode_one(style), settings)
        return encode(image), loss

    return paint_encoded


def _bytes_function(recipe: ServedRecipe, paint_encoded: Any) -> Any:
    """Return the signature for encoded pictures, each painted at its own size."""

    def stylize_bytes(content_bytes: tf.Tensor, style_bytes: tf.Tensor, settings: Any) -> dict[str, tf.Tensor]:
        """Paint encoded pictures."""
        batch = Batch({"content_bytes": content_bytes, "style_bytes": style_bytes}, settings)
        painted = one_by_one(paint_encoded, batch, (_TEXT, _LOSS), most=recipe.limits.pictures)
        return dict(zip(("stylized_bytes", "loss"), painted, strict=True))

    return with_settings(stylize_bytes, {"content_bytes": _BYTES, "style_bytes": _BYTES}, recipe.config)


def _named_function(recipe: ServedRecipe, paint_encoded: Any, styles: Mapping[str, bytes]) -> Any:
    """Return the signature for encoded contents, and the names of styles that are in the model."""

    def paint_named(content: tf.Tensor, name: tf.Tensor, settings: Any) -> Any:
        """Look a style up, and paint one picture."""
        return with_named_style(styles, name, lambda style: paint_encoded(content, style, settings))

    def stylize_named(content_bytes: tf.Tensor, style_name: tf.Tensor, settings: Any) -> dict[str, tf.Tensor]:
        """Paint encoded pictures, each in a style that is in the model."""
        batch = Batch({"content_bytes": content_bytes, "style_name": style_name}, settings)
        painted = one_by_one(paint_named, batch, (_TEXT, _LOSS), most=recipe.limits.pictures)
        return dict(zip(("stylized_bytes", "loss"), painted, strict=True))

    return with_settings(stylize_named, {"content_bytes": _BYTES, "style_name": _BYTES}, recipe.config)


def _default_function(config: StyleConfig, stylize_bytes: Any) -> Any:
    """Return the signature whose only inputs are two encoded pictures."""

    def serving_default(content_bytes: tf.Tensor, style_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Paint encoded pictures with the default settings."""
        painted = stylize_bytes(content_bytes, style_bytes, *_defaults(config))
        return {"stylized_bytes": painted["stylized_bytes"]}

    return tf.function(serving_default, input_signature=[_BYTES, _BYTES], autograph=False)


def _call_function(config: StyleConfig, stylize: Any) -> Any:
    """Return the function that is called like TF Hub's module."""

    def call(content: tf.Tensor, style: tf.Tensor) -> list[tf.Tensor]:
        """Paint images with the default settings."""
        return [stylize(content, style, *_defaults(config))["stylized"]]

    return tf.function(call, input_signature=[_IMAGES, _IMAGES], autograph=False)


def _dict_function(config: StyleConfig, stylize: Any) -> Any:
    """Return the function for `keras.layers.TFSMLayer`, which passes a single argument."""

    def stylize_dict(pictures: dict[str, tf.Tensor]) -> tf.Tensor:
        """Paint images in a dict with the default settings."""
        return stylize(pictures["content"], pictures["style"], *_defaults(config))["stylized"]

    return tf.function(stylize_dict, input_signature=[{"content": _IMAGES, "style": _IMAGES}], autograph=False)


def _features_function(recipe: ServedRecipe) -> Any:
    """Return the signature for features and Gram matrices of images."""

    def answer(image: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return features and Gram matrices."""
        found = {name: tf.cast(value, tf.float32) for name, value in recipe.network(image).items()}
        return found | {f"{name}_gram": gram_matrix(value) for name, value in found.items()}

    def features(image: tf.Tensor) -> dict[str, tf.Tensor]:
        """Check images, and return their features and Gram matrices."""
        checks = image_checks(image, config=recipe.config, limits=recipe.limits)
        return after_checks(checks, lambda: answer(image))  # type: ignore[no-any-return]

    return tf.function(features, input_signature=[_IMAGES], autograph=False)


def _defaults(config: StyleConfig) -> Settings:
    """Return a configuration's settings as tensors of one element, the form in which a signature has defaults."""
    return Settings(**{name: tf.constant(value) for name, value in default_settings(config).items()})

"""What an exported model answers to: the signatures of TF Serving, and the call of TF Hub's stylization module."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from nst_tf.config import StyleConfig
from nst_tf.losses import gram_matrix
from nst_tf_serving.codecs import decode, encode
from nst_tf_serving.recipe import Recipe, Settings, paint
from nst_tf_serving.requirements import Requirement, after

_TYPES = Settings(
    steps=tf.int32,
    size=tf.int32,
    content_weight=tf.float32,
    style_weight=tf.float32,
    tv_weight=tf.float32,
    learning_rate=tf.float32,
    seed=tf.int32,
)

_SETTINGS = [tf.TensorSpec((None,), kind) for kind in _TYPES]
_IMAGES = tf.TensorSpec((None, None, None, 3), tf.float32)
_BYTES = tf.TensorSpec((None,), tf.string)
_LOSS = tf.TensorSpec((), tf.float32)


def make_module(recipe: Recipe) -> tuple[tf.Module, dict[str, Any]]:
    """Return the module to save, and its signatures.

    The loaded module can be called as TF Hub's stylization module: `model(content, style)[0]`.
    """
    module = tf.Module(name="stylizer")
    # Keras' own variables would be saved under names that TF Serving's loader does not find (keras#20095).
    module.filters = [variable.value for variable in recipe.network.variables]
    signatures = {
        "serving_default": _default_function(recipe),
        "stylize_bytes": _bytes_function(recipe),
        "stylize": _images_function(recipe),
        "features": _features_function(recipe),
    }
    module.__call__ = _call_function(recipe)
    module.stylize_dict = _dict_function(recipe)
    for name in ("stylize_bytes", "stylize", "features"):
        setattr(module, name, signatures[name])  # these honor defaults, which loaded signatures do not
    return module, signatures


def _default_function(recipe: Recipe) -> Any:
    defaults = _defaults(recipe.config)

    def serving_default(content_bytes: tf.Tensor, style_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        stylized, _ = _paint_encoded(recipe, content_bytes, style_bytes, defaults)
        return {"stylized_bytes": stylized}

    return tf.function(serving_default, input_signature=[_BYTES, _BYTES], autograph=False)


def _bytes_function(recipe: Recipe) -> Any:
    default = _defaults(recipe.config)

    def stylize_bytes(
        content_bytes: tf.Tensor,
        style_bytes: tf.Tensor,
        steps: tf.Tensor = default.steps,
        size: tf.Tensor = default.size,
        content_weight: tf.Tensor = default.content_weight,
        style_weight: tf.Tensor = default.style_weight,
        tv_weight: tf.Tensor = default.tv_weight,
        learning_rate: tf.Tensor = default.learning_rate,
        seed: tf.Tensor = default.seed,
    ) -> dict[str, tf.Tensor]:
        settings = Settings(steps, size, content_weight, style_weight, tv_weight, learning_rate, seed)
        stylized, loss = _paint_encoded(recipe, content_bytes, style_bytes, settings)
        return {"stylized_bytes": stylized, "loss": loss}

    return tf.function(stylize_bytes, input_signature=[_BYTES, _BYTES, *_SETTINGS], autograph=False)


def _images_function(recipe: Recipe) -> Any:
    default = _defaults(recipe.config)

    def stylize(
        content: tf.Tensor,
        style: tf.Tensor,
        steps: tf.Tensor = default.steps,
        size: tf.Tensor = default.size,
        content_weight: tf.Tensor = default.content_weight,
        style_weight: tf.Tensor = default.style_weight,
        tv_weight: tf.Tensor = default.tv_weight,
        learning_rate: tf.Tensor = default.learning_rate,
        seed: tf.Tensor = default.seed,
    ) -> dict[str, tf.Tensor]:
        settings = Settings(steps, size, content_weight, style_weight, tv_weight, learning_rate, seed)
        stylized, loss = _paint_images(recipe, content, style, settings)
        return {"stylized": stylized, "loss": loss}

    return tf.function(stylize, input_signature=[_IMAGES, _IMAGES, *_SETTINGS], autograph=False)


def _dict_function(recipe: Recipe) -> Any:
    """Return the endpoint for `keras.layers.TFSMLayer`, which passes on a single argument."""
    defaults = _defaults(recipe.config)

    def stylize_dict(pictures: dict[str, tf.Tensor]) -> tf.Tensor:
        return _paint_images(recipe, pictures["content"], pictures["style"], defaults)[0]

    return tf.function(stylize_dict, input_signature=[{"content": _IMAGES, "style": _IMAGES}], autograph=False)


def _call_function(recipe: Recipe) -> Any:
    defaults = _defaults(recipe.config)

    def call(content: tf.Tensor, style: tf.Tensor) -> list[tf.Tensor]:
        return [_paint_images(recipe, content, style, defaults)[0]]

    return tf.function(call, input_signature=[_IMAGES, _IMAGES], autograph=False)


def _features_function(recipe: Recipe) -> Any:
    def features(image: tf.Tensor) -> dict[str, tf.Tensor]:
        found = {name: tf.cast(value, tf.float32) for name, value in recipe.network(image).items()}
        return found | {f"{name}_gram": gram_matrix(value) for name, value in found.items()}

    return tf.function(features, input_signature=[_IMAGES], autograph=False)


def _paint_encoded(
    recipe: Recipe, content: tf.Tensor, style: tf.Tensor, settings: Settings
) -> tuple[tf.Tensor, tf.Tensor]:
    """Paint encoded pictures, each at a size of its own."""

    def one(content: tf.Tensor, style: tf.Tensor, settings: Settings) -> tuple[tf.Tensor, tf.Tensor]:
        photograph, painting = (_decoded(each, recipe) for each in (content, style))
        image, loss = paint(recipe, photograph, painting, settings)
        return encode(image), loss

    batch = Batch({"content_bytes": content, "style_bytes": style}, settings)
    return _one_by_one(recipe, one, batch, (tf.TensorSpec((), tf.string), _LOSS))  # type: ignore[no-any-return]


def _decoded(encoded: tf.Tensor, recipe: Recipe) -> tf.Tensor:
    return decode(encoded, max_bytes=recipe.limits.input_bytes, max_pixels=recipe.limits.input_pixels)


def _paint_images(
    recipe: Recipe, content: tf.Tensor, style: tf.Tensor, settings: Settings
) -> tuple[tf.Tensor, tf.Tensor]:
    """Paint images, all at one size."""
    alike = tf.reduce_all(settings.size == settings.size[:1])
    batch = Batch({"content": content, "style": style}, settings)
    paint_one = functools.partial(paint, recipe)
    return after(  # type: ignore[no-any-return]
        [Requirement(alike, ("size must be the same for all pictures of a request.",))],
        lambda: _one_by_one(recipe, paint_one, batch, (tf.TensorSpec((None, None, 3), tf.float32), _LOSS)),
    )


class Batch(NamedTuple):
    """A request.

    Attributes:
        pictures: Input name to pictures, content first; of the style, either as many as of the content or one for all.
        settings: Of each, as many as pictures or one for all.
    """

    pictures: dict[str, tf.Tensor]
    settings: Settings


def _one_by_one(recipe: Recipe, paint_one: Callable[..., Any], batch: Batch, specs: tuple[Any, ...]) -> Any:
    """Paint the pictures of a request one after the other, so that each has all of the memory and the processor."""
    content, style = batch.pictures.values()
    count = tf.shape(content)[0]

    def paint_at(index: tf.Tensor) -> Any:
        settings = Settings(*(_at(values, index) for values in batch.settings))
        return paint_one(_at(content, index), _at(style, index), settings)

    most = recipe.limits.pictures
    told = f"{next(iter(batch.pictures))} must hold 1 to {most} pictures; got "
    requirements = [Requirement(tf.logical_and(count >= 1, count <= most), (told, count, "."))]
    for name, values in {**batch.pictures, **batch.settings._asdict()}.items():
        length = tf.shape(values)[0]
        told = f"{name} must have one value, or as many as there are contents ("
        matches = tf.logical_or(length == 1, length == count)
        requirements.append(Requirement(matches, (told, count, "); got ", length, ".")))
    return after(
        requirements,
        lambda: tf.map_fn(paint_at, tf.range(count), fn_output_signature=specs, parallel_iterations=1),
    )


def _at(values: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    return values[tf.minimum(index, tf.shape(values)[0] - 1)]


def _defaults(config: StyleConfig) -> Settings:
    """Return a configuration's settings as tensors of one element, which is how a signature keeps its defaults."""
    values = Settings(**{name: getattr(config, name) or 0 for name in Settings._fields})
    return Settings(*(tf.constant([value], kind) for value, kind in zip(values, _TYPES, strict=True)))

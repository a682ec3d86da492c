"""The paper's equations 1 to 7 on real crops, against an implementation in NumPy that shares no code with ours.

Features by explicit convolution, the loss by the equations' sums, its gradient by the equations' own derivatives
(2 and 6), carried back through the network by transposed convolutions; all in float64. SciPy checks the convolution.
"""

import numpy as np
import pytest
import tensorflow as tf
from helpers.objectives import terms_of
from scipy.ndimage import correlate

from nst_tf import feature_model, load_image, load_weights, preset
from nst_tf.layer_names import LAYERS
from nst_tf_cli.commands.demo import bundled

MEAN_BGR = np.array([103.939, 116.779, 123.68])
ALPHA, BETA = 1e-3, 1.0
CONTENT, STYLES = "block4_conv2", [f"block{block}_conv1" for block in range(1, 6)]
READ = LAYERS[: LAYERS.index("block5_conv1") + 1]


def convolved(maps, kernel):
    """Correlate `(H, W, I)` with `(3, 3, I, O)`, zero-padded, as nine matrix products."""
    padded = np.pad(maps, ((1, 1), (1, 1), (0, 0)))
    height, width, _ = maps.shape
    return sum(padded[y : y + height, x : x + width] @ kernel[y, x] for y in range(3) for x in range(3))


def run(image, weights):
    """All features F^l, `(H, W, N)` each, of an image `(H, W, 3)` in [0, 1], with average pooling."""
    maps, features = image[..., ::-1] * 255 - MEAN_BGR, {}
    for layer in READ:
        if layer.endswith("conv1") and layer != READ[0]:
            height, width = (side // 2 * 2 for side in maps.shape[:2])
            maps = maps[:height, :width].reshape(height // 2, 2, width // 2, 2, -1).mean(axis=(1, 3))
        kernel, bias = (np.float64(weights.arrays[f"{layer}/{part}"]) for part in ("kernel", "bias"))
        maps = features[layer] = np.maximum(convolved(maps, kernel) + bias, 0)
    return features


def pulled_back(gradients, features, weights, shape):
    """Carry dL/dF of some layers back to the image."""
    upstream = np.zeros_like(features[READ[-1]])
    for layer, before in zip(READ[::-1], (*READ[-2::-1], None), strict=True):
        upstream = (upstream + gradients.get(layer, 0)) * (features[layer] > 0)
        kernel = np.float64(weights.arrays[f"{layer}/kernel"])
        upstream = convolved(upstream, kernel[::-1, ::-1].swapaxes(2, 3))
        if before and layer.endswith("conv1"):
            spread = np.zeros_like(features[before])
            height, width = (2 * side for side in upstream.shape[:2])
            spread[:height, :width] = upstream.repeat(2, axis=0).repeat(2, axis=1) / 4
            upstream = spread
    assert upstream.shape == shape
    return upstream[..., ::-1] * 255


def matrix(maps):
    """F^l as the paper writes it: a row for each of N channels, a column for each of M positions."""
    return maps.reshape(-1, maps.shape[-1]).T


def paper_loss(image, content, style, weights):
    """Loss and gradient by equations 1 to 7."""
    of_image, of_content, of_style = (run(picture, weights) for picture in (image, content, style))
    f, p = matrix(of_image[CONTENT]), matrix(of_content[CONTENT])
    loss = ALPHA * 0.5 * np.sum((f - p) ** 2)  # Eq 1
    gradients = {CONTENT: ALPHA * np.where(f > 0, f - p, 0)}  # Eq 2
    for layer in STYLES:
        f, s = matrix(of_image[layer]), matrix(of_style[layer])
        n, m = f.shape
        gram, target = f @ f.T, s @ s.T  # Eq 3
        loss += BETA / 5 * np.sum((gram - target) ** 2) / (4 * n**2 * m**2)  # Eqs 4, 5, 7
        slope = BETA / 5 * np.where(f > 0, (f.T @ (gram - target)).T, 0) / (n**2 * m**2)  # Eq 6
        gradients[layer] = gradients.get(layer, 0) + slope
    gradients = {layer: slope.T.reshape(of_image[layer].shape) for layer, slope in gradients.items()}
    return loss, pulled_back(gradients, of_image, weights, image.shape)


def crop(path, side=48):
    height, width = (load_image(path).shape[1:3][axis] // 2 for axis in (0, 1))
    return load_image(path)[0, height : height + side, width : width + side].astype(np.float64)


@pytest.fixture(params=["bundled", "real"])
def pair(request):
    """Crops of two pictures of 48 px, and noise to start from."""
    if request.param == "bundled":
        content, style = crop(bundled("scene.png")), crop(bundled("painting.png"))
    else:
        folder = request.getfixturevalue("shared_images")
        content, style = crop(folder / "tubingen.jpg"), crop(folder / "starry_night.jpg")
    return np.random.default_rng(4).random(content.shape), content, style


@pytest.mark.parametrize("name", ["builtin", "random"])
def test_paper_loss_and_gradient_equal_the_equations(name, pair):
    weights = load_weights(name)
    changes = {"activations": "unchanged", "normalization": "paper", "content_weight": ALPHA, "style_weight": BETA}
    config = preset("paper", weights=name, **changes)
    network = feature_model(config.layers, weights=weights)
    image, content, style = (tf.constant(picture[None], tf.float32) for picture in pair)
    terms_at = terms_of(network, content, style, config=config)
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = terms_at(image).loss
    expected, slope = paper_loss(*pair, weights)
    gradient = tape.gradient(loss, image)[0].numpy()
    assert loss.numpy() == pytest.approx(expected, rel=1e-4)
    assert np.linalg.norm(gradient - slope) <= 1e-4 * np.linalg.norm(slope)


def test_oracle_equals_scipy_and_its_own_central_differences(rng):
    maps, kernel = rng.random((6, 5, 2)), rng.normal(size=(3, 3, 2, 4))
    expected = [sum(correlate(maps[..., i], kernel[:, :, i, o], mode="constant") for i in range(2)) for o in range(4)]
    np.testing.assert_allclose(convolved(maps, kernel), np.moveaxis(expected, 0, -1), rtol=1e-12)
    weights = load_weights("builtin")
    image, content, style = (rng.random((19, 16, 3)) for _ in range(3))
    slope, direction = paper_loss(image, content, style, weights)[1], rng.normal(size=image.shape)
    ahead, behind = (paper_loss(image + h * direction, content, style, weights)[0] for h in (1e-6, -1e-6))
    assert np.sum(slope * direction) == pytest.approx((ahead - behind) / 2e-6, rel=1e-4)

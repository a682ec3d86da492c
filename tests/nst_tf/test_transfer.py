import dataclasses
import logging

import numpy as np
import pytest
from helpers.objectives import targets_of

import nst_tf
from nst_tf import DivergedError, StyleConfig, preset
from nst_tf.recipe import first_image, white_noise
from nst_tf.transfer import fit_pictures
from nst_tf.weights import sources

QUICK = {"weights": "random", "steps": 3, "scales": 1}


@pytest.fixture
def content(rng):
    return rng.random((40, 48, 3))


@pytest.fixture
def style(rng):
    return rng.random((1, 44, 36, 3)) ** 3


def test_painting_has_the_contents_shape_and_lies_in_range(content, style):
    painting = nst_tf.stylize(content, style, config=StyleConfig(**QUICK))
    assert painting.image.shape == (1, 40, 48, 3) and painting.image.dtype == np.float32
    assert painting.image.min() >= 0 and painting.image.max() <= 1
    assert (painting.weights, painting.steps) == ("random", 3)


def test_loss_is_that_of_the_returned_picture(content, style):
    config = StyleConfig(**QUICK, content_weight=2.0, style_weight=3.0, tv_weight=0.5)
    painting = nst_tf.stylize(content, style, config=config)
    terms = painting.terms
    expected = 2.0 * terms["content"] + 3.0 * terms["style"] + 0.5 * terms["tv"]
    assert painting.loss == pytest.approx(expected, rel=1e-5)
    tv = sum(np.mean(np.diff(painting.image, axis=axis) ** 2) for axis in (1, 2))
    assert terms["tv"] == pytest.approx(tv, rel=1e-4)


@pytest.mark.parametrize("start", ["content", "noise", "style"])
def test_one_seed_gives_the_same_bits_again(start, content, style):
    first, again = (nst_tf.stylize(content, style, config=StyleConfig(**QUICK, start=start)) for _ in range(2))
    np.testing.assert_array_equal(first.image, again.image)


def other_file(tmp_path):
    weights = nst_tf.load_weights("random", seed=4)
    np.savez(tmp_path / "other.npz", **{name: array for name, array in weights.arrays.items() if "block5" not in name})
    return str(tmp_path / "other.npz")


@pytest.mark.parametrize(
    "change",
    [
        {"content_weight": 0.9},
        {"style_weight": 0.4},
        {"tv_weight": 3.0},
        {"content_layers": "conv2_1"},
        {"style_layers": "conv1_1"},
        {"normalization": "paper"},
        {"pooling": "max"},
        {"weights": other_file},
        {"size": 40},
        {"style_scale": 2.0},
        {"style_proportions": "content"},
        {"activations": "normalized"},
        {"start": "style"},
        {"steps": 4},
        {"learning_rate": 0.05},
        {"beta_1": 0.5},
        {"beta_2": 0.5},
        {"epsilon": 0.1},
        {"average_decay": 0.0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_setting_changes_the_picture(change, content, style, tmp_path):
    layers = {"content_layers": "conv3_1", "style_layers": "conv1_1,conv2_1"}
    base = {"weights": "random", "steps": 3, **layers}
    change = {name: value(tmp_path) if callable(value) else value for name, value in change.items()}
    plain, changed = (nst_tf.stylize(content, style, config=StyleConfig(**base | extra)) for extra in ({}, change))
    same = plain.image.shape == changed.image.shape and np.array_equal(plain.image, changed.image)
    assert not same


def test_style_start_is_the_style_in_the_contents_shape(content, style):
    fitted = fit_pictures(content, style, config=StyleConfig())
    start = first_image(fitted, "style", 0)
    assert start.shape == fitted.content.image.shape
    np.testing.assert_allclose(np.mean(start), np.mean(style), atol=0.02)


def test_painting_is_the_moving_average(content, style):
    seen = []
    config = StyleConfig(**QUICK)
    painting = nst_tf.stylize(content, style, config=config, callback=lambda now: seen.append(now.image()))
    np.testing.assert_array_equal(painting.image, seen[-1])


def test_another_seed_gives_another_picture(content, style):
    pictures = []
    for seed in (1, 1, 2):
        config = StyleConfig(weights="random", steps=2, start="noise", seed=seed)
        pictures.append(nst_tf.stylize(content, style, config=config).image)
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert np.max(np.abs(pictures[0] - pictures[2])) > 0.01


def test_noise_is_white_faint_and_around_the_mean_of_imagenets_colors():
    noise = white_noise((1, 200, 300, 3), 5)[0].numpy() * 255 - [123.68, 116.779, 103.939]
    np.testing.assert_allclose(noise.mean(axis=(0, 1)), 0, atol=0.02)
    np.testing.assert_allclose(noise.std(axis=(0, 1)), 1, atol=0.02)
    neighbors = [
        np.mean(noise[1:] * noise[:-1]),
        np.mean(noise[:, 1:] * noise[:, :-1]),
        np.mean(noise[..., 0] * noise[..., 1]),
    ]
    np.testing.assert_allclose(neighbors, 0, atol=0.02)
    assert np.any(noise != white_noise((1, 200, 300, 3), 6)[0].numpy())


@pytest.mark.parametrize("weights", ["builtin", "random"])
def test_automatic_activations_leave_small_ones_alone(weights, content, style):
    settings = {"weights": weights, "size": 32, "steps": 2, "precision": "float32"}
    painted = [nst_tf.stylize(content, style, config=preset("paper", **settings, activations=activations))
               for activations in ("auto", "unchanged")]  # fmt: skip
    np.testing.assert_array_equal(painted[0].image, painted[1].image)
    assert painted[0].weights == weights


def test_pictures_keep_their_proportions_and_the_style_follows_its_scale():
    content, style = np.zeros((30, 60, 3)), np.zeros((80, 40, 3))
    config = StyleConfig(size=120, style_scale=0.5)
    fitted = fit_pictures(content, style, config=config)
    assert [tuple(each.image.shape) for each in (fitted.content, *fitted.styles)] == [(1, 60, 120, 3), (1, 60, 30, 3)]


def test_style_may_be_resized_to_the_contents_size_as_in_the_paper():
    content, style = np.zeros((30, 60, 3)), np.zeros((80, 40, 3))
    for scale, size in ((1.0, (60, 120)), (0.5, (30, 60))):
        config = StyleConfig(size=120, style_proportions="content", style_scale=scale)
        assert fit_pictures(content, style, config=config).styles[0].size == size


def test_large_photograph_is_reduced_and_a_small_one_is_left_alone():
    large, small = np.zeros((600, 1024, 3)), np.full((40, 50, 3), 0.3)
    assert fit_pictures(large, small, config=StyleConfig()).content.size == (300, 512)
    np.testing.assert_allclose(fit_pictures(small, small, config=StyleConfig()).content.image[0], small, rtol=1e-6)


def test_enlarging_and_reducing_do_not_alias(rng):
    from nst_tf.scales.resizing import resize

    stripes = np.tile([0.0, 1.0], 64)[None, :, None] * np.ones((64, 1, 3))
    reduced = resize(stripes[None].astype(np.float32), (16, 32)).numpy()
    np.testing.assert_allclose(reduced[:, :, 4:-4], 0.5, atol=0.02)
    flat = np.full((1, 9, 7, 3), 0.25, np.float32)
    np.testing.assert_allclose(resize(flat, (20, 31)), 0.25, atol=1e-6)


def test_a_start_that_is_a_file_is_the_array_in_it(pictures, content, style):
    """Without a move of any size, the first picture is the last."""
    config = StyleConfig(**QUICK | {"steps": 1}, learning_rate=1e-12)
    by_file = nst_tf.stylize(content, style, config=dataclasses.replace(config, start="painting.jpg"))
    array = nst_tf.load_image("painting.jpg")
    by_array = nst_tf.stylize(content, style, config=config, start=array)
    np.testing.assert_array_equal(by_array.image, by_file.image)
    np.testing.assert_allclose(by_array.image.mean(axis=(1, 2)), array.mean(axis=(1, 2)), atol=0.02)


def test_a_start_that_is_malformed_is_named(content, style):
    with pytest.raises(ValueError, match="start must be one RGB picture"):
        nst_tf.stylize(content, style, config=StyleConfig(**QUICK), start=np.zeros((4, 4)))


def test_unknown_start_lists_the_choices(content, style):
    with pytest.raises(FileNotFoundError, match="content, noise, style or a picture; there is no gray"):
        nst_tf.stylize(content, style, config=StyleConfig(**QUICK, start="gray"))


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((40, 40)), r"one RGB picture.*got shape \(40, 40\)"),
        (np.zeros((2, 40, 40, 3)), "one RGB picture"),
        (np.zeros((40, 40, 4)), "one RGB picture"),
        (np.zeros((0, 40, 3)), "one RGB picture"),
        (np.zeros((40, 40, 3), np.uint8), r"floats in \[0, 1\]; got uint8"),
        (np.full((40, 40, 3), 200.0), r"floats in \[0, 1\]"),
        (np.full((40, 40, 3), np.nan), r"floats in \[0, 1\]"),
        (np.zeros((1, 1, 3)), "content would be 1x1 px, but conv5_1 needs a shorter side of at least 16 px"),
    ],
)
def test_malformed_content_is_named(picture, message, style):
    with pytest.raises(ValueError, match=message):
        nst_tf.stylize(picture, style, config=StyleConfig(**QUICK))


def test_callback_that_stops_gets_the_picture_so_far(content, style):
    painting = nst_tf.stylize(content, style, config=StyleConfig(weights="random", steps=50), callback=lambda _: True)
    assert painting.steps == 1


def test_a_run_that_diverges_at_a_coarse_size_keeps_a_picture_of_the_results(content, style):
    overflowing = {"tv_weight": 1e38, "learning_rate": 1000.0}  # squares of its gradient are infinite
    config = StyleConfig(weights="random", size=48, scales=2, coarse_steps=9, steps=5, **overflowing)
    with pytest.raises(nst_tf.DivergedError, match="not finite at step") as caught:
        nst_tf.stylize(content, style, config=config)
    assert max(caught.value.image.shape) == 48 and np.isfinite(caught.value.image).all()


OVERFLOWING = {"weights": "random", "style_weight": 1e30, "size": 48}
"""Settings with which the image is finite after the first step, and not after the second."""


@pytest.mark.parametrize(
    ("plan", "when"),
    [
        ({"scales": 1, "steps": 2}, "after step 2"),
        ({"scales": 1, "steps": 4}, "at step 3"),
        ({"scales": 2, "coarse_steps": 2, "steps": 5}, "at step 3"),
        ({"scales": 2, "coarse_steps": 1, "steps": 2}, "after step 3"),
    ],
)
def test_wherever_a_run_diverges_it_keeps_the_last_good_picture(plan, when, content, style):
    config = StyleConfig(**OVERFLOWING, **plan)
    with pytest.raises(nst_tf.DivergedError, match=f"not finite {when}: ") as caught:
        nst_tf.stylize(content, style, config=config)
    assert caught.value.image.shape == (1, 40, 48, 3) and np.isfinite(caught.value.image).all()


def test_a_run_that_is_ended_where_it_has_diverged_keeps_the_last_good_picture(content, style):
    config = StyleConfig(**OVERFLOWING, scales=1, steps=9)
    with pytest.raises(nst_tf.DivergedError, match="not finite after step 2: ") as caught:
        nst_tf.stylize(content, style, config=config, callback=lambda now: now.step == 2, report_every=1)
    assert np.isfinite(caught.value.image).all()


def test_auto_says_which_network_it_took(content, style, caplog):
    sources._load.cache_clear()
    with caplog.at_level(logging.WARNING, logger="nst_tf"):
        assert nst_tf.stylize(content, style, config=StyleConfig(steps=1)).weights == "builtin"
    assert "built-in network" in caplog.text


def test_style_loss_of_a_real_run_falls_tenfold(shared_images):
    content = nst_tf.load_image(shared_images / "tubingen.jpg")
    style = nst_tf.load_image(shared_images / "starry_night.jpg")
    seen = []
    config = StyleConfig(weights="builtin", size=128, steps=60, scales=1)
    painting = nst_tf.stylize(content, style, config=config, callback=seen.append)
    assert painting.terms["style"] < seen[0].terms["style"] / 10
    assert painting.loss < seen[0].loss


def test_targets_come_from_the_right_picture(tiny_network, rng):
    config = StyleConfig(content_layers="conv4_2", style_layers="conv1_1")
    content, style = rng.random((1, 8, 8, 3)), rng.random((1, 6, 10, 3))
    targets = targets_of(tiny_network, content, style, config=config)
    np.testing.assert_array_equal(targets.content["block4_conv2"], tiny_network(content)["block4_conv2"])
    of_style = tiny_network(style)["block1_conv1"].numpy().reshape(60, 4)
    np.testing.assert_allclose(targets.grams["block1_conv1"][0], of_style.T @ of_style / 60, rtol=1e-12)


def test_a_resumed_run_calls_no_picture_good_whose_loss_is_not_finite(content, style):
    snapshots = []
    config = StyleConfig(weights="random", steps=3, scales=1)
    nst_tf.stylize(content, style, config=config, callback=lambda now: snapshots.append(now.snapshot()), report_every=1)
    overflowing = dataclasses.replace(config, content_layers="conv4_2=1e20", content_weight=1e38)
    with pytest.raises(DivergedError) as caught:
        nst_tf.stylize(content, style, config=overflowing, start=snapshots[0])
    assert caught.value.image is None

"""Style files: what they hold against NumPy and the picture's own measurements, and runs that paint from them."""

import contextlib
import json

import numpy as np
import pytest
import tensorflow as tf

import nst_tf
from nst_tf import Picture, StyleConfig
from nst_tf.network.vgg19 import feature_model
from nst_tf.scales.resizing import resize
from nst_tf.storage.arrays import read_arrays, write_arrays
from nst_tf.style_files import pack_gram, unpack_gram
from nst_tf.styles import targets_of_saved

LAYERS = {"content_layers": "conv3_1", "style_layers": "conv1_1,conv2_1"}
QUICK = {"weights": "random", "steps": 3, "scales": 2, "precision": "float32", **LAYERS}
CONFIG = StyleConfig(**QUICK)


@pytest.fixture
def content(rng):
    return rng.random((40, 64, 3))


@pytest.fixture
def style(rng):
    coarse = tf.constant(rng.random((1, 12, 10, 3)), tf.float32)
    return tf.clip_by_value(tf.image.resize(coarse, (96, 80), "bicubic"), 0, 1).numpy()


@pytest.fixture
def file(tmp_path, style):
    nst_tf.save_style(tmp_path / "style.nst", style, config=CONFIG, size=64)
    return tmp_path / "style.nst"


def test_a_gram_matrix_survives_packing(rng):
    features = rng.random((50, 8)).astype(np.float32) * 10.0 ** np.arange(-4, 4)
    features[:, 3] = 0
    gram = (features.T @ features / 50).astype(np.float32)
    restored = unpack_gram(*pack_gram(gram))
    bound = np.sqrt(np.outer(np.diag(gram), np.diag(gram))) / 65535
    assert (np.abs(restored - gram) <= bound + 1e-6 * np.abs(gram)).all()
    np.testing.assert_array_equal(restored, restored.T)
    assert not restored[3].any()


def test_a_file_holds_what_the_picture_measures_at_each_size(file, style):
    saved, network = nst_tf.load_style(file), feature_model(["conv1_1", "conv2_1", "conv5_4"], weights="random")
    assert [level.longer for level in saved.levels] == [23, 32, 45, 64]
    assert saved.size == (96, 80) and saved.layers == ("block1_conv1", "block2_conv1")
    for level, size in zip(saved.levels, [(23, 19), (32, 27), (45, 38), (64, 53)], strict=True):
        found = network(resize(style, size))
        for layer, gram in level.grams.items():
            features = found[layer].numpy().reshape(-1, gram.shape[1]).astype(np.float64)
            expected = features.T @ features / len(features)
            assert np.abs(gram[0] - expected).max() <= 3e-5 * expected.max()
        deep = found["block5_conv4"].numpy().astype(np.float64)
        assert level.energies["block5_conv4"] == pytest.approx(np.mean(deep**2), rel=1e-4)


def test_opacity_counts_when_a_style_is_saved(tmp_path, style):
    alpha = np.ones((1, 96, 80, 1), np.float32)
    alpha[:, 48:] = 0
    half = nst_tf.save_style(tmp_path / "half.nst", Picture(style, alpha), config=CONFIG, size=96)
    top = nst_tf.save_style(tmp_path / "top.nst", style[:, :48], config=CONFIG, size=80)
    whole = nst_tf.save_style(tmp_path / "whole.nst", style, config=CONFIG, size=96)
    grams = [each.levels[-1].grams["block1_conv1"] for each in (half, top, whole)]
    assert np.abs(grams[0] - grams[1]).max() < 0.2 * np.abs(grams[2] - grams[1]).max()


@pytest.mark.parametrize("changes", [{}, {"style_scale": 0.5}, {"optimizer": "lbfgs"}, {"normalization": "paper"}])
def test_painting_from_a_file_equals_painting_from_the_picture(changes, content, style, file):
    config = StyleConfig(**{**QUICK, **changes})
    saved = nst_tf.load_style(file)
    by_picture, by_file = (nst_tf.stylize(content, each, config=config) for each in (style, saved))
    assert by_file.loss == pytest.approx(by_picture.loss, rel=1e-3)
    assert np.abs(by_file.image - by_picture.image).mean() < 5e-4


def test_a_file_with_another_border_paints_as_the_picture_does(content, style, tmp_path):
    config = StyleConfig(**QUICK, border="replicate")
    nst_tf.save_style(tmp_path / "style.nst", style, config=config, size=64)
    saved = nst_tf.load_style(tmp_path / "style.nst")
    by_picture, by_file = (nst_tf.stylize(content, each, config=config) for each in (style, saved))
    assert by_file.loss == pytest.approx(by_picture.loss, rel=1e-3)


def test_a_file_that_does_not_say_its_border_has_zeros_there(file):
    before = nst_tf.load_style(file)
    noted(file, border=None)
    after = nst_tf.load_style(file)
    assert after.border == "zero" and after.sha256 == before.sha256


def test_a_size_between_two_is_mixed_from_both(file, style):
    saved, network = nst_tf.load_style(file), feature_model(["conv2_1"], weights="random")
    features = network(resize(style, (54, 45)))["block2_conv1"].numpy().reshape(-1, 128).astype(np.float64)
    expected = features.T @ features / len(features)
    below, above = (level.grams["block2_conv1"][0] for level in saved.levels[2:])
    share = np.log(54 / 45) / np.log(64 / 45)
    found = targets_of_saved(saved, 54).grams["block2_conv1"][0].numpy()
    np.testing.assert_allclose(found, (1 - share) * below + share * above, rtol=1e-5, atol=1e-7)
    errors = [np.linalg.norm(each - expected) for each in (found, below, above)]
    assert errors[0] < 0.7 * min(errors[1:])


def test_files_and_pictures_are_mixed(content, style, file, rng):
    other, saved = rng.random((50, 60, 3)), nst_tf.load_style(file)
    config = StyleConfig(**QUICK, style_weights=(3, 1))
    mixed = [nst_tf.stylize(content, [each, other], config=config) for each in (style, saved)]
    assert mixed[1].loss == pytest.approx(mixed[0].loss, rel=1e-3)
    both = nst_tf.stylize(content, [saved, saved], config=StyleConfig(**QUICK))
    assert both.loss == pytest.approx(nst_tf.stylize(content, saved, config=StyleConfig(**QUICK)).loss, rel=1e-4)


def test_fewer_layers_than_a_file_holds_are_painted_in_the_same_trace(content, style, file):
    config = StyleConfig(**{**QUICK, "style_layers": "conv2_1", "content_layers": "conv1_2"})
    stylizer = nst_tf.Stylizer(config)
    losses = [stylizer.stylize(content, each).loss for each in (style, nst_tf.load_style(file))]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3) and stylizer.traces == 1


def test_a_texture_from_a_file(style, file):
    saved, config = nst_tf.load_style(file), StyleConfig(**{**QUICK, "size": 64, "scales": 1})
    by_picture, by_file = (nst_tf.synthesize_texture(each, config=config) for each in (style, saved))
    assert by_file.image.shape == by_picture.image.shape
    assert by_file.loss == pytest.approx(by_picture.loss, rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"size": 90}, "holds its style up to 64 px, and this run measures it at 90 px"),
        ({"style_layers": "conv1_1,conv3_2"}, "a style file for conv1_1, conv2_1; save it for conv3_2, too"),
        ({"pooling": "max"}, "saved with average pooling, this run's is max"),
        ({"border": "replicate"}, "saved with border zero, this run's is replicate"),
        ({"style_proportions": "content"}, "choose style_proportions own"),
        ({"start": "style"}, "holds no picture to start from"),
        ({"weights": "builtin"}, "saved with weights random .*, and this run has builtin"),
        ({"activations": "normalized"}, "holds no picture to normalize on"),
    ],
)
def test_a_file_that_does_not_fit_a_run_is_refused(changes, reason, content, file):
    with pytest.raises(ValueError, match=reason):
        nst_tf.stylize(content, nst_tf.load_style(file), config=StyleConfig(**{**QUICK, **changes}))


def test_saving_twice_gives_the_same_bytes_and_overwrites_nothing_unasked(file, style):
    before = file.read_bytes()
    with pytest.raises(FileExistsError, match="exists"):
        nst_tf.save_style(file, 1 - style, config=CONFIG, size=64)
    assert file.read_bytes() == before
    nst_tf.save_style(file, style, config=CONFIG, size=64, overwrite=True)
    assert file.read_bytes() == before
    pairs = sum(64 * 63 // 2 + 128 * 127 // 2 for _ in range(4))
    assert len(before) < 2.3 * pairs + 20_000


def noted(path, **changes):
    """Rewrite a file with other values in its note; None removes one."""
    arrays = read_arrays(path)
    note = {**json.loads(arrays["note"].tobytes()), **changes}
    text = json.dumps({name: value for name, value in note.items() if value is not None})
    write_arrays(path, {**arrays, "note": np.frombuffer(text.encode(), np.uint8)})


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"size": None},
        {"size": [0, 4]},
        {"size": [True, 4]},
        {"size": "ab"},
        {"layers": []},
        {"layers": ["block9_conv1"]},
        {"layers": [["block1_conv1"]]},
        {"layers": ["block4_conv1"]},
        {"energies": {}},
        {"energies": {"-1": {"block1_conv1": 1.0}}},
        {"energies": {"999999999": {"block1_conv1": 1.0}}},
        {"energies": {"64": {"block1_conv1": float("nan")}}},
        {"energies": {"64": {"block1_conv1": "1"}}},
        {"energies": {"64": 3}},
        {"pooling": "median"},
        {"border": "reflect"},
        {"weights": 4},
    ],
    ids=str,
)
def test_a_hostile_note_is_refused_in_one_line(changes, file):
    noted(file, **changes)
    with pytest.raises(ValueError, match=r"style\.nst is damaged, or no style file: ") as told:
        nst_tf.load_style(file)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("wrong", [np.zeros(3, np.uint16), np.zeros(2016, np.float32), None])
def test_hostile_arrays_are_refused(wrong, file):
    arrays = read_arrays(file)
    arrays["64/block1_conv1/cosines"] = wrong
    write_arrays(file, {name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(ValueError, match="damaged, or no style file"):
        nst_tf.load_style(file)


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_a_cut_file_is_refused(cut, file):
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"style\.nst is damaged, or not a file of nst-tf"):
        nst_tf.load_style(file)


def test_flipped_bytes_never_pass_for_another_style(file, rng):
    whole = file.read_bytes()
    right = nst_tf.load_style(file).sha256
    for place in rng.integers(0, len(whole), 60):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        with contextlib.suppress(ValueError):
            assert nst_tf.load_style(file).sha256 == right  # only zip's own bookkeeping has changed

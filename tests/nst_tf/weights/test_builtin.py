import numpy as np
import pytest

from nst_tf.errors import MissingWeightsError
from nst_tf.layer_names import LAYERS
from nst_tf.network.vgg19 import feature_model
from nst_tf.transfer import fit_pictures
from nst_tf.weights import builtin
from nst_tf.weights.sources import load_weights


def test_all_sixteen_convolutions_are_there_and_are_not_random():
    weights = load_weights("builtin")
    assert weights.layers == LAYERS
    assert weights.sha256 != load_weights("random").sha256


def test_file_is_small_and_holds_eight_bits_a_weight():
    assert builtin.FILE.stat().st_size < 25e6
    with np.load(builtin.FILE) as stored:
        assert {stored[f"{layer}/kernel"].dtype for layer in LAYERS} == {np.dtype(np.int8)}


def test_filters_use_their_eight_bits():
    with np.load(builtin.FILE) as stored:
        largest = [np.abs(stored[f"{layer}/kernel"]).max(axis=(0, 1, 2)) for layer in LAYERS]
    assert all(np.all(each == 127) for each in largest)


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"PK" + bytes(100))])
def test_damaged_or_missing_file_is_named(damage, tmp_path, monkeypatch):
    copy = tmp_path / "builtin.npz"
    copy.write_bytes(builtin.FILE.read_bytes())
    monkeypatch.setattr(builtin, "FILE", copy)
    assert len(builtin.load_arrays()) == 2 * len(LAYERS)
    damage(copy)
    with pytest.raises(MissingWeightsError, match=r"builtin\.npz\) is missing or damaged; install nst-tf again"):
        builtin.load_arrays()


def test_hardly_a_filter_is_dead_on_real_pictures(shared_images):
    from nst_tf import StyleConfig, load_image

    model = feature_model(weights="builtin")
    config = StyleConfig(size=256)
    largest = {}
    for path in sorted(shared_images.glob("*.jpg")):
        image = load_image(path)
        for name, maps in model(fit_pictures(image, image, config=config).content.image).items():
            largest[name] = np.maximum(largest.get(name, 0), np.max(maps, axis=(0, 1, 2)))
    dead = {name: np.mean(each <= 1e-3 * np.mean(each)) for name, each in largest.items()}
    assert max(dead.values()) < 0.02, dead

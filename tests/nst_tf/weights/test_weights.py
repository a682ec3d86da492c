import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from nst_tf import load_weights
from nst_tf.layer_names import LAYERS
from nst_tf.weights.random_filters import smooth_random_arrays


@pytest.fixture(scope="module")
def random_weights():
    return load_weights("random", seed=9)


@pytest.fixture(scope="module", params=[False, True], ids=["notop", "top"])
def keras_network(request, random_weights):
    """Keras' own VGG19 with known filters; its top is that of a small input, to keep the files small."""
    keras.backend.clear_session()
    shape = (32, 32, 3) if request.param else None
    network = keras.applications.VGG19(include_top=request.param, weights=None, input_shape=shape, classes=2)
    for name in LAYERS:
        network.get_layer(name).set_weights([random_weights.arrays[f"{name}/{part}"] for part in ("kernel", "bias")])
    return network


def write_keras_weights(network, path):
    network.save_weights(path)


def write_legacy_weights(network, path):
    """As the file that keras.applications downloads is laid out."""
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)


def write_legacy_model(network, path):
    """As `model.save("x.h5")`."""
    legacy_h5_format.save_model_to_hdf5(network, path)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize(
    ("write", "name"),
    [
        (write_keras_weights, "vgg.weights.h5"),
        (write_legacy_weights, "vgg.h5"),
        (write_legacy_model, "model.h5"),
    ],
)
def test_files_that_keras_writes_come_back_to_the_bit(write, name, keras_network, random_weights, tmp_path):
    write(keras_network, str(tmp_path / name))
    loaded = load_weights(tmp_path / name)
    assert loaded.layers == LAYERS
    assert loaded.sha256 == random_weights.sha256


def test_moments_of_an_optimizer_are_not_taken_for_filters(keras_network, random_weights, tmp_path):
    path = tmp_path / "trained.h5"
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file.create_group("model_weights"), keras_network)
        file["optimizer_weights/Adam/block1_conv1/kernel/m:0"] = np.zeros((3, 3, 3, 64))
    assert load_weights(path).sha256 == random_weights.sha256


def test_npz_may_end_early_and_be_float16(random_weights, tmp_path):
    arrays = {k: v.astype(np.float16) for k, v in random_weights.arrays.items() if k.startswith("block1")}
    np.savez(tmp_path / "short.npz", **arrays)
    loaded = load_weights(tmp_path / "short.npz")
    assert loaded.layers == LAYERS[:2]
    assert loaded.arrays["block1_conv2/kernel"].dtype == np.float32


def test_changed_file_is_read_again(random_weights, tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, **random_weights.arrays)
    before = load_weights(path).sha256
    np.savez(path, **{name: 2 * array for name, array in random_weights.arrays.items()})
    assert load_weights(path).sha256 != before


def test_vgg16_is_recognized_as_another_network(tmp_path):
    keras.applications.VGG16(include_top=False, weights=None).save_weights(tmp_path / "vgg16.weights.h5")
    with pytest.raises(ValueError, match=r"not a VGG-19 weights file: it has no filters named block3_conv4"):
        load_weights(tmp_path / "vgg16.weights.h5")


def test_network_with_other_filters_is_refused(tmp_path):
    image = keras.Input((8, 8, 3))
    model = keras.Model(image, keras.layers.Conv2D(32, 3, name="block1_conv1")(image))
    model.save_weights(tmp_path / "small.weights.h5")
    with pytest.raises(ValueError, match=r"block1_conv1 needs filters \(3, 3, 3, 64\) and a bias, has \(3, 3, 3, 32\)"):
        load_weights(tmp_path / "small.weights.h5")


def test_network_without_vgg_layers_is_refused(tmp_path):
    image = keras.Input((8, 8, 3))
    keras.Model(image, keras.layers.Conv2D(8, 3)(image)).save_weights(tmp_path / "own.weights.h5")
    with pytest.raises(ValueError, match="it has no filters named block1_conv1"):
        load_weights(tmp_path / "own.weights.h5")


def test_filters_that_are_not_finite_are_refused(random_weights, tmp_path):
    arrays = dict(random_weights.arrays) | {"block2_conv1/bias": np.full(128, np.nan, np.float32)}
    np.savez(tmp_path / "nan.npz", **arrays)
    with pytest.raises(ValueError, match="block2_conv1 has filters that are not finite"):
        load_weights(tmp_path / "nan.npz")


@pytest.mark.parametrize("name", ["vgg.npz", "vgg.weights.h5"])
@pytest.mark.parametrize("keep", [0, 10, 1000, 40000])
def test_truncated_file_gives_one_clear_line(name, keep, random_weights, keras_network, tmp_path):
    path = tmp_path / name
    np.savez(path, **random_weights.arrays) if name.endswith("npz") else keras_network.save_weights(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=f"{name} (can't be read as|is not a) VGG-19 weights"):
        load_weights(path)


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
def test_array_that_no_layer_has_is_refused_by_its_header(suffix, tmp_path):
    """Both files are small, and promise 36 GB of zeros."""
    path, shape = tmp_path / f"giant{suffix}", (3, 3, 100_000, 10_000)
    if suffix == ".h5":
        with h5py.File(path, "w") as file:
            file.create_dataset("block1_conv1/kernel:0", shape, "f4", chunks=(3, 3, 10, 10))
    else:
        with zipfile.ZipFile(path, "w") as file, file.open("block1_conv1/kernel.npy", "w") as member:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(member, header)
    with pytest.raises(ValueError, match=r"kernel has the shape \(3, 3, 100000, 10000\) in float32, which is more"):
        load_weights(path)


def test_text_under_a_weights_name_is_refused(tmp_path):
    (tmp_path / "vgg.h5").write_text("not found")
    with pytest.raises(ValueError, match=r"vgg\.h5 can't be read as VGG-19 weights"):
        load_weights(tmp_path / "vgg.h5")


def test_missing_file_lists_the_choices():
    with pytest.raises(
        FileNotFoundError, match=r"imagenet, imagenet-8bit, builtin, random or a file; there is no file nowhere\.h5"
    ):
        load_weights("nowhere.h5")


def test_random_filters_depend_on_the_seed_alone():
    first, again, other = smooth_random_arrays(1), smooth_random_arrays(1), smooth_random_arrays(2)
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["block3_conv2/kernel"], other["block3_conv2/kernel"])


def test_random_filters_are_smooth_orthogonal_and_without_mean():
    arrays = smooth_random_arrays(0)
    kernel = arrays["block2_conv2/kernel"]
    assert np.max(np.abs(kernel.sum(axis=(0, 1)))) < 1e-5
    roughness = np.mean(np.diff(kernel, axis=0) ** 2) / np.mean(kernel**2)
    assert roughness < 1.7  # independent random filters have 2
    assert np.min(np.abs(arrays["block1_conv1/kernel"].sum(axis=(0, 1)))) > 0

import keras
import pytest

from nst_tf.layer_names import BLOCKS, LAYERS, canonical_layer, deepest, kernel_shape, paper_name, smallest_side


def test_table_matches_keras_own_network():
    layers = keras.applications.VGG19(include_top=False, weights=None).layers[1:]
    convolutions = [layer for layer in layers if isinstance(layer, keras.layers.Conv2D)]
    pooled = [index for index, layer in enumerate(layers) if isinstance(layer, keras.layers.MaxPooling2D)]
    assert pooled == [sum(count + 1 for count, _ in BLOCKS[: block + 1]) - 1 for block in range(len(BLOCKS))]
    assert all(layers[index].pool_size == (2, 2) for index in pooled)
    assert [layer.name for layer in convolutions] == list(LAYERS)
    assert [tuple(layer.kernel.shape) for layer in convolutions] == [kernel_shape(name) for name in LAYERS]


@pytest.mark.parametrize("name", ["conv4_2", "block4_conv2", " conv4_2 "])
def test_both_spellings_name_the_same_layer(name):
    assert canonical_layer(name) == "block4_conv2"
    assert paper_name("block4_conv2") == "conv4_2"


@pytest.mark.parametrize("name", ["conv1_3", "conv6_1", "relu4_2", "block4_conv2_", "", "convx"])
def test_unknown_layer_lists_the_valid_ones(name):
    with pytest.raises(ValueError, match=r"Unknown layer.*conv1_1, conv1_2.*conv5_4"):
        canonical_layer(name)


def test_deepest_layer_decides_the_smallest_side():
    assert deepest(["block2_conv1", "block5_conv1", "block4_conv4"]) == "block5_conv1"
    assert smallest_side(["block1_conv2"]) == 1
    assert smallest_side(["block2_conv1", "block5_conv1"]) == 16

import numpy as np
import pytest
import tensorflow as tf

from nst_tf.scales.resizing import enlarge, resize


@pytest.fixture
def content(rng):
    return tf.constant(rng.random((1, 33, 47, 3)).astype(np.float32) * 0.5 + 0.25)


def test_the_content_itself_comes_back_whole_when_it_is_enlarged(content):
    small = resize(content, (16, 23))
    np.testing.assert_allclose(enlarge(small, content, 0.3), content, atol=1e-6)
    assert np.abs(resize(small, (33, 47)) - content).max() > 0.1


def test_what_the_small_size_shows_is_the_paintings(content):
    flat = tf.fill((1, 16, 23, 3), 0.4)
    enlarged = enlarge(flat, content, 0.3)
    np.testing.assert_allclose(np.mean(enlarged, (1, 2)), 0.4, atol=0.01)
    assert np.std(enlarged) > 0.05


@pytest.mark.parametrize("weight", [0, 0.0, np.float32(0), tf.constant(0.0)])
def test_nothing_is_added_of_a_content_that_does_not_count(weight, content):
    painting = tf.fill((1, 16, 23, 3), 0.4)
    np.testing.assert_array_equal(enlarge(painting, content, weight), resize(painting, (33, 47)))


def test_it_stays_a_picture(content):
    white = tf.ones((1, 16, 23, 3))
    enlarged = enlarge(white, content, 1.0).numpy()
    assert enlarged.min() >= 0 and enlarged.max() == 1

import pytest

from nst_tf import StyleConfig
from nst_tf.scales.plan import Stage, stages


def test_sizes_grow_by_the_square_root_of_two_up_to_the_result():
    plan = stages((600, 800), [(500, 500)], StyleConfig(size=512, coarse_steps=9, steps=5, scales=5))
    assert [max(stage.size) for stage in plan] == [128, 181, 256, 362, 512]
    assert plan[-1].size == (384, 512)
    assert [stage.steps for stage in plan] == [9, 9, 9, 9, 5]


def test_coarse_sizes_get_half_of_the_steps():
    assert [stage.steps for stage in stages((64, 64), [(64, 64)], StyleConfig(steps=97, scales=3))] == [49, 49, 97]


@pytest.mark.parametrize("size", [256, 512, 1024])
def test_by_default_it_begins_at_an_eighth_of_the_size(size):
    plan = stages((90, 70), [(64, 64)], StyleConfig(size=size))
    assert [max(stage.size) for stage in plan][0::2] == [size // 8, size // 4, size // 2, size]


def test_small_pictures_begin_where_the_deepest_layer_sees_something():
    assert [max(stage.size) for stage in stages((64, 64), [(64, 64)], StyleConfig())] == [16, 23, 32, 45, 64]


def test_one_scale_is_the_papers():
    assert len(stages((512, 512), [(512, 512)], StyleConfig(scales=1))) == 1


def test_narrow_pictures_get_fewer_scales():
    assert len(stages((20, 512), [(512, 512)], StyleConfig())) == 1


def test_more_scales_than_there_are_pixels_are_refused():
    with pytest.raises(
        ValueError, match="10 scales would begin too small for the layers; choose a larger size, or at most 9"
    ):
        stages((256, 256), [(256, 256)], StyleConfig(scales=10))
    assert len(stages((256, 256), [(256, 256)], StyleConfig(scales=9))) == 9


def test_a_large_picture_begins_where_one_of_1024_px_does():
    square, styles = (5000, 5000), [(5000, 5000)]
    for size, count, first in [(1024, 7, 128), (2048, 9, 128), (4096, 11, 128), (2047, 8, 181)]:
        plan = stages(square, styles, StyleConfig(size=size))
        assert (len(plan), max(plan[0].size)) == (count, first)


def test_large_sizes_get_fewer_steps_unless_they_are_the_first():
    square = (5000, 5000)
    plan = stages(square, [square], StyleConfig(size=4096))
    assert [stage.steps for stage in plan[-5:]] == [30, 15, 8, 8, 8]
    assert [stage.steps for stage in stages(square, [square], StyleConfig(size=4096, large_steps=7))[-5:]] == [
        30,
        *[7] * 4,
    ]
    assert [stage.steps for stage in stages(square, [square], StyleConfig(size=4096, steps=5))[-5:]] == [3, 3, 3, 3, 5]
    assert stages(square, [square], StyleConfig(size=4096, scales=1)) == [Stage((4096, 4096), 60)]

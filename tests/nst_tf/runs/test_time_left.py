import pytest

from nst_tf.runs.time_left import TimeLeft


def test_the_pace_is_that_of_the_size_without_its_first_step():
    time_left = TimeLeft()
    small, large = (4, 4), (8, 8)
    assert time_left.estimate(small, 10.0, 0.1) is None  # its first step was compiled
    assert time_left.estimate(small, 11.0, 0.2) == pytest.approx(10 * 0.8)
    assert time_left.estimate(small, 14.0, 0.4) == pytest.approx(4 / 0.3 * 0.6)
    assert time_left.estimate(large, 24.0, 0.5) == pytest.approx(4 / 0.3 * 0.5)  # nothing is known of it yet
    assert time_left.estimate(large, 25.0, 0.6) == pytest.approx(10 * 0.4)
    assert time_left.estimate(large, 29.0, 1.0) == 0

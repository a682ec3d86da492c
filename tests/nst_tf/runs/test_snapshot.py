"""A run that goes on from a snapshot is the run that never ended."""

import dataclasses

import numpy as np
import pytest

import nst_tf
from nst_tf import Snapshot, StyleConfig, Stylizer

RUNS = {
    "adam": {"steps": 9, "scales": 1},
    "scales": {"steps": 6, "scales": 2, "coarse_steps": 5, "start": "noise"},
    "lbfgs": {"steps": 9, "scales": 1, "optimizer": "lbfgs", "history": 3},
    "lbfgs, scales": {"steps": 7, "scales": 2, "coarse_steps": 7, "optimizer": "lbfgs", "history": 4},
    "normalized": {"steps": 6, "scales": 1, "activations": "normalized", "style_layers": "conv1_1,conv2_1"},
    "stopping": {"steps": 90, "scales": 1, "stop_when": 0.4, "style_layers": "conv1_1", "content_layers": "conv1_1"},
}


@pytest.fixture
def content(rng):
    return rng.random((36, 40, 3))


@pytest.fixture
def style(rng):
    return rng.random((40, 32, 3)) ** 3


@pytest.fixture
def snapshot(content, style):
    taken = []
    config = StyleConfig(weights="random", steps=3, scales=1)
    nst_tf.stylize(content, style, config=config, callback=lambda now: taken.append(now.snapshot()))
    return taken[-1]


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_goes_on_from_any_step_ends_in_the_same_bits(name, content, style, tmp_path):
    config, taken = StyleConfig(weights="random", **RUNS[name]), []
    whole = nst_tf.stylize(
        content, style, config=config, report_every=1, callback=lambda now: taken.append(now.snapshot())
    )
    assert [each.step for each in taken] == list(range(1, whole.steps + 1))
    for each in taken[:: max(1, len(taken) // 4)] + taken[-1:]:
        each.save(tmp_path / "run.npz")
        resumed = nst_tf.stylize(content, style, config=config, start=Snapshot.load(tmp_path / "run.npz"))
        np.testing.assert_array_equal(resumed.image, whole.image)
        assert (resumed.loss, resumed.terms, resumed.steps) == (whole.loss, whole.terms, whole.steps)


def test_going_on_counts_steps_and_time_on_and_traces_nothing_anew(content, style, snapshot):
    seen, stylizer = [], Stylizer(StyleConfig(weights="random", steps=5, scales=1))
    late = dataclasses.replace(snapshot, seconds=1000.0)
    stylizer.stylize(content, style)
    stylizer.stylize(content, style, start=late, callback=seen.append, report_every=1)
    assert [now.step for now in seen] == [4, 5] and seen[0].seconds > 1000
    assert stylizer.traces == 1


def test_a_snapshot_of_another_run_is_refused(content, style, snapshot):
    for change, message in (
        ({"optimizer": "lbfgs"}, "another run: its average, changes/0, .* have another shape"),
        ({"size": 50}, "another run: its average, first_moment, image, second_moment have another shape"),
        ({"steps": 2}, "beyond the last step of these settings"),
    ):
        config = StyleConfig(**{"weights": "random", "steps": 3, "scales": 1} | change)
        with pytest.raises(ValueError, match=message):
            nst_tf.stylize(content, style, config=config, start=snapshot)


def spoiled(array, value):
    changed = np.array(array)
    changed.flat[0] = value
    return changed


def test_a_damaged_snapshot_is_refused_in_one_line(snapshot):
    good = snapshot.as_arrays()
    changes = {
        "image": {"state/image": spoiled(good["state/image"], np.nan)},
        "no stage": {"stage": None},
        "no terms": {"terms": None},
        "no step": {"state/step": None},
        "shape": {"taken": np.zeros(3, np.int64)},
        "type": {"seconds": np.float32(3)},
        "letters": {"state/rate": np.array("fast")},
        "negative": {"stage": np.int64(-1)},
        "ahead": {"taken": np.int64(4)},
        "losses": {"losses": np.array([np.nan, 0.0])},
    }
    for change in changes.values():
        arrays = {name: array for name, array in (good | change).items() if array is not None}
        with pytest.raises(ValueError, match=r"^The snapshot[^\n]+$"):
            Snapshot.from_arrays(arrays)


def test_a_run_gone_astray_is_not_saved(snapshot, tmp_path):
    state = {**snapshot.state, "average": np.full_like(snapshot.state["average"], np.inf)}
    with pytest.raises(ValueError, match="average is not finite"):
        dataclasses.replace(snapshot, state=state).save(tmp_path / "run.npz")
    assert not list(tmp_path.iterdir())


def test_a_snapshot_copies_nothing(content, style):
    taken = []
    config = StyleConfig(weights="random", steps=1, scales=1)
    nst_tf.stylize(content, style, config=config, callback=lambda now: taken.append((now.snapshot(), now.snapshot())))
    first, second = (each.state["image"] for each in taken[0])
    assert np.shares_memory(first, second)

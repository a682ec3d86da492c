import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.jobs import CONFIG, Watcher, make_job

from nst_tf import Progress, StyleConfig, load_image
from nst_tf.jobs.paint import paint
from nst_tf.jobs.recording import common_period, warn_on_failure


def progress(step):
    return Progress(
        step=step,
        steps=9,
        share=step / 9,
        size=(4, 4),
        loss=1.0,
        terms={},
        seconds=1.0,
        seconds_left=2.0,
        image=lambda: None,
        snapshot=dict,
    )


def test_a_recorder_is_warned_of_again_only_after_a_success():
    def failing(now):
        if now.step not in (3, 4):
            raise OSError(28, "No space left on device", "log")

    watcher = Watcher()
    watch = warn_on_failure(failing, "The log", watcher)
    for step in range(1, 8):
        watch(progress(step))
    assert watcher.troubles == [
        f"The log can't be saved at step {step}: No space left on device: log. Continuing." for step in (1, 5)
    ]


def test_a_trace_holds_every_step(pictures):
    paint(make_job(config=replace(CONFIG, steps=7, scales=2, coarse_steps=5), trace=Path("trace.json")))
    records = json.loads((pictures / "trace.json").read_text())
    assert [record["step"] for record in records] == list(range(1, 13))
    assert [record["width"] for record in records] == [34] * 5 + [48] * 7
    config = StyleConfig()
    for record in records:
        weighted = config.content_weight * record["content"] + config.style_weight * record["style"]
        weighted += config.tv_weight * record["tv"]
        assert record["loss"] == pytest.approx(weighted, rel=1e-5)


def test_intermediates_are_numbered_and_become_the_result(pictures):
    paint(make_job(config=replace(CONFIG, steps=6), save_every=2))
    assert sorted(path.name for path in pictures.glob("out*")) == ["out-00002.png", "out-00004.png", "out.png"]
    early, late = load_image("out-00002.png"), load_image("out-00004.png")
    assert np.max(np.abs(early - late)) > 0.01


def test_tensorboard_gets_scalars_and_pictures(pictures):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    paint(make_job(config=replace(CONFIG, steps=20), tensorboard=Path("logs")))
    events = EventAccumulator("logs").Reload()
    assert [event.step for event in events.Tensors("loss")] == [10, 20]
    assert {"terms/content", "terms/style", "terms/tv", "painting"} <= set(events.Tags()["tensors"])


@pytest.mark.parametrize(
    ("periods", "common"), [((7, 10), 1), ((20, None, 50), 10), ((None, 30), 30), ((None, None), None), ((), None)]
)
def test_every_period_is_a_multiple_of_the_common_one(periods, common):
    assert common_period(*periods) == common

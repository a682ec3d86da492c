"""The whole engine without a terminal: painted, skipped, continued, refused, tried again."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.batches import CONFIG, SIZES, draw, make_job
from helpers.jobs import sha256
from PIL import Image

import nst_tf
from nst_tf.batch.events import PictureEnded, PictureProgress, PictureStarted
from nst_tf.batch.record import Status
from nst_tf.jobs.paint import paint
from nst_tf.transfer import shared_stylizer


def statuses(records):
    return [record.status.value for record in records]


@pytest.fixture
def alone(folder):
    """Hashes of the paintings, each painted by itself."""
    hashes = []
    for number in range(len(SIZES)):
        paint(make_job(number, output="alone.png", checkpoint=None))
        hashes.append(sha256("alone.png"))
        Path("alone.png").unlink()
    return hashes


def outputs(records):
    return [sha256(record.output) for record in records]


def test_all_pictures_equal_those_painted_alone_and_share_one_trace(alone):
    shared_stylizer.cache_clear()
    events = []
    records = nst_tf.paint_all((make_job(number) for number in range(3)), on_event=events.append)
    assert statuses(records) == ["painted"] * 3 and outputs(records) == alone
    assert shared_stylizer.cache_info().misses == 1
    weights = nst_tf.load_weights("random")
    from nst_tf.stylizer import compiled_settings

    assert shared_stylizer(weights, compiled_settings(CONFIG)).traces == 1
    with Image.open("out/1.png") as file:
        assert file.size == SIZES[1] == (records[1].width, records[1].height)
    notes = nst_tf.read_metadata("out/1.png").ending
    assert (records[1].loss, records[1].terms, records[1].steps) == (notes.loss, notes.terms, 4)
    for index in range(3):
        own = [event for event in events if event.index == index]
        kinds = [PictureStarted, PictureProgress, PictureEnded]
        assert list(dict.fromkeys(type(event) for event in own)) == kinds
    assert sorted(path.name for path in Path("out").iterdir()) == ["0.png", "1.png", "2.png"]


def test_what_is_done_is_skipped_whatever_its_time_and_painted_again_if_an_input_changes(folder):
    jobs = [make_job(number) for number in range(3)]
    nst_tf.paint_all(jobs)
    before = [path.stat().st_mtime_ns for path in sorted(Path("out").iterdir())]
    Path("photos/0.jpg").touch()
    again = nst_tf.paint_all(jobs)
    assert statuses(again) == ["skipped"] * 3 and again[0].loss > 0
    assert [path.stat().st_mtime_ns for path in sorted(Path("out").iterdir())] == before
    draw(Path("photos/0.jpg"), SIZES[0], 99)
    again = nst_tf.paint_all(jobs)
    assert statuses(again) == ["failed", "skipped", "skipped"]
    assert "exists, and is another picture (content (SHA-256): " in again[0].error
    assert statuses(nst_tf.paint_all([dataclasses.replace(job, overwrite=True) for job in jobs])) == [
        "painted",
        "skipped",
        "skipped",
    ]


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"config": dataclasses.replace(CONFIG, steps=5)}, "--steps: 4, now 5"),
        ({"bit_depth": 16}, "bit depth: 8, now 16"),
        ({"config": dataclasses.replace(CONFIG, size=24)}, "--size: None, now 24"),
    ],
)
def test_another_setting_is_another_picture(changes, difference, folder):
    nst_tf.paint_all([make_job(0)])
    (record,) = nst_tf.paint_all([make_job(0, **changes)])
    assert record.status is Status.FAILED and difference in record.error
    (record,) = nst_tf.paint_all([make_job(0, overwrite=True, **changes)])
    assert record.status is Status.PAINTED


def test_other_versions_and_what_auto_stood_for_are_no_reason_to_paint_again(folder):
    from nst_tf.runs.provenance import provenance_of

    now = provenance_of(Path("photos/0.jpg"), [Path("style.jpg")], CONFIG)
    before = dataclasses.replace(
        now,
        versions={**now.versions, "keras": "3.0"},
        config=dataclasses.replace(now.config, block=512, precision="float32"),
    )
    assert before.other_painting(now, asked=CONFIG) == []
    exact = dataclasses.replace(CONFIG, precision="bfloat16")
    wanted = dataclasses.replace(now, config=dataclasses.replace(now.config, precision="bfloat16"))
    assert before.other_painting(wanted, asked=exact) == ["--precision: float32, now bfloat16"]


def test_a_file_that_is_not_a_painting_is_never_replaced_unasked(folder):
    Path("out").mkdir()
    Path("out/0.png").write_bytes(b"precious")
    (record,) = nst_tf.paint_all([make_job(0)])
    assert record.status is Status.FAILED and "out/0.png exists" in record.error
    assert Path("out/0.png").read_bytes() == b"precious"


def stop_at(step, index):
    """A callback that notes when a picture has come to a step, and the question whether to stop then."""
    reached = []

    def watch(event):
        if isinstance(event, PictureProgress) and event.index == index and event.step >= step:
            reached.append(event)

    return watch, lambda: bool(reached)


def test_a_batch_that_is_stopped_carries_on_in_mid_picture_to_the_same_bytes(alone):
    jobs = [make_job(number, checkpoint_every=1) for number in range(3)]
    watch, stop = stop_at(2, 1)
    stopped = nst_tf.paint_all(jobs, on_event=watch, should_stop=stop)
    assert statuses(stopped) == ["painted", "interrupted", "pending"] and stopped[1].steps < 4
    again = nst_tf.paint_all(jobs)
    assert statuses(again) == ["skipped", "painted", "painted"]
    assert again[1].resumed_at == stopped[1].steps and again[2].resumed_at is None
    assert outputs(again) == alone
    assert sorted(path.name for path in Path("out").iterdir()) == ["0.png", "1.png", "2.png"]


def test_a_checkpoint_of_other_settings_is_not_continued(alone):
    watch, stop = stop_at(2, 0)
    other = make_job(0, checkpoint_every=1, config=dataclasses.replace(CONFIG, tv_weight=3))
    nst_tf.paint_all([other], on_event=watch, should_stop=stop)
    Path("out/0.png").unlink()
    (record,) = nst_tf.paint_all([make_job(0)])
    assert record.status is Status.PAINTED and record.resumed_at is None
    assert outputs([record]) == alone[:1]


def test_a_painting_whose_process_died_before_it_was_published_is_published(alone):
    watch, stop = stop_at(2, 0)
    nst_tf.paint_all([make_job(0, checkpoint_every=1)], on_event=watch, should_stop=stop)
    run = make_job(0).checkpoint
    paint(make_job(0, output="whole.png", checkpoint=None))
    Path("whole.png").rename(run / "finished.png")
    (record,) = nst_tf.paint_all([make_job(0)])
    assert record.status is Status.PAINTED and outputs([record]) == alone[:1]
    assert not run.exists()


def test_a_picture_that_fails_costs_a_record(folder):
    jobs = [make_job(0), make_job(1, content="photos/none.jpg"), make_job(2)]
    records = nst_tf.paint_all(jobs)
    assert statuses(records) == ["painted", "failed", "painted"]
    assert records[1].error == "There is no picture photos/none.jpg; check the name."
    records = nst_tf.paint_all([jobs[1], jobs[2], make_job(0, output="out/new/0.png")], fail_fast=True)
    assert statuses(records) == ["failed", "pending", "pending"]
    assert not Path("out/new").exists()


def test_a_failure_that_may_pass_is_tried_again_after_all_others(folder):
    jobs = [make_job(0, content="photos/late.jpg"), make_job(1), make_job(2, content="style.jpg", style="text.jpg")]
    Path("text.jpg").write_text("no picture")

    def appear(event):
        if isinstance(event, PictureStarted):
            draw(Path("photos/late.jpg"), SIZES[0], 5)

    records = nst_tf.paint_all(jobs, on_event=appear, retries=1)
    assert statuses(records) == ["painted", "painted", "failed"]
    assert [record.attempts for record in records] == [2, 1, 1]  # a damaged picture stays damaged


def test_settings_that_are_compiled_share_a_loop_whatever_the_order(folder):
    shared_stylizer.cache_clear()
    variants = [dataclasses.replace(CONFIG, pooling=pooling) for pooling in ("max", "average")]
    deeper = dataclasses.replace(CONFIG, style_layers="conv1_1,conv1_2")
    jobs = [
        make_job(number, output=f"out/{number}-{each}.png", config=config)
        for number in range(3)
        for each, config in enumerate([*variants, deeper])
    ]
    assert statuses(nst_tf.paint_all(jobs)) == ["painted"] * 9
    assert shared_stylizer.cache_info().misses == 3


def test_collisions_are_refused_before_work_begins(folder):
    with pytest.raises(ValueError, match=r"photos/0.jpg .* and photos/1.jpg .* both be painted to out/x.png"):
        nst_tf.paint_all([make_job(0, output="out/x.png"), make_job(1, output="out/y/../x.png")])
    assert not Path("out").exists()
    jobs = [make_job(0, output="out/x.png"), make_job(1, output="out/X.png"), make_job(2, output="out/2.png")]
    jobs.append(make_job(0, output="photos/1.jpg", overwrite=True))
    records = nst_tf.paint_all(jobs)
    assert statuses(records) == ["failed", "failed", "painted", "failed"]
    assert "have the same name where case does not count" in records[0].error
    assert "photos/1.jpg is a picture that the batch reads" in records[3].error


def test_memory_does_not_grow_from_the_20th_picture_to_the_200th(folder):
    """Between them, 180 networks would take 14 GB and 180 pictures that are kept 360 MB: far more than the bound."""
    draw(Path("photos/large.jpg"), (256, 192), 3)
    command = [sys.executable, "-m", "helpers.batch_memory"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert int(finished.stdout) < 25e6

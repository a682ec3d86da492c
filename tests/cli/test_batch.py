"""`nst-tf batch`: many pictures, a folder with everything bad, interruption, dry run, report."""

import json
import os
import signal
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from helpers.batches import SIZES, draw, enter_folder
from helpers.command_line import run
from helpers.jobs import contents, sha256

from nst_tf.batch.record import Status

QUICK = [
    "--weights",
    "random",
    "--steps",
    "2",
    "--scales",
    "1",
    "--style-layers",
    "conv1_1",
    "--content-layers",
    "conv1_2",
]
BATCH = ["batch", "photos", "--style", "style.jpg", "-o", "out", *QUICK]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with three photographs and a style."""
    return enter_folder(tmp_path, monkeypatch)


def rows(path="out/report.jsonl"):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


BOMB = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">2I5B", 60000, 60000, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(bytes(1000)))
    + chunk(b"IEND", b"")
)


def fill_with_everything_bad(photos):
    """Return how many bad pictures were made."""
    (photos / "folder.jpg").mkdir()
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "bomb.png").write_bytes(BOMB)
    (photos / "text.png").write_text("I am no picture")
    (photos / "short.jpg").write_bytes((photos / "0.jpg").read_bytes()[:300])
    (photos / "loop.jpg").symlink_to("loop.jpg")
    (photos / "gone.jpg").symlink_to("nowhere.jpg")
    (photos / "deep").mkdir()
    (photos / "deep" / "up").symlink_to("..")
    draw(photos / "secret.png", (40, 40), 2)
    (photos / "secret.png").chmod(0)
    for name in ("Twin.jpg", "twin.jpg"):
        draw(photos / name, (40, 40), 3)
    return 10 + (os.geteuid() != 0)


def test_a_folder_with_everything_bad_costs_a_row_each_and_the_good_ones_are_painted(folder):
    bad = fill_with_everything_bad(folder / "photos")
    result = run(*BATCH)
    assert result.exit_code == 1 and "Traceback" not in result.output
    found = rows()
    failed = [row for row in found if row["status"] == "failed"]
    painted = [row["output"] for row in found if row["status"] == "painted"]
    assert len(failed) == bad and all(row["error"].endswith(".") and "\n" not in row["error"] for row in failed)
    assert set(painted) >= {f"out/{number}-style.png" for number in range(3)}
    assert all(Path(output).is_file() for output in painted) and len(painted) + len(failed) == len(found)
    lines = result.stderr.splitlines()
    assert sum(line.startswith("Failed: ") for line in lines) == bad
    summary = f"{len(found)} pictures: {bad} failed, {len(painted)} painted; the report is out/report.jsonl\n"
    assert sorted(result.stdout) == sorted(summary)
    assert not list(Path("out").glob(".nst-tf-*"))


def test_the_second_time_nothing_is_painted_and_what_is_missing_is(folder):
    assert run(*BATCH).stdout == "3 pictures: 3 painted; the report is out/report.jsonl\n"
    before = {number: sha256(f"out/{number}-style.png") for number in range(3)}
    Path("out/1-style.png").unlink()
    result = run(*BATCH, "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert [row["status"] for row in rows()] == ["skipped", "painted", "skipped"]
    assert {number: sha256(f"out/{number}-style.png") for number in range(3)} == before


def test_a_row_says_what_became_of_a_picture(folder):
    run(*BATCH)
    row = rows()[1]
    assert list(row)[:4] == ["content", "style", "output", "status"]
    assert (row["content"], row["style"], row["output"]) == ("photos/1.jpg", "style.jpg", "out/1-style.png")
    assert (row["width"], row["height"], row["steps"], row["attempts"]) == (*SIZES[1], 2, 1)
    assert row["seconds"] > 0 and row["loss"] > 0 and set(row["terms"]) == {"content", "style", "tv"}
    assert row["error"] is None and row["status"] in {status.value for status in Status}


def test_a_dry_run_says_what_would_be_done_and_changes_nothing(folder):
    run(*BATCH)
    Path("out/2-style.png").unlink()
    (folder / "photos" / "text.png").write_text("I am no picture")
    before = contents(folder)
    result = run(*BATCH, "--dry-run")
    lines = result.stdout.splitlines()
    assert lines[:3] == [
        "skip    photos/0.jpg in the style of style.jpg to out/0-style.png: painted before",
        "skip    photos/1.jpg in the style of style.jpg to out/1-style.png: painted before",
        "paint   photos/2.jpg in the style of style.jpg to out/2-style.png: 40x40 px, 2 steps",
    ]
    assert lines[3].startswith("refuse  photos/text.png") and "is not a picture of a known format" in lines[3]
    assert lines[4].startswith("4 pictures: 1 to paint, 2 painted before, 1 that can't be painted: about ")
    assert result.exit_code == 1 and contents(folder) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["photos", "-o", "out"], "photos needs a style; --style names one or several."),
        (["photos", "--style", "none.jpg", "-o", "out"], "There is no picture none.jpg"),
        (["none", "--style", "style.jpg", "-o", "out"], "There is no picture, folder or manifest none"),
        (["photos", "--style", "style.jpg"], "The results need a folder; name it with --output"),
        (["photos", "--style", "style.jpg", "-o", "photos"], "can't be put into photos"),
        (
            ["photos", "--style", "style.jpg", "-o", "out", "--name", "{style}.png"],
            "would both be painted to out/",
        ),
        (["photos", "--style", "style.jpg", "-o", "out", "--engine", "spark"], "--engine must be one of local, ray"),
        (
            ["photos", "--style", "style.jpg", "-o", "out", "--report", "style.jpg"],
            "style.jpg exists, and is no report",
        ),
        (["photos", "--style", "style.jpg", "-o", "out", "--steps", "0"], "steps must be a whole number"),
    ],
)
def test_bad_usage_is_one_line_and_writes_nothing(arguments, message, folder):
    before = contents(folder)
    result = run("batch", *arguments)
    assert result.exit_code == 2 and result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: ") and message in result.stderr
    assert contents(folder) == before


def test_progress_in_plain_lines_has_the_time_left(folder, monkeypatch):
    from nst_tf_cli.terminal import batch_display

    monkeypatch.setattr(batch_display, "LINE_SECONDS", 0.0)
    lines = run(*BATCH).stderr.splitlines()
    assert lines[0].startswith("Painting 3 pictures, up to 48 px, on ") and lines[0].endswith("network random")
    assert any(line.startswith("1/3 pictures, ") and line.endswith(" left") for line in lines)
    assert lines[-1].startswith("3/3 pictures, 100% of the work")


def test_settings_come_from_a_painting_and_from_a_manifest(folder):
    run(*BATCH)
    Path("m.csv").write_text(
        "content,style,output,steps\nphotos/0.jpg,style.jpg,again.png,\nphotos/1.jpg,style.jpg,b.png,3\n"
    )
    result = run("batch", "m.csv", "--like", "out/0-style.png")
    assert result.exit_code == 0, result.output
    assert sha256("again.png") == sha256("out/0-style.png")
    assert [row["steps"] for row in rows("report.jsonl")] == [2, 3]


def test_ctrl_c_saves_and_the_same_command_goes_on(folder):
    options = ["--steps", "2000", "--checkpoint-every", "1"]
    command = [sys.executable, "-m", "nst_tf_cli", *BATCH, *options]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not any(int(file.stem.split("-")[1]) >= 10 for file in Path("out").glob(".nst-tf-run-*/step-*.npz")):
        assert process.poll() is None, process.stderr.read()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 130 and "Traceback" not in errors
    last = errors.splitlines()[-1]
    assert last.startswith("Error: Interrupted: 3 pictures: 1 interrupted, 2 pending. What was painted of out/0-")
    assert last.endswith("is saved. The same command goes on.")
    assert [row["status"] for row in rows()] == ["interrupted", "pending", "pending"]
    result = run(*BATCH, *options, "--dry-run")
    assert f"2000 steps, from step {rows()[0]['steps']}" in result.stdout


def test_json_is_one_object_on_stdout(folder):
    (folder / "photos" / "text.png").write_text("I am no picture")
    (folder / "photos" / "notes.txt").write_text("I do not claim to be one")
    result = run(*BATCH, "--json")
    values = json.loads(result.stdout)
    assert (result.exit_code, result.stdout.count("\n")) == (1, 1)
    assert {name: values[name] for name in ("pictures", "painted", "skipped", "failed", "ignored", "report")} == {
        "pictures": 4,
        "painted": 3,
        "skipped": 0,
        "failed": 1,
        "ignored": 1,
        "report": "out/report.jsonl",
    }
    (failure,) = values["failures"]
    assert failure["content"] == "photos/text.png" and "is not a picture" in failure["error"]
    assert values["seconds"] > 0 and values["warnings"] == []
    planned = json.loads(run(*BATCH, "--dry-run", "--json").stdout)
    assert (planned["paint"], planned["skip"], planned["refuse"]) == (0, 3, 1)


def test_nothing_to_do_is_said(folder):
    (folder / "photos" / "notes.txt").write_text("I am no picture")
    first = run(*BATCH)
    assert first.stderr.startswith("Painting 3 pictures (1 other file left out), up to 48 px")
    assert run(*BATCH).stdout == "Nothing to do: 3 pictures, painted before; the report is out/report.jsonl\n"
    for photo in Path("photos").glob("*.jpg"):
        photo.unlink()
    refused = run(*BATCH)
    assert refused.exit_code == 2 and "There is no picture in photos (1 other file); a picture ends" in refused.stderr


def test_a_failure_names_its_file_once(folder):
    (folder / "photos" / "text.png").write_text("I am no picture")
    draw(folder / "photos" / "tiny.png", (4, 4), 1)
    lines = run(*BATCH, "--style-layers", "conv3_1").stderr.splitlines()
    failed = [line for line in lines if line.startswith("Failed: ")]
    assert [line.count(name) for line, name in zip(failed, ("text", "tiny"), strict=True)] == [1, 1]


def test_a_row_of_a_manifest_names_the_users_own_preset(folder):
    Path("oil.toml").write_text("[presets.oil]\nsteps = 3\n")
    Path("m.csv").write_text("content,style,output,preset\nphotos/0.jpg,style.jpg,a.png,oil\n")
    result = run("batch", "m.csv", "--config", "oil.toml", *QUICK)
    assert result.exit_code == 0, result.output
    assert [row["steps"] for row in rows("report.jsonl")] == [3]
    assert (
        "line 2: preset must be one of fast, balanced, best, portrait, paper; got 'oil'" in run("batch", "m.csv").stderr
    )

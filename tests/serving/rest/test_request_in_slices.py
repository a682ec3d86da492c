"""The client against servers that are busy, slow, killed and started again; `nst-tf request` when it is interrupted."""

import asyncio
import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import tensorflow as tf
from helpers.command_line import run
from helpers.killed_server import PATHS, free_port, paint_through_kills
from helpers.serving_toys import SlicedToy, encoded, serving

from nst_tf.images.png_chunks import iterate_chunks
from nst_tf.version import __version__
from nst_tf_cli.terminal import silence
from nst_tf_serving import SliceOptions, request_painting, request_painting_async
from nst_tf_serving.client.slices import paint_in_slices
from nst_tf_serving.client.transport import Outputs, ServerError
from nst_tf_serving.server.loaded_model import load_model

SOAK = os.environ.get("NST_TF_SOAK") == "1"
RED, BLUE = encoded("red"), encoded("blue")
PICTURES = {"content_bytes": RED, "style_bytes": BLUE}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder, toy = tmp_path_factory.mktemp("sliced"), SlicedToy()
    names = ("stylize_bytes", "begin", "begin_default", "advance")
    tf.saved_model.save(toy, str(folder / "1"), signatures={name: getattr(toy, name) for name in names})
    return folder


@pytest.fixture(scope="module")
def model(folder):
    return load_model(folder)


@pytest.fixture(scope="module")
def address(model):
    with serving(model) as address:
        yield address


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "red.png").write_bytes(RED)
    (tmp_path / "blue.png").write_bytes(BLUE)
    return tmp_path


def whole(address):
    return request_painting(address, RED, BLUE, settings={"steps": 1}, slices=None).png


def sent(file):
    """The bytes that the server sent, of a file to which the client has added its metadata."""
    data = file.read_bytes()
    (text,) = (chunk.body for chunk in iterate_chunks(data) if chunk.kind == b"iTXt")
    before, after = data.split(b"iTXt" + bytes(text))
    return before[:-4] + after[4:]


def test_slices_are_shown_end_at_every_multiple_and_give_one_calls_bytes(address):
    seen = []
    options = SliceOptions(preview=30, every=7)
    served = request_painting(address, RED, BLUE, settings={"steps": 30}, slices=options, on_progress=seen.append)
    steps = [each.step for each in seen]
    assert served.png == whole(address) and served.loss == 30
    assert steps == sorted(set(steps)) and {7, 14, 21, 28, 30} <= set(steps)
    assert seen[-1].painting == served and all(each.state and each.preview[:2] == b"\xff\xd8" for each in seen[:-1])
    assert seen[-1].share == 1 and seen[-1].steps == 30 and seen[-1].size == (16, 20)


def test_another_request_goes_on_from_a_state(address):
    states = []
    request_painting(address, RED, BLUE, on_progress=lambda progress: states.append(progress.state))
    seen = []
    request_painting(address, RED, BLUE, slices=SliceOptions(state=states[1]), on_progress=seen.append)
    assert seen[0].step == int(states[1].split(b",")[0]) + 1


def test_the_event_loop_goes_on_and_a_canceled_task_asks_for_no_further_slice(address):
    async def several():
        seen = []
        two = [request_painting_async(address, RED, BLUE, on_progress=seen.append) for _ in range(2)]
        served = await asyncio.gather(*two)
        task = asyncio.create_task(request_painting_async(address, RED, BLUE, on_progress=lambda _: task.cancel()))
        with pytest.raises(asyncio.CancelledError):
            await task
        return served, seen

    served, seen = asyncio.run(several())
    assert [each.png for each in served] == [whole(address)] * 2 and len(seen) > 4


def test_a_second_server_takes_over_when_the_first_goes(model, address):
    with serving(model) as first:
        urls, seen = f"{first}, {address}", []
        with pytest.raises(ServerError, match="can't be reached"):
            request_painting(f"http://127.0.0.1:{free_port()}", RED, BLUE)
        request_painting(f"http://127.0.0.1:{free_port()},{address}", RED, BLUE, on_progress=seen.append)
        assert seen[-1].painting
        served = request_painting(urls, RED, BLUE, settings={"steps": 9})
    assert served.png == whole(address)
    assert request_painting(urls, RED, BLUE, settings={"steps": 9}).png == served.png


def test_a_full_queue_is_waited_for(model):
    with serving(model, queue=0) as address:
        answers = []

        def ask():
            answers.append(request_painting(address, RED, BLUE, settings={"steps": 20}).png)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [whole(address)] * 3


def test_slices_get_shorter_where_an_answer_takes_too_long(model):
    with serving(model, deadline=1) as address:
        seen = []
        options = SliceOptions(seconds=60)
        request_painting(address, RED, BLUE, settings={"steps": 250}, slices=options, on_progress=seen.append)
        assert seen[-1].painting


def test_a_state_that_is_too_large_is_named(model):
    row = {name: {"b64": base64.b64encode(each).decode()} for name, each in PICTURES.items()}
    first = json.dumps({"signature_name": "begin_default", "instances": [row]}, separators=(",", ":"))
    with serving(model, largest_body=len(first)) as address:
        with pytest.raises(ServerError, match=r"0\.0 MB of it are the run's state, .*--single") as refused:
            request_painting(address, RED, BLUE)
        assert refused.value.status == 413


class BusyServer:
    """A server where a slice waits, and then runs for a moment."""

    def __init__(self, *, tells):
        self._timing, self.slices = "queue;dur=60.0, run;dur=0.5" if tells else "", 0

    def predict(self, signature, inputs):
        if signature == "begin_default":
            return Outputs({"state_bytes": b"0"})
        time.sleep(0.06)
        self.slices += 1
        taken = int(inputs["state_bytes"]) + inputs["steps"]
        texts = {"stylized_bytes": RED if taken >= 60 else b"", "preview_bytes": b"", "state_bytes": b"%d" % taken}
        numbers = {"taken": taken, "planned": 60, "left": 60 - taken, "height": 9, "width": 7}
        return Outputs({**texts, **numbers, "share": taken / 60, "loss": 1.0}, self._timing)


@pytest.mark.parametrize(("tells", "fewest", "most"), [(True, 4, 4), (False, 15, 60)])
def test_time_in_a_queue_makes_no_slice_shorter_if_the_server_tells_it(tells, fewest, most):
    busy = BusyServer(tells=tells)
    *_, last = paint_in_slices(busy, PICTURES, {}, SliceOptions(seconds=0.1))
    assert last.painting.png == RED and fewest <= busy.slices <= most


def test_a_server_that_is_killed_and_started_again_paints_on(folder, address):
    kills = [10, 25, 40] if SOAK else [10]
    served, steps = paint_through_kills(folder, RED, BLUE, kills=kills, settings={"steps": 60}, seconds=0.02)
    assert served.png == whole(address) and steps == sorted(steps)


def request_command(address, *options, in_background=False, **variables):
    line = [sys.executable, "-m", "nst_tf_cli", "request", address, "red.png", "blue.png", "-o", "out.png", *options]
    if in_background:  # as `nst-tf … &` in a script, whose shell ignores Ctrl-C
        line = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *line]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(line, env=os.environ | PATHS | variables, **pipes)


@pytest.mark.parametrize(
    ("number", "code", "in_background"),
    [(signal.SIGINT, 130, False), (signal.SIGINT, 130, True), (signal.SIGTERM, 143, False)],
)
def test_an_interrupted_request_keeps_picture_and_state_and_goes_on(address, files, number, code, in_background):
    given = ["--timeout", "77", "--save-every", "4", "--json"]
    with request_command(address, "--steps", "30000", *given, in_background=in_background) as process:
        while not (files / "out-00008.jpg").exists():
            time.sleep(0.05)
            assert process.poll() is None, process.stderr.read()
        process.send_signal(number)
        try:
            stdout, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    said, told = stderr.strip().splitlines()[-1], json.loads(stdout)
    assert process.returncode == code
    assert said.startswith("Error: Interrupted. out-0") and " shows what was painted; nst-tf request http" in said
    options = "--output out.png --timeout 77.0 --save-every 4 --json --state out.state"
    assert told["command"] == f"nst-tf request {address} red.png blue.png {options}"
    assert f"{told['command']} goes on after step {told['steps']} of 30000." in said
    assert told["state"] == "interrupted" and told["state_file"] == "out.state" and (files / told["path"]).exists()
    taken = int((files / "out.state").read_bytes().split(b",")[0])
    assert (files / f"out-{taken:05d}.jpg").read_bytes()[:2] == b"\xff\xd8" and not (files / "out.png").exists()
    (files / "out.state").write_bytes(b"%d,%d" % (taken, taken + 5))
    assert run("request", address, "red.png", "blue.png", "-o", "out.png").exit_code == 2
    assert "--state out.state goes on from it" in run("request", address, "red.png", "blue.png", "-o", "out.png").stderr
    went_on = run("request", address, "red.png", "blue.png", "-o", "out.png", "--state", "out.state")
    assert went_on.exit_code == 0, went_on.stderr
    assert f"step {taken + 5}/{taken + 5}" in went_on.stderr
    assert sent(files / "out.png") == whole(address) and not (files / "out.state").exists()
    assert "Settings: not known" in run("info", "out.png").stdout


def test_a_state_goes_on_with_its_own_settings(files):
    refused = run("request", "http://127.0.0.1:9", "red.png", "blue.png", "--state", "a.state", "--steps", "3")
    assert refused.exit_code == 2 and "leave out --steps" in refused.stderr


def test_a_single_call_keeps_nothing_on_the_way(address, files):
    refused = run("request", address, "red.png", "blue.png", "--single", "--save-every", "3")
    assert refused.exit_code == 2 and "--single paints in one call" in refused.stderr
    assert run("request", address, "red.png", "blue.png", "--single", "--steps", "3", "-o", "out.png").exit_code == 0
    assert sorted(path.name for path in files.iterdir()) == ["blue.png", "out.png", "red.png"]


def test_a_painting_that_has_no_place_is_kept_elsewhere(address, files):
    (files / "temporary").mkdir()
    with request_command(address, "--steps", "200", "--save-every", "1", TMPDIR=str(files / "temporary")) as process:
        while not (files / "out-00002.jpg").exists():
            assert process.poll() is None, process.stderr.read()
        (files / "out.png").write_bytes(b"mine")
        said = process.communicate(timeout=60)[1].strip().splitlines()[-1]
    (kept,) = (files / "temporary").glob("nst-tf-*/out.png")
    assert process.returncode == 1 and said.endswith(f"The painting is {kept}.")
    assert (files / "out.png").read_bytes() == b"mine" and sent(kept) == whole(address)


def test_json_is_one_object_with_progress_on_stderr(address, files):
    result = run("request", address, "red.png", "blue.png", "-o", "out.png", "--steps", "30", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 0 and result.stdout.count("\n") == 1 and "step 30/30" in result.stderr
    assert told.pop("seconds") > 0 and told.pop("settings")["steps"] == 30
    assert told == {
        "path": "out.png",
        "state": "finished",
        "width": 20,
        "height": 16,
        "steps": 30,
        "planned": 30,
        "loss": 30.0,
        "model": "nst",
        "model_version": "1",
        "warnings": [],
    }


def test_info_tells_what_a_served_model_has_painted(address, files):
    assert run("request", address, "red.png", "blue.png", "-o", "out.png", "--steps", "30").exit_code == 0
    assert sent(files / "out.png") == whole(address)
    shown = run("info", "out.png")
    assert shown.exit_code == 0, shown.stderr
    first, *others = shown.stdout.splitlines()
    assert first == f"out.png: painted by the served model 'nst', version 1, for nst-tf {__version__}"
    assert {"  --steps           30", "  --content-weight  0.3", "  --size            the model's"} <= set(others)
    served = json.loads(run("info", "out.png", "--json").stdout)["served"]
    assert served["content"] == hashlib.sha256(RED).hexdigest() and served["loss"] == 30
    like = run("stylize", "red.png", "blue.png", "--like", "out.png")
    assert like.exit_code == 2 and "A served model painted it" in like.stderr and len(like.stderr.splitlines()) == 1


def test_a_full_disk_is_warned_of_once(address, files):
    for step in range(1, 31):
        (files / f"out-{step:05d}.jpg").write_bytes(b"mine")
    options = ["-o", "out.png", "--steps", "30", "--save-every", "1", "--json"]
    result = run("request", address, "red.png", "blue.png", *options)
    (warning,) = json.loads(result.stdout)["warnings"]
    assert warning.startswith("An intermediate can't be saved at step 1: ") and result.stderr.count(warning) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "it compiles the first painting of a size"),
        (["--single", "--steps", "3"], "it paints in one call"),
        (["--quiet"], None),
    ],
)
def test_a_long_silence_is_explained(address, files, monkeypatch, options, said):
    monkeypatch.setattr(silence, "SILENCE_SECONDS", 0.0)
    result = run("request", address, "red.png", "blue.png", "-o", "out.png", *options)
    assert result.exit_code == 0 and result.stderr.count("Waiting for the server") == (said is not None)
    assert (said or "") in result.stderr


def test_the_name_of_the_result_is_in_the_help():
    assert "CONTENT-STYLE.png" in run("request", "--help").stdout


def test_an_empty_state_is_refused_and_kept(address, files):
    (files / "out.state").touch()
    result = run("request", address, "red.png", "blue.png", "-o", "out.png", "--state", "out.state")
    assert result.exit_code == 2 and "out.state is empty" in result.stderr
    assert (files / "out.state").exists() and not (files / "out.png").exists()

"""Jobs that are really painted, by one process for all tests here, and by its successors."""

import dataclasses
import io
import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from helpers.job_servers import ENDLESS, SMALL, form, picture, serving_jobs
from helpers.jobs import Watcher
from PIL import Image

from nst_tf.config import StyleConfig
from nst_tf.jobs.checkpoints import checkpoint_files
from nst_tf.jobs.job import Job
from nst_tf.jobs.paint import paint
from nst_tf.runs.metadata import read_metadata
from nst_tf_serving.jobs_api.board import JobBoard
from nst_tf_serving.jobs_api.options import JobOptions
from nst_tf_serving.jobs_api.painter import Painter
from nst_tf_serving.jobs_api.records import JobRecord, State
from nst_tf_serving.jobs_api.submission import Submission

ROOT = Path(__file__).parents[3]

SECONDS = 240
"""Far more than anything here takes, even on a busy machine."""


EARLIER = JobRecord(
    id="0123456789abcdef",
    created=1.0,
    address="a",
    content="photo.png",
    styles=("painting0.png",),
    settings={"size": 48, "scales": 1, "steps": 6, "weights": "builtin"},
    state=State.PAINTING,
)
"""A job that an earlier server was painting when it was killed."""


@pytest.fixture(scope="module")
def painter(tmp_path_factory):
    """A board whose jobs are painted; when it ends, what is painted is saved for the next server."""
    board = JobBoard(JobOptions(folder=tmp_path_factory.mktemp("jobs")))
    leave_behind(board.store)
    painter = Painter(board)
    with board.store.claimed(), painter.running(warm=True):
        board.load()
        yield painter
        last = board.submit(submission(steps=2000), "a")
        end = time.monotonic() + SECONDS
        while board.get(last.id).step == 0 and time.monotonic() < end:
            time.sleep(0.02)
    assert board.get(last.id).state is State.WAITING
    assert checkpoint_files(board.store.file(last.id, "run"))


def leave_behind(store):
    """Leave what a server leaves that is killed while it paints `EARLIER`."""
    pictures = submission()
    store.create(EARLIER, pictures.content, pictures.styles)
    watcher = Watcher(stop_at=3)
    job = dataclasses.replace(store.job(EARLIER), checkpoint_every=1)  # so that it can stop after each step
    paint(job, on_event=watcher, should_stop=watcher.should_stop)


def submission(**settings):
    """The pictures of `form`, as they are submitted."""
    content, style = (io.BytesIO(data) for _, (_, data) in form()["files"])
    settings = {**EARLIER.settings, **settings}
    return Submission(
        content=content, styles=(style,), content_name="photo.png", style_names=("painting0.png",), settings=settings
    )


@pytest.fixture(scope="module")
def ask(painter):
    with serving_jobs(painter._board) as address, httpx.Client(base_url=address, trust_env=False) as client:
        client.timeout = SECONDS
        yield client


@pytest.fixture(scope="module")
def finished(ask):
    """A painting of the pictures of `form`, watched to its end: its address, and the events that came."""
    url = f"/v1/jobs/{ask.post('/v1/jobs', **form()).json()['id']}"
    return url, watched(ask, url)


def watched(ask, url):
    """All events of a job until its end."""
    with ask.stream("GET", f"{url}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        return [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]


def wait_until(ask, url, happened):
    end = time.monotonic() + SECONDS
    while not happened(job := ask.get(url).json()):
        assert time.monotonic() < end, job
        time.sleep(0.02)
    return job


def begun(ask, **fields):
    """The address of a job that is being painted, and has no end."""
    url = f"/v1/jobs/{ask.post('/v1/jobs', **form(**{**ENDLESS, **fields})).json()['id']}"
    wait_until(ask, url, lambda job: job["step"] > 0)
    return url


def test_a_job_is_painted_as_the_library_paints_it(ask, finished, tmp_path):
    url, _ = finished
    result = ask.get(f"{url}/result")
    (tmp_path / "painted.png").write_bytes(result.content)
    for name, (_, (_, data)) in zip(("content", "style"), form()["files"], strict=True):
        (tmp_path / name).write_bytes(data)
    config = StyleConfig(size=int(SMALL["size"]), scales=1, steps=int(SMALL["steps"]), weights="builtin")
    paint(Job(content=tmp_path / "content", style=tmp_path / "style", output=tmp_path / "out.png", config=config))
    assert result.content == (tmp_path / "out.png").read_bytes()
    assert read_metadata(tmp_path / "painted.png").provenance.config.steps == config.steps
    assert 'filename="photo-painting0.png"' in result.headers["content-disposition"]


def test_its_events_tell_steps_loss_and_the_end(finished):
    _, jobs = finished
    assert jobs[-1]["state"] == "finished" and jobs[-1]["has_result"] and jobs[-1]["share"] == 1
    assert (jobs[-1]["step"], jobs[-1]["steps"], jobs[-1]["width"], jobs[-1]["height"]) == (6, 6, 48, 32)
    steps = [job["step"] for job in jobs]
    assert steps == sorted(steps)
    assert "curve" in jobs[0] and "curve" not in jobs[-1]


def test_it_is_seen_while_it_is_painted_beside_the_upright_photograph(ask):
    turned = Image.Exif()
    turned[0x0112] = 6
    url = begun(ask, content=picture((60, 40), kind="JPEG", exif=turned))
    job = wait_until(ask, url, lambda job: job["preview_step"] and job["seconds_left"] is not None)
    assert job["state"] == "painting" and job["curve"][-1][0] == job["step"] and job["seconds_left"] > 0
    with Image.open(io.BytesIO(ask.get(f"{url}/preview").content)) as preview:
        assert (preview.format, preview.size) == ("JPEG", (32, 48))
    with Image.open(io.BytesIO(ask.get(f"{url}/photograph").content)) as photograph:
        assert (photograph.format, photograph.size) == ("JPEG", (40, 60))
    assert ask.get(f"{url}/result").status_code == 409
    assert ask.delete(url).json()["canceling"] is True


def test_canceling_ends_it_after_the_step_and_keeps_what_was_painted(ask, painter):
    url = begun(ask)
    step = ask.delete(url).json()["step"]
    canceled = watched(ask, url)[-1]
    assert canceled["state"] == "canceled" and step <= canceled["step"] < int(ENDLESS["steps"]) // 2
    assert ask.get(f"{url}/result").content.startswith(b"\x89PNG")
    assert not (painter._board.store.folder / canceled["id"] / "run").exists()


def test_a_bad_job_fails_in_a_sentence_and_the_next_one_is_painted(ask, painter):
    process = painter._process.pid
    cut_off = picture((60, 40))[:90]
    bad = f"/v1/jobs/{ask.post('/v1/jobs', **form(content=cut_off)).json()['id']}"
    good = f"/v1/jobs/{ask.post('/v1/jobs', **form()).json()['id']}"
    failed = watched(ask, bad)[-1]
    assert failed["state"] == "failed" and failed["error"].startswith("photo.png can't be read as a picture")
    assert "/" not in failed["error"]
    assert watched(ask, good)[-1]["state"] == "finished" and painter._process.pid == process


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_of_the_documentation_run(ask, tmp_path):
    for name, (_, (_, data)) in zip(("photo.jpg", "painting.jpg"), form()["files"], strict=True):
        (tmp_path / name).write_bytes(data)
    (block,) = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "page.md").read_text(), flags=re.DOTALL)
    identifier, answers = "", []
    for line in block.splitlines():
        line = line.replace("http://127.0.0.1:8600", str(ask.base_url).rstrip("/")).replace("ID", identifier)
        command = [*shlex.split(line, comments=True), "--fail", "--silent", "--show-error", "--noproxy", "*"]
        answers.append(subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout)
        identifier = identifier or json.loads(answers[0])["id"]
    assert '"state": "finished"' in answers[1]
    assert read_metadata(tmp_path / "painted.png").provenance.config.optimizer == "lbfgs"
    assert (tmp_path / "preview.jpg").read_bytes().startswith(b"\xff\xd8") and answers[-1] == ""


def test_a_process_that_is_killed_costs_one_checkpoint_and_no_other_job(ask, painter, finished):
    url = begun(ask, steps="20")
    waiting = f"/v1/jobs/{ask.post('/v1/jobs', **form()).json()['id']}"
    os.kill(painter._process.pid, signal.SIGKILL)
    wait_until(ask, url, lambda job: job["state"] == "waiting" or painter._process is not None)
    ended = watched(ask, waiting)[-1]
    assert ended["state"] == "finished"
    assert ask.get(f"{waiting}/result").content == ask.get(f"{finished[0]}/result").content
    assert watched(ask, url)[-1]["state"] == "finished"


def test_what_a_killed_server_was_painting_is_finished_by_the_next_to_the_same_bytes(ask, painter, finished):
    assert painter._board.get(EARLIER.id).lost_step == 0 and painter._board.get(EARLIER.id).losses == 1
    job = watched(ask, f"/v1/jobs/{EARLIER.id}")[-1]
    assert job["state"] == "finished" and job["step"] == 6
    assert ask.get(f"/v1/jobs/{EARLIER.id}/result").content == ask.get(f"{finished[0]}/result").content


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits a process from outside")
def test_a_full_disk_fails_a_job_without_the_servers_places_and_a_retry_goes_on(tmp_path, finished, ask):
    board = JobBoard(JobOptions(folder=tmp_path / "jobs"))
    painter, most = Painter(board), resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    with board.store.claimed(), serving_jobs(board) as address, painter.running(warm=True):
        while painter._process is None or painter._process.pid is None:
            time.sleep(0.01)
        resource.prlimit(painter._process.pid, resource.RLIMIT_FSIZE, (2_000, most))  # no painting is so small
        leave_behind(board.store)
        board.load()
        url = f"/v1/jobs/{EARLIER.id}"
        with httpx.Client(base_url=address, trust_env=False, timeout=SECONDS) as other:
            failed = watched(other, url)[-1]
            assert failed["state"] == "failed" and failed["error"].startswith("The server can't write: File too large.")
            assert failed["warnings"] and "/" not in "".join([failed["error"], *failed["warnings"]])
            assert checkpoint_files(board.store.file(EARLIER.id, "run"))
            resource.prlimit(painter._process.pid, resource.RLIMIT_FSIZE, (most, most))
            assert other.post(f"{url}/retry").status_code == 202
            ended = watched(other, url)
            assert ended[-1]["state"] == "finished" and min(job["step"] for job in ended if job["step"]) >= 3
            assert other.get(f"{url}/result").content == ask.get(f"{finished[0]}/result").content


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no signal stops a process here")
def test_a_process_that_does_not_react_to_canceling_is_ended(tmp_path):
    board = JobBoard(JobOptions(folder=tmp_path / "jobs", patience=0.2))
    painter = Painter(board)
    with board.store.claimed(), serving_jobs(board) as address, painter.running(warm=False):  # noqa: SIM117
        with httpx.Client(base_url=address, trust_env=False, timeout=SECONDS) as ask:
            url = f"/v1/jobs/{ask.post('/v1/jobs', **form()).json()['id']}"
            while painter._process is None or painter._process.pid is None:
                time.sleep(0.01)
            os.kill(painter._process.pid, signal.SIGSTOP)
            wait_until(ask, url, lambda job: job["state"] == "painting")
            ask.delete(url)
            wait_until(ask, url, lambda job: job["state"] == "canceled")

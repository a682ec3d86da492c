"""Which jobs wait, whose turn it is, and what a restart, an expiry and a lost process do to them."""

import dataclasses
import json
import time

import pytest
from helpers.job_servers import form

from nst_tf_serving.jobs_api.board import MOST_LOSSES
from nst_tf_serving.jobs_api.fairness import Turns
from nst_tf_serving.jobs_api.records import CURVE_POINTS, JobRecord, State
from nst_tf_serving.rest.refusals import RequestError


def record(number, address="a", client="", **values):
    return JobRecord(
        id=f"{number:016x}", created=number, address=address, client=client, content="c", styles=("s",), **values
    )


def order(jobs, served=()):
    turns = Turns()
    for job in served:
        turns.take(job)
    return [int(job.id, 16) for job in turns.order(jobs)]


def test_clients_take_turns():
    many, few = [record(number, "a") for number in range(4)], [record(9, "b"), record(10, "b")]
    assert order([*many, *few]) == [0, 9, 1, 10, 2, 3]
    assert order([*many, *few], served=[record(8, "a")]) == [9, 0, 10, 1, 2, 3]


def test_a_client_gains_nothing_by_many_names():
    liar = [record(number, "a", client=str(number)) for number in range(3)]
    assert order([*liar, record(7, "b"), record(8, "b")]) == [0, 7, 1, 8, 2]
    assert order([record(0, "a", "x"), record(1, "a", "x"), record(2, "a", "y")]) == [0, 2, 1]


def test_too_many_jobs_are_refused_with_a_time_to_try_again(ask, board):
    for _ in range(2):
        assert ask.post("/v1/jobs", **form(client="one")).status_code == 202
    answer = ask.post("/v1/jobs", **form(client="one"))
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) >= 1
    for _ in range(2):
        assert ask.post("/v1/jobs", **form(client="two")).status_code == 202
    answer = ask.post("/v1/jobs", **form(client="three"))
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
    assert [job["position"] for job in reversed(ask.get("/v1/jobs").json()["jobs"])] == [0, 2, 1, 3]


def test_deleting_cancels_a_job_that_waits_and_then_removes_it(ask, board):
    url = f"/v1/jobs/{ask.post('/v1/jobs', **form()).json()['id']}"
    canceled = ask.delete(url)
    assert (canceled.status_code, canceled.json()["state"]) == (202, "canceled")
    assert ask.get(f"{url}/result").status_code == 404
    assert ask.delete(url).status_code == 204
    assert ask.get(url).status_code == ask.delete(url).status_code == 404
    assert list(board.store.folder.iterdir()) == []


def test_a_restarted_server_has_its_jobs_and_continues_what_was_painted(ask, board, make_board):
    one, two = (ask.post("/v1/jobs", **form()).json()["id"] for _ in range(2))
    assert board.take(0).id == one
    board.change(one, {"step": 3, "steps": 6, "loss": 0.5})
    (board.store.folder / f"{0:016x}").mkdir()  # no job
    again = make_board()
    again.load()
    assert {job.id: job.state for job in again.all()} == dict.fromkeys((one, two), State.WAITING)
    assert again.get(one).curve == ((3, 0.5),)


def test_a_job_that_takes_its_process_down_each_time_fails_in_the_end(ask, board):
    identifier = ask.post("/v1/jobs", **form()).json()["id"]
    for _ in range(MOST_LOSSES):
        assert board.take(0).id == identifier
        board.change(identifier, {"step": 0})
        board.lost(identifier, "Signal 9.")
    assert board.take(0) is None
    failed = board.get(identifier)
    assert failed.state is State.FAILED and "choose a smaller size" in failed.error


def test_only_a_failed_job_is_retried_and_waits_as_if_it_were_new(ask, board):
    identifier = ask.post("/v1/jobs", **form()).json()["id"]
    refused = ask.post(f"/v1/jobs/{identifier}/retry")
    assert refused.status_code == 409 and "it is waiting" in refused.json()["error"]
    board.take(0)
    board.fail(identifier, "The disk is full.")
    assert ask.get(f"/v1/jobs/{identifier}").json()["error"] == "The disk is full."
    retried = ask.post(f"/v1/jobs/{identifier}/retry")
    assert retried.status_code == 202 and retried.json()["state"] == "waiting"
    assert retried.json()["error"] is None and retried.json()["ended"] is None
    assert board.take(0).id == identifier


def test_a_job_that_gets_further_each_time_is_never_given_up(ask, board):
    identifier = ask.post("/v1/jobs", **form()).json()["id"]
    for step in range(3, 3 + 2 * MOST_LOSSES):
        board.take(0)
        for resumed in (step - 2, step):
            board.change(identifier, {"step": resumed, "loss": 0.5})
        board.lost(identifier, "Signal 9.")
        assert board.get(identifier).state is State.WAITING


def test_ended_jobs_expire_and_others_do_not(make_board):
    board = make_board(keep=1)
    now, day = time.time(), 86_400
    jobs = {
        1: record(1, state=State.FINISHED, ended=now - 1.1 * day),
        2: record(2, state=State.FAILED, ended=now - 0.9 * day),
        3: dataclasses.replace(record(3), created=now - 99 * day),
    }
    for job in jobs.values():
        (board.store.folder / job.id).mkdir()
        board.store.save(job)
    board.load()
    assert [job.id for job in board.all()] == [jobs[3].id, jobs[2].id]
    assert not (board.store.folder / jobs[1].id).exists()


def test_two_servers_do_not_share_a_folder(make_board):
    one, two = make_board().store, make_board().store
    with one.claimed(), pytest.raises(BlockingIOError, match="--jobs"), two.claimed():
        pass
    with two.claimed():
        pass


def test_a_folder_that_cannot_be_written_to_is_a_503(ask, board):
    board.store.folder.rmdir()
    answer = ask.post("/v1/jobs", **form())
    assert answer.status_code == 503 and "can't be kept" in answer.json()["error"]


def test_a_long_curve_keeps_its_ends_and_a_resumed_one_does_not_go_back():
    job = record(1, state=State.PAINTING)
    for step in range(1, 3 * CURVE_POINTS):
        job = job.changed({"step": step, "loss": 1 / step})
    assert len(job.curve) <= CURVE_POINTS and job.curve[0][0] == 1 and job.curve[-1][0] == 3 * CURVE_POINTS - 1
    resumed = job.changed({"step": 100, "loss": 0.5})
    assert resumed.curve[-1] == (100, 0.5) and max(step for step, _ in resumed.curve[:-1]) < 100


def test_records_survive_a_round_trip_and_others_are_refused():
    job = record(5, settings={"size": 3}, curve=((1, 0.5),), warnings=("w",), state=State.FAILED)
    assert JobRecord.from_json(job.as_json()) == job
    odd = [json.dumps(json.loads(job.as_json()) | change) for change in ({"created": "now"}, {"ended": "x"}, {"id": 3})]
    for text in ("", "{}", "[]", "null", '{"styles": [], "warnings": [], "curve": [], "state": "x"}', *odd):
        with pytest.raises(ValueError, match="record of a job"):
            JobRecord.from_json(text)


def test_a_job_unknown_is_a_404(board):
    with pytest.raises(RequestError) as refused:
        board.get("x")
    assert refused.value.status == 404

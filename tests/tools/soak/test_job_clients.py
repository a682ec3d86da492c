"""The load test's clients of jobs, against a real board whose jobs are painted."""

import random

import httpx
import pytest
from helpers.job_servers import serving_jobs

from nst_tf_serving.jobs_api.board import JobBoard
from nst_tf_serving.jobs_api.options import JobOptions
from nst_tf_serving.jobs_api.painter import Painter
from tools.soak.load.job_clients import CANCELED, job_client, painted_alone
from tools.soak.load.records import BUSY, LEFT, LOST, RIGHT, WRONG
from tools.soak.load.works import Scene, Work, make_works


class Chance(random.Random):
    """Chance that always comes out the same."""

    def __init__(self, value):
        self.value = value
        super().__init__()

    def random(self):
        return self.value


STAYS, CANCELS = Chance(CANCELED), Chance(0.0)


@pytest.fixture
def make_server(tmp_path):
    """Make a board, not painted, of which all requests are answered over a real socket."""

    def make(**options):
        board = JobBoard(JobOptions(folder=tmp_path / "jobs", **options))
        board.store.folder.mkdir()
        return board

    return make


def test_a_job_is_right_wrong_or_canceled_and_leaves_nothing(make_server):
    board, (work,) = make_server(), make_works(1)
    with board.store.claimed(), serving_jobs(board) as rest, Painter(board).running(warm=False):
        job = painted_alone(rest, work)
        assert job.startswith(b"\x89PNG")
        right = job_client(Scene(rest=rest, grpc="", works=[work], job=job), STAYS)
        wrong = job_client(Scene(rest=rest, grpc="", works=[work], job=b""), STAYS)
        left = job_client(Scene(rest=rest, grpc="", works=[work], job=job), CANCELS)
        assert httpx.get(f"{rest}/v1/jobs", trust_env=False).json() == {"jobs": []}
    assert [each.outcome for each in (right, wrong, left)] == [RIGHT, WRONG, LEFT], (right.note, left.note)
    assert right.waited is not None and right.painted > 0


def test_a_full_board_is_busy_and_what_it_refuses_is_lost(make_server):
    board, (work,) = make_server(queue=1), make_works(1)
    broken = Work(work.inputs | {"content_bytes": b"no picture"})
    with board.store.claimed(), serving_jobs(board) as rest:
        assert job_client(Scene(rest=rest, grpc="", works=[broken]), STAYS).outcome == LOST
        content, style = work.pictures
        httpx.post(f"{rest}/v1/jobs", files={"content": content, "style": style}, trust_env=False).raise_for_status()
        assert job_client(Scene(rest=rest, grpc="", works=[work]), STAYS).outcome == BUSY

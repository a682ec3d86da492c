"""A board of jobs that nobody paints, and a client for it."""

import httpx
import pytest
from helpers.job_servers import serving_jobs

from nst_tf_serving.jobs_api.board import JobBoard
from nst_tf_serving.jobs_api.options import JobOptions


@pytest.fixture
def make_board(tmp_path):
    """Make a board in a folder of its own."""

    def make(**options):
        board = JobBoard(JobOptions(folder=tmp_path / "jobs", **options))
        board.store.folder.mkdir(exist_ok=True)
        return board

    return make


@pytest.fixture
def board(make_board):
    return make_board(queue=4)


@pytest.fixture
def ask(board):
    """A client of the board, over a real socket."""
    with serving_jobs(board) as address, httpx.Client(base_url=address, trust_env=False) as client:
        yield client

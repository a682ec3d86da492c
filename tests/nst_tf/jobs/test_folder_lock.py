"""One process at a time; what is left after one was killed; what is left at all: nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nst_tf.jobs.folder_lock import LOCK_FILE, locked

HOLD = """
import sys
from pathlib import Path
from nst_tf.jobs.folder_lock import locked
with locked(Path(sys.argv[1]), Path("run")):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has locked the folder."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_another_process_is_kept_out_until_it_ends(holder, tmp_path):
    with (
        pytest.raises(BlockingIOError, match="Another process is painting the run in run; wait"),
        locked(tmp_path, Path("run")),
    ):
        pass
    holder.communicate("")
    with locked(tmp_path, Path("run")):
        pass
    assert not list(tmp_path.iterdir())


def test_a_killed_process_leaves_nothing_locked(holder, tmp_path):
    holder.kill()
    holder.wait()
    assert [file.name for file in tmp_path.iterdir()] == [LOCK_FILE]
    with locked(tmp_path, Path("run")):
        pass
    assert not list(tmp_path.iterdir())


def test_an_error_inside_unlocks(tmp_path):
    with pytest.raises(ValueError, match="inside"), locked(tmp_path, Path("run")):
        raise ValueError("inside")
    with locked(tmp_path, Path("run")):
        assert (tmp_path / LOCK_FILE).exists()


def test_a_folder_that_vanishes_meanwhile_is_no_trouble(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    with locked(folder, folder):
        (folder / LOCK_FILE).unlink()
        folder.rmdir()


def test_where_no_lock_can_be_written_anybody_may_have_it(tmp_path):
    """As on a disk that is read-only or full; here, the folder is none."""
    (tmp_path / "file").write_bytes(b"precious")
    for _ in range(2):
        with locked(tmp_path / "file", Path("run")), locked(tmp_path / "file", Path("run")):
            pass
    assert (tmp_path / "file").read_bytes() == b"precious"

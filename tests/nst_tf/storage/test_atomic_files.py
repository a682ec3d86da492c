"""Files on file systems that refuse what they are asked."""

import errno
import os
import sys
from pathlib import Path

import pytest
from helpers.namespaces import in_namespace, need_mounts

from nst_tf.storage.atomic_files import atomic_write

CALLS = {"chmod": (Path, "chmod"), "fsync": (os, "fsync"), "link": (os, "link"), "rename": (Path, "replace")}
"""What a file system can refuse: where the call is."""


def write(path, *, overwrite=False):
    with atomic_write(path, overwrite=overwrite) as stream:
        stream.write(b"new")


@pytest.fixture
def refuse(monkeypatch):
    """Has a call fail with an error, as some file systems have it."""

    def arrange(call, number):
        def fail(*_, **__):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(*CALLS[call], fail)

    return arrange


REFUSALS = [
    *(("chmod", number) for number in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)),
    *(("fsync", number) for number in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)),
    *(("link", number) for number in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EXDEV, errno.EMLINK)),
    *(("rename", number) for number in (errno.EBUSY, errno.EXDEV, errno.EPERM, errno.ENOSYS, errno.EINVAL)),
]


@pytest.mark.parametrize("before", [None, b"old, and longer than the new one"], ids=["new", "old"])
@pytest.mark.parametrize(("call", "number"), REFUSALS, ids=lambda each: errno.errorcode.get(each, each))
def test_what_a_file_system_refuses_is_left_out_or_done_in_another_way(call, number, before, refuse, tmp_path):
    path = tmp_path / "out.png"
    if before:
        path.write_bytes(before)
    refuse(call, number)
    write(path, overwrite=before is not None)
    assert path.read_bytes() == b"new" and len(list(tmp_path.iterdir())) == 1


def test_neither_links_nor_renames_still_replace_nothing_unasked(refuse, tmp_path):
    refuse("link", errno.EPERM)
    refuse("rename", errno.EXDEV)
    write(tmp_path / "a")
    with pytest.raises(FileExistsError):
        write(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"new" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("call", ["fsync", "rename"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fails_is_an_error(call, number, refuse, tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    refuse(call, number)
    with pytest.raises(OSError, match=os.strerror(number)):
        write(tmp_path / "a", overwrite=True)
    assert (tmp_path / "a").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


SMALL_DISK = "mount -t tmpfs -o size=64k t place && cp other.png place/"
MOUNTS = {
    "a mount of its own": "mount --bind other.png out.png",
    "in a folder that can't be written to": f"{SMALL_DISK} && mount --rbind . . && mount -o remount,ro,bind . "
    "&& cd $PWD && mount --bind place/other.png out.png",
    "on a small disk of its own": f"{SMALL_DISK} && mount --bind place/other.png out.png",
}


@pytest.fixture
def mounts(tmp_path):
    """A folder with two files and another folder, in which file systems can be mounted."""
    need_mounts(tmp_path)
    for name in ("out.png", "other.png"):
        (tmp_path / name).write_bytes(b"old " * 9)
    (tmp_path / "place").mkdir()
    return tmp_path


SAVE = """
import sys
from pathlib import Path
from nst_tf.storage.atomic_files import atomic_write
from nst_tf.storage.path_checks import check_writable
path, size = Path(sys.argv[1]), int(sys.argv[2])
check_writable(path, "result", overwrite=True)
with atomic_write(path, overwrite=True) as stream:
    stream.write(b"n" * size)
"""


@pytest.mark.parametrize("mounted", MOUNTS.values(), ids=MOUNTS)
def test_a_file_that_no_rename_can_replace_is_written_in_its_place(mounted, mounts):
    (mounts / "save.py").write_text(SAVE)
    result = in_namespace(f"{mounted} && {sys.executable} save.py out.png 5 && cat out.png", mounts)
    assert (result.returncode, result.stdout, result.stderr) == (0, "nnnnn", "")


def test_a_file_that_is_written_in_its_place_is_put_back_if_that_fails(mounts):
    (mounts / "save.py").write_text(SAVE)
    result = in_namespace(
        f"{MOUNTS['on a small disk of its own']} && {sys.executable} save.py out.png 500000; cat out.png", mounts
    )
    assert result.stdout == "old " * 9 and "No space left on device" in result.stderr
    assert not list(mounts.glob(".nst-tf-*"))


def test_a_folder_on_a_file_system_that_is_read_only_is_found_out_early(mounts):
    (mounts / "save.py").write_text(SAVE)
    script = "mount --bind place place && mount -o remount,ro,bind place"
    result = in_namespace(f"{script} && {sys.executable} save.py place/new.png 5", mounts)
    assert "PermissionError: The folder place can't be written to (Read-only file system)" in result.stderr

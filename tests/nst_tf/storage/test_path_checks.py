import os
from pathlib import Path

import pytest
from helpers.command_line import run

import nst_tf
from nst_tf.storage.path_checks import check_exists, check_folder_writable, check_local, check_writable


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("gs://bucket/nst", "gs://bucket/nst is a URL"),
        (Path("s3://bucket/out.png"), "s3://bucket/out.png is a URL"),
        ("HTTPS://example.com/a.jpg", "HTTPS://example.com/a.jpg is a URL"),
        ("webdavs://host/x", "webdavs://host/x is a URL"),
        (Path("file:///tmp/x.png"), "file:///tmp/x.png is a URL; use /tmp/x.png"),
    ],
)
def test_an_address_is_shown_as_it_was_typed(path, told):
    with pytest.raises(ValueError, match=told):
        check_local(path)


@pytest.mark.parametrize("path", ["C:/pictures/a.png", "a:b.png", "2024:/a.png", "trip:/a.png", "http:", "/gs:/a.png"])
def test_a_colon_alone_makes_no_address(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trip:").mkdir()
    check_local(path)


STYLIZE = ["stylize", "photo.jpg", "painting.jpg", "--steps", "1"]


@pytest.mark.parametrize(
    "command",
    [
        ["stylize", "https://host/photo.jpg", "painting.jpg"],
        ["stylize", "photo.jpg", "s3://host/painting.jpg"],
        [*STYLIZE, "-o", "gs://host/out.png"],
        [*STYLIZE, "-o", "out.png", "--trace", "gs://host/trace.json"],
        [*STYLIZE, "-o", "out.png", "--tensorboard", "gs://host/logs"],
        [*STYLIZE, "-o", "out.png", "--checkpoint", "s3://host/run"],
        [*STYLIZE, "-o", "out.png", "--like", "https://host/x.png"],
        [*STYLIZE, "-o", "out.png", "--start", "https://host/x.png"],
        [*STYLIZE, "-o", "out.png", "--weights", "https://host/x.h5"],
        ["demo", "-o", "gs://host/out.png"],
        ["resume", "gs://host/run"],
        ["info", "https://host/out.png"],
        ["plot", "https://host/trace.json"],
        ["reconstruct", "photo.jpg", "-o", "gs://host/out.png"],
        ["figures", "photo.jpg", "https://host/painting.jpg", "-o", "page"],
        ["figures", "photo.jpg", "painting.jpg", "-o", "gs://host/page"],
        ["export", "gs://host/model", "--weights", "random"],
        ["serve", "gs://host/model"],
        ["weights", "check", "gs://host/x.h5"],
        ["weights", "normalize", "photo.jpg", "-o", "gs://host/x.npz", "--weights", "random"],
    ],
    ids=lambda command: " ".join(command[:1] + [each for each in command if "://" in each]),
)
def test_no_command_takes_an_address_for_a_folder(command, pictures):
    result = run(*command)
    address = next(each for each in command if "://" in each)
    assert result.exit_code == 2
    assert f"{address} is a URL" in result.stderr and result.stderr.count("\n") == 1
    assert {path.name for path in pictures.iterdir()} == {"photo.jpg", "painting.jpg"}


def test_the_library_refuses_addresses_too(tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NST_TF_CACHE", "gs://bucket/cache")
    for attempt in (
        lambda: nst_tf.load_image("https://host/a.png"),
        lambda: nst_tf.save_image("s3://host/a.png", rng.random((4, 4, 3))),
        lambda: nst_tf.read_metadata("https://host/a.png"),
        lambda: nst_tf.load_weights("gs://host/a.npz"),
        lambda: nst_tf.load_weights("imagenet-8bit"),
    ):
        with pytest.raises(ValueError, match="is a URL"):
            attempt()
    assert not list(tmp_path.iterdir())


@pytest.fixture
def links(tmp_path, monkeypatch):
    """Links that lead nowhere, and a file where a folder should be."""
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(b"")
    Path("there").mkdir()
    for name, target in {
        "gone.png": "there/gone.png",
        "lost.png": "nowhere/lost.png",
        "far": "nowhere",
        "loop.png": "loop.png",
        "loop": "loop2",
        "loop2": "loop",
    }.items():
        Path(name).symlink_to(target)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (
            "gone.png",
            r"^There is no picture gone.png: gone.png is a link to \S+/there/gone.png, which does not exist.$",
        ),
        ("far/a.png", r"^There is no picture far/a.png: far is a link to \S+/nowhere, which does not exist.$"),
        ("loop.png", "loop.png is a link that points back to itself"),
        ("loop/a.png", "loop is a link that points back to itself"),
        ("no/such/a.png", "There is no picture no/such/a.png: there is no folder no.$"),
        ("there/a.png", "There is no picture there/a.png; check the name.$"),
        ("file/a.png", "There is no picture file/a.png: file is not a folder.$"),
    ],
)
def test_unreadable_path_is_explained_by_the_part_that_is_wrong(path, told, links):
    with pytest.raises(FileNotFoundError, match=told):
        check_exists(Path(path), "picture")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (
            "lost.png",
            r"^lost.png is a link to \S+/nowhere/lost.png, and there is no folder \S+/nowhere for",
        ),
        ("far/a.png", r"^The result can't be put into far: far is a link to \S+/nowhere, which does not exist.$"),
        ("loop.png", "^loop.png is a link that points back to itself; name a file for the result.$"),
        ("loop/a.png", "loop is a link that points back to itself|loop/a.png is a link that points back to itself"),
        ("no/such/a.png", "^There is no folder no for the result; make it first.$"),
        ("file/a.png", "^The result can't be put into file: file is not a folder.$"),
        ("there", "^there is a folder; name a file for the result.$"),
        ("file", "^file exists; choose another name"),
        ("/dev/null", "^/dev/null is a device or a pipe; name a file for the result.$"),
    ],
)
def test_unwritable_path_is_explained_by_the_part_that_is_wrong(path, told, links):
    with pytest.raises(OSError, match=told):
        check_writable(Path(path), "result", overwrite=path == "/dev/null")
    assert {each.name for each in links.iterdir() if not each.is_symlink()} == {"file", "there"}


def test_a_link_to_what_is_not_there_yet_can_be_written(links):
    check_writable(Path("gone.png"), "result", overwrite=False)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("file", "^file is not a folder; name another for the logs.$"),
        ("far", r"^The logs need a folder, and far is a link to \S+/nowhere, which does not exist; make it first.$"),
        ("no/logs", "^There is no folder no for the logs; make it first.$"),
        ("file/logs", "file is not a folder"),
    ],
)
def test_what_can_be_no_folder_is_told_by_the_place_that_is_wrong(path, told, links):
    with pytest.raises(OSError, match=told):
        check_folder_writable(Path(path), "logs")


def test_a_folder_may_be_missing_with_those_above_it_where_that_is_allowed(links):
    check_folder_writable(Path("no/logs"), "logs", parents=True)
    with pytest.raises(FileExistsError, match=r"^\S+file is not a folder"):
        check_folder_writable(Path("file/no/logs"), "logs", parents=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to every folder")
def test_a_file_that_can_be_written_needs_no_folder_that_can(tmp_path):
    (tmp_path / "a.png").write_bytes(b"old")
    tmp_path.chmod(0o500)
    check_writable(tmp_path / "a.png", "result", overwrite=True)
    with pytest.raises(PermissionError, match="can't be written to"):
        check_writable(tmp_path / "b.png", "result", overwrite=True)

"""Where a result goes that can't be saved where it was meant to be."""

import shutil
import tempfile

import pytest

from nst_tf.jobs.fallback_folder import save_to_fallback_folder


def test_places_are_tried_one_after_the_other(tmp_path, monkeypatch):
    temporary, home, current = (tmp_path / name for name in ("temporary", "home", "current"))
    for folder in (temporary, home, current):
        folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(current)
    for place in (temporary, home, current):
        kept = save_to_fallback_folder("painting.png", lambda path: path.write_bytes(b"painting") and None)
        assert kept.parent.parent == place and kept.read_bytes() == b"painting"
        shutil.rmtree(kept.parent)
        place.rename(tmp_path / f"gone-{place.name}") if place != current else None


def test_a_place_that_is_full_is_left_clean_and_all_are_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)

    def full(_):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match=rf"^It can't be kept .*: {tmp_path} \(No space.*nothing/nst-tf.*$"):
        save_to_fallback_folder("painting.png", full)
    assert not list(tmp_path.iterdir())

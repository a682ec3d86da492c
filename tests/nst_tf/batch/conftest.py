"""Three photographs of different sizes, and a style."""

import pytest
from helpers.batches import SIZES, draw


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with three photographs and a style."""
    for number, size in enumerate(SIZES):
        draw(tmp_path / "photos" / f"{number}.jpg", size, number)
    draw(tmp_path / "style.jpg", (44, 36), 9)
    monkeypatch.chdir(tmp_path)
    return tmp_path

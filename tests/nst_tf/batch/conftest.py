"""Three photographs of different sizes, and a style."""

import pytest
from helpers.batches import enter_folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with three photographs and a style."""
    return enter_folder(tmp_path, monkeypatch)

"""The commands and the Python of docs/batch.md run as they stand, with quick settings."""

import re
import shlex
from pathlib import Path

import pytest
from helpers.batches import draw
from helpers.command_line import run

PAGE = (Path(__file__).parents[2] / "docs" / "batch.md").read_text()
QUICK = ["--weights", "random", "--scales", "1", "--steps", "1", "--size", "32"]


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """The files that the page names, as the current folder."""
    for number, name in enumerate(("photos/sea.jpg", "photos/anna.jpg", "photos/2024/sea.jpg", "painting.jpg")):
        draw(tmp_path / name, (40, 32), number)
    monkeypatch.chdir(tmp_path)


def commands():
    lines = [line for block in blocks("console") for line in block.splitlines() if line.startswith("nst-tf ")]
    return [line for line in lines if "://" not in line and "HOST" not in line]


def test_commands_of_the_page_run(photos):
    assert len(commands()) >= 2
    for line in commands():
        result = run(*shlex.split(line)[1:], *QUICK)
        assert result.exit_code == 0, (line, result.output)
    assert Path("painted/2024/sea-painting.png").is_file()


def test_the_manifest_and_the_python_of_the_page_run(photos):
    Path("m.csv").write_text(blocks("csv")[0].replace("1024", "32"))
    assert run("batch", "m.csv", "-o", "out", *QUICK).exit_code == 0
    assert Path("out/portraits/anna.png").is_file() and Path("out/sea-painting.png").is_file()
    (snippet,) = blocks("python")
    found = {}
    quick = 'config=nst_tf.StyleConfig(weights="random", scales=1, steps=1, size=32)'
    exec(compile(snippet.replace('output="painted"', f'output="painted", {quick}'), "docs/batch.md", "exec"), found)
    assert len(found["records"]) == 3 and not found["failed"]

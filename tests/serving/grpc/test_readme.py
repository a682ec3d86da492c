"""The Python of serving/deploy/README.md, against the local server."""

import re
from pathlib import Path

import pytest
from helpers.serving_toys import encoded, pixels

DOCUMENT = Path(__file__).parents[3] / "serving" / "deploy" / "README.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(), re.M | re.S)
PREDICT, STATUS = (next(each for each in SNIPPETS if marker in each) for marker in ("stub.Predict", "GetModelStatus"))


@pytest.fixture
def execute(target, tmp_path, monkeypatch):
    """Execute a snippet beside two pictures, with the address of the test's server."""
    monkeypatch.chdir(tmp_path)
    Path("photo.jpg").write_bytes(encoded("red", kind="JPEG"))
    Path("painting.jpg").write_bytes(encoded("blue", kind="JPEG"))

    def execute(snippet):
        assert "localhost:8500" in snippet
        exec(compile(snippet.replace("localhost:8500", target), DOCUMENT.name, "exec"), {})

    return execute


def test_the_snippet_with_tf_servings_stub_paints(execute):
    execute(PREDICT)
    assert pixels(Path("painted.png").read_bytes()).shape == (16, 20, 3)


def test_the_snippet_for_status_and_health_finds_both(execute, capsys):
    execute(STATUS)
    assert capsys.readouterr().out == "12 True\n"

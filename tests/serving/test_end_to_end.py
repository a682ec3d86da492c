"""From a file to a painting over HTTP: `nst-tf export`, `nst-tf serve` and `nst-tf request`, as a user types them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from helpers.model_requests import CONFIG, encoded, settings, smooth_picture
from helpers.pages import blocks
from typer.testing import CliRunner

import nst_tf
from nst_tf_cli.app import app

ROOT = Path(__file__).parents[2]
CONTENT, STYLE = smooth_picture(11, 36, 44), smooth_picture(12, 40, 30)


@pytest.fixture(scope="module")
def address(exported):
    paths = {"PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in (".", "cli", "serving"))}
    line = [sys.executable, "-m", "nst_tf_cli", "serve", str(exported.parent), "--port", "0"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(line, env=os.environ | paths, **pipes) as process:
        try:
            yield process.stdout.readline().split(" at ")[1].split("/v1")[0]
        finally:
            process.kill()


def painted_by_the_library(**changes):
    config = nst_tf.StyleConfig(weights="random", precision="float32", **changes)
    return nst_tf.stylize(CONTENT, STYLE, config=config).image


def test_a_served_painting_is_the_librarys(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photo.png").write_bytes(encoded(CONTENT))
    Path("painting.png").write_bytes(encoded(STYLE))
    asked = ["request", address, "photo.png", "painting.png"]
    chosen = {"steps": 2, "color": "luminance"}
    asked_for = ["--steps", "2", "--color", "luminance"]
    for output, options, changes in (("a.png", [], {"steps": CONFIG.steps}), ("b.png", asked_for, chosen)):
        answered = CliRunner().invoke(app, [*asked, *options, "-o", output])
        assert answered.exit_code == 0, answered.output
        wanted = painted_by_the_library(**changes)
        np.testing.assert_allclose(nst_tf.load_image(output), wanted, atol=0.5 / 255 + 1e-6)
    refused = CliRunner().invoke(app, [*asked, "--steps", "1000000", "-o", "c.png"])
    assert refused.exit_code == 2
    assert "steps must be at least 1 and at most 100000; got 1000000." in refused.output
    assert not Path("c.png").exists()


def test_client_of_the_pipelines_page_runs(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photo.jpg").write_bytes(encoded(CONTENT))
    Path("painting.jpg").write_bytes(encoded(STYLE))
    (snippet,) = (each for each in blocks(ROOT / "docs" / "pipelines.md", "python") if "request_painting" in each)
    found = {}
    code = snippet.replace('"steps": 60', '"steps": 1').replace("http://127.0.0.1:8501", address)
    exec(compile(code, "pipelines.md", "exec"), found)
    assert found["answer"].png.startswith(b"\x89PNG")


def test_rows_of_numbers_are_answered_with_rows(address):
    row = {"content": CONTENT[0].tolist(), "style": STYLE[0].tolist()}
    row |= {name: value[0].item() for name, value in settings(steps=1).items() if name != "color"}
    row["color"] = "match"
    body = json.dumps({"signature_name": "stylize", "instances": [row]})
    answer = httpx.post(f"{address}/v1/models/nst:predict", content=body, timeout=120, trust_env=False)
    (painted,) = answer.json()["predictions"]
    np.testing.assert_allclose(painted["stylized"], painted_by_the_library(steps=1, color="match")[0], atol=1e-6)


def test_a_model_is_exported_with_any_setting_and_named(tmp_path):
    layers = ["--content-layers", "conv2_1", "--style-layers", "conv1_1", "--weights", "random"]
    chosen = ["--preset", "fast", "--optimizer", "lbfgs", "--steps", "7", "--precision", "bfloat16"]
    done = CliRunner().invoke(app, ["export", str(tmp_path / "nst"), *layers, *chosen, "--version", "3"])
    assert done.exit_code == 0, done.output
    assert re.fullmatch(rf"{tmp_path}/nst/3  \d\.\d MB, bfloat16\n", done.output.splitlines(keepends=True)[-1])
    described = json.loads((tmp_path / "nst" / "3" / "assets.extra" / "config.json").read_text())["config"]
    assert (described["optimizer"], described["steps"], described["coarse_steps"]) == ("lbfgs", 7, 9)
    again = CliRunner().invoke(app, ["export", str(tmp_path / "nst"), *layers, "--version", "3"])
    assert again.exit_code == 2
    assert re.search("^Error: .*3 exists", again.stderr.splitlines()[-1])

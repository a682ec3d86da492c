import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from nst_tf import StyleConfig, load_image
from nst_tf_cli.app import app

QUICK = ["photo.jpg", "painting.jpg", "-o", "out.png", "--weights", "random", "--quiet"]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_trace_holds_every_step_and_becomes_a_plot(pictures):
    result = run("stylize", *QUICK, "--steps", "7", "--scales", "2", "--coarse-steps", "5", "--trace", "trace.json")
    assert result.exit_code == 0, result.output
    records = json.loads((pictures / "trace.json").read_text())
    assert [record["step"] for record in records] == list(range(1, 13))
    assert [record["width"] for record in records] == [34] * 5 + [48] * 7
    config = StyleConfig()
    for record in records:
        weighted = config.content_weight * record["content"] + config.style_weight * record["style"]
        weighted += config.tv_weight * record["tv"]
        assert record["loss"] == pytest.approx(weighted, rel=1e-5)
    assert run("plot", "trace.json").stdout == "trace.png\n"
    with Image.open("trace.png") as drawn:
        assert drawn.width > 800


def test_intermediates_are_numbered_and_become_the_result(pictures):
    assert run("stylize", *QUICK, "--steps", "6", "--scales", "1", "--save-every", "2").exit_code == 0
    assert sorted(path.name for path in pictures.glob("out*")) == ["out-00002.png", "out-00004.png", "out.png"]
    early, late = load_image("out-00002.png"), load_image("out-00004.png")
    assert np.max(np.abs(early - late)) > 0.01


def test_tensorboard_gets_scalars_and_pictures(pictures):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert run("stylize", *QUICK, "--steps", "20", "--scales", "1", "--tensorboard", "logs").exit_code == 0
    events = EventAccumulator("logs").Reload()
    assert [event.step for event in events.Tensors("loss")] == [10, 20]
    assert {"terms/content", "terms/style", "terms/tv", "painting"} <= set(events.Tags()["tensors"])


@pytest.mark.parametrize("text", ["", "[]", "[1]", "{}", '[{"step": 1}]'])
def test_what_is_no_trace_is_named(text, pictures):
    (pictures / "trace.json").write_text(text)
    result = run("plot", "trace.json")
    assert result.exit_code == 2
    assert "trace.json is no trace; make one with nst-tf stylize --trace trace.json" in result.stderr


def test_plot_does_not_overwrite_unasked(pictures):
    run("stylize", *QUICK, "--steps", "1", "--trace", "trace.json")
    (pictures / "trace.png").write_bytes(b"mine")
    assert run("plot", "trace.json").exit_code == 2
    assert (pictures / "trace.png").read_bytes() == b"mine"

import pytest
from helpers.command_line import run
from PIL import Image

QUICK = ["photo.jpg", "painting.jpg", "-o", "out.png", "--weights", "random", "--quiet"]


def test_a_trace_becomes_a_plot(pictures):
    result = run("stylize", *QUICK, "--steps", "7", "--scales", "2", "--coarse-steps", "5", "--trace", "trace.json")
    assert result.exit_code == 0, result.output
    assert run("plot", "trace.json").stdout == "trace.png\n"
    with Image.open("trace.png") as drawn:
        assert drawn.width > 800


@pytest.mark.parametrize("text", ["", "[]", "[1]", "{}", '[{"step": 1}]'])
def test_what_is_no_trace_is_named(text, pictures):
    (pictures / "trace.json").write_text(text)
    result = run("plot", "trace.json")
    assert result.exit_code == 2
    assert "trace.json is not a trace; make one with nst-tf stylize --trace trace.json" in result.stderr


def test_plot_does_not_overwrite_unasked(pictures):
    run("stylize", *QUICK, "--steps", "1", "--trace", "trace.json")
    (pictures / "trace.png").write_bytes(b"mine")
    assert run("plot", "trace.json").exit_code == 2
    assert (pictures / "trace.png").read_bytes() == b"mine"


def test_a_plot_does_not_replace_its_trace(pictures):
    (pictures / "trace.json").write_text("[]")
    result = run("plot", "trace.json", "-o", "Trace.JSON", "--overwrite")
    assert result.exit_code == 2 and "--output (Trace.JSON) is the trace, which is read" in result.stderr
    assert (pictures / "trace.json").read_text() == "[]"

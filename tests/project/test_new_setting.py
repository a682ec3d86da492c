"""A new setting is written in one place: a copy of the code that has one more knows it everywhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = "nst_tf/config.py"
BEFORE = "    def __post_init__(self) -> None:"
NEW = """    grain: int | None = whole_number(
        "Picture", None, "How coarse the grain is, px.", request=True, low=1, high=9
    )

"""


@pytest.fixture
def run(tmp_path):
    """Run Python in a copy that has one more setting."""
    for name in ("nst_tf", "cli", "serving"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    text = (tmp_path / CONFIG).read_text()
    (tmp_path / CONFIG).write_text(text.replace(BEFORE, NEW + BEFORE, 1))
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(tmp_path / part) for part in (".", "cli", "serving")),
    }

    def in_copy(script):
        result = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, cwd=tmp_path, check=False
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    return in_copy


@pytest.mark.parametrize("command", ["stylize", "batch", "export", "request", "sweep", "preview"])
def test_a_new_setting_is_an_option(run, command):
    shown = run(f"from nst_tf_cli.app import app; app(['{command}', '--help'], standalone_mode=False)")
    assert "--grain" in shown
    assert "How coarse" in shown


def test_a_new_setting_is_checked_varied_and_noted(run):
    run(
        """
from nst_tf.config import StyleConfig
from nst_tf.runs.provenance import Provenance
from nst_tf.sweeps import make_cells, parse_axis

try:
    StyleConfig(grain=10)
    raise SystemExit("10 is too much")
except ValueError as error:
    assert "grain must be a whole number from 1 to 9; got 10." == str(error), error
name, values = parse_axis("grain=1,none")
assert [cell.config.grain for cell in make_cells(StyleConfig(), {name: values})] == [1, None]
assert StyleConfig(grain=3).compiled() == StyleConfig().compiled()
noted = Provenance(config=StyleConfig(grain=3), content="0" * 64, style="0" * 64, start=None, weights="0" * 64)
assert Provenance.from_json(noted.as_json()).config.grain == 3
"""
    )


def test_a_new_setting_is_an_input_of_the_served_model(run):
    run(
        """
import nst_tf_serving
from nst_tf import StyleConfig
import tensorflow as tf

config = StyleConfig(weights="random", style_layers="conv1_1", content_layers="conv1_2")
folder = nst_tf_serving.export("model", config=config)
signature = tf.saved_model.load(str(folder)).signatures["stylize_bytes"]
assert signature.structured_input_signature[1]["grain"].dtype == tf.int32
"""
    )

"""`nst-tf doctor`: what it looks at, and what it makes of a machine on which something is missing."""

import json

import pytest
from helpers.command_line import run

from benchmarks.problem import step_flops
from nst_tf.weights import builtin
from nst_tf_cli.diagnosis.devices import why_no_gpu
from nst_tf_cli.diagnosis.finding import Finding, Level, guarded
from nst_tf_cli.diagnosis.installation import find_extras, required_packages
from nst_tf_cli.diagnosis.machine import VARIABLES, largest_side
from nst_tf_cli.diagnosis.self_test import step_operations


def test_a_machine_that_can_paint_gets_zero_and_a_line_for_everything(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    result = run("doctor", env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    headings = [line for line in lines if line[0] not in " !X"]
    wanted = "Versions Processor Memory Weights Folders Extras Environment TensorFlow Self-test"
    assert headings == [*wanted.split(), "Painting works here."]
    assert all(len(line) <= 80 or " " not in line.strip() for line in lines)  # a long path stays in one piece
    assert not list(tmp_path.iterdir())


def test_a_problem_is_one_for_programs_too(monkeypatch, tmp_path):
    monkeypatch.setattr(builtin, "FILE", tmp_path / "none.npz")
    result = run("doctor", "--json")
    answer = json.loads(result.stdout)
    problems = [finding for finding in answer["findings"] if finding["level"] == "problem"]
    assert (result.exit_code, answer["works"]) == (1, False)
    assert "install nst-tf again" in problems[0]["value"]


@pytest.mark.parametrize(
    ("driver", "built", "libraries", "hidden", "value", "advice"),
    [
        (False, True, False, None, "no NVIDIA driver", ""),
        (True, False, False, None, "without CUDA", ""),
        (True, True, False, None, "libraries are not installed", "pip install 'nst-tf[gpu]'"),
        (True, True, True, "-1", "CUDA_VISIBLE_DEVICES=-1 hides them", "unset"),
        (True, True, True, None, "though a driver and CUDA's libraries are here", "ask why"),
    ],
)
def test_why_there_is_no_gpu(driver, built, libraries, hidden, value, advice, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if hidden is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    finding = why_no_gpu(driver=driver, built=built, libraries=libraries)
    assert value in finding.value and advice in finding.advice
    assert finding.level is (Level.NOTE if driver else Level.OK)


def test_the_rate_counts_the_operations_that_the_benchmarks_count():
    assert step_operations(256) == pytest.approx(step_flops(256, 256))


def test_extras_are_those_of_the_distribution():
    needed = required_packages()
    assert {"tensorflow", "keras", "numpy"} <= set(needed[""]) and "uvicorn" in needed["serve"]
    for finding in find_extras():
        assert finding.level is Level.OK
        assert finding.advice in ("", f"pip install 'nst-tf[{finding.name}]'")


def test_more_memory_takes_larger_pictures():
    sides = [largest_side(gigabytes * 1e9) for gigabytes in (0.1, 1.5, 4, 16)]
    assert sides == sorted(sides) and sides[0] == 0 < sides[1] < sides[3]


def test_an_error_while_looking_is_a_finding():
    def fails():
        yield Finding(section="A", name="b", value="c")
        raise OSError("the disk is on fire")

    first, second = guarded("A", fails, level=Level.NOTE)
    assert (first.value, second.value, second.level) == ("c", "the disk is on fire", Level.NOTE)


def test_nothing_secret_is_shown():
    assert not [name for name in VARIABLES if any(word in name for word in ("TOKEN", "KEY", "PASSWORD", "PROXY"))]

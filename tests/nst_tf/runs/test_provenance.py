import dataclasses

import numpy as np
import pytest

from nst_tf.config import StyleConfig
from nst_tf.runs.provenance import Provenance, file_sha256, provenance_of


@pytest.fixture
def noted() -> Provenance:
    config = StyleConfig(style_layers={"conv1_1": 0.25, "conv2_1": 1}, size=64, stop_when=1e-3)
    return Provenance(config=config, content="a" * 64, style="b" * 64, start=None, weights="c" * 64)


def test_json_gives_back_the_same(noted: Provenance) -> None:
    assert Provenance.from_json(noted.as_json()) == noted


def test_equal_runs_do_not_differ(noted: Provenance) -> None:
    assert noted.differences(dataclasses.replace(noted)) == []


def test_differences_are_named_with_both_values(noted: Provenance) -> None:
    other = dataclasses.replace(noted, style="d" * 64, config=dataclasses.replace(noted.config, steps=7))
    assert noted.differences(other) == [
        f"style (SHA-256): {'b' * 12}, now {'d' * 12}",
        f"--steps: {StyleConfig.steps}, now 7",
    ]


def test_numbers_of_numpy_become_plain_ones(noted: Provenance) -> None:
    config = dataclasses.replace(noted.config, steps=np.int64(7), tv_weight=np.float32(0.5))
    read = Provenance.from_json(dataclasses.replace(noted, config=config).as_json())
    assert (type(read.config.steps), type(read.config.tv_weight)) == (int, float)
    assert (read.config.steps, read.config.tv_weight) == (7, 0.5)


def test_who_repeats_a_run_is_told_only_of_what_nobody_asked_for(noted: Provenance) -> None:
    other = dataclasses.replace(noted, content="d" * 64, style="e" * 64, versions={**noted.versions, "keras": "1"})
    other = dataclasses.replace(other, config=dataclasses.replace(noted.config, steps=7), weights="f" * 64)
    assert noted.unintended_differences(other) == [
        f"weights (SHA-256): {'c' * 12}, now {'f' * 12}",
        f"version of keras: {noted.versions['keras']}, now 1",
    ]


@pytest.mark.parametrize(
    ("before", "changes", "told"),
    [
        ({"weights": "net.h5"}, {"weights": "builtin"}, 0),
        ({"weights": "net.h5"}, {"seed": 1}, 1),
        ({"weights": "random"}, {"seed": 1}, 0),
        ({"weights": "random"}, {}, 1),
    ],
)
def test_other_filters_are_told_unless_they_were_asked_for(before, changes, told, noted: Provenance) -> None:
    first = dataclasses.replace(noted, config=dataclasses.replace(noted.config, **before))
    config = dataclasses.replace(first.config, **changes)
    assert len(first.unintended_differences(dataclasses.replace(first, config=config, weights="f" * 64))) == told


def test_another_start_is_told_unless_it_was_asked_for(noted: Provenance) -> None:
    first = dataclasses.replace(noted, config=dataclasses.replace(noted.config, start="a.png"), start="a" * 64)
    now = dataclasses.replace(first, start="b" * 64)
    assert first.unintended_differences(now) == [f"start (SHA-256): {'a' * 12}, now {'b' * 12}"]
    asked = dataclasses.replace(now, config=dataclasses.replace(first.config, start="b.png"))
    assert first.unintended_differences(asked) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"config": {"no_such_setting": 1}}', '{"config": {"steps": -1}}'])
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        Provenance.from_json(text)


def test_provenance_resolves_what_auto_stands_for(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("content", "style", "start"):
        (tmp_path / name).write_bytes(name.encode())
    config = StyleConfig(weights="random", start="start")
    found = provenance_of(tmp_path / "content", [tmp_path / "style"], config)
    assert found.config.precision in ("float32", "bfloat16")
    assert (found.config.weights, found.config.start) == ("random", str(tmp_path / "start"))
    assert found.content == file_sha256(tmp_path / "content") != found.style
    assert found.start == file_sha256(tmp_path / "start")
    assert len(found.weights) == 64

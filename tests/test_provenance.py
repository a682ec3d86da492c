import dataclasses

import pytest

from nst_tf.config import StyleConfig
from nst_tf.provenance import Provenance, file_sha256, origin


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


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"config": {"no_such_setting": 1}}', '{"config": {"steps": -1}}'])
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        Provenance.from_json(text)


def test_origin_resolves_what_auto_stands_for(tmp_path) -> None:
    for name in ("content", "style", "start"):
        (tmp_path / name).write_bytes(name.encode())
    config = StyleConfig(weights="random", start=str(tmp_path / "start"))
    found = origin(tmp_path / "content", tmp_path / "style", config)
    assert found.config.precision in ("float32", "bfloat16")
    assert found.content == file_sha256(tmp_path / "content") != found.style
    assert found.start == file_sha256(tmp_path / "start")
    assert len(found.weights) == 64

"""Settings from files and variables: which wins, what `nst-tf config` says of it, and what is refused."""

import json
import re
from pathlib import Path

import pytest
from helpers.command_line import run

from nst_tf.config import SETTINGS
from nst_tf.presets import PRESETS, preset
from nst_tf_cli.options.command_text import stylize_command
from nst_tf_cli.options.config_file import read_config, usual_file
from nst_tf_cli.options.setting_sources import Command, collect_sources, config_of, source_of


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file of settings in a folder, made the current one; `own` is the user's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NST_TF_CONFIG", "")

    def written(text, name="some.toml"):
        (tmp_path / name).write_text(text)
        if name == "own.toml":
            monkeypatch.setenv("NST_TF_CONFIG", str(tmp_path / name))
        return tmp_path / name

    return written


def effective(*arguments):
    result = run("config", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return {name: (each["value"], each["source"]) for name, each in json.loads(result.stdout)["settings"].items()}


def test_without_anything_all_are_defaults(write):
    assert {source for _, source in effective().values()} == {"default"}
    assert list(effective()) == list(SETTINGS)


def test_each_source_wins_over_the_ones_before(write, monkeypatch):
    """steps is set by all of them; one after the other is taken away."""
    own = write("steps = 11\nsize = 300\nprecision = 'bfloat16'", "own.toml")
    given = write("steps = 12\npreset = 'best'\n[presets.oil]\nsteps = 13\nprecision = 'float32'")
    monkeypatch.setenv("NST_TF_PRECISION", "float16")
    assert effective("--config", given, "--preset", "oil", "--steps", "14")["steps"] == (14, "option")
    assert effective("--config", given, "--preset", "oil")["steps"] == (13, "preset oil")
    assert effective("--config", given, "--preset", "oil")["precision"] == ("float32", "preset oil")
    assert effective("--config", given)["precision"] == ("float16", "NST_TF_PRECISION")
    assert effective("--config", given)["steps"] == (12, str(given))
    assert effective("--config", given)["content_weight"] == (0.05, f"preset best in {given}")
    assert effective()["steps"] == (11, str(own))
    assert effective("--preset", "paper")["size"] == (300, str(own))


def test_names_take_hyphens_and_files_are_relative_to_the_file(write, tmp_path):
    write("").parent.joinpath("there").mkdir()
    file = write("style-scale = 2\nstyle_layers = ['conv1_1']\nweights = 'net.npz'\nstart = 'noise'", "there/some.toml")
    found = effective("--config", file)
    assert found["style_scale"][0] == 2 and found["style_layers"][0] == [["block1_conv1", 1.0]]
    assert found["weights"][0] == str(tmp_path / "there" / "net.npz") and found["start"][0] == "noise"


def test_figures_keep_the_papers_settings_and_take_the_machines(write):
    write("content-weight = 0.5\nsize = 2000\nweights = 'builtin'", "own.toml")
    figures = Command(base="paper", changes={"size": 256})
    sources = collect_sources(figures, preset=None, config_file=None, options={})
    config = config_of(sources)
    assert (config.content_weight, config.size, config.weights) == (PRESETS["paper"]["content_weight"], 256, "builtin")
    assert source_of("size", sources) == "this command" and source_of("content_weight", sources) == "preset paper"


def test_the_file_of_the_documentation_is_valid(write):
    text = (Path(__file__).parents[2] / "docs" / "scripts.md").read_text()
    file = write(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1])
    found = effective("--config", file)
    assert [found[name][0] for name in ("size", "style_scale", "steps")] == [1024, 2, PRESETS["best"]["steps"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps = ", "is not a TOML file: "),
        ("stepz = 3", "there is no setting stepz; did you mean steps?"),
        ("frobnicate = 3", "there is no setting frobnicate; nst-tf config lists the settings."),
        ("steps = 'many'", "steps must be a whole number from 1 to 1,000,000,000; got many."),
        ("steps = true", "steps must be a whole number"),
        ("size = 99999", "size must be a whole number"),
        ("pooling = 'l2'", "pooling must be one of average, max; got 'l2'."),
        ("style-layers = 3", "style_layers must name one or more layers"),
        ("preset = 3", "preset must be a name in quotes"),
        ("preset = 'oil'", "preset must be one of fast, balanced, best, portrait, paper; got 'oil'."),
        ("presets = 3", "presets are tables"),
        ("presets.oil = 3", "presets are tables"),
        ("[presets.best]\nsteps = 3", "presets.best has the name of a built-in preset"),
        (
            "[presets.oil]\npreset = 'water'",
            "presets.oil can build on fast, balanced, best, portrait, paper; got 'water'.",
        ),
        ("[presets.oil]\ncontent-weight = 0\nstyle-weight = 0", "presets.oil: Neither content nor style has a weight"),
    ],
)
def test_a_wrong_file_is_one_line_that_names_it(text, message, write):
    result = run("config", "--config", write(text))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "some.toml" in result.stderr and message in result.stderr


@pytest.mark.parametrize("option", [["--config", "none.toml"], ["--config", "."]], ids=str)
def test_a_file_that_is_none_is_refused(option, write):
    result = run("config", *option)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


def test_bytes_that_are_no_text_and_huge_files_are_refused(write):
    write("").write_bytes(b"\xff\xfe = 3")
    assert "is not a TOML file" in run("config", "--config", "some.toml").stderr
    write("").write_bytes(b"#" * (2**20 + 1))
    assert "has more than 1 MiB" in run("config", "--config", "some.toml").stderr


def test_a_wrong_variable_is_named(write, monkeypatch):
    monkeypatch.setenv("NST_TF_PRECISION", "int8")
    assert "NST_TF_PRECISION: precision must be one of" in run("config").stderr


def test_the_users_own_file_has_a_usual_place(monkeypatch, tmp_path):
    monkeypatch.delenv("NST_TF_CONFIG")
    for name in ("XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    usual_file().parent.mkdir(parents=True, exist_ok=True)
    assert f"{usual_file()} (it does not exist)" in run("config").stdout
    usual_file().write_text("steps = 7")
    assert read_config(usual_file()).settings == {"steps": 7}
    assert effective()["steps"] == (7, str(usual_file()))


def test_presets_lists_what_each_sets(write):
    file = write("[presets.oil]\ndescription = 'Thick strokes'\npreset = 'best'\nstyle-scale = 2")
    lines = run("presets", "--config", file, env={"COLUMNS": "400"}).stdout.splitlines()
    assert [line.split()[0] for line in lines] == [*PRESETS, "oil"]
    assert "--optimizer lbfgs --steps 4" in lines[0] and lines[1].split(maxsplit=1)[1] == "the defaults"
    assert "Thick strokes; --content-weight 0.05 --steps 120 --style-scale 2" in lines[-1]
    listed = json.loads(run("presets", "--config", file, "--json").stdout)["presets"]
    assert listed["oil"]["settings"]["style_scale"] == 2 and listed["fast"]["file"] is None


def test_a_painting_is_painted_and_noted_with_the_files_settings(pictures, monkeypatch):
    (pictures / "own.toml").write_text("steps = 2\nscales = 1\nseed = 5\nweights = 'random'")
    monkeypatch.setenv("NST_TF_CONFIG", "own.toml")
    result = run("stylize", "photo.jpg", "painting.jpg", "-o", "out.png", "--json")
    assert json.loads(result.stdout)["planned"] == 2 and json.loads(result.stdout)["weights"] == "random"
    noted = json.loads(run("info", "out.png", "--json").stdout)["provenance"]["config"]
    assert (noted["steps"], noted["seed"]) == (2, 5)
    again = run("stylize", "photo.jpg", "painting.jpg", "--like", "out.png", "--config", "own.toml")
    assert again.exit_code == 2 and "--like brings all settings, and so does --config" in again.stderr


def test_two_presets_are_refused_in_one_line(pictures):
    result = run("stylize", "photo.jpg", "painting.jpg", "--preset", "fast", "--preset", "best")
    expected = "Error: --preset can be given once; got fast, best. Single options change a preset.\n"
    assert (result.exit_code, result.stderr) == (2, expected)


def options_of(command):
    return command.removeprefix("nst-tf stylize a.png b.png").strip()


@pytest.mark.parametrize("name", PRESETS)
def test_a_command_names_the_preset_and_what_differs(name):
    pair, named = (Path("a.png"), Path("b.png")), "" if name == "balanced" else f"--preset {name}"
    assert options_of(stylize_command(pair, preset(name), [])) == named
    differing = stylize_command(pair, preset(name, size=300, seed=7), [])
    assert options_of(differing).split() == [*named.split(), "--size", "300", "--seed", "7"]


def test_a_command_names_the_users_own_preset(write, monkeypatch):
    file = write("[presets.oil]\npreset = 'best'\nstyle-scale = 2")
    monkeypatch.setenv("NST_TF_CONFIG", str(file))
    config = preset("best", style_scale=2.0, size=300)
    assert options_of(stylize_command((Path("a.png"), Path("b.png")), config, [])) == "--preset oil --size 300"
    file.write_text("[presets.oil")
    assert "--preset best" in stylize_command((Path("a.png"), Path("b.png")), config, [])


def test_a_setting_in_two_spellings_is_refused(write):
    file = write("style-scale = 2\nstyle_scale = 3")
    message = f"Error: {file}: style-scale and style_scale are one setting; leave one of them out.\n"
    assert run("config", "--config", file).stderr == message

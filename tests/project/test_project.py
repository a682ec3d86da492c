"""The project's own rules: what an import costs, what is public, and that the README tells the truth."""

import ast
import contextlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nst_tf

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("module", "slow"),
    [
        ("nst_tf", "tensorflow numpy PIL"),
        ("nst_tf.images.reading", "tensorflow"),
        ("nst_tf.runs.provenance", "tensorflow numpy PIL"),
        ("nst_tf.jobs.job", "tensorflow numpy PIL"),
        ("nst_tf.jobs.paint", "tensorflow typer rich"),
        ("nst_tf.batch.engine", "tensorflow typer rich ray fsspec"),
        ("nst_tf_cli.app", "tensorflow numpy PIL httpx starlette"),
        ("nst_tf_serving", "tensorflow numpy"),
        ("nst_tf_serving.client.painting", "tensorflow numpy"),
        ("nst_tf_serving.rest.protocol", "tensorflow starlette"),
        ("nst_tf_serving.server.app", "tensorflow"),
        ("nst_tf_serving.jobs_api.options", "tensorflow numpy starlette platformdirs"),
        ("nst_tf_serving.jobs_api.site", "tensorflow"),
        ("nst_tf_serving.jobs_api.painter", "tensorflow"),
    ],
)
def test_what_a_module_needs_not_is_not_imported(module, slow):
    script = f"import sys, {module}; sys.exit(str(set({slow.split()}) & set(sys.modules) or ''))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert result.stderr.strip() == ""


def imported(statement):
    """The packages that a statement imports."""
    if isinstance(statement, ast.Import):
        return {alias.name.split(".")[0] for alias in statement.names}
    return {(statement.module or "").split(".")[0]} if isinstance(statement, ast.ImportFrom) else set()


def sources(*folders):
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py")]


@pytest.mark.parametrize("path", sources("nst_tf", "cli", "serving"), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_imported_that_windows_has_not(path):
    tree = ast.parse(path.read_text())
    packages = {package for node in ast.walk(tree) for package in imported(node)}
    assert not packages & {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}


@pytest.mark.parametrize("path", sources("nst_tf"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_knows_no_terminal(path):
    tree = ast.parse(path.read_text())
    packages = {package for node in ast.walk(tree) for package in imported(node)}
    assert not packages & {"click", "nst_tf_cli", "rich", "signal", "typer"}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    assert not [call for call in calls if ast.unparse(call) in ("os._exit", "sys.exit", "os.chdir")]


def test_everything_public_is_there_and_documented():
    assert set(nst_tf.__all__) == set(nst_tf._HOME)
    for name in nst_tf.__all__:
        assert inspect.getdoc(getattr(nst_tf, name))
    with pytest.raises(AttributeError, match="no attribute 'stylise'"):
        nst_tf.stylise  # noqa: B018


def test_defaulted_arguments_of_public_functions_are_keyword_only():
    for name in ("stylize", "save_image", "load_image", "paint_all", "reconstruct", "synthesize_texture", "sweep"):
        for parameter in inspect.signature(getattr(nst_tf, name)).parameters.values():
            assert parameter.default is parameter.empty or parameter.kind is parameter.KEYWORD_ONLY


def snippets(language):
    text = (ROOT / "README.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.parametrize("snippet", snippets("python"))
def test_python_of_the_readme_runs(snippet, pictures):
    exec(compile(snippet, "README.md", "exec"), {})
    assert list(pictures.glob("out*"))


@contextlib.contextmanager
def background(arguments):
    """Run `nst-tf serve` on a free port in a process of its own, and provide its address."""
    paths = {"PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in (".", "cli", "serving"))}
    command = [sys.executable, "-m", "nst_tf_cli", *arguments, "--port", "0"]
    with subprocess.Popen(command, env=os.environ | paths, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().split(" at ")[1].split("/v1")[0]
        finally:
            process.kill()


def test_shell_of_the_readme_runs(pictures):
    from typer.testing import CliRunner

    from nst_tf_cli.app import app

    lines = [line for block in snippets("sh") for line in block.splitlines() if line.startswith("nst-tf ")]
    assert len(lines) >= 6
    with contextlib.ExitStack() as stack:
        address = None
        for line in lines:
            arguments = line.split("#")[0].split()[1:]
            if arguments[0] == "serve":
                address = stack.enter_context(background(arguments))
                continue
            paints = ("stylize", "demo", "export", "reconstruct", "texture", "sweep")
            quick = ["--steps", "2", "--size", "32"] if arguments[0] in paints else []
            arguments = [address if argument.startswith("http") else argument for argument in arguments]
            result = CliRunner().invoke(app, [*arguments, *quick])
            assert result.exit_code == 0, (line, result.output)

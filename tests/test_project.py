"""The project's own rules: who imports whom, what is public, and that the README tells the truth."""

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

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {
    "layers": set(),
    "config": {"layers"},
    "axes": {"config", "layers"},
    "losses": set(),
    "color_encoding": set(),
    "grey_depths": set(),
    "color": {"color_encoding", "grey_depths"},
    "files": set(),
    "oddities": set(),
    "deep_files": set(),
    "pages": set(),
    "png_parts": {"color_encoding"},
    "side_parts": set(),
    "image": {
        *("color", "config", "deep_files", "files", "memory", "oddities"),
        *("pages", "places", "png_parts", "side_parts"),
    },
    "errors": set(),
    "sizes": {"config", "layers"},
    "pyramid": set(),
    "weights.__init__": set(),
    "weights.network_weights": {"layers"},
    "weights.weight_files": {"files", "layers", "weights.network_weights"},
    "weights.random_filters": {"layers"},
    "weights.builtin": {"errors", "layers"},
    "weights.downloads": set(),
    "weights.keras_file": {
        "errors",
        "files",
        "places",
        "weights.downloads",
        "weights.network_weights",
        "weights.weight_files",
    },
    "weights.torch_archive": set(),
    "weights.quantized": {"archive", "files", "layers", "weights.network_weights"},
    "weights.package_index": {
        "errors",
        "files",
        "weights.downloads",
        "weights.quantized",
        "weights.torch_archive",
    },
    "weights.cache_folder": {"files", "places"},
    "weights.imagenet": {
        "errors",
        "files",
        "weights.cache_folder",
        "weights.downloads",
        "weights.keras_file",
        "weights.network_weights",
        "weights.package_index",
        "weights.quantized",
    },
    "weights.sources": {
        "config",
        "errors",
        "places",
        "weights.builtin",
        "weights.downloads",
        "weights.imagenet",
        "weights.network_weights",
        "weights.random_filters",
        "weights.weight_files",
    },
    "processor": set(),
    "vgg19": {"config", "layers", "processor", "weights"},
    "normalization": {"color", "config", "layers", "opacity", "vgg19", "weights"},
    "opacity": {"color", "image", "layers", "losses", "pyramid"},
    "objective": {"config", "losses", "opacity"},
    "optimization": set(),
    "precision": {"processor"},
    "memory": {"config", "layers", "sizes"},
    "archive": {"files"},
    "places": {"files"},
    "snapshot": {"archive", "optimization"},
    "progress": {"optimization", "sizes", "snapshot"},
    "provenance": {"__version__", "config", "precision", "weights"},
    "xmp": set(),
    "notes": {"config", "places", "png_parts", "progress", "provenance", "transfer", "xmp"},
    "adam": {"config", "optimization", "pyramid"},
    "lbfgs": {"config", "optimization", "pyramid"},
}
"""Module of nst_tf to the modules it may know; `transfer`, the recipe, and `figures` may know all.

Whoever may know `weights` may know all of that folder; within it, modules know each other by name.
"""

SERVING_MAY_IMPORT = {
    "__init__": {"client", "exporter", "limits"},
    "refusals": set(),
    "base64_text": set(),
    "documents": {"refusals"},
    "tensors": {"base64_text", "documents", "refusals"},
    "protocol": {"documents", "refusals", "tensors"},
    "addresses": {"refusals"},
    "signatures": {"tensors"},
    "messages": set(),
    "versions": set(),
    "engine": {"messages", "refusals", "signatures", "tensors", "versions"},
    "worker": {"refusals"},
    "bodies": {"refusals"},
    "options": set(),
    "server": {"addresses", "bodies", "engine", "options", "protocol", "refusals", "tensors", "worker"},
    "environment": set(),
    "client": {"environment", "messages", "options"},
    "limits": set(),
    "requirements": set(),
    "octets": set(),
    "headers": {"bmp", "gif", "jpeg", "octets"},
    "chunks": {"octets"},
    "exif": {"octets"},
    "camera_notes": {"chunks", "exif", "headers", "jpeg", "octets"},
    "bmp": {"octets", "requirements"},
    "gif": {"octets", "requirements"},
    "jpeg": {"octets"},
    "codecs": {"bmp", "camera_notes", "exif", "gif", "headers", "jpeg", "octets", "requirements"},
    "plan": {"limits", "requirements"},
    "recipe": {"limits", "plan", "requirements"},
    "batches": {"recipe", "requirements"},
    "endpoints": {"batches", "codecs", "recipe", "requirements"},
    "warmup": {"recipe"},
    "exporter": {"endpoints", "limits", "messages", "recipe", "versions", "warmup"},
}
"""Module of nst_tf_serving to the others it may know."""

IN_THE_GRAPH = (
    *("octets", "chunks", "headers", "exif", "camera_notes", "bmp", "gif", "jpeg", "codecs"),
    *("requirements", "plan", "recipe"),
)
WITH_TENSORFLOW = (*IN_THE_GRAPH, "batches", "endpoints", "warmup", "exporter")
"""Modules of nst_tf_serving that import TensorFlow; the others must do without until they run a model."""


def imported(path):
    """Every module that a file imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", sorted((ROOT / "nst_tf").rglob("*.py")), ids=lambda path: path.stem)
def test_library_modules_know_only_who_they_may(path):
    names = set(imported(path))
    assert not any(name.startswith(("nst_tf_cli", "nst_tf_serving")) for name in names)
    if path.stem in ("__init__", "transfer", "figures"):
        return
    module = ".".join(path.relative_to(ROOT / "nst_tf").with_suffix("").parts)
    known = {known_as(name, module) for name in names if name.startswith("nst_tf.")}
    assert known - {module.rpartition(".")[0]} <= MAY_IMPORT[module]


def known_as(name, module):
    """What the table calls an imported module: within a folder, its modules by name."""
    _, first, *rest = name.split(".")
    return ".".join([first, *rest[:1]]) if first == "weights" and module.startswith("weights.") else first


def imported_at_once(path):
    """The modules that a file imports when it is imported itself."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node.module if isinstance(node, ast.ImportFrom) else node.names[0].name


@pytest.mark.parametrize("path", sorted((ROOT / "serving").rglob("*.py")), ids=lambda path: path.stem)
def test_serving_modules_know_only_who_they_may(path):
    names = set(imported(path))
    assert not any(name.startswith("nst_tf_cli") for name in names)
    assert {name.split(".")[1] for name in names if name.startswith("nst_tf_serving.")} <= SERVING_MAY_IMPORT[path.stem]
    tops = {name.split(".")[0] for name in imported_at_once(path)}
    assert path.stem in WITH_TENSORFLOW or not tops & {"tensorflow", "keras"}
    assert path.stem in ("bodies", "server", "client", "environment") or not tops & {"starlette", "uvicorn", "httpx"}


@pytest.mark.parametrize("path", sorted((ROOT / "cli").rglob("*.py")), ids=lambda path: path.stem)
def test_command_line_imports_nothing_slow_at_module_level(path):
    light = {
        "nst_tf",
        "nst_tf.__version__",
        "nst_tf.archive",
        "nst_tf.axes",
        "nst_tf.config",
        "nst_tf.color",
        "nst_tf.files",
        "nst_tf.image",
        "nst_tf.layers",
        "nst_tf.memory",
        "nst_tf.places",
        "nst_tf.provenance",
        "nst_tf.sizes",
        "nst_tf.weights.downloads",
    }
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "nst_tf":
            assert node.module in light
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            name = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            assert name.split(".")[0] not in ("tensorflow", "keras", "h5py", "httpx", "starlette")
            assert not name.startswith("nst_tf_serving") or name in ("nst_tf_serving.limits", "nst_tf_serving.options")


def test_importing_the_library_imports_nothing_else():
    script = "import sys, nst_tf; sys.exit(str({'tensorflow', 'numpy', 'PIL'} & set(sys.modules) or ''))"
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.stderr.strip() == ""


def test_everything_public_is_there_and_documented():
    assert set(nst_tf.__all__) == set(nst_tf._HOME)
    for name in nst_tf.__all__:
        assert inspect.getdoc(getattr(nst_tf, name))
    with pytest.raises(AttributeError, match="no attribute 'stylise'"):
        nst_tf.stylise  # noqa: B018


def test_defaulted_arguments_of_public_functions_are_keyword_only():
    for name in ("stylize", "save_image", "load_image", "reconstruct", "synthesize_texture", "sweep"):
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

"""What the wheel says of itself, and that every place names the same version."""

import os
import re
import subprocess
import sys
from email.parser import Parser
from pathlib import Path

import pytest
import yaml
from helpers.command_line import run

from nst_tf import __version__
from nst_tf_cli.terminal.extras import EXTRAS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def metadata(tmp_path_factory):
    """The wheel's metadata, as an installer asks the build backend for it."""
    folder = tmp_path_factory.mktemp("metadata")
    script = f"import hatchling.build; print(hatchling.build.prepare_metadata_for_build_wheel({str(folder)!r}))"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=True, capture_output=True)
    return Parser().parsestr(next(folder.glob("*/METADATA")).read_text())


def test_version_is_the_same_everywhere(metadata):
    assert metadata["Version"] == __version__
    assert run("--version").output == f"nst-tf {__version__}\n"
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == __version__


def test_changelog_dates_the_version():
    text = (ROOT / "CHANGELOG.md").read_text()
    newest = re.search(r"^## \[([\d.]+)\] - \d{4}-\d\d-\d\d$", text, re.MULTILINE)
    assert newest[1] == __version__


def test_metadata_is_complete(metadata):
    assert {"Name", "Summary", "Keywords", "License-Expression", "Requires-Python"} <= set(metadata)
    classifiers = metadata.get_all("Classifier")
    for version in ("3.10", "3.11", "3.12", "3.13"):
        assert f"Programming Language :: Python :: {version}" in classifiers
    extras = set(metadata.get_all("Provides-Extra"))
    assert extras >= {"all", "export", "gpu", "heif", "plot", "ray", "serve", "tensorboard", "urls"}
    wanted = metadata.get_all("Requires-Dist")
    assert any(each.startswith("tensorflow[and-cuda]") and "extra == 'gpu'" in each for each in wanted)


def test_extras_that_messages_name_exist(metadata):
    extras = set(metadata.get_all("Provides-Extra"))
    sources = [path for folder in ("nst_tf", "cli", "serving") for path in (ROOT / folder).rglob("*.py")]
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {
        extra
        for path in (*sources, *pages)
        for each in re.findall(r"(?:nst-tf|\.)\[([a-z,]+)\]'", path.read_text())
        for extra in each.split(",")
    }
    assert {"heif", "serve", "plot"} <= named | set(EXTRAS) <= extras


def test_workflow_runs_the_targets_that_ci_runs():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {word for step in steps for word in re.findall(r"make ([a-z-]+)", step)}
    assert {"check", "test", "dist", "docs"} <= called <= targets

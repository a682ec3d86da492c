"""The pages of the documentation: their commands are ones, their Python runs, and the site holds all of them."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from helpers.pages import PAGES, QUICK, ROOT, blocks, commands, parse, quickened
from PIL import Image

import nst_tf
import nst_tf_serving
from tools import gallery
from tools.paper.notebook import execute
from tools.site_hooks import PAGES as SITE_FILES
from tools.site_hooks import on_page_markdown

SERVED = ("pipelines.md",)
"""Pages whose Python needs a model; tests/serving runs it."""


@pytest.mark.parametrize("page", [*PAGES, ROOT / "serving/deploy/README.md", ROOT / "README.md"], ids=str)
def test_commands_of_a_page_are_parsed(page):
    for words in commands(page):
        try:
            parse(words)
        except Exception as error:  # Typer's versions have different ones
            pytest.fail(f"nst-tf {' '.join(words)}: {error}")


@pytest.mark.parametrize("wrong", ["stylize a.jpg b.jpg --sise 3", "stylise a.jpg", "style save", "demo --size x"])
def test_a_wrong_command_would_be_found(wrong):
    with pytest.raises(Exception, match=r"No such (option|command)|Missing|valid integer"):
        parse(wrong.split())


@pytest.mark.parametrize("name", ["portraits.md", "control.md", "pipelines.md"])
def test_python_of_a_page_runs(name, pictures):
    Image.new("L", (48, 40), 255).save("where.png")
    Image.open("photo.jpg").save("other.jpg")
    content, a, b = (nst_tf.load_picture(each) for each in ("photo.jpg", "painting.jpg", "photo.jpg"))
    known = {"QUICK": QUICK, "nst_tf": nst_tf, "np": np, "content": content, "a": a, "b": b}
    snippets = blocks(ROOT / "docs" / name, "python")
    for snippet in snippets[:1] if name in SERVED else snippets:
        exec(compile(quickened(snippet), name, "exec"), known)
    assert known["painting"].image.shape[0] == 1


def test_python_reference_has_every_public_name():
    page = (ROOT / "docs" / "api.md").read_text()
    for package in (nst_tf, nst_tf_serving):
        for name in package.__all__:
            assert f"::: {package.__name__}.{package._HOME[name]}.{name}\n" in page


def test_site_has_every_page_and_its_navigation_no_other():
    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    named = re.findall(r"[\w-]+\.md", str(navigation))
    assert sorted(named) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))


def test_gallery_shows_the_pictures_and_the_commands_of_the_script():
    assert gallery.sections() in gallery.PAGE.read_text()
    cells = [cell for cells in gallery.CELLS.values() for cell in cells]
    for cell in cells:
        path = gallery.PICTURES / f"{cell.name}.webp"
        noted = nst_tf.read_metadata(path).provenance.config
        assert noted.weights.startswith("imagenet") and noted.size == cell.size
        assert path.stat().st_size < 200_000
    assert sorted(path.stem for path in gallery.PICTURES.iterdir()) == sorted(cell.name for cell in cells)


def adapted(text):
    return on_page_markdown(text, page=SimpleNamespace(file=SimpleNamespace(src_uri="page.md")))


def anchors(path):
    """The anchors of a page's headings, as GitHub and mkdocs make them."""
    text = re.sub(r"(?ms)^```.*?^```", "", path.read_text())
    titles = (title.replace("`", "").strip().lower() for title in re.findall(r"(?m)^#+ (.+)$", text))
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [*PAGES, *(ROOT / name for name in SITE_FILES)], ids=str)
def test_links_lead_somewhere(page):
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text())
    for target in re.findall(r"\]\((?![a-z]+:)([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not (anchor and there.suffix == ".md") or anchor in anchors(there), target


def test_links_out_of_the_site_become_names():
    assert adapted("[script](../examples/pipelines.py)") == "script (`examples/pipelines.py`)"
    assert adapted("[`losses.py`](../nst_tf/losses.py)") == "`losses.py`"
    assert adapted("[sizes](../README.md#any-size)") == "[sizes](index.md#any-size)"
    assert adapted("[no](nowhere.md)") == "[no](nowhere.md)"  # so that mkdocs complains
    assert adapted("`[a](../nst_tf/losses.py)`\n$5 and $6") == "`a (`nst_tf/losses.py`)`\n$5 and $6"
    included = adapted("<!-- include: README.md -->")
    assert "(images/tubingen_starry_night.jpg)" in included and "](docs/" not in included


def test_equations_become_mathml():
    text = adapted("for $x$:\n\n$$ x^2 $$\n\n`$y$`")
    assert text.count("<math") == 2 and "`$y$`" in text and "<div><math" in text


def test_notebook_for_newcomers_needs_only_pip_and_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    book = json.loads((ROOT / "docs" / "start.ipynb").read_text())
    first, *rest = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert first["source"] == ["%pip install --quiet nst-tf"]
    ran = execute({**book, "cells": rest}, SIZE=48, STEPS=1)
    assert [len(cell["outputs"]) for cell in ran["cells"]] == [0, 0, 1, 1]
    assert nst_tf.load_image("again.png").shape[2] == 48 and "steps" in capsys.readouterr().out

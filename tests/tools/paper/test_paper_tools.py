"""What lays out the figures of docs/paper.md, and compares optimizers from noise."""

import re
import shlex
from pathlib import Path

import click
import numpy as np
import pytest
import typer

import nst_tf
from nst_tf import Picture, preset, save_image
from nst_tf_cli.app import app
from nst_tf_cli.sheets.paper_figures import make_figures
from tools.paper.energies import detail, energies
from tools.paper.many import paint_both, sheet
from tools.paper.measured import settings, textures
from tools.paper.published import missing_picture
from tools.paper.sheets import PUBLISHED, WIDEST, paint_sheets


@pytest.fixture
def files(tmp_path, rng):
    paths = [tmp_path / f"{name}.png" for name in ("photo", "one", "two")]
    for path in paths:
        save_image(path, rng.random((1, 40, 48, 3)).astype(np.float32))
    return paths


FIGURES = {title: PUBLISHED[title] for title in ("One photograph, several styles", "Content from another layer")}


def test_a_figure_gets_a_sheet_and_no_picture_is_painted_twice(files, tmp_path):
    config = preset("paper", weights="random", size=32, steps=1)
    content, *styles = files

    def paint():
        pictures = tmp_path / "pictures"
        return paint_sheets(content, styles, pictures, tmp_path, config=config, published=FIGURES)

    sheets = paint()
    assert [sheet.stem for sheet in sheets] == list(FIGURES.values())
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "pictures").iterdir()}
    paint()
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "pictures").iterdir()} == before
    assert all(nst_tf.load_image(sheet).shape[2] <= WIDEST for sheet in sheets)


@pytest.mark.parametrize(("normalization", "factor"), [("mean", 16), ("paper", 1)])
def test_content_layers_of_a_figure_weigh_as_in_a_sum_over_positions(normalization, factor, rng):
    """A position of conv4_2 stands for 8 x 8 pixels, one of conv2_2 for 2 x 2: a sum has 16 times as many of these."""
    picture = Picture(rng.random((1, 40, 48, 3)).astype(np.float32), None)
    figures = make_figures(picture, {"painting": picture}, preset("paper", normalization=normalization))
    (panel,) = next(figure.panels for figure in figures if figure.title == "Content from another layer")
    weights = dict(layer for cell in panel.cells for layer in cell.config.content_layers)
    assert weights == {"block2_conv2": factor, "block4_conv2": 1}
    assert panel.columns == ["content conv2_2", "content conv4_2"]


def test_energies_of_white_noise_are_its_variance(rng):
    noise = 0.5 + 0.1 * rng.standard_normal((256, 256, 1)).repeat(3, axis=2)
    assert detail(noise).energies == pytest.approx((0.01, 0.01), rel=0.1)


def test_energies_are_measured_after_some_evaluations(files):
    config = preset("paper", weights="random", size=48, steps=2, style_layers="conv1_1", content_layers="conv1_2")
    rows = energies(files[0], files[1], config, (1, 2), echo=lambda _: None)
    assert [row.evaluations for row in rows] == [1, 2]
    assert all(both <= style for row in rows for style, both in zip(row.of_style, row.of_both, strict=True))


def test_filters_normalized_on_many_pictures_paint_another_picture(files, tmp_path):
    config = preset("paper", weights="random", size=48, steps=2, activations="normalized")
    (both,) = paint_both(files[0], files[1:2], files, config, folder=tmp_path / "filters", echo=lambda _: None)
    assert both.style == "one" and both.two.shape == both.many.shape and not np.array_equal(both.two, both.many)
    assert all({"edges", "gram"} <= measures.keys() for measures in both.judged)
    assert sheet([both]).shape[1] > 2 * both.two.shape[1]


def test_a_texture_is_compared_from_faint_and_from_strong_noise(files):
    config = settings("random", size=48, steps=3, style_layers="conv1_1,conv1_2")
    found = textures(files[1], config, echo=lambda _: None)
    runs = [("faint noise", 3), ("faint noise", 3), ("noise in [0, 1]", 3), ("faint noise", 12)]
    assert [(each.start, each.evaluations) for each in found] == runs
    assert all(each.left <= each.worst <= 2 * each.left for each in found)
    assert all(each.loss > 1 for each in found)


def test_the_run_that_was_published_needs_the_very_pictures(tmp_path):
    (tmp_path / "tubingen.jpg").write_bytes(b"another")
    assert missing_picture(tmp_path).startswith("tubingen.jpg, the very file that was painted (sha256 e67d1869)")


def test_every_command_of_the_page_is_one():
    """Parsed only; what each does is tested elsewhere."""
    text = (Path(__file__).parents[3] / "docs" / "paper.md").read_text()
    commands = [shlex.split(found) for found in re.findall(r"`nst-tf ([^`]* [^`]*)`", text)]
    group = typer.main.get_command(app)
    for name, *arguments in commands:
        words = [word for word in arguments if not word.isupper() or word == "DIR"]
        command = group.get_command(click.Context(group), name)
        while isinstance(command, click.Group):
            command = command.get_command(click.Context(command), words.pop(0))
        command.make_context(name, ["x.npz" if word == "FILE" else word for word in words])
    assert {"stylize", "sweep", "texture", "reconstruct", "figures", "plot", "weights"} <= {
        name for name, *_ in commands
    }


def test_bounded_lbfgs_gets_as_far_from_noise_as_pytorchs(files):
    pytest.importorskip("torch", reason="PyTorch is in the group bench")
    from tools.paper.noise import STARTS, compare

    config = preset("paper", weights="builtin", size=48, style_layers="conv1_1,conv2_1", content_layers="conv2_2")
    found = compare(files[0], files[1], config, (20, 40), starts=STARTS[:1], echo=lambda _: None)
    ours, theirs = found["nst-tf, faint noise"], found["PyTorch, faint noise"]
    assert all(ours[mark] <= 1.05 * theirs[mark] for mark in ours), found

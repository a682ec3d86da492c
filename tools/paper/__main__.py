"""Measure what docs/paper.md says: `make paper`. Without pictures, those of the demo are taken."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Document = Annotated[Path, typer.Option(help="Markdown file that gets the table.")]
Weights = Annotated[list[str], typer.Option(help="Network, as nst-tf takes it; repeat.")]
Size = Annotated[int, typer.Option(help="Longer side of the pictures, pixels.")]
Steps = Annotated[int, typer.Option(help="Evaluations of L-BFGS.")]

DOCUMENT = Path("docs/paper.md")
PICTURES = Path("../shared/images")
PUBLISHED = Path("build/published")
ASSETS = Path("cli/nst_tf_cli/assets")
LAYERS = [f"conv{block}_1" for block in range(1, 6)]


@app.command("reconstructions")
def reconstructions_command(
    picture: Annotated[Path, typer.Argument(help="A photograph.")] = ASSETS / "scene.png",
    weights: Weights = ["builtin", "random"],  # noqa: B006 (Typer copies it)
    size: Size = 96,
    steps: Steps = 200,
    document: Document = DOCUMENT,
) -> None:
    """Reconstruct a photograph from each layer, by each network as it is and normalized."""
    from tools.compare_networks.document import table, write_block
    from tools.paper.measured import reconstructions, settings

    columns: dict[str, dict[str, float]] = {}
    for name in weights:
        for activations in ("unchanged", "normalized"):
            config = settings(name, size=size, steps=steps, activations=activations)
            columns[f"{name}, {activations}"] = reconstructions(picture, LAYERS, config, echo=typer.echo)
    rows = [[layer, *(f"{found[layer]:.1f}" for found in columns.values())] for layer in LAYERS]
    told = f"PSNR in decibels of {picture.stem} reconstructed from one layer, {_told(size, steps)}."
    write_block(document, "reconstructions", f"{told}\n\n{table(['Layer', *columns], rows)}")


@app.command("textures")
def textures_command(
    picture: Annotated[Path, typer.Argument(help="A painting.")] = ASSETS / "painting.png",
    weights: Weights = ["builtin"],  # noqa: B006
    size: Size = 160,
    steps: Steps = 150,
    document: Document = DOCUMENT,
) -> None:
    """Paint the textures of growing subsets of layers, and compare them with their source."""
    from tools.compare_networks.document import table, write_block
    from tools.paper.measured import Texture, settings, textures

    def row(name: str, found: Texture) -> Sequence[str]:
        shares = (f"{found.left:.2g}", f"{found.worst:.2g}", f"{found.factor:.3g}", f"{found.loss:.3g}")
        start = f"{found.start}, {found.evaluations}"
        return [name, found.layers, start, *shares, f"{found.color:.4f}", f"{found.spectrum:.2f}"]

    rows = [
        row(name, found)
        for name in weights
        for found in textures(picture, settings(name, size=size, steps=steps), echo=typer.echo)
    ]
    shares = ["left", "in the worst layer", "factor", "factor of Eq 5"]
    header = ["Network", "Layers", "From", *shares, "color (0 to 1)", "spectrum (dB)"]
    told = (
        f"Textures of {picture.stem}, {size} px, seed 0, from noise after so many evaluations of L-BFGS. What is left "
        "of the squared Gram distance as a share of the source's energy, in the mean over the layers and in the layer "
        "with the most; by what factor the mean has fallen from the start, and Eq 5. Then how far colors and power "
        "spectrum are from the source's."
    )
    write_block(document, "textures", f"{told}\n\n{table(header, rows, texts=3)}")


@app.command("noise")
def noise_command(
    content: Annotated[Path, typer.Argument(help="A photograph.")] = ASSETS / "scene.png",
    style: Annotated[Path, typer.Argument(help="A painting.")] = ASSETS / "painting.png",
    weights: Annotated[str, typer.Option(help="Network, as nst-tf takes it.")] = "imagenet",
    size: Size = 192,
    evaluations: Annotated[list[int], typer.Option(help="When to take the loss down; repeat.")] = [50, 100, 200, 300],  # noqa: B006
    strong: Annotated[bool, typer.Option("--strong", help="Also from noise over all of [0, 1].")] = False,
    document: Document = DOCUMENT,
) -> None:
    """Paint from white noise by our L-BFGS and by PyTorch's (`pip install --group bench`)."""
    from nst_tf.presets import preset
    from tools.compare_networks.document import table, write_block
    from tools.paper.noise import STARTS, compare

    config, marks = preset("paper", weights=weights, size=size), sorted(evaluations)
    found = compare(content, style, config, marks, starts=STARTS if strong else STARTS[:1], echo=typer.echo)
    rows = [[name, *(f"{losses[mark]:.4g}" for mark in marks)] for name, losses in found.items()]
    told = f"Loss of {content.stem} in the style of {style.stem} after so many evaluations, {weights}, {size} px."
    write_block(document, "noise", f"{told}\n\n{table(['From', *map(str, marks)], rows)}")


@app.command("energies")
def energies_command(
    content: Annotated[Path, typer.Argument(help="A photograph.")],
    styles: Annotated[list[Path], typer.Argument(help="Paintings.")],
    weights: Annotated[str, typer.Option(help="Network, as nst-tf takes it.")] = "imagenet",
    size: Size = 256,
    evaluations: Annotated[list[int], typer.Option(help="When to look; repeat.")] = [100, 200, 300, 500],  # noqa: B006
    document: Document = DOCUMENT,
) -> None:
    """Measure fine detail in paintings of the preset `paper`, evaluation by evaluation."""
    from nst_tf.presets import preset
    from tools.compare_networks.document import table, write_block
    from tools.paper.energies import PERIODS, energies

    config = preset("paper", weights=weights, size=size, steps=max(evaluations))
    rows = []
    for style in styles:
        for found in energies(content, style, config, evaluations, echo=typer.echo):
            powers = (f"{power:.2f}" for power in (*found.of_style, *found.of_both))
            rows.append([style.stem, str(found.evaluations), *powers, f"{found.specks:.2f}"])
    beside = [f"{period} px, of {whose}" for whose in ("style", "both") for period in PERIODS]
    told = (
        f"Spectral energy of {content.stem} in the style of each painting, {weights}, {size} px, as a multiple of the "
        "style's, and of the larger of the style's and the photograph's."
    )
    write_block(document, "energies", f"{told}\n\n{table(['Style', 'Evaluations', *beside, 'specks, of both'], rows)}")


@app.command("normalized")
def normalized_command(
    content: Annotated[Path, typer.Argument(help="A photograph.")],
    styles: Annotated[list[Path], typer.Argument(help="Paintings.")],
    pictures: Annotated[Path, typer.Option(help="Folder of the pictures to normalize on.")] = PICTURES,
    weights: Annotated[str, typer.Option(help="Network, as nst-tf takes it.")] = "imagenet",
    folder: Annotated[Path, typer.Option(help="Folder of the filters.")] = Path("build"),
    target: Annotated[Path, typer.Option(help="The sheet.")] = Path("docs/images/normalized_on_many.jpg"),
    document: Document = DOCUMENT,
) -> None:
    """Paint with filters normalized on many pictures, and on the two that are painted."""
    import nst_tf
    from nst_tf.presets import FIGURE_SETTINGS, preset
    from tools.compare_networks.document import table, write_block
    from tools.paper.many import paint_both, sheet

    config = preset("paper", **FIGURE_SETTINGS, weights=weights)
    many = sorted(path for path in pictures.iterdir() if path.suffix in (".jpg", ".png"))
    found = paint_both(content, styles, many, config, folder=folder, echo=typer.echo)
    rows = [
        [each.style, on, *(f"{judged[name]:.3f}" for name in ("edges", "gram", "content", "style"))]
        for each in found
        for on, judged in zip(("the two", f"{len(many)} pictures"), each.judged, strict=True)
    ]
    told = f"{content.stem} at the figures' settings, {weights}; measures of `tools/judge`."
    header = ["Style", "Normalized on", "edges", "unread Gram", "content", "style"]
    write_block(document, "normalized", f"{told}\n\n{table(header, rows, texts=2)}")
    nst_tf.save_image(target, sheet(found), overwrite=True)


@app.command("published")
def published_command(
    pictures: Annotated[Path, typer.Option(help="Folder of the two pictures that were painted.")] = PICTURES,
    weights: Annotated[str, typer.Option(help="Network, as nst-tf takes it.")] = "imagenet",
    evaluations: Annotated[int, typer.Option(help="How far to go; 499 for all labels.")] = 499,
    reading: Annotated[list[str] | None, typer.Option(help="Way to reduce the pictures; all without it.")] = None,
    folder: Annotated[Path, typer.Option(help="Folder of losses; a file there is not run again.")] = PUBLISHED,
    document: Document = DOCUMENT,
) -> None:
    """Repeat the run whose losses Gatys printed, with pictures reduced as Pillow does and as it did before 2.7."""
    from nst_tf import load_weights
    from tools.compare_networks.document import table, write_block
    from tools.paper.published import PRINTED, READINGS, missing_picture, recorded, repeat

    if missing := missing_picture(pictures):
        raise typer.BadParameter(missing)
    for name in reading or READINGS:
        if not (losses := recorded(folder, name)):
            for label, loss in repeat(pictures, load_weights(weights), reading=name, evaluations=evaluations):
                losses[label] = loss
                recorded(folder, name, losses)
                typer.echo(f"{name}, {label}: {loss:.7g}, {loss / PRINTED[label]:.3f} of the printed")
    found = {name: recorded(folder, name) for name in READINGS}
    rows = [
        [str(label), f"{loss:.0f}", *(text for losses in found.values() for text in _beside(losses.get(label), loss))]
        for label, loss in PRINTED.items()
    ]
    header = ["Label", "printed", *(text for name in found for text in (name, "of the printed"))]
    write_block(document, "published", f"Filters: {load_weights(weights).name}.\n\n{table(header, rows)}")


def _beside(loss: float | None, printed: float) -> tuple[str, str]:
    return ("", "") if loss is None else (f"{loss:.0f}", f"{loss / printed:.3f}")


@app.command("figures")
def figures_command(
    content: Annotated[Path, typer.Argument(help="A photograph.")],
    styles: Annotated[list[Path], typer.Argument(help="Paintings; the first gets most figures.")],
    weights: Annotated[str, typer.Option(help="Network, as nst-tf takes it.")] = "imagenet",
    folder: Annotated[Path, typer.Option(help="Folder of the pictures, which are painted once.")] = Path(
        "build/paper-figures"
    ),
    target: Annotated[Path, typer.Option(help="Folder of the sheets.")] = Path("docs/images"),
    sheet: Annotated[list[str] | None, typer.Option(help="Name of a sheet, such as figure_2; all without it.")] = None,
) -> None:
    """Paint the figures at the defaults of `nst-tf figures`, and a sheet of each; half an hour and more."""
    from nst_tf.presets import FIGURE_SETTINGS, preset
    from tools.paper.sheets import PUBLISHED, paint_sheets

    config = preset("paper", **FIGURE_SETTINGS, weights=weights)
    folder.parent.mkdir(parents=True, exist_ok=True)
    wanted = {title: name for title, name in PUBLISHED.items() if name in (sheet or PUBLISHED.values())}
    if missing := sorted(set(sheet or ()) - set(wanted.values())):
        raise typer.BadParameter(f"--sheet takes {', '.join(PUBLISHED.values())}; got {', '.join(missing)}")
    for path in paint_sheets(content, styles, folder, target, config=config, published=wanted):
        typer.echo(path)


@app.command("notebook")
def notebook_command(
    notebook: Annotated[Path, typer.Argument(help="The notebook.")] = Path("docs/paper.ipynb"),
) -> None:
    """Run the notebook, and keep what its cells show."""
    from tools.paper.notebook import refresh

    refresh(notebook)


def _told(size: int, steps: int) -> str:
    return f"{size} px, {steps} evaluations of L-BFGS, seed 0"


if __name__ == "__main__":
    app()

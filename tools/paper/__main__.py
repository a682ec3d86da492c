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
        numbers = (f"{found.total:.3g}", f"{found.least:.3g}", f"{found.color:.4f}", f"{found.spectrum:.2f}")
        return [name, found.layers, *numbers]

    rows = [
        row(name, found)
        for name in weights
        for found in textures(picture, settings(name, size=size, steps=steps), echo=typer.echo)
    ]
    header = ["Network", "Layers", "Gram distance, factor", "in the worst layer", "color (0 to 1)", "spectrum (dB)"]
    told = (
        f"Textures of {picture.stem} from noise, {_told(size, steps)}. First the factor by which the squared Gram "
        "distance, as a share of the source's energy, is smaller than the noise's: in the sum over the layers, and in "
        "the layer where it has fallen least. Then how far colors and power spectrum are from the source's."
    )
    write_block(document, "textures", f"{told}\n\n{table(header, rows, texts=2)}")


@app.command("noise")
def noise_command(
    content: Annotated[Path, typer.Argument(help="A photograph.")] = ASSETS / "scene.png",
    style: Annotated[Path, typer.Argument(help="A painting.")] = ASSETS / "painting.png",
    weights: Annotated[str, typer.Option(help="Network, as nst-tf takes it.")] = "imagenet",
    size: Size = 192,
    evaluations: Annotated[list[int], typer.Option(help="When to take the loss down; repeat.")] = [50, 100, 200, 300],  # noqa: B006
    document: Document = DOCUMENT,
) -> None:
    """Paint from white noise by our L-BFGS and by PyTorch's (`pip install --group bench`)."""
    from nst_tf.presets import preset
    from tools.compare_networks.document import table, write_block
    from tools.paper.noise import compare

    config, marks = preset("paper", weights=weights, size=size), sorted(evaluations)
    found = compare(content, style, config, marks, echo=typer.echo)
    rows = [[name, *(f"{losses[mark]:.4g}" for mark in marks)] for name, losses in found.items()]
    told = f"Loss of {content.stem} in the style of {style.stem} after so many evaluations, {weights}, {size} px."
    write_block(document, "noise", f"{told}\n\n{table(['From', *map(str, marks)], rows)}")


@app.command("figures")
def figures_command(
    content: Annotated[Path, typer.Argument(help="A photograph.")],
    styles: Annotated[list[Path], typer.Argument(help="Paintings; the first gets most figures.")],
    weights: Annotated[str, typer.Option(help="Network, as nst-tf takes it.")] = "imagenet",
    folder: Annotated[Path, typer.Option(help="Folder of the pictures, which are painted once.")] = Path(
        "build/paper-figures"
    ),
    target: Annotated[Path, typer.Option(help="Folder of the sheets.")] = Path("docs/images"),
) -> None:
    """Paint the figures at the defaults of `nst-tf figures`, and a sheet of each; half an hour and more."""
    from nst_tf.presets import FIGURE_SETTINGS, preset
    from tools.paper.sheets import paint_sheets

    config = preset("paper", **FIGURE_SETTINGS, weights=weights)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for sheet in paint_sheets(content, styles, folder, target, config=config):
        typer.echo(sheet)


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

"""Compare networks by the pictures they paint, their filters and their activations.

A network is NAME=SOURCE, where SOURCE is `he` (independent random filters) or any of nst-tf's weights (builtin, random,
imagenet, a file). A picture is FILE or FILE@x,y,w,h, a crop in fractions of width and height.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nst_tf.config import DEFAULT_SIZE, StyleConfig

if TYPE_CHECKING:
    from tools.compare_networks.sources import Network, Source

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Networks = Annotated[list[str], typer.Option("--network", metavar="NAME=SOURCE", help="A network; repeatable.")]
Pictures = Annotated[list[str], typer.Argument(metavar="PICTURE...", help="Files, or crops FILE@x,y,w,h.")]
Document = Annotated[Path, typer.Option(help="Markdown file that gets the table; pictures and numbers go next to it.")]
Work = Annotated[Path, typer.Option(help="Folder of finished pictures; a second run continues from it.")]
Seed = Annotated[int, typer.Option(help="Seed of noise and of random networks.")]
Size = Annotated[int, typer.Option(help="Longer side of a picture, pixels.")]
Steps = Annotated[int, typer.Option(help="Optimization steps.")]
Side = Annotated[int, typer.Option(help="Longer side of a picture on the contact sheet, pixels.")]

WORK = Path("build/compare_networks")


@app.command("textures")
def textures_command(
    pictures: Pictures,
    network: Networks,
    document: Document,
    work: Work = WORK,
    size: Size = 256,
    steps: Steps = 300,
    tv_weight: Annotated[float, typer.Option(help="Weight of the total variation loss.")] = StyleConfig.tv_weight,
    seed: Seed = StyleConfig.seed,
    side: Side = 256,
    candidate: Annotated[str, typer.Option(help="Network to judge.")] = "builtin",
    baseline: Annotated[str, typer.Option(help="Network to beat.")] = "random",
) -> None:
    """Synthesize textures from noise and measure their distance to the sources."""
    from tools.compare_networks import textures

    settings = StyleConfig(size=size, steps=steps, tv_weight=tv_weight, seed=seed)
    sources, networks = _sources(pictures), _networks(network, work, seed)
    rows, tiles = textures.compare_textures(networks, sources, work, settings=settings, echo=typer.echo)
    textures.publish(document, rows, tiles, settings=settings, side=side)
    for verdict in textures.verdicts(rows, candidate=candidate, baseline=baseline):
        typer.echo(f"{'holds' if verdict.holds else 'FAILS'}  {verdict.text}")


@app.command("paintings")
def paintings_command(
    content: Annotated[list[str], typer.Option(metavar="PICTURE", help="A photograph; repeatable.")],
    style: Annotated[list[str], typer.Option(metavar="PICTURE", help="A painting; repeatable.")],
    network: Networks,
    document: Document,
    work: Work = WORK,
    size: Size = DEFAULT_SIZE,
    steps: Steps = StyleConfig.steps,
    seed: Seed = StyleConfig.seed,
    side: Side = 320,
) -> None:
    """Paint every photograph in every style with every network, and report how much of the photograph is preserved."""
    from tools.compare_networks import pages

    settings = StyleConfig(size=size, steps=steps, seed=seed)
    contents, styles, networks = _sources(content), _sources(style), _networks(network, work, seed)
    similarities, sheets = pages.compare_paintings(networks, contents, styles, work, settings=settings, echo=typer.echo)
    pages.publish(document, similarities, sheets, settings=settings, side=side)


@app.command("filters")
def filters_command(
    network: Annotated[str, typer.Argument(metavar="NAME=SOURCE", help="A network; the name is optional.")],
    out: Annotated[Path, typer.Argument(help="PNG to write.")],
    work: Work = WORK,
    seed: Seed = StyleConfig.seed,
) -> None:
    """Draw the filters of the first layer."""
    from nst_tf.images.writing import save_image
    from tools.compare_networks.filters import filter_sheet

    save_image(out, filter_sheet(_networks([network], work, seed)[0]), overwrite=True)


@app.command("dead")
def dead_command(
    pictures: Pictures,
    network: Networks,
    document: Document,
    work: Work = WORK,
    size: Size = DEFAULT_SIZE,
    seed: Seed = StyleConfig.seed,
) -> None:
    """Report the share of dead filters and the mean activation of each layer."""
    from tools.compare_networks import dead
    from tools.compare_networks.document import write_block

    sources, networks = _sources(pictures), _networks(network, work, seed)
    activities = {each.name: dead.measure_activity(each, sources, size=size) for each in networks}
    write_block(document, "dead", dead.activity_table(activities, sources, size=size))


def _sources(texts: list[str]) -> "list[Source]":
    from tools.compare_networks.sources import Source

    sources = [Source.parse(text) for text in texts]
    _refuse_twins([source.label for source in sources])
    return sources


def _networks(texts: list[str], work: Path, seed: int) -> "list[Network]":
    from tools.compare_networks.sources import Network

    networks = [Network.parse(text, work=work, seed=seed) for text in texts]
    _refuse_twins([network.name for network in networks])
    return networks


def _refuse_twins(names: list[str]) -> None:
    if len(set(names)) < len(names):
        raise typer.BadParameter(f"names must be distinct; got {', '.join(names)}")


if __name__ == "__main__":
    app()

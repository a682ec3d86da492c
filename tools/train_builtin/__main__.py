"""Train the built-in network: pictures, train, fold, join, colors, report.

No framework is loaded before it is needed; KERAS_BACKEND chooses which one.
"""

import math
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from tools.train_builtin import arrays, fold
from tools.train_builtin.pictures import corpus
from tools.train_builtin.recipe import HEADS, Architecture, Recipe
from tools.train_builtin.vgg19 import BATCH_NORM_EPSILON, INPUT_SCALE

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Images = Annotated[list[Path], typer.Argument(help="Picture files.")]
ImageSize = Annotated[int, typer.Option(help="Longer side of the resized pictures, pixels.")]
PictureSize = Annotated[int, typer.Option(help="Side of a drawn picture, pixels.")]
Workers = Annotated[int, typer.Option(help="Processes that draw pictures.")]


@app.command("pictures")
def write_contact_sheet(
    out: Annotated[Path, typer.Argument(help="PNG to write.")],
    count: Annotated[int, typer.Option(help="Number of pictures.")] = 72,
    size: PictureSize = 256,
    columns: Annotated[int, typer.Option(help="Pictures per row.")] = 12,
    thumb: Annotated[int, typer.Option(help="Side of a picture on the sheet, pixels.")] = 128,
    seed: Annotated[int, typer.Option(help="Seed of the corpus.")] = 0,
    workers: Workers = 1,
    families: Annotated[bool, typer.Option(help="One row per family, unmixed.")] = False,
) -> None:
    """Write a contact sheet of the corpus."""
    if families:
        drawn = corpus.family_samples(seed, columns, size=size)
    else:
        drawn = list(corpus.draw_corpus(seed, count, size=size, workers=workers))
    corpus.contact_sheet(drawn, columns=columns, thumb=thumb).save(out)


@app.command("train")
def run_training(
    work: Annotated[Path, typer.Option(help="Folder for corpus, checkpoint and log; training continues from it.")],
    count: Annotated[int, typer.Option(help="Number of pictures.")] = 6000,
    picture_size: PictureSize = 256,
    crop: Annotated[int, typer.Option(help="Side of a crop, pixels.")] = Recipe.crop,
    batch: Annotated[int, typer.Option(help="Pictures per step.")] = Recipe.batch,
    steps: Annotated[float, typer.Option(help="Steps of the whole training.")] = math.inf,
    minutes: Annotated[float, typer.Option(help="Minutes of the whole training, over all commands.")] = math.inf,
    until: Annotated[float, typer.Option(help="Share of the training after which this command saves and stops.")] = 1.0,
    pause_after: Annotated[float, typer.Option(help="Minutes after which this command saves and stops.")] = math.inf,
    objective: Annotated[str, typer.Option(help="classify or contrast.")] = Architecture.objective,
    heads: Annotated[str, typer.Option(help="Layers with a head, separated by commas.")] = ",".join(HEADS),
    scale: Annotated[
        tuple[float, float], typer.Option(help="Smallest and largest side of a crop, as a fraction of the picture's.")
    ] = (0.25, 0.8),
    width: Annotated[float, typer.Option(help="Factor on the number of filters.")] = Architecture.width,
    peak_rate: Annotated[float, typer.Option(help="Largest learning rate.")] = Recipe.peak_rate,
    chunk: Annotated[int, typer.Option(help="Steps between two log lines.")] = Recipe.chunk,
    save_every: Annotated[float, typer.Option(help="Seconds between two checkpoints.")] = Recipe.save_every,
    seed: Annotated[int, typer.Option(help="Seed of corpus, weights and crops.")] = Recipe.seed,
    precision: Annotated[str, typer.Option(help="float32 or mixed_bfloat16.")] = "float32",
    workers: Workers = 1,
) -> None:
    """Train for the given steps or minutes; run again to continue."""
    recipe = Recipe(
        steps=steps,
        minutes=minutes,
        until=until,
        pause_after=pause_after,
        batch=batch,
        crop=crop,
        peak_rate=peak_rate,
        chunk=chunk,
        save_every=save_every,
        seed=seed,
    )
    architecture = Architecture(width=width, heads=tuple(heads.split(",")), objective=objective)
    work.mkdir(parents=True, exist_ok=True)
    drawn = corpus.load_or_draw(work / "pictures.npy", seed=seed, count=count, size=picture_size, workers=workers)

    import keras

    from tools.train_builtin.crops import Augmentation
    from tools.train_builtin.train import train

    keras.config.set_dtype_policy(precision)
    augmentation = Augmentation(scale=scale)
    train(drawn, work, recipe=recipe, architecture=architecture, augmentation=augmentation, echo=typer.echo)


@app.command("fold")
def write_plain_network(
    work: Annotated[Path, typer.Argument(help="Folder of a training.")],
    out: Annotated[Path, typer.Argument(help="File to write, .npz; large networks are split, see join.")],
    images: Annotated[list[Path] | None, typer.Argument(help="Pictures to normalize activations on.")] = None,
    per_filter: Annotated[bool, typer.Option(help="Normalize each filter instead of each layer.")] = False,
    image_size: ImageSize = 512,
    int8: Annotated[bool, typer.Option("--int8", help="8 bits per weight, one scale per filter.")] = False,
    dtype: Annotated[str, typer.Option(help="float16 or float32.")] = "float16",
) -> None:
    """Fold batch normalization into the filters and write the plain network's weights."""
    state = arrays.read(work / "checkpoint.npz")
    weights = fold.fold_batch_norm(state, epsilon=BATCH_NORM_EPSILON, input_scale=INPUT_SCALE)
    if images:
        from tools.train_builtin import activity

        measured = activity.measure(weights, (activity.read_picture(path, size=image_size) for path in images))
        weights = fold.rescale(weights, activity.mean_one_scales(measured, per_filter=per_filter))
    stored = fold.quantize(weights) if int8 else fold.cast(weights, dtype)
    for path in fold.write_parts(stored, out):
        typer.echo(f"{path}  {path.stat().st_size / 1e6:.1f} MB")


@app.command("join")
def join_parts(
    out: Annotated[Path, typer.Argument(help="File to write, .npz.")],
    parts: Annotated[list[Path], typer.Argument(help="Files written by fold.")],
) -> None:
    """Join the parts of a network into one file."""
    arrays.write(out, fold.join_parts(parts))


@app.command("colors")
def write_carriers(
    network: Annotated[Path, typer.Argument(help="File written by fold or join, .npz.")],
    out: Annotated[Path, typer.Argument(help="File to write, .npz, 8 bits per weight.")],
    count: Annotated[int, typer.Option(help="Number of drawn pictures to measure the filters on.")] = 100,
    picture_size: PictureSize = 192,
    seed: Annotated[int, typer.Option(help="Seed of the pictures.")] = 1,
) -> None:
    """Replace some filters of every layer with carriers of the first layer's colors."""
    from tools.train_builtin import activity, colors

    weights = fold.dequantize(arrays.read(network))
    drawn = corpus.draw_corpus(seed, count, size=picture_size, workers=1)
    measured = activity.measure(weights, (picture.astype(np.float32) for picture in drawn))
    arrays.write(out, fold.quantize(colors.carry_colors(weights, measured)))


@app.command("report")
def report_activity(
    network: Annotated[Path, typer.Argument(help="File written by fold or join, .npz.")],
    images: Images,
    image_size: ImageSize = 512,
) -> None:
    """Print each layer's mean activation and share of dead filters over pictures."""
    from tools.train_builtin import activity

    weights = fold.dequantize(arrays.read(network))
    measured = activity.measure(weights, (activity.read_picture(path, size=image_size) for path in images))
    for name, share in activity.dead_share(measured).items():
        typer.echo(f"{name}  mean {measured.mean[name].mean():8.4f}  dead {share:6.1%}")


if __name__ == "__main__":
    app()

"""Settings to compare, written as options of `nst-tf stylize`, and their pictures, each painted once."""

import json
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import typer

import nst_tf
from nst_tf.config import StyleConfig
from nst_tf_cli.options.config_options import with_settings
from tools.compare_networks.cells import Cell, Echo

PRESETS = ("fast", "balanced", "best")
VARIANTS = tuple(f"{name}=--preset {name}" for name in PRESETS)
"""Compared by default."""

START = "--content-weight 0.05 --tv-weight 1 --scales 6 --steps 45 --coarse-steps 45"
"""Starting point of the search for the defaults; all other settings are the defaults."""

FORMER = (
    "--content-weight 0.3 --tv-weight 0.3 --style-layers conv1_1,conv2_1,conv3_1,conv4_1,conv5_1 "
    "--scales 3 --steps 80 --coarse-steps 20 --learning-rate 0.02 --beta-2 0.8 --average-decay 0.7"
)
"""The former default, chosen on the built-in network."""

TRIED = (
    f"start={START}",
    f"content_0.1={START} --content-weight 0.1",
    f"also_conv3_2_content={START} --content-layers conv4_2=0.7,conv3_2=0.3",
    f"tv_0.5={START} --tv-weight 0.5",
    f"tv_2={START} --tv-weight 2",
    f"equal_style_layers={START} --style-layers conv1_1,conv2_1,conv3_1,conv4_1,conv5_1",
    f"rate_0.02={START} --learning-rate 0.02",
    f"60_steps_and_30={START} --steps 60 --coarse-steps 30",
    f"max_pooling={START} --pooling max",
    f"epsilon_1e-5={START} --epsilon 1e-5",
    f"lbfgs={START} --optimizer lbfgs",
    f"former_default={FORMER}",
)
"""Settings tried for the defaults; `docs/defaults.md` has the results."""

_UsageError = cast(
    type[Exception], typer.BadParameter.__bases__[0]
)  # click's, or that of the copy of click in newer versions of Typer


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Settings with a name."""

    name: str
    config: StyleConfig


@dataclass(frozen=True, kw_only=True)
class Painted:
    """A picture in the output folder and its record: seconds, steps, loss, terms."""

    file: Path
    record: dict[str, Any]


def parse_variant(text: str, *, size: int, weights: str) -> Variant:
    """Parse `NAME=OPTIONS`; options are those of `nst-tf stylize`, and override size and weights.

    Raises:
        ValueError: If there is no name, or an option is unknown.
    """
    name, equals, options = text.partition("=")
    if not equals or not name.replace("_", "").replace("-", "").replace(".", "").isalnum():
        raise ValueError(f"a variant must be NAME='OPTIONS', NAME of letters, digits, '.', '-' and '_'; got {text!r}")
    given = ["--size", str(size), "--weights", weights, *shlex.split(options)]
    return Variant(name=name, config=parse_settings(given))


def parse_settings(options: Sequence[str]) -> StyleConfig:
    """Parse settings with the command line's own parser.

    Raises:
        ValueError: If an option is unknown, or a value is invalid.
    """
    parsed: list[StyleConfig] = []
    app = typer.Typer(add_completion=False)

    @app.command()
    @with_settings
    def keep(config: StyleConfig) -> None:
        """Store the parsed settings."""
        parsed.append(config)

    try:
        typer.main.get_command(app)(list(options), standalone_mode=False)
    except _UsageError as error:
        raise ValueError(f"{shlex.join(options)}: {error}") from None
    if not parsed:
        raise ValueError(f"{shlex.join(options)}: these are no settings")
    return parsed[0]


def paint(cell: Cell, variant: str, folder: Path, *, echo: Echo) -> Painted:
    """Paint a picture, unless it is in the folder: its name holds a hash of both pictures, filters and all settings.

    The hash does not cover the library's code: empty the folder after changing how `nst_tf` paints.
    """
    file = folder / f"{cell.content.label}-{cell.style.label}-{variant}-{cell.key[:12]}.png"
    notes = file.with_suffix(".json")
    if not (file.exists() and notes.exists()):
        begun = time.monotonic()
        painting = nst_tf.stylize(cell.content.load(), cell.style.load(), config=cell.config)
        record = {"seconds": time.monotonic() - begun, "steps": painting.steps, "loss": painting.loss}
        folder.mkdir(parents=True, exist_ok=True)
        nst_tf.save_image(file, painting.image, overwrite=True)
        notes.write_text(json.dumps(record | {"terms": painting.terms}, indent=1) + "\n")
        echo(f"{file.name}: {record['seconds']:.0f} s, {painting.steps} steps, loss {painting.loss:.4f}")
    return Painted(file=file, record=json.loads(notes.read_text()))

"""`nst-tf info`: what a picture was painted from, for people and for machines."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nst_tf.config import SETTINGS, StyleConfig
from nst_tf_cli.options.command_text import changed_options, option_value
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.terminal.console import printable
from nst_tf_cli.terminal.errors import option_name
from nst_tf_cli.terminal.report import Report

if TYPE_CHECKING:
    from nst_tf.runs.metadata import Metadata
    from nst_tf.runs.served_metadata import ServedMetadata

INDENT = "  "

LOSSES = {
    "loss": "loss: all terms, times their weights",
    "content": "content: distance from the photograph",
    "style": "style: distance from the painting's textures",
    "tv": "tv: roughness (total variation)",
}
"""What the losses of a run are."""

FILES = {"content": "photograph", "style": "painting", "start": "start picture", "weights": "network"}
"""What is hashed."""


@reported
def info(
    picture: Annotated[Path, typer.Argument(help="A .png, .jpg, .webp, .tif or .avif that nst-tf has painted.")],
) -> Report:
    """Show what a picture was painted from: settings, seed, versions, hashes, and its losses."""
    from nst_tf.runs.metadata import read_metadata
    from nst_tf.runs.served_metadata import read_served_metadata

    if served := read_served_metadata(picture):
        return Report(
            values=json.loads(served.as_json()), text="\n".join(_readable_served(picture, served)), asked=True
        )
    notes = read_metadata(picture)
    return Report(values=json.loads(notes.as_json()), text="\n".join(readable(picture, notes)), asked=True)


def readable(picture: Path, notes: "Metadata") -> Iterator[str]:
    """Yield readable lines about a picture, its own settings first."""
    provenance, ending = notes.provenance, notes.ending
    yield printable(f"{picture}: painted by nst-tf {provenance.versions['nst-tf']}")
    if ending:
        size = {"size": f"{ending.width}x{ending.height} px", "steps": f"{ending.steps} of {ending.planned}"}
        yield from _table("Result", size)
    else:
        yield "Result: the last good picture of a run that failed"
    changed, kept = _settings(provenance.config)
    yield from _table("Options that are not the defaults (auto replaced by what it stood for)", changed)
    yield from _table("Options at their defaults", kept)
    if ending:
        values = {"loss": ending.loss, **ending.terms}
        losses = {LOSSES.get(name, name): f"{value:.4g}" for name, value in values.items()}
        yield from _table("What the painting was optimized for, at the last step; less is closer", losses)
    hashes = {_file_of(name): value for name, value in provenance.hashes.items() if value}
    yield from _table("SHA-256 of what it was painted from", hashes)
    yield from _table("Versions that painted it", provenance.versions)


def _file_of(name: str) -> str:
    """Return what a hash is of: `painting 2`, `painting mask 1`."""
    first, *others = name.split()
    return " ".join([FILES.get(first, first), *others])


def _readable_served(picture: Path, served: "ServedMetadata") -> Iterator[str]:
    """Yield readable lines about a picture that a served model has painted."""
    version = f", version {served.version}" if served.version else ""
    yield printable(f"{picture}: painted by the served model {served.model!r}{version}, for nst-tf {served.client}")
    yield from _table("Result", {} if served.loss is None else {"loss": served.loss})
    if served.settings is None:
        yield "Settings: not known; they were the model's own, or those of a request that was gone on with"
    else:
        own = {option_name(name): "the model's" for name in served.settings}
        given = {option_name(name): value for name, value in served.settings.items() if value is not None}
        yield from _table("Settings", own | given)
    yield from _table("Pictures (SHA-256, or a style in the model)", {"content": served.content, "style": served.style})


def _settings(config: StyleConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return options and their values: those that differ from the defaults, and the others."""
    changed = changed_options(config)
    kept = {option_name(name): option_value(config, name) for name in SETTINGS}
    return changed, {option: value for option, value in kept.items() if option not in changed}


def _table(title: str, rows: Mapping[str, Any]) -> Iterator[str]:
    """Yield a title, and under it names and values in two columns; nothing if there are none."""
    if rows:
        yield f"{title}:"
    width = max(map(len, rows), default=0)
    for name, value in rows.items():
        yield printable(f"{INDENT}{name:{width}}  {value}")

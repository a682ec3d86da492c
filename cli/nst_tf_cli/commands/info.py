"""`nst-tf info`: what a picture was painted from, for people and for machines."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nst_tf.config import StyleConfig
from nst_tf.layer_names import paper_name
from nst_tf.settings import LAYER_WEIGHTS
from nst_tf_cli.terminal.console import answer, printable
from nst_tf_cli.terminal.errors import report_errors

if TYPE_CHECKING:
    from nst_tf.runs.metadata import Metadata

INDENT = "  "


@report_errors
def info(
    picture: Annotated[Path, typer.Argument(help="A .png, .jpg, .webp or .tif that nst-tf has painted.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, on one line.")] = False,
) -> None:
    """Show what a picture was painted from: settings, seed, versions, hashes, and its losses."""
    from nst_tf.runs.metadata import read_metadata

    notes = read_metadata(picture)
    lines = [notes.as_json()] if as_json else readable(picture, notes)
    answer("\n".join(lines))


def readable(picture: Path, notes: "Metadata") -> Iterator[str]:
    """Yield readable lines about a picture, its own settings first."""
    provenance, ending = notes.provenance, notes.ending
    yield printable(f"{picture}: painted by nst-tf {provenance.versions['nst-tf']}")
    if ending:
        size = {"size": f"{ending.width}x{ending.height} px", "steps": f"{ending.steps} of {ending.planned}"}
        yield from _table("Result", size | {"loss": ending.loss} | dict(ending.terms))
    else:
        yield "Result: the last good picture of a run that failed"
    changed, kept = _settings(provenance.config)
    yield from _table("Settings that are not the defaults", changed)
    yield from _table("Settings at their defaults", kept)
    yield from _table("SHA-256", {name: value for name, value in provenance.hashes.items() if value})
    yield from _table("Versions", provenance.versions)


def _settings(config: StyleConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return options and their values: those that differ from the defaults, and the others."""
    defaults = StyleConfig()
    changed: dict[str, Any] = {}
    kept: dict[str, Any] = {}
    for field in fields(StyleConfig):
        value = getattr(config, field.name)
        shown = _shown(value, field.metadata["kind"])
        same = value == getattr(defaults, field.name)
        (kept if same else changed)[f"--{field.name.replace('_', '-')}"] = shown
    return changed, kept


def _shown(value: Any, kind: str) -> Any:
    """Return a value as the option takes it."""
    if kind == LAYER_WEIGHTS:
        return _layers(value)
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "not set" if value is None else value


def _layers(pairs: Iterable[tuple[str, float]]) -> str:
    """Return layers as the option takes them."""
    weights = dict(pairs)
    even = all(weight == 1 / len(weights) for weight in weights.values())
    return ",".join(paper_name(name) if even else f"{paper_name(name)}={weight}" for name, weight in weights.items())


def _table(title: str, rows: Mapping[str, Any]) -> Iterator[str]:
    """Yield a title, and under it names and values in two columns; nothing if there are none."""
    if rows:
        yield f"{title}:"
    width = max(map(len, rows), default=0)
    for name, value in rows.items():
        yield printable(f"{INDENT}{name:{width}}  {value}")

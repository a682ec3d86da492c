"""Manifests: one picture per row, in CSV or JSON Lines, with any setting of its own."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nst_tf.batch import remote
from nst_tf.config import SETTINGS, STARTS, WEIGHTS
from nst_tf.presets import PRESETS
from nst_tf.setting_names import named_in_python
from nst_tf.settings import NAME, from_text
from nst_tf.storage.path_checks import address

SUFFIXES = (".csv", ".jsonl", ".ndjson")
"""Endings of manifests."""

FILES = ("content", "style", "output")
"""Columns that name files; `style` may name several, in JSON as a list, in CSV separated by a semicolon."""

OPTIONS = {"bit_depth": int, "keep_size": bool}
"""Columns that are fields of a job."""


class Row(NamedTuple):
    """A row of a manifest.

    Attributes:
        content: The photograph.
        styles: The style pictures, each for a painting of its own; empty if the row names none.
        output: The result, as written; None if the row names none.
        preset: Settings that go together; None if the row names none.
        settings: Settings that the row has, checked later.
        options: Fields of the job that the row has.
        folder: The manifest's folder.
        where: The manifest and the line, for messages.
    """

    content: Path
    styles: list[Path]
    output: str | None
    preset: str | None
    settings: dict[str, Any]
    options: dict[str, Any]
    folder: Path
    where: str


def is_manifest(text: str) -> bool:
    """Tell by its ending whether a path is a manifest."""
    return text.lower().endswith(SUFFIXES)


def read_manifest(text: str, *, presets: Iterable[str] = PRESETS) -> list[Row]:
    """Read a manifest; its paths are relative to its own folder.

    Args:
        text: Its path or URL.
        presets: Names of the presets that a row may name.

    Raises:
        OSError: If it can't be read.
        ValueError: If a row has no content, an unknown column, or a value of the wrong type.
    """
    url = address(text)
    raw = remote.read_bytes(url) if url else Path(text).read_bytes()
    try:
        lines = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{text} must be text in UTF-8: {error}.") from None
    read = _csv_rows if text.lower().endswith(".csv") else _json_rows
    folder = Path(url or text).parent
    rows = [_row(values, folder, f"{text}, line {number}", presets) for number, values in read(text, lines)]
    if not rows:
        raise ValueError(f"{text} names no picture; it needs a row for each, with {', '.join(FILES)}.")
    return rows


def _csv_rows(name: str, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="")
        for values in reader:
            if "" in values:
                raise ValueError(f"{name}, line {reader.line_num}: it has more columns than the first line.")
            given = {key: value.strip() for key, value in values.items() if value and value.strip()}
            if "style" in given:
                given["style"] = [part.strip() for part in given["style"].split(";") if part.strip()]
            yield reader.line_num, {key: value if key in FILES else _parsed(key, value) for key, value in given.items()}
    except csv.Error as error:
        raise ValueError(f"{name} can't be read as CSV: {error}.") from None


def _json_rows(name: str, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{name}, line {number}: it must be JSON; {error}.") from None
        if not isinstance(values, dict):
            raise ValueError(f'{name}, line {number}: it must be an object, as in {{"content": "photo.jpg"}}.')
        yield number, {key: value for key, value in values.items() if value is not None}


def _parsed(column: str, text: str) -> Any:
    """Return a CSV's text as the type of its setting, or as it is if it has another form."""
    name = column.strip().replace("-", "_")
    if name in SETTINGS:
        return from_text(SETTINGS[name], text)
    convert = OPTIONS.get(name, str)
    if convert is bool:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower(), text)
    try:
        return convert(text)
    except ValueError:
        return text  # the check of the column says what is wrong


def _row(given: Mapping[str, Any], folder: Path, where: str, presets: Iterable[str]) -> Row:
    try:
        values = named_in_python(given)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    known = (*FILES, "preset", *OPTIONS, *SETTINGS)
    if unknown := [key for key in values if key not in known]:
        raise ValueError(f"{where}: there is no setting {unknown[0]!r}; a row may have {', '.join(known)}.")
    styles = values.get("style", [])
    styles = [styles] if isinstance(styles, str) else styles
    texts = [values.get("content"), *(styles if isinstance(styles, list) else [None]), values.get("output", "-")]
    if not all(isinstance(each, str) and each for each in texts):
        raise ValueError(f"{where}: content must be a path, style one or several, and output a path.")
    for name, kind in OPTIONS.items():
        if name in values and type(values[name]) is not kind:
            wanted = "true or false" if kind is bool else "a whole number"
            raise ValueError(f"{where}: {name} must be {wanted}; got {values[name]!r}.")
    if values.get("preset") not in (None, *presets):
        raise ValueError(f"{where}: preset must be one of {', '.join(presets)}; got {values['preset']!r}.")
    settings = {name: _located(name, values[name], folder) for name in SETTINGS if name in values}
    return Row(
        content=in_folder(folder, values["content"]),
        styles=[in_folder(folder, each) for each in styles],
        output=values.get("output"),
        preset=values.get("preset"),
        settings=settings,
        options={name: values[name] for name in OPTIONS if name in values},
        folder=folder,
        where=where,
    )


def in_folder(folder: Path, name: str) -> Path:
    """Return a path that is relative to a folder; a URL stays."""
    return Path(name) if address(name) else folder / name


def _located(name: str, value: Any, folder: Path) -> Any:
    """Return a setting's value; a file that it names is relative to the manifest."""
    file = SETTINGS[name].metadata["kind"] == NAME and isinstance(value, str) and value not in (*STARTS, *WEIGHTS)
    return str(in_folder(folder, value)) if file else value

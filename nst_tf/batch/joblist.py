"""The jobs of a batch: every picture that was named, in every style, each with a result of its own."""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from nst_tf.batch.inputs import find_files
from nst_tf.batch.manifest import Row, in_folder, is_manifest, read_manifest
from nst_tf.batch.naming import PATTERN, check_pattern, name_of
from nst_tf.batch.paths import run_folder_beside
from nst_tf.config import StyleConfig
from nst_tf.jobs.job import Job
from nst_tf.presets import PRESETS
from nst_tf.storage.path_checks import address


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a user wants to have painted.

    Attributes:
        inputs: Folders, globs, manifests (`.csv`, `.jsonl`) and pictures, each a path or a URL.
        styles: The style pictures, each of which every photograph is painted in; a row of a manifest may name others.
        output: The folder of the results; None if every row of a manifest names its result.
        pattern: Names of the results.
        config: The settings; a row of a manifest may change any.
        options: Further fields of the jobs.
        presets: The presets that a row of a manifest may name, and their settings.
    """

    inputs: Sequence[str]
    styles: Sequence[str] = ()
    output: str | None = None
    pattern: str = PATTERN
    config: StyleConfig = StyleConfig()
    options: Mapping[str, Any] = field(default_factory=dict)
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: PRESETS)


class JobList(NamedTuple):
    """Jobs, of which some can't be painted.

    Attributes:
        jobs: The jobs.
        refused: Index of a job to the reason why it can't be painted.
        ignored: Number of files in folders that are left out, as they are no pictures by their names.
    """

    jobs: list[Job]
    refused: dict[int, str]
    ignored: int = 0


class _Picture(NamedTuple):
    """A picture to paint, or a file that is left out."""

    content: Path
    styles: tuple[Path, ...]
    output: Path | None
    folder: Path
    config: StyleConfig
    options: Mapping[str, Any]
    trouble: str | None
    ignored: bool = False


def make_jobs(wanted: Wanted) -> JobList:
    """Find all pictures, and give each a job.

    Raises:
        ValueError: If a pattern, a manifest, or the folder of the results is not valid, or a style is missing.
        OSError: If an input does not exist, or can't be read.
    """
    check_pattern(wanted.pattern)
    if not wanted.inputs:
        raise ValueError("A batch needs pictures: name folders, globs, or a manifest.")
    _check_folders(wanted)
    found = list(itertools.chain.from_iterable(_pictures(each, wanted) for each in wanted.inputs))
    pictures = [picture for picture in found if not picture.ignored]
    jobs = [_job(picture, wanted, index) for index, picture in enumerate(pictures)]
    refused = {index: picture.trouble for index, picture in enumerate(pictures) if picture.trouble}
    ignored = {picture.content for picture in found if picture.ignored}
    return JobList(jobs, refused, len(ignored))


def _check_folders(wanted: Wanted) -> None:
    """Refuse results beside what is read from a folder: the next batch would paint them again."""
    for text in wanted.inputs:
        same = wanted.output is not None and not address(text) and not address(wanted.output)
        if same and Path(text).is_dir() and Path(text).resolve() == Path(str(wanted.output)).resolve():
            raise ValueError(f"The results can't be put into {text}, where the pictures are; name another folder.")


def _pictures(text: str, wanted: Wanted) -> Iterator[_Picture]:
    if is_manifest(text):
        for row in read_manifest(text, presets=wanted.presets):
            yield from _of_row(row, wanted)
        return
    if not wanted.styles:
        raise ValueError(f"{text} needs a style; styles=... names one or several.")
    without = Path(wanted.output) if wanted.output and not address(wanted.output) else None
    for source, style in itertools.product(find_files(text, without=without), wanted.styles):
        path, folder, trouble, ignored = source
        yield _Picture(path, (Path(style),), None, folder, wanted.config, wanted.options, trouble, ignored)


def _of_row(row: Row, wanted: Wanted) -> Iterator[_Picture]:
    styles = row.styles or [Path(style) for style in wanted.styles]
    if not styles:
        raise ValueError(f"{row.where}: it names no style, and styles=... is not given either.")
    if row.output and len(styles) > 1:
        raise ValueError(f"{row.where}: one output can't hold {len(styles)} styles; leave it out, or use more rows.")
    try:
        changes = {**wanted.presets.get(row.preset or "", {}), **row.settings}
        config = dataclasses.replace(wanted.config, **changes) if changes else wanted.config
    except ValueError as error:
        raise ValueError(f"{row.where}: {error}") from None
    output = in_folder(Path(wanted.output) if wanted.output else row.folder, row.output) if row.output else None
    for style in styles:
        yield _Picture(row.content, (style,), output, Path(), config, {**wanted.options, **row.options}, None)


def _job(picture: _Picture, wanted: Wanted, index: int) -> Job:
    output = picture.output
    if output is None:
        if wanted.output is None:
            raise ValueError("The results need a folder; name it with --output.")
        name = name_of(wanted.pattern, picture.content, picture.styles, index)
        output = Path(wanted.output, picture.folder, name)
    return Job(
        content=picture.content,
        style=picture.styles[0],
        output=output,
        config=picture.config,
        checkpoint=run_folder_beside(output),
        **picture.options,
    )

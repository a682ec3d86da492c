"""Refuse, before any work, pictures of a batch that would overwrite each other or what is read."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from nst_tf.batch.paths import INPUTS, paths_in, shown
from nst_tf.jobs.job import Job
from nst_tf.jobs.outputs import Place, place
from nst_tf.storage.path_checks import address


def check_distinct(jobs: Sequence[Job]) -> None:
    """Refuse a batch in which two pictures have the same output.

    Raises:
        ValueError: If there are such; the message names two of them.
    """
    first: dict[str, Job] = {}
    twins: list[Job] = []
    for job in jobs:
        name = address(job.output) or os.path.normpath(job.home / job.output)
        if first.setdefault(name, job) is not job:
            twins.append(job)
    if twins:
        one, other = first[address(twins[0].output) or os.path.normpath(twins[0].home / twins[0].output)], twins[0]
        more = f" (and {len(twins) - 1} more)" if len(twins) > 1 else ""
        raise ValueError(
            f"{_named(one)} and {_named(other)} would both be painted to {shown(one.output)}{more}; "
            "choose a pattern of names that tells them apart, as with {suffix} or {index}."
        )


def collisions(jobs: Sequence[Job]) -> dict[int, str]:
    """Return, by index, why jobs are refused: outputs that differ in case only, or that are inputs of the batch.

    Some file systems take names for the same one that differ in case, or in how an accent is written.
    """
    by_place: dict[Place, list[int]] = defaultdict(list)
    for index, job in enumerate(jobs):
        by_place[_place(job, job.output)].append(index)
    read = {_place(job, path): path for job in jobs for name in INPUTS for path in paths_in(getattr(job, name))}
    reasons = {}
    for where, indices in by_place.items():
        for index in indices:
            other = next((jobs[each] for each in indices if each != index), None)
            if other:
                reasons[index] = (
                    f"Its result {shown(jobs[index].output)} and that of {_named(other)}, {shown(other.output)}, "
                    "have the same name where case does not count; rename one of them."
                )
            elif where in read:
                reasons[index] = (
                    f"Its result {shown(jobs[index].output)} is a picture that the batch reads; name another."
                )
    return reasons


def _place(job: Job, path: Path) -> Place:
    """Return a place that is the same for two names of one file; folders are looked up once."""
    if url := address(path):
        return _parts(url)
    path = job.home / path
    if path.is_symlink():
        return place(path)
    return (*_folder_place(path.parent), *_parts(path.name))


@lru_cache(maxsize=4096)
def _folder_place(folder: Path) -> Place:
    return place(folder)


def _parts(text: str) -> Place:
    """Normalize a name or a URL as `place` does."""
    return tuple(unicodedata.normalize("NFC", part).casefold() for part in text.split("/"))


def _named(job: Job) -> str:
    styles = " and ".join(map(shown, paths_in(job.style)))
    return f"{shown(job.content)} in the style of {styles}"

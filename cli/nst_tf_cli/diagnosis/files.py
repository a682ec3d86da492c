"""Network weights, and folders that a run writes to."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from nst_tf_cli.diagnosis.finding import Finding, Level, guarded


def find_weights() -> Iterator[Finding]:
    """Yield which weights are on this machine, each read and its hash verified; nothing is downloaded."""
    found = [*guarded("Weights", _imagenet, level=Level.NOTE), *guarded("Weights", _eight_bit, level=Level.NOTE)]
    here = [finding.name for finding in found if "verified" in finding.value]
    yield from found
    yield from guarded("Weights", _builtin)
    yield Finding(
        section="Weights",
        name="auto",
        value=f"{here[0] if here else 'builtin, unless ImageNet can be downloaded'}",
        level=Level.OK if here else Level.NOTE,
        advice="" if here else "nst-tf weights fetch",
    )


def find_folders() -> Iterator[Finding]:
    """Yield whether the folders that a run needs can be written to."""
    from nst_tf.storage.atomic_files import temporary_folder
    from nst_tf.weights import cache_folder, keras_file

    yield _folder("temporary", temporary_folder, Level.PROBLEM, "name another, as in TMPDIR=/some/folder")
    yield _folder("cache", cache_folder.folder, Level.NOTE, "name another, as in NST_TF_CACHE=/some/folder")
    yield _folder("Keras' cache", lambda: keras_file.cached_file().parent, Level.NOTE, "KERAS_HOME names another")
    yield _folder("current", Path.cwd, Level.NOTE, "name results elsewhere with --output")


def _folder(name: str, find: Callable[[], Path], level: Level, advice: str) -> Finding:
    from nst_tf.errors import describe
    from nst_tf.storage.path_checks import check_folder_writable

    try:
        folder = find()
        check_folder_writable(folder, "files", parents=True)
    except (OSError, ValueError, RuntimeError) as error:
        return Finding(section="Folders", name=name, value=describe(error), level=level, advice=advice)
    return Finding(section="Folders", name=name, value=f"{folder} can be written to")


def _imagenet() -> Iterator[Finding]:
    from nst_tf.weights import keras_file

    if keras_file.is_cached():
        value = f"{keras_file.cached_file()}, md5 {keras_file.MD5[:12]} verified"
        yield Finding(section="Weights", name="imagenet", value=value)
    else:
        yield Finding(section="Weights", name="imagenet", value="not on this machine")


def _eight_bit() -> Iterator[Finding]:
    from nst_tf.weights import cache_folder, imagenet

    weights = imagenet.cached_eight_bit()
    state = f"{cache_folder.filters_file()}, sha256 {weights.sha256[:12]} verified" if weights else ""
    yield Finding(section="Weights", name="imagenet-8bit", value=state or "not on this machine")


def _builtin() -> Iterator[Finding]:
    from nst_tf.weights import builtin

    builtin.load_arrays()
    yield Finding(section="Weights", name="builtin", value=f"sha256 {builtin.SHA256[:12]} verified")


def without_home(text: str) -> str:
    """Write the user's own folder as `~`, which is shorter, and keeps the name out of a bug report."""
    with contextlib.suppress(RuntimeError):
        home = str(Path.home())
        return text.replace(home + os.sep, f"~{os.sep}") if len(home) > 1 else text
    return text

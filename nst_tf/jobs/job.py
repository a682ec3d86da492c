"""A job: what to paint, from which files to which, and all other options of a run."""

import os
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from nst_tf.config import STARTS, WEIGHTS, StyleConfig

Label = Callable[[str], str]
"""How error messages name a field of a job or a setting; a command line returns the option."""

PATHS = ("content", "style", "content_mask", "style_mask", "output", "trace", "tensorboard", "checkpoint")
"""Fields of a job that are files or folders."""

OPTIONAL_PATHS = ("trace", "tensorboard", "checkpoint")
"""Those of them that may be None."""

MASKS = ("content_mask", "style_mask")
"""Those of them that are lists of files."""

NOT_STORED = ("config", "checkpoint")
"""Fields that a checkpoint does not hold: the provenance has the settings, and the folder may have moved."""


def _current_folder() -> Path:
    """Return the current folder; if it has been removed, a relative path."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path()


@dataclass(frozen=True, kw_only=True)
class Job:
    """One painting: its inputs, its outputs, its settings, and the options that do not change it.

    Attributes:
        content: The photograph.
        style: The painting; or several, in a list.
        content_mask: Masks of the content, as `nst_tf.add_masks` takes them.
        style_mask: Masks of the styles.
        output: The result.
        config: The settings.
        overwrite: Whether existing files may be replaced.
        force: Whether to paint even if the memory seems too small.
        bit_depth: Bits per channel of the result, 8 or 16.
        keep_size: Whether the result is as large as the photograph, whatever size was painted.
        save_every: Steps between two intermediate pictures, which are saved beside the result.
        trace: File for the loss curve, JSON.
        tensorboard: Folder for TensorBoard's logs.
        checkpoint: Folder of the run's checkpoints, until it has finished.
        checkpoint_every: Steps between two checkpoints; if None, time decides.
        home: The folder that relative paths refer to, those of the settings too. The current folder must stay the same
            while the job is painted.
    """

    content: Path
    style: Path | tuple[Path, ...]
    output: Path
    content_mask: tuple[Path, ...] = ()
    style_mask: tuple[Path, ...] = ()
    config: StyleConfig = StyleConfig()
    overwrite: bool = False
    force: bool = False
    bit_depth: int = 8
    keep_size: bool = False
    save_every: int | None = None
    trace: Path | None = None
    tensorboard: Path | None = None
    checkpoint: Path | None = None
    checkpoint_every: int | None = None
    home: Path = field(default_factory=_current_folder)

    def __post_init__(self) -> None:
        """Turn text into paths, and raise `ValueError` for other types, or checkpoints without a folder."""
        for name in (*PATHS, "home"):
            object.__setattr__(self, name, self._as_paths(name))
        if not isinstance(self.config, StyleConfig):
            raise ValueError(f"config must be a StyleConfig; got {self.config!r}.")
        for name in ("save_every", "checkpoint_every"):
            value = getattr(self, name)
            if value is not None and not (_is_whole(value) and value >= 1):
                raise ValueError(f"{name} must be a whole number of steps, at least 1; got {value!r}.")
        if not _is_whole(self.bit_depth):
            raise ValueError(f"bit_depth must be a whole number; got {self.bit_depth!r}.")
        if self.checkpoint_every is not None and self.checkpoint is None:
            raise ValueError("checkpoint_every needs a folder for the checkpoints; name it as checkpoint.")

    @property
    def styles(self) -> tuple[Path, ...]:
        """The styles, one or more."""
        return self.style if isinstance(self.style, tuple) else (self.style,)

    def _as_paths(self, name: str) -> Path | tuple[Path | None, ...] | None:
        value = getattr(self, name)
        if name in MASKS:
            masks = [value] if isinstance(value, (str, os.PathLike)) else value or ()
            return tuple(self._as_path(name, each) for each in masks)
        if name == "style" and isinstance(value, Sequence) and not isinstance(value, str) and value:
            paths = tuple(self._as_path(name, each) for each in value)
            return paths if len(paths) > 1 else paths[0]
        return self._as_path(name, value)

    def _as_path(self, name: str, value: Any) -> Path | None:
        if isinstance(value, (str, os.PathLike)) and isinstance(os.fspath(value), str):
            return Path(value)
        if value is None and name in OPTIONAL_PATHS:
            return None
        raise ValueError(f"{name} must be a path; got {value!r}.")

    def from_here(self) -> "Job":
        """Return the same job with paths relative to the current folder.

        If the job's own folder is gone, relative paths stay as they are: everything may have moved together.
        """
        here = _current_folder()
        if self.home == here or not self.home.is_dir():
            return self
        paths = {name: getattr(self, name) for name in PATHS}
        named = {"start": (self.config.start, STARTS), "weights": (self.config.weights, WEIGHTS)}
        files: dict[str, Any] = {
            name: str(self.home / value) for name, (value, words) in named.items() if value not in words
        }
        config = replace(self.config, **files)
        moved = {name: _moved(path, self.home) for name, path in paths.items()}
        return replace(self, home=here, config=config, **moved)

    def as_values(self) -> dict[str, Any]:
        """Return the fields that a checkpoint stores, as JSON values."""
        values = {name: getattr(self, name) for name in _stored_types()}
        return {name: _to_json(value) for name, value in values.items()}

    @classmethod
    def from_values(cls, values: Mapping[str, Any], *, config: StyleConfig, checkpoint: Path) -> "Job":
        """Rebuild a job from what `as_values` returned.

        Args:
            values: Field to value.
            config: The settings.
            checkpoint: The folder in which the values were found.

        Raises:
            ValueError: If a field is missing, unknown, or of the wrong type.
        """
        types = _stored_types()
        if set(values) != set(types):
            raise ValueError(f"a job has the fields {', '.join(types)}; got {', '.join(values)}")
        read = {name: _from_json(name, values[name], kind) for name, kind in types.items()}
        return cls(**read, config=config, checkpoint=checkpoint)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _stored_types() -> dict[str, Any]:
    """Return the type of every field that a checkpoint holds."""
    types = typing.get_type_hints(Job)
    return {each.name: types[each.name] for each in fields(Job) if each.name not in NOT_STORED}


def _moved(path: Path | tuple[Path, ...] | None, home: Path) -> Any:
    if isinstance(path, tuple):
        return tuple(home / each for each in path)
    return path and home / path


def _to_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_to_json(each) for each in value]
    return str(value) if isinstance(value, Path) else value


def _from_json(name: str, value: Any, kind: Any) -> Any:
    if name in ("style", *MASKS):
        return [_from_json(f"each {name}", each, Path) for each in (value if isinstance(value, list) else [value])]
    kinds = tuple(str if each is Path else each for each in typing.get_args(kind) or (kind,))
    if not isinstance(value, kinds):
        raise ValueError(f"{name} is of the wrong type")
    return Path(value) if isinstance(value, str) else value

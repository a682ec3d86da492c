"""What a painting comes from: settings, pictures, filters and versions, so that a run can be told from another.

A painting's file carries it, and a checkpoint is held to it. Only `origin` needs TensorFlow.
"""

import dataclasses
import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from nst_tf import __version__
from nst_tf.config import STARTS, StyleConfig

LIBRARIES = ("tensorflow", "keras", "numpy", "pillow")
"""Packages that have a say in a painting's bytes."""


def installed_versions() -> dict[str, str]:
    """Return the versions of this library and of those that it computes with."""
    return {"nst-tf": __version__} | {name: importlib.metadata.version(name) for name in LIBRARIES}


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a run depends on; two runs of equal provenance, on one kind of machine, paint the same bytes.

    Attributes:
        config: The settings, with `auto` replaced by what it stood for.
        content: SHA-256 of the photograph's file.
        style: SHA-256 of the painting's file.
        start: SHA-256 of the file that the run started from; None if it started from none.
        weights: SHA-256 of the filters, the same in any file format.
        versions: Package to version.
    """

    config: StyleConfig
    content: str
    style: str
    start: str | None
    weights: str
    versions: Mapping[str, str] = field(default_factory=installed_versions)

    def as_json(self) -> str:
        """Return it as JSON, the same bytes every time."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Provenance":
        """Read what `as_json` returned.

        Raises:
            ValueError: If it is no such thing, or a setting is wrong.
        """
        try:
            values = json.loads(text)
            return cls(**{**values, "config": StyleConfig(**values["config"])})
        except (TypeError, KeyError) as error:
            raise ValueError(f"This is not what nst-tf notes down of a painting: {error}.") from error

    def differences(self, now: "Provenance") -> list[str]:
        """Tell in which points another run is not this one, each as `name: before, now after`."""
        before, after = (_flat(each) for each in (self, now))
        names = dict.fromkeys([*before, *after])
        return [
            f"{name}: {before.get(name)}, now {after.get(name)}"
            for name in names
            if before.get(name) != after.get(name)
        ]


def origin(content: Path, style: Path, config: StyleConfig) -> Provenance:
    """Return the provenance of what a run with these files and settings paints here.

    Raises:
        OSError: If a file can't be read.
        ValueError: If the weights' file is not VGG-19's.
        MissingWeightsError: If ImageNet's weights were asked for and are not to be had.
    """
    from nst_tf.precision import resolved_precision
    from nst_tf.weights import load_weights

    weights = load_weights(config.weights, seed=config.seed)
    return Provenance(
        config=dataclasses.replace(config, weights=weights.name, precision=resolved_precision(config.precision)),
        content=file_sha256(content),
        style=file_sha256(style),
        start=None if config.start in STARTS else file_sha256(Path(config.start)),
        weights=weights.sha256,
    )


def file_sha256(path: Path) -> str:
    """Return the hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _flat(provenance: Provenance) -> dict[str, Any]:
    """Return all that is compared, by the name that a user knows it by; hashes shortened."""
    hashes = {name: (getattr(provenance, name) or "none")[:12] for name in ("content", "style", "start", "weights")}
    settings = {
        f"--{each.name.replace('_', '-')}": getattr(provenance.config, each.name) for each in fields(StyleConfig)
    }
    return (
        {f"{name} (SHA-256)": value for name, value in hashes.items()}
        | settings
        | {f"version of {name}": value for name, value in provenance.versions.items()}
    )

"""Provenance of a painting: the settings, pictures, filters and versions that identify its run.

It is stored in a painting's file, and compared before a run is resumed. Only `provenance_of` needs TensorFlow.
"""

import dataclasses
import hashlib
import importlib.metadata
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from nst_tf.config import SETTINGS, STARTS, WEIGHTS, StyleConfig
from nst_tf.images.paging import split_page
from nst_tf.version import __version__

LIBRARIES = ("tensorflow", "keras", "numpy", "pillow")
"""Packages on which a painting's bytes depend."""

UNKNOWN = "Not valid nst-tf metadata"
"""Beginning of errors about metadata that was read."""


def installed_versions() -> dict[str, str]:
    """Return the versions of this library and of those in `LIBRARIES`."""
    return {"nst-tf": __version__} | {name: importlib.metadata.version(name) for name in LIBRARIES}


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a run depends on; two runs of equal provenance, on one kind of machine, give the same bytes.

    Attributes:
        config: The settings, with `auto` resolved and files as absolute paths. A size of None is kept, as the
            content's size decides.
        content: SHA-256 of the content's file.
        style: SHA-256 of the style's file; of several, a hash for each, in order.
        content_mask: SHA-256 of each mask of the content, in order.
        style_mask: SHA-256 of each mask of the styles, in order.
        start: SHA-256 of the file from which the run started; None without such a file.
        weights: SHA-256 of the filters, the same in any file format.
        versions: Package to version.
    """

    config: StyleConfig
    content: str
    style: str | Sequence[str]
    start: str | None
    weights: str
    content_mask: Sequence[str] = ()
    style_mask: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=installed_versions)

    def __post_init__(self) -> None:
        """Store one style's hash alone, and several as a tuple."""
        for name in ("content_mask", "style_mask"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "style", self.styles[0] if len(self.styles) == 1 else self.styles)

    @property
    def styles(self) -> tuple[str, ...]:
        """The hashes of the styles, one or more."""
        return (self.style,) if isinstance(self.style, str) else tuple(self.style)

    @property
    def hashes(self) -> dict[str, str | None]:
        """What is hashed, and its hash; None for a start without a file."""
        many = len(self.styles) > 1
        styles = {f"style {number}" if many else "style": each for number, each in enumerate(self.styles, 1)}
        masks = {
            f"{name} mask {number}": each
            for name, of in (("content", self.content_mask), ("style", self.style_mask))
            for number, each in enumerate(of, 1)
        }
        return {"content": self.content, **styles, **masks, "start": self.start, "weights": self.weights}

    def as_json(self) -> str:
        """Serialize to JSON, the same bytes every time."""
        return as_json(self)

    @classmethod
    def from_json(cls, text: str) -> "Provenance":
        """Parse the result of `as_json`.

        Raises:
            ValueError: If it is not a valid provenance, or a setting is wrong.
        """
        return cls.from_values(parsed(text))

    @classmethod
    def from_values(cls, values: Any) -> "Provenance":
        """Build a provenance from parsed JSON.

        Raises:
            ValueError: If it is not a valid provenance, or a setting is wrong.
        """
        try:
            read = cls(**{**values, "config": StyleConfig(**values["config"])})
        except (TypeError, KeyError, OverflowError) as error:
            raise ValueError(f"{UNKNOWN}: {error}.") from error
        hashes = [each for name, each in read.hashes.items() if not (name == "start" and each is None)]
        if not read.styles or not all(isinstance(each, str) and re.fullmatch("[0-9a-f]{64}", each) for each in hashes):
            raise ValueError(
                f"{UNKNOWN}: `content`, `style`, their masks, `start` and `weights` must be SHA-256 hashes."
            )
        versions = read.versions if isinstance(read.versions, dict) else {}
        if "nst-tf" not in versions or not all(isinstance(version, str) for version in versions.values()):
            raise ValueError(f"{UNKNOWN}: `versions` must name the version of nst-tf.")
        return read

    def differences(self, now: "Provenance") -> list[str]:
        """Return the differences to another run, each as `name: before, now after`."""
        before, after = (_flat(each) for each in (self, now))
        names = dict.fromkeys([*before, *after])
        return [
            f"{name}: {before.get(name, 'none')}, now {after.get(name, 'none')}"
            for name in names
            if before.get(name) != after.get(name)
        ]

    def unintended_differences(self, now: "Provenance") -> list[str]:
        """Return the differences that nobody asked for in a repeated run, in the form that `differences` returns.

        Other pictures, masks and settings are intended; other versions, or other bytes in a file that the same setting
        names, are not.
        """
        asked: dict[str, Any] = {"config": now.config, "content": now.content, "style": now.style}
        if now.content_mask or now.style_mask:
            asked |= {"content_mask": now.content_mask, "style_mask": now.style_mask}
        if now.config.start != self.config.start:
            asked["start"] = now.start
        if _filters(now.config) != _filters(self.config):
            asked["weights"] = now.weights
        elif now.weights != self.weights:
            asked["config"] = dataclasses.replace(now.config, weights=self.config.weights)
        return dataclasses.replace(self, **asked).differences(now)

    def other_painting(self, now: "Provenance", *, asked: StyleConfig) -> list[str]:
        """Return the differences that make a run with these settings another painting, as `differences` returns them.

        Other versions do not, nor what a setting of `auto` stood for, nor another name of the same file.

        Args:
            now: The provenance of the run.
            asked: Its settings as they were given.
        """
        ignored = [name for name in SETTINGS if getattr(asked, name) == "auto"]
        if asked.block == "auto" and self.config.history <= asked.history:  # short memory may shorten it as well
            ignored.append("history")
        ignored += [name for name in ("start", "weights") if getattr(self, name) == getattr(now, name) is not None]
        config = dataclasses.replace(self.config, **{name: getattr(now.config, name) for name in ignored})
        return dataclasses.replace(self, config=config, versions=now.versions).differences(now)


def provenance_of(
    content: Path,
    styles: Sequence[Path],
    config: StyleConfig,
    *,
    masks: tuple[Sequence[Path], Sequence[Path]] = ((), ()),
) -> Provenance:
    """Return the provenance of a run with these files and settings on this machine.

    Args:
        content: The content's file.
        styles: The styles' files.
        config: The settings.
        masks: The content's masks and the styles'.

    Raises:
        OSError: If a file can't be read.
        ValueError: If the weights' file is not VGG-19's.
        MissingWeightsError: If ImageNet's weights were requested and are not available.
    """
    from nst_tf.network.precision import resolved_precision
    from nst_tf.weights.sources import load_weights

    weights = load_weights(config.weights, seed=config.seed)
    return Provenance(
        config=dataclasses.replace(
            config,
            weights=_absolute(weights.name, WEIGHTS),
            precision=resolved_precision(config.precision),
            start=_absolute(config.start, STARTS),
        ),
        content=file_sha256(content),
        style=tuple(file_sha256(style) for style in styles),
        content_mask=tuple(file_sha256(mask) for mask in masks[0]),
        style_mask=tuple(file_sha256(mask) for mask in masks[1]),
        start=None if config.start in STARTS else file_sha256(Path(config.start)),
        weights=weights.sha256,
    )


def as_json(record: Any) -> str:
    """Serialize a dataclass to JSON, the same bytes every time; NumPy scalars become Python numbers."""
    return json.dumps(dataclasses.asdict(record), sort_keys=True, default=lambda number: number.item())


def parsed(text: str) -> Any:
    """Parse untrusted JSON.

    Raises:
        ValueError: If it is not JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{UNKNOWN}: {error}.") from error


def file_sha256(path: Path) -> str:
    """Return the SHA-256 hash of a file's bytes; of a page `FILE#2`, of the bytes followed by `#2`."""
    file, page = split_page(path)
    return hashlib.sha256(file.read_bytes() + (b"" if page is None else b"#%d" % page)).hexdigest()


def _absolute(name: str, words: Collection[str]) -> str:
    """Return a file's absolute path, which is valid in any working directory; return words unchanged."""
    return name if name in words else str(Path(name).absolute())


def _filters(config: StyleConfig) -> tuple[str, int]:
    """Return the settings that select the filters; `imagenet` and `imagenet-8bit` count as the same filters."""
    return config.weights.removesuffix("-8bit"), config.seed if config.weights == "random" else 0


def _flat(provenance: Provenance) -> dict[str, Any]:
    """Return everything that is compared, by its user-visible name; hashes are shortened."""
    hashes = {name: (value or "none")[:12] for name, value in provenance.hashes.items()}
    settings = {
        f"--{each.name.replace('_', '-')}": getattr(provenance.config, each.name) for each in fields(StyleConfig)
    }
    return (
        {f"{name} (SHA-256)": value for name, value in hashes.items()}
        | settings
        | {f"version of {name}": value for name, value in provenance.versions.items()}
    )

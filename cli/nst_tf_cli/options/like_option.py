"""The option `--like`: repeat the settings of a painting."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_tf.config import StyleConfig
from nst_tf_cli.terminal.console import printable

if TYPE_CHECKING:
    from nst_tf.runs.metadata import Metadata
    from nst_tf.runs.provenance import Provenance


@dataclass(frozen=True, kw_only=True)
class Like:
    """An example picture and its metadata."""

    picture: Path
    notes: "Metadata"

    def config(self, **changes: Any) -> StyleConfig:
        """Return its settings, with some changed."""
        return dataclasses.replace(self.notes.provenance.config, **changes)

    def differences(self, now: "Provenance") -> str | None:
        """Describe in one line the unintended differences of a run; None if there are none."""
        ending, before = self.notes.ending, self.notes.provenance
        differences = before.unintended_differences(now)
        if (before.content, before.style) == (now.content, now.style):
            if ending is None:
                differences.append("its run failed")
            elif ending.steps < ending.planned and before.config.stop_when is None:
                differences.append(f"it shows step {ending.steps} of {ending.planned}")
        return printable(f"Not quite like {self.picture}: {'; '.join(differences)}.") if differences else None


def read_like(picture: Path, *, preset: str | None, config_file: Path | None) -> Like:
    """Read the metadata of an example.

    Raises:
        OSError: If there is no such file.
        ValueError: If it has no metadata, or a preset or a file of settings is given as well.
    """
    from nst_tf.runs.metadata import read_metadata

    for option, given in (("--preset", preset), ("--config", config_file)):
        if given is not None:
            raise ValueError(f"--like brings all settings, and so does {option}; give one of them, and single options.")
    return Like(picture=picture, notes=read_metadata(picture))

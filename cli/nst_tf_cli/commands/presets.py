"""`nst-tf presets`: which presets there are, and what they set."""

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from nst_tf.config import StyleConfig
from nst_tf.presets import PRESETS
from nst_tf_cli.options.command_text import option_value
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.options.setting_sources import read_files, user_presets
from nst_tf_cli.terminal.console import printable
from nst_tf_cli.terminal.errors import option_name
from nst_tf_cli.terminal.report import Report


@reported
def presets(
    config_file: Annotated[Path | None, typer.Option("--config", help="TOML file with more presets.")] = None,
) -> Report:
    """List the presets, built in and your own, and the options that each stands for."""
    own = user_presets(read_files(config_file))
    found: dict[str, dict[str, Any]] = {
        name: {"settings": dict(values), "file": None} for name, values in PRESETS.items()
    }
    found |= {
        name: {"settings": dict(each.values), "file": str(each.path), "description": each.description}
        for name, each in own.items()
    }
    return Report(values={"presets": found}, text="\n".join(_lines(found)), asked=True)


def _lines(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield readable lines, wrapped at the width of the terminal."""
    names = max(map(len, found))
    for name, each in found.items():
        config = StyleConfig(**each["settings"])
        options = " ".join(f"{option_name(setting)} {option_value(config, setting)}" for setting in each["settings"])
        words = [each.get("description"), options or "the defaults", each["file"] and f"({each['file']})"]
        yield textwrap.fill(
            printable(f"{name:{names}}  {'; '.join(filter(None, words[:2]))} {words[2] or ''}".rstrip()),
            width=max(40, shutil.get_terminal_size().columns),
            subsequent_indent=" " * (names + 2),
            break_long_words=False,
            break_on_hyphens=False,
        )

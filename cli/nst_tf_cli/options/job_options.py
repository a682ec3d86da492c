"""Options of the commands that serve jobs and the page."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nst_tf_cli.options.command_text import stylize_command
from nst_tf_serving.jobs_api.options import KEEP_DAYS, JobOptions, default_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nst_tf.config import StyleConfig
    from nst_tf_serving.jobs_api.access import Access

Host = Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 lets other machines in.")]
Jobs = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Folder for jobs and their results.", show_default="a folder of the user's data"
    ),
]
Keep = Annotated[float, typer.Option(min=0.001, max=1e5, help="Days after which results are removed.")]
Token = Annotated[
    str | None,
    typer.Option(
        envvar="NST_TF_TOKEN",
        help="Secret that is asked for; with a --host that others can reach, one is made up if none is given.",
        show_default=False,
    ),
]


def job_options(folder: Path | None, keep: float = KEEP_DAYS) -> JobOptions:
    """Return the options of a server of jobs."""
    return JobOptions(folder=folder or default_folder(), keep=keep, command=_command)


def access_from(host: str, token: str | None) -> "Access":
    """Return who may ask a server that listens at an address.

    Raises:
        ValueError: If the token is not letters and digits.
    """
    from nst_tf_serving.jobs_api.access import Access, is_local

    local = is_local(host)
    return Access(token=token or (None if local else secrets.token_hex(16)), local=local)


def web_address(host: str, port: int, token: str | None) -> str:
    """Return the address of the page, for people."""
    name = "127.0.0.1" if host in ("0.0.0.0", "") else "[::1]" if host == "::" else host  # noqa: S104 (compared only)
    shown = f"[{name}]" if ":" in name and not name.startswith("[") else name
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")


def _command(pictures: "Sequence[Path]", config: "StyleConfig") -> str:
    return stylize_command(pictures, config, [])

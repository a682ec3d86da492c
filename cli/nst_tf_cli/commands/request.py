"""Two files to a server, a painting back: what `nst-tf request` does."""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nst_tf.config import REQUEST_SETTINGS, SETTINGS
from nst_tf.storage.atomic import whole_file
from nst_tf_cli.commands.serve import extra_serve
from nst_tf_cli.options.config_options import setting_option, with_parameters
from nst_tf_cli.terminal.errors import BAD_INPUT, FAILED, fail, say

REFUSED_INPUT = (400, 413)
"""Statuses that say that the request was wrong, not the server."""


def with_request_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's parameter `settings` by an option for each; it gets those that are given."""
    options = [setting_option(SETTINGS[name]) for name in REQUEST_SETTINGS]

    @functools.wraps(command)
    def configured(*args: Any, **values: Any) -> None:
        settings = {option.name: values.pop(option.name) for option in options}
        command(*args, settings={name: value for name, value in settings.items() if value is not None}, **values)

    own = [parameter for name, parameter in inspect.signature(command).parameters.items() if name != "settings"]
    return with_parameters(configured, [*own, *options])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
    """Where a request goes, and how long its answer may take, in seconds."""

    url: str
    model: str
    timeout: float


def request(
    target: Target,
    content: Path,
    style: Path,
    output: Path,
    *,
    settings: Mapping[str, float],
    overwrite: bool,
    quiet: bool,
) -> None:
    """Have a server paint, and save what it sends after all that can go wrong early has been looked at."""
    with extra_serve():
        from nst_tf_serving.client.rest import ServerError, all_settings, request_painting
    from nst_tf.images.writing import check_output

    if output.suffix.lower() != ".png":
        raise ValueError(f"The server sends PNG, so the result's name must end in .png; got {output.name!r}.")
    check_output(output, overwrite=overwrite)
    all_settings(settings)
    photograph, painting = content.read_bytes(), style.read_bytes()
    try:
        served = request_painting(
            target.url, photograph, painting, settings=settings, model=target.model, timeout=target.timeout
        )
    except ServerError as error:
        fail(str(error), BAD_INPUT if error.status in REFUSED_INPUT else FAILED)
    with whole_file(output, overwrite=overwrite) as stream:
        stream.write(served.png)
    if not quiet:
        if served.loss is not None:
            say(f"loss {served.loss:.4g}", err=True)
        say(str(output), err=False)

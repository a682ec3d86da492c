"""An option for every setting that a request to a server may choose."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from nst_tf.config import REQUEST_SETTINGS, SETTINGS
from nst_tf_cli.options.config_options import given_settings, setting_option
from nst_tf_cli.options.signatures import with_parameters

R = TypeVar("R")


def with_request_settings(command: Callable[..., R]) -> Callable[..., R]:
    """Replace a command's parameter `settings` by an option for each; it gets those that are given.

    No default is shown, as those of the served model apply.
    """
    options = [setting_option(SETTINGS[name], {name: None}) for name in REQUEST_SETTINGS]

    @functools.wraps(command)
    def configured(*args: Any, **values: Any) -> R:
        """Collect the given settings, and call the command."""
        return command(*args, settings=given_settings(values, options), **values)

    own = [parameter for name, parameter in inspect.signature(command).parameters.items() if name != "settings"]
    return with_parameters(configured, [*own, *options])

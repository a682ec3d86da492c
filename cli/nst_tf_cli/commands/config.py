"""`nst-tf config`: which settings count, and where each comes from."""

from collections.abc import Sequence

from nst_tf.config import SETTINGS, StyleConfig
from nst_tf_cli.options.command_text import option_value
from nst_tf_cli.options.config_file import user_file, usual_file
from nst_tf_cli.options.config_options import with_settings
from nst_tf_cli.options.json_option import reported
from nst_tf_cli.options.setting_sources import Source, source_of
from nst_tf_cli.terminal.console import printable
from nst_tf_cli.terminal.errors import option_name
from nst_tf_cli.terminal.report import Report


@reported
@with_settings
def config(*, config: StyleConfig, sources: Sequence[Source]) -> Report:
    """Show the settings that a painting would have with these options, and where each comes from.

    From the weakest to the strongest: defaults, your own file, --config, environment variables, --preset, options.

    Environment variables: NST_TF_WEIGHTS and NST_TF_PRECISION stand for
    --weights and --precision, NST_TF_CONFIG names your own file,
    NST_TF_CACHE the folder for downloaded weights, NST_TF_TOKEN the secret
    of page and serve, NST_TF_GRAPHICS how --show draws; NST_TF_DEBUG=1
    shows tracebacks.
    """
    values = {name: option_value(config, name) for name in SETTINGS}
    origins = {name: source_of(name, sources) for name in SETTINGS}
    names, width = max(map(len, map(option_name, SETTINGS))), max(len(str(value)) for value in values.values())
    own = user_file()
    lines = [f"Your own file: {own or f'{usual_file()} (it does not exist)'}"]
    lines += [
        f"{option_name(name):{names}}  {value!s:{min(width, 20)}}  {origins[name]}" for name, value in values.items()
    ]
    settings = {name: {"value": getattr(config, name), "source": origins[name]} for name in SETTINGS}
    report = {"file": str(own) if own else None, "settings": settings}
    return Report(values=report, text="\n".join(map(printable, lines)), asked=True)

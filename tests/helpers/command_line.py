"""`nst-tf` in the tests' own process."""

import signal

from typer.testing import CliRunner

from nst_tf_cli.app import app
from nst_tf_cli.terminal.signals import SIGNALS


def run(*arguments, **options):
    """Run a command; options are those of the runner.

    A command may ignore signals for the rest of its process; here that ends with it, as children inherit it.
    """
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        return CliRunner(**options).invoke(app, [str(argument) for argument in arguments])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

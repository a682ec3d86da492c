"""`nst-tf` as a program: what all commands share, for their help and usage errors, too."""

import sys
from typing import Any

from nst_tf_cli.terminal.console import FAILED, report_lost_answer
from nst_tf_cli.terminal.help_words import Group
from nst_tf_cli.terminal.signals import cleaned_up
from nst_tf_cli.terminal.streams import is_plain, prepare_streams


class Program(Group):
    """The group of all commands."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command, and exit; help that can't be written anywhere is a failure in one line."""
        prepare_streams()
        if is_plain():
            from typer import rich_utils

            rich_utils.COLOR_SYSTEM, rich_utils.FORCE_TERMINAL = None, False
        try:
            with cleaned_up():
                return super().main(*args, **kwargs)
        except OSError as error:
            report_lost_answer(error)
            sys.exit(FAILED)

"""`nst-tf` in the tests' own process."""

from typer.testing import CliRunner

from nst_tf_cli.app import app


def run(*arguments, **options):
    """Run a command; options are those of the runner."""
    return CliRunner(**options).invoke(app, [str(argument) for argument in arguments])

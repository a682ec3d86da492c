"""`python -m nst_tf_cli` is `nst-tf`."""

from nst_tf_cli.app import app

app(prog_name="nst-tf")

"""Write a SavedModel: what `export` does."""

from pathlib import Path

from nst_tf.config import StyleConfig
from nst_tf_cli.terminal.errors import say
from nst_tf_cli.terminal.tensorflow_startup import start_tensorflow
from nst_tf_serving.limits import Limits


def export_model(directory: Path, *, config: StyleConfig, version: int | None, limits: Limits) -> None:
    """Export, and say where to, how large it is, and in which arithmetic its network runs."""
    start_tensorflow()
    try:
        from nst_tf.network.precision import resolved_precision
        from nst_tf_serving.saved_model.exporter import export

        folder = export(directory, config=config, version=version, limits=limits)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("tensorflow_serving"):
            raise
        raise RuntimeError("Exporting needs an extra: pip install 'nst-tf[export]'.") from error
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    say(f"{folder}  {size / 1e6:.1f} MB, {resolved_precision(config.precision)}", err=False)

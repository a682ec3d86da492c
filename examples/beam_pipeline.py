"""Paint the pictures of an Apache Beam pipeline with an exported model; TFX pipelines take the same handler.

nst-tf export export/nst
python examples/beam_pipeline.py --model export/nst/1 --style painting.jpg --photos 'photos/*.jpg' --output painted

Beam's pins differ from those of this package, so it needs an environment of its own, with `apache-beam` and
`tensorflow`; `make test-beam` makes one. Beam's own handler for Keras can't load an exported model;
`tf.saved_model.load` can, so a handler of thirty lines does.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

import apache_beam as beam
import tensorflow as tf
from apache_beam.io import fileio, filesystems
from apache_beam.ml.inference.base import KeyedModelHandler, ModelHandler, PredictionResult, RunInference
from apache_beam.options.pipeline_options import PipelineOptions


class Stylizer(ModelHandler[bytes, PredictionResult, Any]):
    """Paints encoded pictures in one style; each worker loads the model once."""

    def __init__(self, model: str, style: bytes, steps: int) -> None:
        """Describe the model.

        Args:
            model: The exported model's folder, at any URL that TensorFlow reads.
            style: The style picture's file.
            steps: Steps at the result's size.
        """
        super().__init__()
        self._model, self._style, self._steps = model, style, steps

    def load_model(self) -> Any:
        """Load the model."""
        return tf.saved_model.load(self._model)

    def run_inference(
        self, batch: Sequence[bytes], model: Any, inference_args: dict[str, Any] | None = None
    ) -> Iterable[PredictionResult]:
        """Paint one picture after the other; each uses all of its worker's cores."""
        steps = tf.constant([(inference_args or {}).get("steps", self._steps)])
        for content in batch:
            painted = model.stylize_bytes(tf.constant([content]), tf.constant([self._style]), steps=steps)
            yield PredictionResult(content, painted["stylized_bytes"][0].numpy())

    def batch_elements_kwargs(self) -> dict[str, int]:
        """Take pictures one by one: they have different sizes."""
        return {"min_batch_size": 1, "max_batch_size": 1}

    def share_model_across_processes(self) -> bool:
        """Let all processes of a worker share one model, as its filters take 80 MB."""
        return True


def write(named: tuple[str, PredictionResult], folder: str) -> str:
    """Write a painting as FOLDER/NAME.png, and return its path."""
    path = filesystems.FileSystems.join(folder, f"{PurePosixPath(named[0]).stem}.png")
    with filesystems.FileSystems.create(path) as stream:
        stream.write(named[1].inference)
    return path


def read(path: str) -> bytes:
    """Read a file at any URL that Beam reads."""
    with filesystems.FileSystems.open(path) as stream:
        return stream.read()


def run(arguments: Sequence[str] | None = None) -> None:
    """Paint what the command line names; other options are Beam's, such as `--runner`."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("model", "style", "photos", "output"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--steps", type=int, default=60)
    given, others = parser.parse_known_args(arguments)
    filesystems.FileSystems.exists(given.output) or filesystems.FileSystems.mkdirs(given.output)
    handler = KeyedModelHandler(Stylizer(given.model, read(given.style), given.steps))
    with beam.Pipeline(options=PipelineOptions(others, save_main_session=False)) as pipeline:
        _ = (
            pipeline
            | fileio.MatchFiles(given.photos)
            | fileio.ReadMatches()
            | beam.Map(lambda file: (file.metadata.path, file.read()))
            | RunInference(handler)
            | beam.Map(write, folder=given.output)
        )


if __name__ == "__main__":
    run()

"""The training loop: data, schedule, log and checkpoints around `model.fit`.

An epoch of Keras is only a chunk of steps here: between two chunks the learning rate changes, a line is logged, and a
checkpoint may be written.
"""

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tools.train_builtin import checkpoint, objectives
from tools.train_builtin.crops import Augmentation, Crops
from tools.train_builtin.network import trainee
from tools.train_builtin.recipe import Architecture, Progress, Recipe

CHECKPOINT, LOG = "checkpoint.npz", "log.csv"
Echo = Callable[[str], None]


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """A chunk of batches of picture numbers; the batch of step t depends only on the seed and t.

    Args:
        count: Number of pictures.
        recipe: Batch, chunk and seed.
        heads: Names of the outputs; the target of each is the picture numbers.
        progress: Holds the step at which the chunk begins.
    """

    def __init__(self, count: int, recipe: Recipe, heads: tuple[str, ...], progress: Progress) -> None:
        """Store the arguments."""
        super().__init__()
        self._count, self._recipe, self._heads, self._progress = count, recipe, heads, progress

    def __len__(self) -> int:
        """Return the number of steps in a chunk."""
        return self._recipe.chunk

    def __getitem__(self, index: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return distinct picture numbers `(B,)`, as input and as targets."""
        rng = np.random.default_rng((self._recipe.seed, self._progress.step + index))
        numbers = rng.choice(self._count, self._recipe.batch, replace=False).astype(np.int32)
        return numbers, dict.fromkeys(self._heads, numbers)


class Conductor(keras.callbacks.Callback):  # type: ignore[misc]
    """Advance the schedule, log, save and stop, between chunks.

    Args:
        recipe: Hyperparameters.
        progress: Updated after each chunk; shared with the data.
        work: Folder for the log and the checkpoint.
        echo: Prints a progress line.
    """

    def __init__(self, recipe: Recipe, progress: Progress, work: Path, echo: Echo) -> None:
        """Start the timers."""
        super().__init__()
        self._recipe, self._progress, self._work, self._echo = recipe, progress, work, echo
        self._begun = self._chunk_begun = self._saved = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the chunk's learning rate."""
        del epoch, logs
        self.model.optimizer.learning_rate = self._recipe.learning_rate(self._progress)
        self._chunk_begun = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Count the chunk; save at intervals and at the end."""
        del epoch
        measures = {name: float(value) for name, value in (logs or {}).items()}
        now = time.monotonic()
        seconds = now - self._chunk_begun
        self._progress.step += self._recipe.chunk
        self._progress.seconds += seconds
        self._log(measures, speed=self._recipe.chunk * self._recipe.batch / seconds)
        over = self._recipe.fraction(self._progress) >= self._recipe.until
        stop = over or now - self._begun >= 60 * self._recipe.pause_after
        if stop or now - self._saved >= self._recipe.save_every:
            checkpoint.save(self._work / CHECKPOINT, self.model, self._progress)
            self._saved = now
        self.model.stop_training = stop

    def _log(self, measures: dict[str, float], *, speed: float) -> None:
        """Print a line and append a row to the log."""
        progress = self._progress
        rights = [f"{value:.3f}" for name, value in measures.items() if name.endswith("_right")]
        self._echo(
            f"step {progress.step:6d}  {self._recipe.fraction(progress):6.1%}  {speed:7.0f} pictures/s  "
            f"loss {measures['loss']:.4f}  right {' '.join(rights)}"
        )
        row = {"step": progress.step, "seconds": round(progress.seconds, 2), "speed": round(speed, 1)}
        _append(self._work / LOG, row | {name: round(value, 5) for name, value in measures.items()})


def _append(path: Path, row: dict[str, float]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def train(
    pictures: np.ndarray,
    work: Path,
    *,
    recipe: Recipe,
    architecture: Architecture,
    augmentation: Augmentation | None = None,
    echo: Echo,
) -> keras.Model:
    """Train until the recipe ends or pauses, from the last checkpoint in `work` if there is one.

    Args:
        pictures: The corpus, uint8 `(N, S, S, 3)`.
        work: Folder for the log and the checkpoint.
        recipe: Hyperparameters.
        architecture: Width, heads and objective.
        augmentation: How crops are varied.
        echo: Prints a progress line.

    Returns:
        The trained model.

    Raises:
        ValueError: If there are fewer pictures than one batch, or the checkpoint belongs to another network.
    """
    if len(pictures) < recipe.batch:
        raise ValueError(f"a batch of {recipe.batch} needs as many pictures; got {len(pictures)}")
    keras.utils.set_random_seed(recipe.seed)
    options = {"crop": recipe.crop, "views": architecture.views, "seed": recipe.seed}
    crops = Crops(pictures, augmentation=augmentation or Augmentation(), **options)
    model = trainee(crops, architecture, classes=len(pictures))
    compile_heads(model, recipe, architecture)
    saved = work / CHECKPOINT
    progress = checkpoint.restore(saved, model) if saved.exists() else Progress()
    if recipe.fraction(progress) < recipe.until:
        batches = Batches(len(pictures), recipe, architecture.heads, progress)
        conductor = Conductor(recipe, progress, work, echo)
        model.fit(batches, epochs=10**9, verbose=0, shuffle=False, callbacks=[conductor])
    return model


def compile_heads(model: keras.Model, recipe: Recipe, architecture: Architecture) -> None:
    """Give every head the same objective and an equal weight in the loss; outputs are never added."""
    # Named, because the checkpoint stores variables by path and Keras would number a second optimizer.
    options = {"weight_decay": recipe.weight_decay, "global_clipnorm": 1.0, "name": "adam_w"}
    optimizer = keras.optimizers.AdamW(recipe.peak_rate, **options)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    optimizer.build(model.trainable_variables)
    loss, right = objectives.measures(architecture.objective, recipe)
    heads = architecture.heads
    model.compile(
        optimizer,
        loss=dict.fromkeys(heads, loss),
        metrics={head: keras.metrics.MeanMetricWrapper(right, name="right") for head in heads},
        loss_weights=dict.fromkeys(heads, 1.0 / len(heads)),
        # Only JAX needs XLA to be fast.
        jit_compile=keras.backend.backend() == "jax",
    )

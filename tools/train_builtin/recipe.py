"""Architecture, hyperparameters and learning-rate schedule of the training. Imports no framework."""

import math
from dataclasses import dataclass

from tools.train_builtin.vgg19 import LAYERS

HEADS = ("block2_conv2", "block3_conv4", "block4_conv4", "block5_conv1", "block5_conv4")
OBJECTIVES = ("classify", "contrast")


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """The network to train.

    Attributes:
        width: Factor on the number of filters; 1 is VGG-19, tests use less.
        heads: Layers with a head, each with its own loss.
        objective: `classify` (which picture is it?) or `contrast` (which two crops belong together?).
        projection: Length of the contrasted vectors.
    """

    width: float = 1.0
    heads: tuple[str, ...] = HEADS
    objective: str = "classify"
    projection: int = 128

    def __post_init__(self) -> None:
        """Refuse unknown layers and objectives."""
        if not self.heads or set(self.heads) - set(LAYERS):
            raise ValueError(f"heads must be among {', '.join(LAYERS)}; got {', '.join(self.heads) or 'none'}")
        if self.objective not in OBJECTIVES:
            raise ValueError(f"objective must be one of {', '.join(OBJECTIVES)}; got {self.objective!r}")

    @property
    def views(self) -> int:
        """Crops per picture in a batch."""
        return 2 if self.objective == "contrast" else 1


@dataclass
class Progress:
    """Progress of a training, over all commands.

    Attributes:
        step: Finished steps.
        seconds: Their duration.
    """

    step: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Hyperparameters of a training.

    Attributes:
        steps: Steps of the whole training, which ends after `steps` or `minutes`, whichever comes first.
        minutes: Minutes of the whole training, wall time over all commands.
        until: Share of the training after which this command stops; the next may continue with other crops.
        pause_after: Minutes after which this command stops; the next continues.
        batch: Pictures per step.
        crop: Side of a crop, pixels.
        peak_rate: Largest learning rate.
        warmup: Steps of linear warm-up; a tenth of the training at most.
        weight_decay: AdamW's weight decay, for kernels only.
        label_smoothing: Label smoothing of `classify`.
        temperature: Temperature of `contrast`.
        chunk: Steps between two log lines, and between two changes of the learning rate.
        save_every: Seconds between two checkpoints.
        seed: Seed of weights, crops and the order of pictures.
    """

    steps: float = math.inf
    minutes: float = math.inf
    until: float = 1.0
    pause_after: float = math.inf
    batch: int = 256
    crop: int = 112
    peak_rate: float = 2e-3
    warmup: int = 100
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    temperature: float = 0.1
    chunk: int = 25
    save_every: float = 120.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse an endless training."""
        if math.isinf(self.steps) and math.isinf(self.minutes):
            raise ValueError("a training needs an end; set steps, minutes or both")

    def fraction(self, progress: Progress) -> float:
        """Return the finished share of the training, by steps or by time, whichever is larger."""
        return min(1.0, max(progress.step / self.steps, progress.seconds / 60 / self.minutes))

    def learning_rate(self, progress: Progress) -> float:
        """Return the learning rate: linear warm-up, then cosine decay to zero."""
        done = self.fraction(progress)
        warm = min(1.0, max((progress.step + 1) / (self.warmup + 1), done / 0.1))
        return self.peak_rate * warm * 0.5 * (1.0 + math.cos(math.pi * done))

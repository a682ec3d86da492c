"""Losses and accuracies of the heads: plain functions of `keras.ops`, one value per picture."""

from collections.abc import Callable

from keras import ops

from tools.train_builtin.crops import Tensor
from tools.train_builtin.recipe import Recipe

Measure = Callable[[Tensor, Tensor], Tensor]


def measures(objective: str, recipe: Recipe) -> tuple[Measure, Measure]:
    """Return the loss and the accuracy of an objective."""
    if objective == "classify":
        return classification_loss(recipe.label_smoothing), classified
    return contrastive_loss(recipe.temperature), matched


def classification_loss(smoothing: float) -> Measure:
    """Return the cross entropy of picture numbers `(B,)` and logits `(B, N)`, with label smoothing.

    It is written out, so that no `(B, N)` matrix of labels is built.
    """

    def loss(indices: Tensor, logits: Tensor) -> Tensor:
        """Return the loss of each picture."""
        log_p = ops.log_softmax(logits, axis=-1)
        rows = ops.cast(indices, "int32")[:, None]
        right = ops.take_along_axis(log_p, rows, axis=-1)[:, 0]
        return -(1.0 - smoothing) * right - smoothing * ops.mean(log_p, axis=-1)

    return loss


def classified(indices: Tensor, logits: Tensor) -> Tensor:
    """Tell which pictures were recognized: 0 or 1, `(B,)`."""
    best = ops.cast(ops.argmax(logits, axis=-1), "int32")
    return ops.cast(ops.equal(best, ops.cast(indices, "int32")), "float32")


def contrastive_loss(temperature: float) -> Measure:
    """Return NT-Xent: each crop must find the other crop of its picture among all other crops of the batch.

    It is the negative log of a softmax over cosine similarities divided by the temperature (SimCLR, Eq. 1), averaged
    over a picture's two crops. It takes unit vectors `(B, 2, D)`.
    """

    def loss(indices: Tensor, pairs: Tensor) -> Tensor:
        """Return the loss of each picture."""
        del indices
        log_p = ops.log_softmax(_similarities(pairs) / temperature, axis=-1)
        right = ops.take_along_axis(log_p, _partners(pairs)[:, None], axis=-1)
        return -ops.mean(ops.reshape(right, (2, -1)), axis=0)

    return loss


def matched(indices: Tensor, pairs: Tensor) -> Tensor:
    """Return the share of a picture's two crops that found their partner, `(B,)`."""
    del indices
    best = ops.cast(ops.argmax(_similarities(pairs), axis=-1), "int32")
    right = ops.cast(ops.equal(best, _partners(pairs)), "float32")
    return ops.mean(ops.reshape(right, (2, -1)), axis=0)


def _similarities(pairs: Tensor) -> Tensor:
    """Compare every crop with every other, `(2 B, 2 B)`, first crops before second ones; the diagonal is masked."""
    vectors = ops.concatenate([pairs[:, 0], pairs[:, 1]], axis=0)
    return ops.matmul(vectors, ops.transpose(vectors)) - 1e4 * ops.eye(ops.shape(vectors)[0])


def _partners(pairs: Tensor) -> Tensor:
    """Return the row of each crop's partner in `_similarities`, `(2 B,)`."""
    count = ops.shape(pairs)[0]
    first = ops.arange(count, dtype="int32")
    return ops.concatenate([first + count, first], axis=0)

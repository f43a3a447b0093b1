"""Ties: which logits are equal but for rounding; no torch."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUNDING = 1e-5
"""A hundred roundings of float32: an embedding's last digits change with the batch it was in."""


def rounding(logits: Floats) -> Floats:
    """Return how far apart two logits of a row may lie and still be equal.

    As the row's largest magnitude is: a network whose logits are all small errs by as little.

    Parameters
    ----------
    logits : ndarray, shape (..., n)

    Returns
    -------
    ndarray, shape (..., 1)
    """
    margin: Floats = _ROUNDING * np.abs(logits).max(axis=-1, keepdims=True)
    return margin


def as_high(logits: Floats, top: Floats, margin: Floats) -> NDArray[np.bool_]:
    """Look which logits are as high as ``top``, but for rounding, or higher.

    Parameters
    ----------
    logits, top, margin : ndarray
        Of shapes that go together; ``margin`` is the `rounding` of the whole row, or of the row
        whose means these are.
    """
    high: NDArray[np.bool_] = logits >= top - margin
    return high


def leaders(logits: Floats, margin: Floats) -> NDArray[np.int64]:
    """Find the place of each row's largest logit, (..., n) to (...); -1 on a tie for first."""
    first = as_high(logits, logits.max(axis=-1, keepdims=True), margin)
    return np.where(first.sum(axis=-1) == 1, first.argmax(axis=-1), -1)

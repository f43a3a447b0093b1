"""Ties: which logits are equal but for rounding; no torch."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUNDING = 1e-5
"""A hundred roundings of float32: an embedding's last digits change with the batch it was in."""


def rounding(top: Floats | np.float64) -> Floats:
    """Return how far below ``top`` a logit may lie and still equal it."""
    margin: Floats = _ROUNDING * np.maximum(1.0, np.abs(top))
    return margin


def as_high(logits: Floats, top: Floats | np.float64) -> NDArray[np.bool_]:
    """Look which logits are as high as ``top``, but for rounding, or higher.

    Parameters
    ----------
    logits, top : ndarray
        Of shapes that go together. Nothing is as high as NaN.
    """
    high: NDArray[np.bool_] = logits >= top - rounding(top)
    return high


def leaders(logits: Floats) -> NDArray[np.int64]:
    """Find the place of each row's largest logit, (..., n) to (...); -1 on a tie for first."""
    first = as_high(logits, logits.max(axis=-1, keepdims=True))
    return np.where(first.sum(axis=-1) == 1, first.argmax(axis=-1), -1)

"""Reading: what lies under the mouse on a spectrogram, and what its colours mean."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Reading(NamedTuple):
    """One cell of a log-mel, with the attribution and the segment where a map lies on it."""

    seconds: float
    hz: float
    db: float
    attribution: float | None = None
    segment: int | None = None


def full_colour(values: NDArray[np.float32]) -> float:
    """Return the absolute attribution that is drawn in full colour.

    One cell in a hundred is stronger and looks the same: gradients have a few cells beside which
    all others would vanish.
    """
    sizes = np.abs(values)
    return float(np.quantile(sizes, 0.99)) or float(sizes.max(initial=0.0))

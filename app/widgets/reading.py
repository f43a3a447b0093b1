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


class Picture(NamedTuple):
    """What is read: a log-mel, shape (n_mels, n_frames), and what lies on it.

    ``start`` is where its first frame begins and ``step`` how long each lasts, in seconds;
    ``frequencies`` are the bands' centres in Hz.
    """

    db: NDArray[np.float32]
    start: float
    step: float
    frequencies: NDArray[np.float64]
    overlay: NDArray[np.float32] | None = None
    segments: NDArray[np.int64] | None = None

    def read(self, seconds: float, height: float) -> Reading | None:
        """Return the cell at a second and a height in rows, or None outside."""
        row, frame = int(height // 1), int((seconds - self.start) // self.step)
        rows, frames = self.db.shape
        if not (0 <= row < rows and 0 <= frame < frames):
            return None
        value = None if self.overlay is None else float(self.overlay[row, frame])
        segment = None if self.segments is None else int(self.segments[row, frame])
        hz, db = float(self.frequencies[row]), float(self.db[row, frame])
        return Reading(seconds, hz, db, value, segment)


def hertz_at(frequencies: NDArray[np.float64], heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the frequencies at heights in rows; the centre of the first row is at 0.5."""
    centres = np.arange(len(frequencies)) + 0.5
    found: NDArray[np.float64] = np.interp(heights, centres, frequencies)
    return found


def full_colour(values: NDArray[np.float32]) -> float:
    """Return the absolute attribution that is drawn in full colour.

    One cell in a hundred is stronger and looks the same: gradients have a few cells beside which
    all others would vanish.
    """
    sizes = np.abs(values)
    return float(np.quantile(sizes, 0.99)) or float(sizes.max(initial=0.0))


def shares(values: NDArray[np.float32], threshold: float) -> NDArray[np.float32] | None:
    """Return each value as a share of full colour, none below the threshold; None if all are zero.

    ``threshold`` is such a share too.
    """
    full = full_colour(values)
    return np.where(np.abs(values) >= threshold * full, values / full, 0.0) if full else None

"""Measurement: what a part of a spectrogram holds: when, how long, how high and how loud."""

from math import ceil, floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.widgets.reading import Picture, hertz_at
from app.widgets.steering import Span

BOXES = ("rectangle", "band", "span")
"""The tools that draw what can be measured."""
Part = tuple[Span, Span | None]
"""First and last second, and the rows from the lowest edge to the highest, or None for all."""
HEADS = ("start / s", "end / s", "duration / s", "lowest / Hz", "highest / Hz", "mean / dB")
_DIGITS = 6
"""Of places in cells, as `mask_edits` rounds them: a frame is met at its very centre."""


class Measurement(NamedTuple):
    """Seconds in the clip, Hz, and the mean of the cells' power in dB re a power of 1."""

    start: float
    end: float
    lowest: float
    highest: float
    mean: float

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    @property
    def words(self) -> str:
        """Write it for a status bar."""
        length = self.duration
        parts = (
            f"{self.start:.3f}–{self.end:.3f} s",
            f"{1000 * length:.0f} ms" if length < 0.9995 else f"{length:.3f} s",
            f"{self.lowest:,.0f}–{self.highest:,.0f} Hz",
            f"mean {self.mean:.1f} dB",
        )
        return "    ".join(parts)

    @property
    def values(self) -> tuple[str, ...]:
        """Write what `HEADS` names, as numbers alone."""
        seconds = (f"{second:.4f}" for second in (self.start, self.end, self.duration))
        levels = f"{self.lowest:.1f}", f"{self.highest:.1f}", f"{self.mean:.2f}"
        return *seconds, *levels


def measure(picture: Picture, span: Span, band: Span | None = None) -> Measurement:
    """Measure a span of seconds, at all frequencies or within a band of rows.

    As a mask's rectangle does, it takes the cells whose centres lie inside; of a part that holds
    no centre, the nearest cell. Outside the picture and before the clip nothing counts.
    """
    rows, frames = picture.db.shape
    low, high = np.clip(band or (0, rows), 0, rows)
    first, last = np.clip((np.array(span) - picture.start) / picture.step, 0, frames)
    cells = picture.db[np.ix_(_inside(low, high, rows), _inside(first, last, frames))]
    mean = 10 * np.log10(np.power(10.0, cells.astype(np.float64) / 10).mean())
    start, end = np.maximum(picture.start + picture.step * np.array([first, last]), 0.0).tolist()
    lowest, highest = hertz_at(picture.frequencies, np.array([low, high])).tolist()
    return Measurement(start, end, lowest, highest, float(mean))


def _inside(first: float, last: float, count: int) -> NDArray[np.intp]:
    """Return which cells are centred from ``first`` to ``last``, the first centre being at 0.5."""
    lowest, highest = round(first - 0.5, _DIGITS), round(last - 0.5, _DIGITS)
    chosen = np.arange(max(ceil(lowest), 0), min(floor(highest) + 1, count))
    middle = np.clip([np.floor((first + last) / 2)], 0, count - 1)
    return (chosen if chosen.size else middle).astype(np.intp)

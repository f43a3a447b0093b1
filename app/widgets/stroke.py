"""Stroke: what a hand drew on a spectrogram, and what that does to a mask."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from siamese_core.mask.mask import Mask
from siamese_core.mask.mask_edits import Point, band, brush, lasso, rectangle, span

TOOLS = {
    "brush": ("Brush", "B", "Paint what is kept"),
    "eraser": ("Eraser", "E", "Wipe away what is kept"),
    "rectangle": ("Rectangle", "R", "Keep a rectangle of time and frequency"),
    "lasso": ("Lasso", "L", "Keep what an outline encloses"),
    "band": ("Band", "F", "Keep a band of frequency, at all times"),
    "span": ("Span", "T", "Keep a span of time, at all frequencies"),
}
"""Name -> title, key and what dragging does."""

PAINTING = ("brush", "eraser")
"""The tools that have a size, and for which a click is a stroke too."""


@dataclass(frozen=True)
class Stroke:
    """What one drag with a tool drew.

    Parameters
    ----------
    tool : str
        One of `TOOLS`.
    points : tuple of Point
        Seconds in the clip and mel bands, a band's centre being a whole number.
    seconds, bands : float
        Radius of the brush along time and along frequency.
    away : bool
        Take away what another hand would add.
    """

    tool: str
    points: tuple[Point, ...]
    seconds: float = 0.0
    bands: float = 0.0
    away: bool = False

    def __call__(self, mask: Mask) -> Mask:
        """Return the mask with this stroke on it."""
        return _EDITS[self.tool](self, mask, 0.0 if self.away else 1.0)


def _paint(stroke: Stroke, mask: Mask, gain: float) -> Mask:
    return brush(mask, stroke.points, stroke.seconds, stroke.bands, gain)


def _wipe(stroke: Stroke, mask: Mask, gain: float) -> Mask:
    return _paint(stroke, mask, 1.0 - gain)


def _box(stroke: Stroke, mask: Mask, gain: float) -> Mask:
    return rectangle(mask, stroke.points[0], stroke.points[-1], gain)


def _enclose(stroke: Stroke, mask: Mask, gain: float) -> Mask:
    return lasso(mask, stroke.points, gain)


def _keep_band(stroke: Stroke, mask: Mask, gain: float) -> Mask:
    """Take every band that the drag touched: a narrow one has no centre inside."""
    centres = mask.mel.frequencies
    touched = [round(point[1]) for point in (stroke.points[0], stroke.points[-1])]
    low, high = np.sort(np.clip(touched, 0, len(centres) - 1))
    return band(mask, float(centres[low]), float(centres[high]), gain)


def _keep_span(stroke: Stroke, mask: Mask, gain: float) -> Mask:
    """Take every frame that the drag touched."""
    step = mask.mel.frame_seconds
    touched = [round((p[0] - mask.start) / step) for p in (stroke.points[0], stroke.points[-1])]
    first, last = mask.start + np.sort(np.clip(touched, 0, mask.mel.n_frames - 1)) * step
    return span(mask, float(first), float(last), gain)


_EDITS: dict[str, Callable[[Stroke, Mask, float], Mask]] = {
    "brush": _paint,
    "eraser": _wipe,
    "rectangle": _box,
    "lasso": _enclose,
    "band": _keep_band,
    "span": _keep_span,
}

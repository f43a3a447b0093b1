"""Mask edits: what a hand does to a mask, as pure functions from one Mask to the next (no torch).

A `Point` is (seconds, band): seconds in the clip's own time, and a mel band's number, whose centre
is a whole number. A cell is inside a shape if its centre is.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siamese_core.errors import ParameterError
from siamese_core.mask.mask import Mask, neighbours

Point = tuple[float, float]
Cells = NDArray[np.bool_]
Places = NDArray[np.float64]

_DIGITS = 6
"""Of a place in cells; seconds turned into frames must not miss a centre by a rounding."""
_REACH = 1 + 10**-_DIGITS
"""Radii of a brush, so much that no cell within one is missed by a rounding."""


def brush(
    mask: Mask, stroke: Sequence[Point], seconds: float, bands: float, gain: float = 1.0
) -> Mask:
    """Give all cells within an ellipse's reach of a stroke one gain, at least the nearest cell's.

    Parameters
    ----------
    stroke : sequence of Point
        Where the brush went, joined by straight lines; one point is a dab.
    seconds, bands : float
        Radius of the brush along time and along frequency.
    gain : float
        From 0 to 1.

    Raises
    ------
    ParameterError
        If the stroke has no point, a radius is negative or the gain is outside 0 to 1.
    """
    path = _places(mask, stroke, at_least=1, what="A stroke")
    radii = np.maximum([_not_negative(seconds) / mask.mel.frame_seconds, _not_negative(bands)], 0.5)
    path = path / radii
    x, y = (cells / radius for cells, radius in zip(_cells(mask), radii, strict=True))
    near = np.zeros(mask.mel.shape, bool)
    for begin, end in zip(path, [*path[1:], path[-1]], strict=True):
        low, high = np.minimum(begin, end) - _REACH, np.maximum(begin, end) + _REACH
        columns, rows = (
            slice(*np.searchsorted(cells, (low[axis], high[axis])))
            for axis, cells in enumerate((x, y))
        )
        across, up, along = x[columns] - begin[0], y[rows, None] - begin[1], end - begin
        share = ((across * along[0] + up * along[1]) / max(along @ along, 1e-12)).clip(0, 1)
        distance = np.square(across - share * along[0]) + np.square(up - share * along[1])
        near[rows, columns] |= distance.round(_DIGITS) <= 1
    return _filled(mask, near, gain)


def rectangle(mask: Mask, corner: Point, opposite: Point, gain: float = 1.0) -> Mask:
    """Give the cells between two opposite corners one gain.

    Raises
    ------
    ParameterError
        If a corner is not finite or the gain is outside 0 to 1.
    """
    corners = _places(mask, [corner, opposite], at_least=2, what="A rectangle")
    frames, bands = (
        (cells >= ends.min()) & (cells <= ends.max())
        for cells, ends in zip(_cells(mask), corners.T, strict=True)
    )
    return _filled(mask, bands[:, None] & frames, gain)


def lasso(mask: Mask, outline: Sequence[Point], gain: float = 1.0) -> Mask:
    """Give the cells within a closed outline one gain (even-odd rule).

    Raises
    ------
    ParameterError
        If the outline has fewer than three points or the gain is outside 0 to 1.
    """
    corners = _places(mask, outline, at_least=3, what="An outline")
    x, y = _cells(mask)
    inside = np.zeros(mask.mel.shape, bool)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, 1, axis=0), strict=True):
        if y1 != y2:  # a ray to the right never crosses a level edge
            met = (y1 > y) != (y2 > y)
            crossing = x1 + (y[met] - y1) / (y2 - y1) * (x2 - x1)
            inside[met] ^= x < crossing[:, None]
    return _filled(mask, inside, gain)


def band(mask: Mask, low: float, high: float, gain: float = 1.0) -> Mask:
    """Give the mel bands centred from ``low`` to ``high`` Hz one gain, at all times.

    Raises
    ------
    ParameterError
        If no band is centred there or the gain is outside 0 to 1.
    """
    inside = (low <= (centres := mask.mel.frequencies)) & (centres <= high)
    if not inside.any():
        raise ParameterError(
            f"No mel band is centred from {low:g} to {high:g} Hz; the bands of this model are "
            f"centred from {centres[0]:.0f} to {centres[-1]:.0f} Hz."
        )
    return _filled(mask, np.broadcast_to(inside[:, None], mask.mel.shape), gain)


def span(mask: Mask, begin: float, end: float, gain: float = 1.0) -> Mask:
    """Give all bands from ``begin`` to ``end`` seconds of the clip one gain.

    Raises
    ------
    ParameterError
        If no frame is centred there or the gain is outside 0 to 1.
    """
    times = (mask.start + np.arange(mask.mel.n_frames) * mask.mel.frame_seconds).round(_DIGITS)
    inside = (round(begin, _DIGITS) <= times) & (times <= round(end, _DIGITS))
    if not inside.any():
        raise ParameterError(
            f"No frame of the mask lies from {begin:g} to {end:g} s; it covers {times[0]:.2f} to "
            f"{times[-1]:.2f} s."
        )
    return _filled(mask, np.broadcast_to(inside, mask.mel.shape), gain)


def grow(mask: Mask, seconds: float, bands: float) -> Mask:
    """Let each cell take the largest gain within reach, before and after, above and below.

    Raises
    ------
    ParameterError
        If a reach is negative.
    """
    values: NDArray[np.floating] = mask.values
    for axis, reach in enumerate((bands, _not_negative(seconds) / mask.mel.frame_seconds)):
        cells = round(min(_not_negative(reach), values.shape[axis]))
        values = neighbours(values, cells, axis).max(axis=-1)
    return _edited(mask, values)


def shrink(mask: Mask, seconds: float, bands: float) -> Mask:
    """Let each cell take the smallest gain within reach."""
    return grow(mask.inverted(), seconds, bands).inverted()


def extent(mask: Mask) -> tuple[slice, slice] | None:
    """Return the bands and frames that hold all that is heard at half the largest gain or more.

    None if nothing is heard.
    """
    if not mask.values.any():
        return None
    chosen = mask.values >= mask.values.max() / 2
    rows, columns = (np.flatnonzero(chosen.any(axis=axis)) for axis in (1, 0))
    bands, frames = (slice(int(ends[0]), int(ends[-1]) + 1) for ends in (rows, columns))
    return bands, frames


def _filled(mask: Mask, cells: Cells, gain: float) -> Mask:
    if not 0 <= gain <= 1:
        raise ParameterError(f"A gain of {gain:g} cannot be painted; give one from 0 to 1.")
    return _edited(mask, np.where(cells, gain, mask.values))


def _edited(mask: Mask, values: NDArray[np.floating]) -> Mask:
    """Return a mask that is no longer what its file holds."""
    return replace(mask, values=values.astype(np.float32), path=None)


def _cells(mask: Mask) -> tuple[Places, Places]:
    """Return the places of the cells' frames and of their bands."""
    bands, frames = mask.mel.shape
    return np.arange(frames, dtype=np.float64), np.arange(bands, dtype=np.float64)


def _places(mask: Mask, points: Sequence[Point], at_least: int, what: str) -> Places:
    """Turn points into places (frame, band), shape (n, 2)."""
    if len(points) < at_least:
        raise ParameterError(f"{what} of {len(points)} points is too short; give {at_least}.")
    places = np.array(points, np.float64)
    if not np.isfinite(places).all():
        raise ParameterError(f"{what} has a point that is not finite; give seconds and a band.")
    places[:, 0] = (places[:, 0] - mask.start) / mask.mel.frame_seconds
    return places.round(_DIGITS)


def _not_negative(reach: float) -> float:
    if not reach >= 0:
        raise ParameterError(f"A reach of {reach:g} is not possible; give 0 or more.")
    return reach

"""The band of frequencies that is measured: what a key makes of it."""

from PySide6.QtCore import Qt

from app.widgets.steering import Span

_STEP = 0.05
"""Share of the rows in view that a key moves an edge by."""
_UPWARDS = {Qt.Key.Key_Up: 1.0, Qt.Key.Key_Down: -1.0}


def moved_band(band: Span | None, seen: Span, key: Qt.Key, control: bool) -> Span | None:
    """Return the rows that Shift and an arrow select; None for a key that selects none.

    It moves the upper edge or, with Ctrl, the lower one; with no band yet, an edge of what is seen.
    """
    if key not in _UPWARDS:
        return None
    low, high = band or seen
    step = _STEP * (seen[1] - seen[0])
    by = step * _UPWARDS[key]
    if control:
        return min(low + by, high - step), high
    return low, max(high + by, low + step)

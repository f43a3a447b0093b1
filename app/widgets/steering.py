"""Steering a picture by keyboard: what a key shows, and which span of time it selects."""

from PySide6.QtCore import Qt

Span = tuple[float, float]
Ranges = tuple[Span, Span]
"""First and last second, lowest and highest row."""
Zoom = tuple[Span | None, Span | None]
"""The same, with None for an axis of which everything is seen."""

_PAN, _CLOSER, _FARTHER = 0.1, 0.8, 1.25
_STRETCH = 0.05
"""Share of the seconds in view that a key moves the end of a span by."""
_TIME = {
    Qt.Key.Key_Left: (-_PAN, 1.0),
    Qt.Key.Key_Right: (_PAN, 1.0),
    Qt.Key.Key_Plus: (0.0, _CLOSER),
    Qt.Key.Key_Equal: (0.0, _CLOSER),
    Qt.Key.Key_Minus: (0.0, _FARTHER),
}
_PITCH = {
    Qt.Key.Key_Down: (-_PAN, 1.0),
    Qt.Key.Key_Up: (_PAN, 1.0),
}
_ZOOMS = (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus)


def steered(ranges: Ranges, key: Qt.Key, control: bool) -> Ranges | None:
    """Return what a key leads to: arrows pan, plus and minus zoom time or, with Ctrl, pitch.

    None for any other key.
    """
    time, pitch = ranges
    if control:
        return (time, _moved(pitch, *_TIME[key])) if key in _ZOOMS else None
    if key in _TIME:
        return _moved(time, *_TIME[key]), pitch
    return (time, _moved(pitch, *_PITCH[key])) if key in _PITCH else None


def selected(
    span: Span | None, seen: Span, playhead: float | None, key: Qt.Key, shift: bool
) -> Span | None:
    """Return the span that a key makes of the one there is; None for a key that selects nothing.

    Brackets set its ends at the playhead, or at the edge of what is seen where there is none.
    Shift and an arrow move its end.
    """
    first, last = seen
    start, end = span or seen
    if key == Qt.Key.Key_BracketLeft:
        start = first if playhead is None else playhead
        return start, end if end > start else last
    if key == Qt.Key.Key_BracketRight:
        end = last if playhead is None else playhead
        return start if start < end else first, end
    if not shift or key not in (Qt.Key.Key_Left, Qt.Key.Key_Right):
        return None
    if span is None:
        start = end = first if playhead is None else playhead
    step = _STRETCH * (last - first)
    return start, max(end + (step if key == Qt.Key.Key_Right else -step), start + step)


def _moved(span: Span, by: float, wider: float) -> Span:
    centre, width = sum(span) / 2 + by * (span[1] - span[0]), wider * (span[1] - span[0])
    return centre - width / 2, centre + width / 2

"""Short names: names made as short as their room, those that differ still different."""

from collections.abc import Sequence

from PySide6.QtGui import QFontMetrics

from siamese_core.short_names import LEAST, told_apart

_SPARE = 4
"""Characters that narrow letters let in beside those of the average width."""


def short_names(names: Sequence[str], room: int, metrics: QFontMetrics) -> tuple[str, ...]:
    """Leave out of names that are wider than ``room`` pixels what they have in common."""
    short = tuple(names)
    most = room // max(metrics.averageCharWidth(), 1) + _SPARE
    while most >= LEAST and any(metrics.horizontalAdvance(name) > room for name in short):
        short = tuple(told_apart(names, most))
        most -= 1
    return short

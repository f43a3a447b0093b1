"""LevelScale: how pictures show levels in dB: in which colours, and how far below the loudest."""

from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from app import theme

_LEAST = 1e-3
"""Decibels between the loudest and the most silent cell of a clip that is no digital silence."""


class LevelScale(NamedTuple):
    """What the eye is shown; nothing that a network sees depends on it.

    ``colours`` is one of `theme.LEVEL_MAPS`, ``reach`` the decibels below a clip's loudest cell
    that are told apart; 0 for all that there are.
    """

    colours: str = theme.LEVEL_MAPS[0]
    reach: int = 0

    def limits(self, low: float, high: float) -> tuple[float, float]:
        """Return the levels drawn as silent and as loudest in a clip from ``low`` to ``high`` dB.

        The same range in each clip, so that equal colours are equally far below the loudest.
        """
        if self.reach and high - low >= _LEAST:
            low = high - self.reach
        return low, max(high, low + _LEAST)


class ScaleInForce(QObject):
    """The scale of all pictures alike."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.now = LevelScale()

    def show(self, scale: LevelScale) -> None:
        """Have all pictures follow at once."""
        if scale != self.now:
            self.now = scale
            self.changed.emit()


@lru_cache
def level_scale() -> ScaleInForce:
    """Return the one scale of the program, as there is one theme."""
    return ScaleInForce()

"""LevelMeter: how loud it is right now, on a scale of decibels."""

from math import log10

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme

_LOWEST_DB, _HOT_DB = -60.0, -1.0
_FALL_DB = 1.5
"""By which the bar falls at each level that is told: a peak is seen for a moment."""
_TICKS_DB = (-40, -20, -6)


class LevelMeter(QWidget):
    """A bar that jumps up and falls slowly; in the colour of errors near full scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.level_db = _LOWEST_DB
        """What is shown, in dB below full scale."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            "The level of the microphone, from -60 to 0 dB; marks at -40, -20 and -6. Speech "
            "is good between the last two."
        )
        self.setAccessibleName("Level of the microphone")

    def show_level(self, peak: float) -> None:
        """Show the largest sample of the last moment, 1 at full scale; 0 empties it at once."""
        level = 20 * log10(peak) if peak > 0 else _LOWEST_DB
        falling = self.level_db - _FALL_DB if peak > 0 else _LOWEST_DB
        self.level_db = min(max(level, falling, _LOWEST_DB), 0.0)
        self.update()

    def sizeHint(self) -> QSize:
        """Be a thin line."""
        return QSize(160, 14)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the track, the bar and the marks."""
        look = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(0, (self.height() - 8) / 2, self.width(), 8)
        painter.setBrush(QColor(look.raised))
        painter.drawRoundedRect(track, 2, 2)
        bar = QRectF(track)
        bar.setWidth(self._x(self.level_db))
        painter.setBrush(QColor(look.wrong if self.level_db > _HOT_DB else look.right))
        painter.drawRoundedRect(bar, 2, 2)
        for tick in _TICKS_DB:
            painter.fillRect(QRectF(self._x(tick), track.y() - 2, 1, 12), QColor(look.line))
        painter.end()

    def _x(self, level_db: float) -> float:
        return self.width() * (1 - level_db / _LOWEST_DB)

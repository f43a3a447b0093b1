"""Span: what is selected on a spectrogram, of time and, if so wished, of frequency."""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app import theme
from app.widgets.steering import Span as Ends

_SEAM = 2.0
"""Pixels of the ground that a line brings along, so that it is seen on all colours."""
_PLAYHEAD = 2.0
_FILLED = 50
"""Opacity of what is selected, of 255."""


class Span(pg.LinearRegionItem):  # type: ignore[misc]
    """A span of time: its edges are dragged, and with Shift all of it; else what lies below is."""

    def __init__(self) -> None:
        super().__init__(movable=True, swapMode="sort")
        self._band: Ends | None = None

    @property
    def band(self) -> Ends | None:
        """The rows that are selected, from the lowest edge to the highest; None for all."""
        return self._band

    @band.setter
    def band(self, band: Ends | None) -> None:
        self._band = band
        self.update()

    def follow_theme(self) -> None:
        """Take the colours in force."""
        accent = pg.mkColor(theme.colours().accent)
        for line in self.lines:
            line.setPen(accent)
            line.setHoverPen(pg.mkPen(accent, width=3))
        self._frame = pg.mkPen(accent)
        filling = pg.mkColor(accent)
        filling.setAlpha(_FILLED)
        self.setBrush(filling)
        self.setHoverBrush(filling)

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Fill what is selected, and lay a seam below the edges, which draw themselves."""
        whole = chosen = self.boundingRect()
        if self._band:
            low, high = self._band
            chosen = QRectF(whole.left(), low, whole.width(), high - low)
        painter.fillRect(chosen & whole, self.currentBrush)
        sides = [QLineF(x, whole.top(), x, whole.bottom()) for x in self.getRegion()]
        levels = [QLineF(whole.left(), y, whole.right(), y) for y in self._band or ()]
        painter.setPen(seam())
        painter.drawLines([*sides, *levels])
        painter.setPen(self._frame)
        painter.drawLines(levels)

    def mouseDragEvent(self, event: Any) -> None:
        """Move with Shift alone, so that inside a span one pans and draws as anywhere."""
        if not event.isStart() or event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
            super().mouseDragEvent(event)

    def hoverEvent(self, _event: Any) -> None:
        """Claim no drag before it is known with which keys it begins."""


class Playhead(pg.InfiniteLine):  # type: ignore[misc]
    """The moment that is heard."""

    def __init__(self) -> None:
        # Its bounds reach as far as the pen that a movable line would have under the mouse.
        super().__init__(
            angle=90, pen=pg.mkPen(theme.PLAYHEAD, width=_PLAYHEAD), hoverPen=seam(_PLAYHEAD)
        )

    def paint(self, painter: QPainter, *parts: Any) -> None:
        """Lay a seam below the line."""
        painter.setPen(seam(_PLAYHEAD))
        bounds = self.boundingRect()
        painter.drawLine(QLineF(bounds.left(), 0, bounds.right(), 0))
        super().paint(painter, *parts)


def seam(line: float = 1.0) -> QPen:
    """Return the pen of what lies below a line of so many pixels: the theme's surface."""
    pen = QPen(QColor(theme.colours().surface), line + _SEAM)
    pen.setCosmetic(True)
    return pen

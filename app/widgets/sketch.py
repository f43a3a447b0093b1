"""Sketch: the stroke that is being drawn on a spectrogram, as it will count."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from app import theme
from app.widgets.stroke import PAINTING, Stroke

_FILLED = 70
"""Opacity of what is being drawn, of 255."""
_FEWEST = {"lasso": 3}


class Sketch(QObject):
    """Draws a tool's stroke over a picture of seconds and rows, and tells it when it ends."""

    drawn = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.item = QGraphicsPathItem()
        self.tool = ""
        self.radius = 8.0
        """Of the brush, in pixels."""

    def follow(
        self,
        points: Sequence[QPointF],
        pixel: tuple[float, float],
        everything: QRectF,
        *,
        finished: bool,
        away: bool,
    ) -> None:
        """Draw a stroke that goes on, or tell one that ends unless the tool was put down.

        ``pixel`` is a pixel's size in seconds and rows, ``everything`` what the picture shows.
        """
        if not finished:
            self.item.setPath(self._path(points, everything))
            self._colour(away)
            return
        self.item.setPath(QPainterPath())
        if self.tool and len(points) >= _FEWEST.get(self.tool, 1):
            # row 0 is drawn from 0 to 1, and its centre is band 0
            places = tuple((point.x(), point.y() - 0.5) for point in points)
            reach = (self.radius * pixel[0], self.radius * pixel[1])
            self.drawn.emit(Stroke(self.tool, places, *reach, away))

    def _path(self, points: Sequence[QPointF], everything: QRectF) -> QPainterPath:
        path = QPainterPath()
        first, last = points[0], points[-1]
        if self.tool in (*PAINTING, "lasso"):
            path.addPolygon(list(points))
            return path
        box = QRectF(first, last).normalized()
        if self.tool == "band":
            box = QRectF(everything.left(), box.top(), everything.width(), box.height())
        elif self.tool == "span":
            box = QRectF(box.left(), everything.top(), box.width(), everything.height())
        path.addRect(box)
        return path

    def _colour(self, away: bool) -> None:
        look = theme.colours()
        wiping = away != (self.tool == "eraser")
        line = QColor(look.muted if wiping else look.accent)
        soft = QColor(line)
        soft.setAlpha(_FILLED)
        painting = self.tool in PAINTING
        pen = QPen(soft if painting else line, 2 * self.radius if painting else 1.5)
        pen.setCosmetic(True)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        self.item.setPen(pen)
        self.item.setBrush(Qt.BrushStyle.NoBrush if painting else soft)

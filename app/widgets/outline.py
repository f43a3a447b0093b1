"""Outline: the edge of what a mask keeps, on a picture of seconds and rows."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

from app import theme

_KEPT = 0.5
"""The gain from which on a cell counts as kept: the middle of a soft edge."""
_LINE, _SEAM = 1.0, 3.0
"""Pixels of the line, and of the ground that it brings along."""
_THIN, _FAINT = 4.0, 90
"""Of parts that are thinner in pixels a fine line of this opacity, of 255, hides nothing."""

Ends = NDArray[np.float64]
"""Both ends of lines: shape (n_lines, 2, 2), x before y."""


class Outline(QGraphicsPathItem):
    """A line in the theme's ink on a seam of its paper, seen over silence, sound and any map.

    It keeps what it drew last: a playhead that moves across it paints all of the picture anew, many
    times a second. (Qt's own cache mixes old and new where an item is larger than its view.)
    """

    def __init__(self) -> None:
        super().__init__()
        self._area, self._reach = 0.0, QPointF()
        self._drawn = QPixmap()
        self._drawn_for: tuple[object, ...] = ()

    def surround(self, gains: NDArray[np.float32], rect: QRectF) -> None:
        """Draw the edge of the kept cells of ``gains``, all of which fill ``rect``."""
        rows, frames = gains.shape
        cell = np.array([rect.width() / frames, rect.height() / rows])
        ends = edges(gains >= _KEPT) * cell + [rect.left(), rect.top()]
        x, y = ends.reshape(-1, 2).T
        self._area = float(np.count_nonzero(gains >= _KEPT) * cell.prod())
        self._reach = QPointF(*np.abs(ends[:, 1] - ends[:, 0]).sum(axis=0))
        self.setPath(pg.arrayToQPath(x, y, connect="pairs"))
        self._drawn_for = ()
        self.show()

    def paint(
        self,
        painter: QPainter,
        _option: QStyleOptionGraphicsItem,
        _widget: QWidget | None = None,
    ) -> None:
        """Lay on what was drawn; mask, view, screen or theme may ask to draw it anew."""
        pixels, ratio = painter.transform(), painter.device().devicePixelRatio()
        seen = pixels.mapRect(self.boundingRect()).toAlignedRect() & painter.window()
        if seen.isEmpty():
            return
        asked = pixels, seen, ratio, theme.colours()
        if asked != self._drawn_for:
            self._drawn, self._drawn_for = self._draw(pixels, seen, ratio), asked
        painter.save()
        painter.resetTransform()
        painter.drawPixmap(seen.topLeft(), self._drawn)
        painter.restore()

    def _draw(self, pixels: QTransform, seen: QRect, ratio: float) -> QPixmap:
        """Draw the seam, then the line, as sharp as the cells are, on what is ``seen`` of them."""
        look, thin = theme.colours(), self._thickness(pixels) < _THIN
        line, seam = QColor(look.text), QColor(look.surface)
        line.setAlpha(_FAINT if thin else 255)
        drawn = QPixmap(seen.size() * ratio)
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        painter.setTransform(pixels * QTransform.fromTranslate(-seen.x(), -seen.y()))
        for colour, width in [(line, _LINE)] if thin else [(seam, _SEAM), (line, _LINE)]:
            pen = QPen(colour, width * ratio)
            pen.setCosmetic(True)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawPath(self.path())
        painter.end()
        return drawn

    def _thickness(self, pixels: QTransform) -> float:
        """Return how thick the kept parts are by and large: of a strip, its height in pixels."""
        wide, high = abs(pixels.m11()), abs(pixels.m22())
        length = self._reach.x() * wide + self._reach.y() * high
        return 2 * self._area * wide * high / length if length else 0.0


def edges(kept: NDArray[np.bool_]) -> Ends:
    """Return the lines between kept cells and others, each as long as it goes, in cells."""
    inside = np.pad(kept, 1)
    lying = _runs(inside[1:, 1:-1] != inside[:-1, 1:-1])
    standing = _runs((inside[1:-1, 1:] != inside[1:-1, :-1]).T)[:, :, ::-1]
    return np.concatenate([lying, standing])


def _runs(edge: NDArray[np.bool_]) -> Ends:
    """Return first and last point of each run along the rows."""
    turns = np.diff(np.pad(edge, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (rows, begins), (_, ends) = np.nonzero(turns == 1), np.nonzero(turns == -1)
    pairs = np.stack([np.stack([begins, rows], -1), np.stack([ends, rows], -1)], axis=1)
    return pairs.astype(np.float64)

"""OutlineStrip: a clip from afar, as the outline of its loudness; what lies on it is drawn over."""

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.lineup.loaded_model import Envelope


class OutlineStrip(QWidget):
    """Draws its outline once for each size and theme."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._envelope: Envelope | None = None
        self._picture: QImage | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def has_outline(self) -> bool:
        """Whether there is an outline to draw."""
        return self._envelope is not None

    def set_envelope(self, envelope: Envelope | None) -> None:
        """Show another outline, or none."""
        if envelope is not self._envelope:
            self._envelope, self._picture = envelope, None

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the outline of the clip."""
        look = theme.colours()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(look.surface))
        if self._envelope is not None:
            if self._picture is None:
                size = self.size() * self.devicePixelRatioF()
                self._picture = _outline(self._envelope, size, QColor(look.muted))
            painter.drawImage(self.rect(), self._picture)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw the outline anew."""
        self._picture = None
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Draw the outline in the new theme's colours."""
        self._picture = None
        super().changeEvent(event)


def _outline(envelope: Envelope, size: QSize, ink: QColor) -> QImage:
    """Draw an upright line for each stretch of a clip, as high as its peak."""
    columns = np.arange(size.width()) * len(envelope) // size.width()
    middle = size.height() / 2
    heights = envelope[columns] / max(float(envelope.max()), 1e-9) * (middle - 2)
    distances = np.abs(np.arange(size.height()) + 0.5 - middle)
    is_inked = distances[:, None] <= np.maximum(heights, 0.5)[None, :]
    pixels = np.where(is_inked, np.uint32(ink.rgba()), np.uint32(0)).astype(np.uint32)
    form = QImage.Format.Format_ARGB32
    return QImage(pixels.tobytes(), size.width(), size.height(), 4 * size.width(), form).copy()

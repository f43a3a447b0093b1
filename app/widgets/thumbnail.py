"""Thumbnail: a small log-mel without axes, light enough for a wall of cards."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.widgets.level_image import LevelImage
from app.widgets.level_scale import level_scale


class Thumbnail(QWidget):
    """A picture of a log-mel, low frequencies at the bottom, or a few words instead."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._levels: LevelImage | None = None
        self._message = ""
        self.setMinimumHeight(48)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        level_scale().changed.connect(self.update)

    @property
    def message(self) -> str:
        """The words that stand in place of a picture."""
        return self._message

    def set_map(self, db: NDArray[np.float32]) -> None:
        """Show a log-mel in dB, shape (n_mels, n_frames), cut to the clip's own frames."""
        self._levels, self._message = LevelImage(db), ""
        self.update()

    def set_message(self, text: str) -> None:
        """Show words instead of a picture."""
        self._levels, self._message = None, text
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for a strip, wider than high."""
        return QSize(180, 84)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture over the whole widget, or the words in its middle."""
        painter = QPainter(self)
        if self._levels is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.rect(), self._levels.coloured())
        else:
            look = theme.colours()
            painter.fillRect(self.rect(), QColor(look.raised))
            painter.setPen(QColor(look.muted))
            inner = QRect(self.rect()).adjusted(8, 4, -8, -4)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(inner, flags, self._message)
        painter.end()

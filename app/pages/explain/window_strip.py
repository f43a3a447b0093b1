"""WindowStrip: a whole long clip from afar, and the window of it that the model hears."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.lineup.loaded_model import Envelope
from app.pages.outline_strip import OutlineStrip

_NARROWEST = 6
_HEIGHT = 20
"""Pixels; the pictures need the rest."""
_STEP = 0.1
"""An arrow key moves the window by this share of its length; a page key by all of it."""


class WindowStrip(OutlineStrip):
    """Drag the window, or move it by the arrow keys; `moved` comes when it is let go."""

    moved = Signal(float)
    """Where the window begins, in seconds of the clip."""
    freed = Signal()
    """The window is to find its place itself again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._duration = self._length = 1.0
        self._start = self._told = 0.0
        self._grip: float | None = None
        self.setFixedHeight(_HEIGHT)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.free = QAction("Let the window find its place", self)
        self.free.triggered.connect(self.freed)
        self.addAction(self.free)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.hide()

    def set_clip(
        self, envelope: Envelope | None, duration: float, start: float, length: float
    ) -> None:
        """Show a clip of ``duration`` seconds with a window at ``start``; None hides the strip."""
        self.set_envelope(envelope)
        self._duration, self._length = duration, length
        self._start = self._told = start
        self.setVisible(envelope is not None)
        words = f"The model hears {start:.2f} to {start + length:.2f} s of {duration:.1f} s"
        self.setToolTip(
            f"{words}; drag the window, or move it by the arrow keys; "
            "a double click or Delete lets it find its place itself"
        )
        self.setAccessibleName(words)
        self.update()

    def sizeHint(self) -> QSize:
        """Be a thin line below a picture."""
        return QSize(300, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the window on the outline of the clip."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = QColor(theme.colours().accent)
        painter.setPen(accent)
        accent.setAlpha(70)
        painter.setBrush(accent)
        painter.drawRect(self._window())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the window; a press beside it brings it there."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        if not self._window().contains(QPointF(x, self.height() / 2)):
            self._move(x / self._scale() - self._length / 2)
        self._grip = x / self._scale() - self._start

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if self._grip is not None:
            self._move(event.position().x() / self._scale() - self._grip)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Tell where the window was let go."""
        self._grip = None
        self._tell()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Let the window find its place, as a double click resets a fader."""
        self.free.trigger()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by the arrow and page keys, to the ends by Home and End; free it by Delete."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.free.trigger()
            return
        step = self._length * _STEP
        places = {
            Qt.Key.Key_Left: self._start - step,
            Qt.Key.Key_Right: self._start + step,
            Qt.Key.Key_PageUp: self._start - self._length,
            Qt.Key.Key_PageDown: self._start + self._length,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: self._duration,
        }
        place = places.get(Qt.Key(event.key()))
        if place is None:
            super().keyPressEvent(event)
            return
        self._move(place)
        self._tell()

    def _tell(self) -> None:
        """Tell where the window is, unless it is where it was."""
        if self._start != self._told:
            self._told = self._start
            self.moved.emit(self._start)

    def _move(self, start: float) -> None:
        self._start = min(max(start, 0.0), self._duration - self._length)
        self.update()

    def _scale(self) -> float:
        return self.width() / self._duration

    def _window(self) -> QRectF:
        width = max(self._length * self._scale(), _NARROWEST)
        left = min(self._start * self._scale(), self.width() - width)
        return QRectF(left, 0.5, width - 1, self.height() - 1)

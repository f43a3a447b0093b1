"""TrimStrip: the outline of a take, and two handles around the part of it that is wanted."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.lineup.loaded_model import Envelope
from app.pages.outline_strip import OutlineStrip

Span = tuple[float, float]

_STEP = 0.01
"""Seconds that an arrow key moves a handle by."""
_TIP = (
    "Drag the handles around what is wanted; a double click takes all of it. Arrow keys move the "
    "beginning, with Ctrl the end."
)


class TrimStrip(OutlineStrip):
    """A press takes the nearer handle along."""

    chosen = Signal(float, float)
    """The wanted part, in seconds."""
    all_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._duration = 1.0
        self._span: Span = (0.0, 1.0)
        self._held: int | None = None
        self._words = ""
        self.setMinimumHeight(80)
        self.show_words("")

    def show_take(self, envelope: Envelope, duration: float, span: Span) -> None:
        """Show a take of ``duration`` seconds and the wanted part."""
        self.set_envelope(envelope)
        self._duration, self._span = duration, span
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setToolTip(_TIP)
        self.setAccessibleName(f"Wanted: {span[0]:.2f} to {span[1]:.2f} s of {duration:.2f} s")
        self.setAccessibleDescription(_TIP)
        self.update()

    def show_words(self, words: str) -> None:
        """Show a few words while there is no take."""
        self.set_envelope(None)
        self._held, self._words = None, words
        self.unsetCursor()
        self.setToolTip("")
        self.setAccessibleName(words)
        self.update()

    def sizeHint(self) -> QSize:
        """Leave room to aim."""
        return QSize(460, 96)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a veil over what is not wanted of the outline, and the handles."""
        super().paintEvent(event)
        look = theme.colours()
        painter = QPainter(self)
        if self._envelope is None:
            painter.setPen(QColor(look.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(12, 4, -12, -4), flags, self._words)
            return
        veil = QColor(look.surface)
        veil.setAlpha(190)
        first, last = (self._x(second) for second in self._span)
        painter.fillRect(QRectF(0, 0, first, self.height()), veil)
        painter.fillRect(QRectF(last, 0, self.width() - last, self.height()), veil)
        for x, toward in ((first, 1), (last, -1)):
            left = min(x, x + 2 * toward)
            painter.fillRect(QRectF(left, 0, 2, self.height()), QColor(look.accent))
            grip = QRectF(min(x, x + 8 * toward), self.height() / 2 - 12, 8, 24)
            painter.fillRect(grip, QColor(look.accent))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the nearer handle."""
        if self._envelope is not None and event.button() == Qt.MouseButton.LeftButton:
            second = self._second(event)
            near = [abs(second - edge) for edge in self._span]
            self._held = 0 if near[0] < near[1] else 1
            self._move(self._held, second)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if self._held is not None:
            self._move(self._held, self._second(event))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let the handle go."""
        self._held = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Want all of it."""
        self._held = None
        self.all_chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move a handle by the arrow keys."""
        step = {Qt.Key.Key_Left: -_STEP, Qt.Key.Key_Right: _STEP}.get(Qt.Key(event.key()))
        if step is None or self._envelope is None:
            super().keyPressEvent(event)
            return
        handle = 1 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 0
        self._move(handle, self._span[handle] + step)

    def _move(self, handle: int, second: float) -> None:
        start, end = self._span
        self.chosen.emit(*((min(second, end), end) if handle == 0 else (start, max(second, start))))

    def _second(self, event: QMouseEvent) -> float:
        return event.position().x() / max(self.width(), 1) * self._duration

    def _x(self, second: float) -> float:
        return self.width() * second / self._duration

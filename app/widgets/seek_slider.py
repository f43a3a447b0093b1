"""SeekSlider: a position in seconds; a click jumps there."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSlider, QWidget

_STEPS = 1000


class SeekSlider(QSlider):
    """Runs from 0 to the sound's end, and can be moved by mouse and keyboard."""

    seek_requested = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._seconds = 0.0
        self.setRange(0, _STEPS)
        self.setSingleStep(_STEPS // 50)
        self.setPageStep(_STEPS // 10)
        self.setAccessibleName("Position in the sound")
        self.actionTriggered.connect(self._ask)

    def set_duration(self, seconds: float) -> None:
        """Take the sound's length and go to its beginning."""
        self._seconds = seconds
        self.setValue(0)

    def set_position(self, seconds: float) -> None:
        """Follow the sound, unless the person holds the handle."""
        if not self.isSliderDown() and self._seconds:
            self.setValue(round(_STEPS * seconds / self._seconds))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the handle under the mouse, then hold it."""
        from PySide6.QtWidgets import QStyle, QStyleOptionSlider  # slow, and the window waits

        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, option, self)
        room = self.width() - handle
        place = round(event.position().x() - handle / 2)
        value = QStyle.sliderValueFromPosition(0, _STEPS, place, room)
        self.setSliderPosition(value)
        self._ask()
        super().mousePressEvent(event)

    def _ask(self) -> None:
        self.seek_requested.emit(self.sliderPosition() / _STEPS * self._seconds)

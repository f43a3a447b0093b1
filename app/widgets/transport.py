"""Transport: which sound is heard, play, stop, loop, position and volume."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.widgets.icon_button import IconButton
from app.widgets.seek_slider import SeekSlider


class Transport(QWidget):
    """Asks for sound by its signals; it plays nothing itself."""

    sound_chosen = Signal(str)
    play_requested = Signal()
    stop_requested = Signal()
    loop_toggled = Signal(bool)
    seek_requested = Signal(float)
    volume_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[str, QToolButton] = {}
        self._ready: frozenset[str] = frozenset()
        self._available, self._playing = True, False
        self._duration = self._position = 0.0
        self._loud = 80
        self._group = QButtonGroup(self)
        self._segments = QHBoxLayout()
        self._segments.setSpacing(0)
        self._segments.addStretch(1)
        self._play = IconButton("play", "Play (Space)")
        self._stop = IconButton("stop", "Stop (Space)")
        self._loop = IconButton("loop", "Loop: repeat the sound, or the selected span of time")
        self._loop.setCheckable(True)
        self._slider = SeekSlider()
        self._time = QLabel()
        self._volume = QSlider(Qt.Orientation.Horizontal)
        self._reason = QLabel(wordWrap=True)
        self._arrange()
        self._connect()
        self._show_time()
        self._enable()

    @property
    def sound(self) -> str | None:
        """Name of the chosen sound."""
        return next((name for name, b in self._buttons.items() if b.isChecked()), None)

    @sound.setter
    def sound(self, name: str | None) -> None:
        if name in self._buttons:
            self._buttons[name].setChecked(True)
        self._enable()

    def set_sounds(self, sounds: Mapping[str, tuple[str, str]]) -> None:
        """Offer sounds: name -> (title, tooltip); the first is chosen, none is ready yet."""
        for button in self._buttons.values():
            self._group.removeButton(button)
            button.deleteLater()
        self._buttons = {name: self._segment(name, *words) for name, words in sounds.items()}
        for place, button in enumerate(self._buttons.values()):
            self._segments.insertWidget(place, button)
            button.setChecked(place == 0)
        self.set_ready(())

    def set_ready(self, names: Iterable[str]) -> None:
        """Say which sounds can be heard now; the others are greyed."""
        self._ready = frozenset(names)
        self._enable()

    def set_available(self, available: bool, reason: str = "") -> None:
        """Say whether anything can be heard on this machine, and if not, why."""
        self._available = available
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason) and not available)
        self._enable()

    def set_duration(self, seconds: float) -> None:
        """Take the length of the loaded sound."""
        self._duration, self._position = seconds, 0.0
        self._slider.set_duration(seconds)
        self._show_time()

    def set_position(self, seconds: float) -> None:
        """Follow the sound."""
        self._position = seconds
        self._slider.set_position(seconds)
        self._show_time()

    def set_playing(self, playing: bool) -> None:
        """Show that sound is heard, or that it is not."""
        self._playing = playing
        self._enable()

    def set_loop(self, loop: bool) -> None:
        """Show whether the sound repeats, without a signal."""
        self._loop.blockSignals(True)
        self._loop.setChecked(loop)
        self._loop.blockSignals(False)

    def set_volume(self, volume: float) -> None:
        """Show the volume, 0 to 1, without a signal."""
        self._volume.blockSignals(True)
        self._volume.setValue(round(100 * volume))
        self._volume.blockSignals(False)

    def _segment(self, name: str, title: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(title)
        button.setToolTip(tip)
        button.setCheckable(True)
        button.setProperty("segment", True)
        button.clicked.connect(lambda: self._choose(name))
        self._group.addButton(button)
        return button

    def _choose(self, name: str) -> None:
        self._enable()
        self.sound_chosen.emit(name)

    def _arrange(self) -> None:
        self._slider.setMinimumWidth(80)
        self._volume.setRange(0, 100)
        self._volume.setValue(80)
        self._volume.setFixedWidth(80)
        self._volume.setAccessibleName("Volume")
        self._volume.setToolTip("Volume")
        self._reason.setProperty("quiet", True)
        self._reason.hide()
        self._time.setMinimumWidth(self.fontMetrics().horizontalAdvance("00.00 / 00.00 s"))
        loud = IconButton("volume", "Mute, or as loud as before")
        loud.clicked.connect(self._mute)
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (self._play, self._stop, self._loop, self._slider, self._time, loud):
            row.addWidget(widget)
        row.addWidget(self._volume)
        row.setStretchFactor(self._slider, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._segments)
        column.addLayout(row)
        column.addWidget(self._reason)

    def _connect(self) -> None:
        self._play.clicked.connect(self.play_requested)
        self._stop.clicked.connect(self.stop_requested)
        self._loop.toggled.connect(self.loop_toggled)
        self._slider.seek_requested.connect(self.seek_requested)
        self._volume.valueChanged.connect(lambda value: self.volume_changed.emit(value / 100))

    def _mute(self) -> None:
        volume = self._volume.value()
        self._volume.setValue(0 if volume else self._loud)
        self._loud = volume or self._loud

    def _enable(self) -> None:
        for name, button in self._buttons.items():
            button.setEnabled(name in self._ready)
        ready = self._available and self.sound in self._ready
        self._play.setEnabled(ready)
        self._stop.setEnabled(ready and self._playing)
        for widget in (self._loop, self._slider, self._volume):
            widget.setEnabled(self._available)

    def _show_time(self) -> None:
        self._time.setText(f"{self._position:.2f} / {self._duration:.2f} s")

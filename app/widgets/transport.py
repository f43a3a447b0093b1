"""Transport: which sound is heard, play, pause, stop, loop, position, levels and volume."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.widgets.icon_button import IconButton
from app.widgets.plain import plain
from app.widgets.seek_slider import SeekSlider

_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Down: 1,
}


_WIDEST_OTHER = 110
"""Pixels of the title of a chosen other sound."""
_MATCH_TIP = (
    "Bring every sound to the original's root mean square, so that none seems better for being "
    "louder (Q). Exported sounds keep their own level."
)


class _Segment(QToolButton):
    """One of the sounds; the Tab key stops at the chosen one, and arrows go to the others."""

    stepped = Signal(int)
    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to another sound."""
        if step := _STEPS.get(Qt.Key(event.key())):
            self.stepped.emit(step)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Say so: Qt then has the Tab key stop at no other button of the group."""
        super().focusInEvent(event)
        self.entered.emit()


class Transport(QWidget):
    """Asks for sound by its signals; it plays nothing itself."""

    sound_chosen = Signal(str)
    play_requested = Signal()
    pause_requested = Signal()
    stop_requested = Signal()
    """Fall silent, and go back to the beginning."""
    loop_toggled = Signal(bool)
    seek_requested = Signal(float)
    match_toggled = Signal(bool)
    volume_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[str, QToolButton] = {}
        # The sounds come behind it, for Qt puts nothing in order that no key stops at.
        self._head = QWidget(self, focusPolicy=Qt.FocusPolicy.TabFocus)
        self._head.hide()
        self._ready: frozenset[str] = frozenset()
        self._offers_others = False
        self._available, self._playing = True, False
        self._duration = self._position = 0.0
        self._loud = 80
        self._group = QButtonGroup(self)
        self._others = QMenu("Other sounds", self, toolTipsVisible=True)
        self._other = self._segment("", "Other", "Other sounds of this explanation")
        self._segments = QHBoxLayout()
        self._segments.setSpacing(0)
        self._segments.addStretch()
        self._play = IconButton("play", "Play (Ctrl+Space)")
        self._stop = IconButton("stop", "Stop, and go back to the beginning")
        self._loop = IconButton("loop", "Loop: repeat the sound, or the selected span of time")
        self._loop.setCheckable(True)
        self._slider = SeekSlider()
        self._time = QLabel()
        self._match, self._gain = QCheckBox("Match levels"), QLabel()
        self._volume = QSlider(Qt.Orientation.Horizontal)
        self._reason = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._controls = QWidget()
        self._arrange()
        self._connect()
        self._show_time()
        self._enable()

    @property
    def position(self) -> float:
        """The second that is shown."""
        return self._position

    @property
    def sound(self) -> str | None:
        """Name of the chosen sound."""
        buttons = (*self._buttons.values(), self._other)
        return next((b.objectName() for b in buttons if b.isChecked() and b.objectName()), None)

    @sound.setter
    def sound(self, name: str | None) -> None:
        if name in self._buttons:
            self._buttons[name].setChecked(True)
        elif name and (action := self._action(name)):
            self._other.setText(self._fitting(action.text()))
            self._other.setToolTip(f"{action.text()}. {action.toolTip()}")
            self._other.setObjectName(name)
            self._other.setChecked(True)
        self._enable()

    def _fitting(self, title: str) -> str:
        """Cut a title that would have the window grow."""
        mode = Qt.TextElideMode.ElideRight
        return self._other.fontMetrics().elidedText(title, mode, _WIDEST_OTHER)

    def set_sounds(self, sounds: Mapping[str, tuple[str, str]]) -> None:
        """Offer sounds: name -> (title, tooltip); the first is chosen, none is ready yet."""
        for button in self._buttons.values():
            self._group.removeButton(button)
            button.deleteLater()
        self._buttons = {name: self._segment(name, *words) for name, words in sounds.items()}
        for place, button in enumerate(self._buttons.values()):
            self._segments.insertWidget(place, button)
            button.setChecked(place == 0)
        for before, after in pairwise((self._head, *self._buttons.values(), self._other)):
            QWidget.setTabOrder(before, after)
        self.set_ready(())

    def name_sound(self, name: str, title: str, tip: str) -> None:
        """Call one of the sounds something else."""
        self._buttons[name].setText(title)
        self._buttons[name].setToolTip(tip)

    def set_ready(self, names: Iterable[str], others: bool = False) -> None:
        """Say which sounds can be heard now, and whether those of the menu can be made."""
        self._ready, self._offers_others = frozenset(names), others
        self._enable()

    def set_others(self, sounds: Mapping[str, tuple[str, str]]) -> None:
        """Offer more sounds in a menu: name -> (title, tooltip); each is made once it is chosen."""
        self._others.clear()
        for name, (title, tip) in sounds.items():
            action = self._others.addAction(title)
            action.setToolTip(tip)
            action.setData(name)
        self._other.setVisible(bool(sounds))

    def choose(self, name: str) -> None:
        """Choose a sound as a click on it does, if it can be had."""
        if name in self._ready or (self._action(name) and self._other.isEnabled()):
            self.sound = name
            self.sound_chosen.emit(name)

    def set_available(self, available: bool, reason: str = "") -> None:
        """Say whether anything can be heard on this machine, and if not, why."""
        self._available = available
        self._reason.setText(reason)
        self.say_reason(True)
        self._controls.setVisible(available or not reason)
        self._enable()

    def say_reason(self, wanted: bool) -> None:
        """Show why nothing can be heard, unless the same is said elsewhere."""
        there = bool(self._reason.text()) and not self._available
        self._reason.setVisible(there and wanted)

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
        self._enable_stop()

    def set_playing(self, playing: bool) -> None:
        """Show that sound is heard, or that it is not."""
        if playing != self._playing:
            self._playing = playing
            self._play.set_icon("pause" if playing else "play")
            self._play.setToolTip(f"{'Pause' if playing else 'Play'} (Ctrl+Space)")
        self._enable()

    def set_loop(self, loop: bool) -> None:
        """Show whether the sound repeats, without a signal."""
        self._loop.blockSignals(True)
        self._loop.setChecked(loop)
        self._loop.blockSignals(False)

    def set_match(self, match: bool) -> None:
        """Show whether the sounds are brought to one level, without a signal."""
        self._match.blockSignals(True)
        self._match.setChecked(match)
        self._match.blockSignals(False)
        self._gain.setVisible(match)

    def turn_match(self) -> None:
        """Match the levels or leave them, as a click on the box does."""
        self._match.click()

    def set_gain(self, words: str) -> None:
        """Say how much louder the chosen sound is made."""
        self._gain.setText(words)

    def set_volume(self, volume: float) -> None:
        """Show the volume, 0 to 1, without a signal."""
        self._volume.blockSignals(True)
        self._volume.setValue(round(100 * volume))
        self._volume.blockSignals(False)

    def _segment(self, name: str, title: str, tip: str) -> QToolButton:
        button = _Segment()
        button.stepped.connect(self._step)
        button.entered.connect(self._set_stops)
        button.setText(title)
        button.setToolTip(tip)
        button.setCheckable(True)
        button.setProperty("segment", True)
        button.setObjectName(name)
        self._group.addButton(button)
        return button

    def _step(self, by: int) -> None:
        """Choose the next sound that there is."""
        names = [name for name in self._buttons if name in self._ready]
        if names:
            place = names.index(self.sound) + by if self.sound in names else min(by, 0)
            self.choose(names[place % len(names)])
            self._buttons[names[place % len(names)]].setFocus()

    def _set_stops(self) -> None:
        """Have the Tab key stop at the chosen sound and at the menu of the others."""
        chosen = self._buttons.get(self.sound or "", next(iter(self._buttons.values()), None))
        for button in (*self._buttons.values(), self._other):
            is_stop = button in (chosen, self._other)
            policy = Qt.FocusPolicy.TabFocus if is_stop else Qt.FocusPolicy.NoFocus
            button.setFocusPolicy(policy)

    def _choose(self, button: QAbstractButton) -> None:
        self._enable()
        self.sound_chosen.emit(button.objectName())

    def _choose_other(self, action: QAction) -> None:
        self.choose(action.data())

    def _action(self, name: str | None) -> QAction | None:
        return next((a for a in self._others.actions() if a.data() == name), None)

    def _tell_volume(self, percent: int) -> None:
        self.volume_changed.emit(percent / 100)

    def _arrange(self) -> None:
        self._other.setMenu(self._others)
        self._other.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._other.hide()
        self._segments.insertWidget(0, self._other)
        self._slider.setMinimumWidth(80)
        self._volume.setRange(0, 100)
        self._volume.setValue(80)
        self._volume.setFixedWidth(80)
        self._volume.setAccessibleName("Volume")
        self._volume.setToolTip("Volume")
        for quiet in (self._reason, self._gain):
            quiet.setProperty("quiet", True)
            quiet.hide()
        self._match.setProperty("small", True)
        self._match.setToolTip(plain(_MATCH_TIP))
        self._match.setAccessibleDescription(_MATCH_TIP)
        self._gain.setToolTip("What this adds to the chosen sound's own level")
        self._gain.setMinimumWidth(self.fontMetrics().horizontalAdvance("+00.0 dB"))
        self._time.setMinimumWidth(self.fontMetrics().horizontalAdvance("00.00 / 00.00 s"))
        loud = IconButton("volume", "Mute, or as loud as before")
        loud.clicked.connect(self._mute)
        row = QHBoxLayout(self._controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        left = (self._play, self._stop, self._loop, self._slider, self._time)
        for widget in (*left, self._match, self._gain, loud, self._volume):
            row.addWidget(widget)
        row.setStretchFactor(self._slider, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._segments)
        column.addWidget(self._controls)
        column.addWidget(self._reason)  # in place of the controls, which are higher

    def _connect(self) -> None:
        self._play.clicked.connect(self._ask)
        self._stop.clicked.connect(self.stop_requested)
        self._loop.toggled.connect(self.loop_toggled)
        self._slider.seek_requested.connect(self.seek_requested)
        self._match.toggled.connect(self._gain.setVisible)
        self._match.toggled.connect(self.match_toggled)
        self._volume.valueChanged.connect(self._tell_volume)
        self._others.triggered.connect(self._choose_other)
        self._group.buttonClicked.connect(self._choose)

    def _ask(self) -> None:
        (self.pause_requested if self._playing else self.play_requested).emit()

    def _mute(self) -> None:
        volume = self._volume.value()
        self._volume.setValue(0 if volume else self._loud)
        self._loud = volume or self._loud

    def _enable(self) -> None:
        for name, button in self._buttons.items():
            button.setEnabled(name in self._ready)
        self._other.setEnabled(self._offers_others)
        self._set_stops()
        ready = self._available and self.sound in self._ready
        self._play.setEnabled(ready)
        self._enable_stop()
        for widget in (self._loop, self._slider, self._match, self._volume):
            widget.setEnabled(self._available)

    def _enable_stop(self) -> None:
        self._stop.setEnabled(self._play.isEnabled() and (self._playing or self._position > 0))

    def _show_time(self) -> None:
        self._time.setText(f"{self._position:.2f} / {self._duration:.2f} s")

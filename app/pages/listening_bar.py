"""ListeningBar: the transport, wired to the sounds of the explained pair."""

from contextlib import suppress
from importlib import import_module

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.pair import Pair
from app.rendering import SOUNDS
from app.widgets.notice import Notice
from app.widgets.transport import Transport

_SOURCE = "explained"
"""What the player calls the sound of this bar, whichever of the sounds it is."""


class ListeningBar(QWidget):
    """Plays the original, what was kept, what was removed, and what the log-mel holds."""

    playhead_moved = Signal(str, object)
    """The side that is heard, and seconds in its clip or None."""

    def __init__(self, pair: Pair, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair, self._player = pair, pair.session.player
        self._settings = pair.session.settings
        self._seconds = 0.0
        self.transport, self.notice = Transport(), Notice()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.notice)
        column.addWidget(self.transport)
        self.transport.set_sounds(SOUNDS)
        self.transport.set_volume(self._settings.volume)
        self._player.output.volume = self._settings.volume
        self._connect()

    def play_or_stop(self) -> None:
        """Play the chosen sound, or stop it."""
        if self._player.is_playing(_SOURCE):
            self._player.output.stop()
        else:
            self._play()

    def seek(self, seconds: float) -> None:
        """Go to a second of the explained clip."""
        if self._load():
            self._player.output.seek(seconds - self._pair.offset)

    def set_region(self, span: tuple[float, float] | None) -> None:
        """Loop over a span of the explained clip only, or over all of it."""
        if self._load():
            start, end = span or (None, None)
            offset = self._pair.offset
            self._player.output.set_loop_range(
                None if start is None else max(start - offset, 0.0),
                None if end is None else end - offset,
            )

    def probe(self) -> None:
        """Look for a sound device, once its library is loaded off the window's thread."""
        self._pair.session.run(lambda _e, _s: _load_library(), self._show_output, "export")

    def _show_output(self, _loaded: None) -> None:
        output = self._player.output
        self.transport.set_available(output.available, output.reason)

    def _connect(self) -> None:
        output, transport = self._player.output, self.transport
        transport.play_requested.connect(self._play)
        transport.stop_requested.connect(output.stop)
        transport.seek_requested.connect(self._seek_sound)
        transport.loop_toggled.connect(self._set_loop)
        transport.volume_changed.connect(self._set_volume)
        transport.sound_chosen.connect(lambda _name: self._change_sound())
        output.position_changed.connect(self._follow)
        output.failed.connect(self.notice.show_error)
        self._player.changed.connect(self._show_state)
        self._pair.sounds_changed.connect(self._take_sounds)

    def _take_sounds(self) -> None:
        """Offer what is rendered; what is heard right now changes without a gap."""
        sounds = self._pair.sounds
        self.transport.set_ready(sounds)
        if self.transport.sound not in sounds:
            if self._player.is_playing(_SOURCE):
                self._player.output.stop()
            if not self._pair.explanation:
                self.transport.sound = "original"
        seconds = next((sound.seconds for sound in sounds.values()), 0.0)
        if seconds != self._seconds:
            self._seconds = seconds
            self.transport.set_duration(seconds)
        self._change_sound()

    def _change_sound(self) -> None:
        if self._player.source == _SOURCE:
            self._load()

    def _load(self) -> bool:
        sound = self._pair.sounds.get(self.transport.sound or "")
        if sound:
            self._player.load(_SOURCE, sound)
        return sound is not None

    def _play(self) -> None:
        self.notice.clear()
        if self._load():
            self._player.output.play()

    def _seek_sound(self, seconds: float) -> None:
        if self._load():
            self._player.output.seek(seconds)

    def _set_loop(self, loop: bool) -> None:
        self._player.output.loop = loop

    def _set_volume(self, volume: float) -> None:
        self._player.output.volume = self._settings.volume = volume

    def _follow(self, seconds: float) -> None:
        if self._player.source == _SOURCE:
            self.transport.set_position(seconds)
            self.playhead_moved.emit(self._pair.heard_side, seconds + self._pair.offset)

    def _show_state(self) -> None:
        self.transport.set_playing(self._player.is_playing(_SOURCE))


def _load_library() -> None:
    """Import what playing needs; where it is missing, the output will say so itself."""
    with suppress(ImportError, OSError):
        import_module("sounddevice")

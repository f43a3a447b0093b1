"""AudioOutput: play, stop, seek and loop one sound at a time, or say why it cannot be heard."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.sound.audio_output.playback import Playback, Sound
from app.sound.audio_output.sinks import SINKS, Sink
from siamese_core.errors import AudioError

_TICK_MS = 33
_IDLE_TICKS = 30
"""Ticks of silence after which the device is released: reopening it costs tens of ms."""


class AudioOutput(QObject):
    """The window's ear-piece.

    Of ``sinks``, which build one, the first that succeeds is used; they are tried on first use, so
    that the window opens without waiting for a sound library.
    """

    position_changed = Signal(float)
    playing_changed = Signal(bool)
    failed = Signal(str)
    _lost = Signal(str)

    def __init__(
        self,
        parent: QObject | None = None,
        sinks: Sequence[Callable[[], Sink]] | None = None,
    ) -> None:
        super().__init__(parent)
        self._makers = SINKS if sinks is None else tuple(sinks)
        self._sink: Sink | None = None
        self._reason: str | None = None
        self._device = ""
        self._playback: Playback | None = None
        self._opened = False
        self._was_playing = False
        self._idle = 0
        self._volume = 1.0
        self._loop = False
        self._range: tuple[float, float] | None = None
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._lost.connect(self._lose, Qt.ConnectionType.QueuedConnection)

    @property
    def available(self) -> bool:
        """Whether there is a device to play on."""
        return self._probe() is not None

    @property
    def reason(self) -> str:
        """Why there is none, in one sentence; empty if there is one."""
        self._probe()
        return self._reason or ""

    @property
    def playing(self) -> bool:
        """Whether the sound moves on."""
        return self._playback is not None and self._playback.playing

    @property
    def position(self) -> float:
        """What is heard now, in seconds from the beginning of the sound."""
        if self._playback is None:
            return 0.0
        delay = self._sink.latency if self._sink and self._opened else 0.0
        return self._playback.heard(round(delay * self._playback.rate)) / self._playback.rate

    @property
    def duration(self) -> float:
        """Length of the loaded sound in seconds."""
        return self._playback.length / self._playback.rate if self._playback else 0.0

    @property
    def volume(self) -> float:
        """Volume, 0 to 1."""
        return self._volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._volume = min(max(volume, 0.0), 1.0)
        if self._playback:
            self._playback.set_volume(self._volume)

    @property
    def loop(self) -> bool:
        """Whether the sound, or the loop range if there is one, repeats."""
        return self._loop

    @loop.setter
    def loop(self, loop: bool) -> None:
        self._loop = loop
        self._apply_loop()

    @property
    def device(self) -> str:
        """The device that was chosen; empty for the system's default."""
        return self._device

    def devices(self) -> list[str]:
        """Name the output devices, the default one first."""
        sink = self._probe()
        return sink.devices() if sink else []

    def choose(self, device: str) -> None:
        """Play on another device from the next sound on; on the default one if it is not there."""
        self.close()
        self._device, self._playback = device, None
        if self._sink:
            self._sink.choose(device)

    def rate_for(self, rate: int) -> int:
        """Return the rate at which a sound of ``rate`` Hz has to be prepared for the device."""
        sink = self._probe()
        return sink.rate_for(rate) if sink else rate

    def load(self, sound: Sound) -> None:
        """Take another sound; it takes over where the one before is if it is equally long."""
        before = self._playback
        if before and (before.rate, before.length) == (sound.rate, len(sound.samples)):
            before.swap(sound)
            return
        self.close()
        self._range = None
        self._playback = Playback(sound, self._volume)
        self._apply_loop()
        self.position_changed.emit(0.0)

    def play(self, start: float | None = None) -> None:
        """Play from ``start`` seconds, or from where it rests (in the loop range, if any)."""
        if self._playback is None:
            return
        if not self._open(self._playback):
            return
        self._playback.play(self._frame(self._resting() if start is None else start))
        self._idle = 0
        self._timer.start()
        self._announce()

    def stop(self) -> None:
        """Fade out and stay at the position."""
        if self._playback and self._playback.playing:
            self._playback.stop()
            self._announce()

    def seek(self, seconds: float) -> None:
        """Jump there; playing goes on if it did."""
        if self._playback:
            self._playback.seek(self._frame(seconds))
            self.position_changed.emit(self.position)

    def set_loop_range(self, span: tuple[float, float] | None) -> None:
        """Repeat only these seconds, from and to, while `loop` is on; None for the whole sound."""
        self._range = span
        self._apply_loop()

    def close(self) -> None:
        """Stop at once and release the device."""
        self._timer.stop()
        if self._opened and self._sink:
            self._sink.close()
        self._opened = False
        if self._playback and self._playback.playing:
            self._playback.stop()
        self._announce()

    def _probe(self) -> Sink | None:
        if self._sink is None and self._reason is None:
            self._look()
        return self._sink

    def _look(self) -> None:
        """Take the first sink that there is, or know why there is none."""
        self._reason, reasons = None, []
        for make in self._makers:
            try:
                self._sink = make()
                self._sink.choose(self._device)
                return
            except AudioError as error:
                reasons.append(str(error))
        why = " and ".join(reasons) or "no sound library is built in"
        self._reason = f"No sound: {why}; sounds can still be exported."

    def _open(self, playback: Playback) -> bool:
        if self._sink is None:
            self._look()  # a device may have come since the last look
        sink = self._sink
        if sink is None:
            self.failed.emit(self.reason)
            return False
        if not self._opened:
            try:
                sink.open(playback.rate, playback.fill, self._lost.emit)
            except AudioError as error:
                self._lose(str(error))
                return False
            self._opened = True
        return True

    def _lose(self, sentence: str) -> None:
        """Give the device up; the next wish to play looks for one again."""
        self.close()
        self._sink = None
        self.failed.emit(sentence)

    def _apply_loop(self) -> None:
        if self._playback is None:
            return
        if not self._loop:
            self._playback.set_loop(None)
            return
        start, end = self._range or (0.0, self.duration)
        self._playback.set_loop(self._frame(start), self._frame(end))

    def _resting(self) -> float:
        start, end = self._range or (0.0, self.duration)
        return self.position if start <= self.position < end or not self._loop else start

    def _frame(self, seconds: float) -> int:
        return round(seconds * self._playback.rate) if self._playback else 0

    def _tick(self) -> None:
        self._announce()
        self.position_changed.emit(self.position)  # after a stop too: the device is behind
        if self.playing:
            return
        self._idle += 1
        if self._idle >= _IDLE_TICKS:
            self.close()

    def _announce(self) -> None:
        if self.playing != self._was_playing:
            self._was_playing = self.playing
            self.position_changed.emit(self.position)
            self.playing_changed.emit(self._was_playing)

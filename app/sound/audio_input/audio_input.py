"""AudioInput: record, stop and tell the level, or say why nothing can be recorded."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.sound.audio_input.recording import LONGEST_SECONDS, Recording
from app.sound.audio_input.sources import LOST, SOURCES, Source
from siamese_core.errors import AudioError

_TICK_MS = 33
_PATIENCE_SECONDS = 3.0


class AudioInput(QObject):
    """The window's microphone.

    Parameters
    ----------
    sources : sequence of callables, optional
        What to build a source with, the first that succeeds is used.
    longest : float
        Seconds after which a recording ends by itself.
    patience : float
        Seconds without sound, not even silence, after which the microphone counts as lost: some
        systems do not tell that it was taken away.
    """

    level_changed = Signal(float)
    """The largest sample of the last moment, 1 at full scale; it comes while recording."""
    recording_changed = Signal(bool)
    failed = Signal(str)
    _lost = Signal(str)

    def __init__(
        self,
        parent: QObject | None = None,
        sources: Sequence[Callable[[], Source]] | None = None,
        longest: float = LONGEST_SECONDS,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        super().__init__(parent)
        self._makers = SOURCES if sources is None else tuple(sources)
        self._longest, self._patience = longest, patience
        self._device, self._length, self._waited = "", 0.0, 0.0
        self._source: Source | None = None
        self.reason = ""
        """Why nothing can be recorded, in one sentence; empty if it can."""
        self.recorded = Recording()
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._lost.connect(self._lose, Qt.ConnectionType.QueuedConnection)

    @property
    def recording(self) -> bool:
        """Whether sound is being recorded."""
        return self._timer.isActive()

    @property
    def device(self) -> str:
        """The microphone that was chosen; empty for the system's default."""
        return self._device

    def devices(self) -> list[str]:
        """Name the microphones, the default one first."""
        return self._source.devices() if self.look() and self._source else []

    def choose(self, device: str) -> None:
        """Record from another microphone from the next recording on."""
        self._device = device
        if self._source:
            self._source.choose(device)

    def look(self) -> bool:
        """Look for a microphone; whether there is one."""
        self.reason, reasons = "", []
        for make in self._makers if self._source is None else ():
            try:
                self._source = make()
                self._source.choose(self._device)
                break
            except AudioError as error:
                reasons.append(str(error))
        if self._source is None:
            why = " and ".join(reasons) or "no sound library is built in"
            self.reason = f"Nothing can be recorded: {why}."
        return self._source is not None

    def start(self) -> None:
        """Begin a new recording."""
        if self.recording:
            return
        if not self.look() or self._source is None:
            self.failed.emit(self.reason)
            return
        if self._device and self._device not in self._source.devices():
            self.failed.emit(
                f"{self._device} is not there; plug it in, or choose another microphone."
            )
            return
        recorded = Recording(longest=self._longest)
        try:
            # The first block may come before its rate is known.
            recorded.rate = self._source.open(recorded.push, self._lost.emit)
        except AudioError as error:
            self._source = None
            self.failed.emit(str(error))
            return
        self.recorded = recorded
        self._length = self._waited = 0.0
        self._timer.start()
        self.recording_changed.emit(True)

    def stop(self) -> None:
        """End it; what was recorded stays."""
        if self.recording and self._source:
            self._source.close()
            self._timer.stop()
            self.level_changed.emit(0.0)
            self.recording_changed.emit(False)

    def _lose(self, sentence: str) -> None:
        """Keep what was recorded so far; the next wish looks for a microphone again."""
        if self.recording:
            self.stop()
            self._source = None
            self.failed.emit(sentence)

    def _tick(self) -> None:
        self.level_changed.emit(self.recorded.level())
        seconds = self.recorded.seconds
        self._waited = self._waited + _TICK_MS / 1000 if seconds == self._length else 0.0
        self._length = seconds
        if self.recorded.is_full:
            self.stop()
        elif self._waited >= self._patience:
            self._lose(LOST)

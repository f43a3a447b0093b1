"""Recorder: a take from the microphone, the part of it that is wanted, and what becomes of it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.lineup.lineup import QUERY
from app.lineup.loaded_model import Envelope, outline
from app.session.session import Session
from app.sound.audio_input import AudioInput, Recording, sounding
from siamese_core.audio import Clip, write
from siamese_core.corpora.labelled_file import ClipFile

Span = tuple[float, float]

WHERE = "recording"
"""What errors of recording are told as."""
UNKNOWN = "recording"
"""The class of a clip whose class nobody named."""
_FOLDER = "recordings"
_SHORTEST = 0.05
"""Seconds that the wanted part keeps at least."""
_SILENT = "The recording is silent; look whether the microphone is muted."


class Recorder(QObject):
    """Records one take after the other; the part of it that is wanted becomes a file and a clip."""

    changed = Signal()
    """A take or the wanted part of it."""

    def __init__(self, session: Session, audio_input: AudioInput | None = None) -> None:
        super().__init__(session)
        self.input = audio_input or AudioInput()
        self.input.setParent(self)
        self.input.choose(session.settings.input_device)
        self.take: Clip | None = None
        self.envelope: Envelope | None = None
        self.span: Span = (0.0, 0.0)
        self._session = session
        self._sounding: Span = (0.0, 0.0)
        self.input.failed.connect(partial(session.failed.emit, WHERE))
        self.input.recording_changed.connect(self._follow)

    @property
    def wanted(self) -> Clip | None:
        """The wanted part of the take."""
        if self.take is None:
            return None
        first, last = (round(second * self.take.rate) for second in self.span)
        return self.take.cut(first, last - first)

    @property
    def playing(self) -> bool:
        """Whether the wanted part is heard."""
        return self._session.player.is_playing(self)

    def choose_microphone(self, name: str) -> None:
        """Record from another microphone; empty for the system's default."""
        self._session.settings.input_device = name
        self.input.choose(name)

    def start_or_stop(self) -> None:
        """Begin another take, or end the one that is being made."""
        if self.input.recording:
            self.input.stop()
        else:
            self._session.player.silence()  # a microphone hears the loudspeaker
            self.input.start()

    def choose(self, start: float, end: float) -> None:
        """Want only these seconds."""
        if self.take:
            shortest = min(_SHORTEST, self.take.seconds)
            start = min(max(start, 0.0), self.take.seconds - shortest)
            self.span = start, min(max(end, start + shortest), self.take.seconds)
            self.changed.emit()

    def trim(self) -> None:
        """Leave the silence at both ends away."""
        self.choose(*self._sounding)

    def choose_all(self) -> None:
        """Want the whole take."""
        if self.take:
            self.choose(0.0, self.take.seconds)

    def play_or_stop(self) -> None:
        """Play the wanted part, or stop it."""
        player = self._session.player
        if self.playing:
            player.output.stop()
        elif (clip := self.wanted) and not self.input.recording:
            player.play(self, clip, 0.0, once=True)

    def use_as_query(self, label: str) -> None:
        """Ask about the wanted part."""
        self._keep(label, partial(self._session.put, QUERY))

    def add(self, label: str) -> None:
        """Add the wanted part to the support set."""
        self._keep(label, self._session.add)

    def save(self, path: Path) -> None:
        """Write the wanted part to a file of the person's choice."""
        self._write(path, partial(self._session.wrote.emit, f"Wrote {path}."))

    def close(self) -> None:
        """Fall silent and release the microphone."""
        self.input.stop()
        self._session.player.stop(self)

    def _keep(self, label: str, use: Callable[[ClipFile], None]) -> None:
        """Write the wanted part among the program's own files, where the next start finds it."""
        name = f"{datetime.now():%Y-%m-%d %H.%M.%S.%f}"[:-3]
        path = self._session.settings.folder / _FOLDER / f"{name}.wav"
        self._write(path, partial(use, ClipFile(path, label.strip() or UNKNOWN, str(path))))

    def _write(self, path: Path, done: Callable[[], None]) -> None:
        if clip := self.wanted:
            work, told = lambda _e, _s: write(clip, path), lambda _nothing: done()
            self._session.run(work, told, WHERE, write=True)

    def _follow(self, recording: bool) -> None:
        """Forget the take before, or look at the new one."""
        self.take = self.envelope = None
        recorded = self.input.recorded
        if not recording and recorded.seconds:
            self._session.player.background.run(
                lambda _e, _s: _looked_at(recorded),
                on_done=self._show,
                on_error=self._session.unexpected.emit,
            )
        self.changed.emit()

    def _show(self, found: tuple[Clip, Envelope, Span]) -> None:
        if self.input.recording:
            return
        self.take, self.envelope, self._sounding = found
        self.choose_all()
        if self.take.is_silent:
            self._session.failed.emit(WHERE, _SILENT)


def _looked_at(recorded: Recording) -> tuple[Clip, Envelope, Span]:
    clip = recorded.clip()
    return clip, outline(clip), sounding(clip)

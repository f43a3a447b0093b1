"""Player: what is playing now, whoever asked for it; one sound at a time."""

from collections.abc import Callable, Hashable
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.background import Background, Job
from app.errors import sentence
from app.sound.audio_output import AudioOutput, Sound, prepare
from siamese_core.audio import Clip
from siamese_core.corpora.labelled_file import ClipFile

Span = tuple[float, float]


class Player(QObject):
    """Gives the one sound output to whoever asked last.

    A source is anything that names the sound to its owner: a clip's file for a card, a word for
    the transport's sounds. Sounds are read and prepared by a worker of their own, so that listening
    never waits for an explanation.
    """

    changed = Signal()

    def __init__(self, output: AudioOutput, parent: QObject | None = None) -> None:
        super().__init__(parent)
        output.setParent(self)
        self.output = output
        self.background = Background(self, "listening")
        self._source: Hashable | None = None
        self._clip: Clip | None = None
        self._loaded: Clip | None = None
        self._span: Span | None = None
        self._reading: tuple[ClipFile, Job[Clip]] | None = None
        self._preparing: Job[Sound] | None = None
        self._wanted = False
        self._start: float | None = None
        self._loop = self._once = False
        output.playing_changed.connect(self.changed)

    @property
    def source(self) -> Hashable | None:
        """Whose sound is loaded, playing or not."""
        return self._source

    def is_playing(self, source: Hashable) -> bool:
        """Whether this very sound is heard now."""
        return self.output.playing and self._source == source

    @property
    def loop(self) -> bool:
        """Whether sounds repeat, but for those that are played once."""
        return self._loop

    @loop.setter
    def loop(self, loop: bool) -> None:
        self._loop = loop
        self.output.loop = loop and not self._once

    def load(
        self, source: Hashable, clip: Clip, span: Span | None = None, *, once: bool = False
    ) -> None:
        """Have a sound ready, of which ``span`` is looped, in seconds.

        One that fits what plays takes its place without a gap; otherwise what plays is stopped.
        """
        self._once = once
        self.output.loop = self._loop and not once
        if source != self._source:
            self._wanted, self._start = False, None
            self._leave_reading()
        self._source, self._span = source, span
        if clip is not self._clip:
            self._clip = clip
            self._prepare(clip)
        elif not self._preparing:
            self.output.set_loop_range(span)

    def play(
        self,
        source: Hashable,
        clip: Clip,
        start: float | None = None,
        span: Span | None = None,
        *,
        once: bool = False,
    ) -> None:
        """Play a sound as soon as it is ready, from where it stands unless told."""
        self._leave_reading()
        self.load(source, clip, span, once=once)
        if self._preparing:
            self._wanted, self._start = True, self._start if start is None else start
        else:
            self.output.play(start)

    def seek(self, source: Hashable, clip: Clip, seconds: float, span: Span | None = None) -> None:
        """Go to a second of a sound."""
        self.load(source, clip, span)
        if self._preparing:
            self._start = seconds
        else:
            self.output.seek(seconds)

    def stop(self, source: Hashable) -> None:
        """Fall silent if this very sound is heard now, or will be once it is ready."""
        if self._reading and self._reading[0] == source:
            self._leave_reading()
        if self._source == source:
            self._wanted = False
            if self.output.playing:
                self.output.stop()

    def silence(self) -> None:
        """Fall silent, whatever is heard or will be once it is read or ready."""
        self._leave_reading()
        self._wanted = False
        self.output.stop()

    def audition(
        self, file: ClipFile, clip: Clip | None, failed: Callable[[Exception], None]
    ) -> None:
        """Play a whole clip from its beginning, or stop it; it is read where it is not known."""
        is_wanted = self._source == file and (self._wanted or self.output.playing)
        if self._leave_reading() == file or is_wanted:
            self.stop(file)
        elif clip:
            self.play(file, clip, 0.0, once=True)
        else:
            job = self.background.run(
                lambda _e, _s: file.read(),
                on_done=partial(self.play, file, start=0.0, once=True),
                on_error=partial(self._fail_to_read, failed),
            )
            self._reading = file, job

    def _leave_reading(self) -> ClipFile | None:
        """Wait for no clip to be read any more; return the one that was."""
        if self._reading is None:
            return None
        (file, job), self._reading = self._reading, None
        job.cancel()
        return file

    def _fail_to_read(self, failed: Callable[[Exception], None], error: Exception) -> None:
        self._reading = None
        failed(error)

    def choose_device(self, name: str) -> None:
        """Play on another device; the system's default one if the name is empty."""
        self.output.choose(name)
        self._source = self._clip = self._loaded = None
        self.changed.emit()

    def close(self) -> None:
        """Fall silent, release the device and join the worker."""
        self.output.close()
        self.background.shutdown()

    def _prepare(self, clip: Clip) -> None:
        """Make a clip ready for the device, which only the window's thread may be asked about."""
        if self._preparing:
            self._preparing.cancel()
        loaded = self._loaded
        if loaded and (loaded.rate, len(loaded.samples)) != (clip.rate, len(clip.samples)):
            self.output.stop()
        rate = self.output.rate_for(clip.rate)
        self._preparing = self.background.run(
            lambda _e, _s: prepare(clip, rate),
            on_done=partial(self._take, clip),
            on_error=self._fail,
        )

    def _take(self, clip: Clip, sound: Sound) -> None:
        if clip is not self._clip:
            return
        wanted, start = self._wanted, self._start
        self._preparing, self._loaded, self._wanted, self._start = None, clip, False, None
        self.output.load(sound)
        self.output.set_loop_range(self._span)
        if start is not None:
            self.output.seek(start)
        if wanted:
            self.output.play(start)
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self._source = self._clip = self._preparing = None
        self.output.failed.emit(sentence(error))

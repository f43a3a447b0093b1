"""Player: what is playing now, whoever asked for it; one sound at a time."""

from collections.abc import Hashable

from PySide6.QtCore import QObject, Signal

from app.audio_output import AudioOutput
from siamese_core.audio import Clip


class Player(QObject):
    """Gives the one sound output to whoever asked last.

    A source is anything that names the sound to its owner: a clip's file for a card, a word for
    the transport's sounds.
    """

    changed = Signal()

    def __init__(self, output: AudioOutput, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.output = output
        self._source: Hashable | None = None
        self._clip: Clip | None = None
        output.playing_changed.connect(lambda _playing: self.changed.emit())

    @property
    def source(self) -> Hashable | None:
        """Whose sound is loaded, playing or not."""
        return self._source

    def is_playing(self, source: Hashable) -> bool:
        """Whether this very sound is heard now."""
        return self.output.playing and self._source == source

    def load(self, source: Hashable, clip: Clip) -> None:
        """Have a sound ready; one that fits what plays takes its place without a gap."""
        before, self._source, self._clip = self._clip, source, clip
        if before is clip:
            return
        if before and (before.rate, len(before.samples)) == (clip.rate, len(clip.samples)):
            self.output.swap(clip.samples)
        else:
            self.output.load(clip.samples, clip.rate)
        self.changed.emit()

    def play(self, source: Hashable, clip: Clip, start: float | None = None) -> None:
        """Play a sound, from where it stands unless told."""
        self.load(source, clip)
        self.output.play(start)

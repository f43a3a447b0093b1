"""Hearing: what the model makes of a line-up, once it has listened to it on the worker."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.lineup.lineup import Clips, Lineup
from app.lineup.loaded_model import Heard, LoadedModel, Starts
from app.newest import Newest
from siamese_core.corpus import Corpus


class Hearing(QObject):
    """The log-mels and scores of one line-up; another one takes their place.

    ``take`` receives what was heard, and returns what is to be known of it; ``tell`` an error.
    """

    changed = Signal()
    """They came, or went because something changed, or will not come."""

    def __init__(
        self,
        background: Background,
        take: Callable[[Heard], Heard],
        tell: Callable[[Exception], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.heard: Heard | None = None
        self._accept, self._tell = take, tell
        self._job: Newest[Heard] = Newest(background)

    @property
    def running(self) -> bool:
        """Whether a line-up is being scored."""
        return self._job.running

    def begin(
        self,
        model: LoadedModel | None,
        lineup: Lineup,
        clips: Clips,
        starts: Starts,
        corpora: Sequence[Corpus],
    ) -> None:
        """Compute log-mels and scores; what was known before is forgotten."""
        self._job.cancel()
        self.heard = None
        if model and clips:
            self._job.run(
                partial(model.hear, lineup, clips, dict(starts), corpora),
                on_done=self._take,
                on_error=self._fail,
                on_cancelled=self.changed.emit,
                title="Scoring the line-up",
                key="hear",
            )
        self.changed.emit()

    def _take(self, heard: Heard) -> None:
        self.heard = heard
        self.heard = self._accept(heard)
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self.changed.emit()
        self._tell(error)

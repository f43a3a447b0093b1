"""ShownLineup: the line-up on screen, and which of its clips are read and chosen."""

from PySide6.QtCore import QObject

from app.background import Background
from app.lineup.lineup import Clips, Lineup
from app.lineup.lineup_history import LineupHistory
from app.lineup.loaded_model import Starts
from app.lineup.windows import Windows
from app.session.listener import Listener
from app.settings import Settings
from siamese_core.corpora.labelled_file import ClipFile


class ShownLineup(Listener):
    """What of the window's shared state is the line-up, and those before it."""

    def __init__(
        self, background: Background, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(background, settings, parent)
        self.lineup = Lineup()
        self.clips: Clips = {}
        self.selected: int | None = None
        self.history = LineupHistory()
        self._windows = Windows(self.history)

    @property
    def starts(self) -> Starts:
        """Where the present model's window was placed by hand, in seconds of each clip."""
        return self._windows.starts

    @property
    def unread(self) -> list[int]:
        """The places of the line-up whose clips are not read."""
        places = enumerate((self.lineup.query, *self.lineup.support))
        return [place for place, clip in places if clip and clip not in self.clips]

    @property
    def is_read(self) -> bool:
        """Whether there is a line-up, and every clip of it is read."""
        return bool(self.lineup.clips) and not self.unread

    @property
    def pair(self) -> tuple[ClipFile, ClipFile] | None:
        """The query and the chosen support clip."""
        return self.lineup.pair(self.selected)

"""Windows: where the model's window was placed by hand in each clip, for each way to hear."""

from collections.abc import Iterable, Mapping

from app.lineup.lineup import Lineup
from app.lineup.lineup_history import LineupHistory, Places
from app.lineup.loaded_model import Starts
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.melspec import MelSpec


class Windows:
    """A window of another length means other places: each `MelSpec` has its own.

    What is placed before a model listens is for the first that does. Where the windows of a
    line-up are belongs to its state in the history, and comes back with it.
    """

    def __init__(self, history: LineupHistory) -> None:
        self._history = history
        self._of: dict[MelSpec | None, dict[ClipFile, float]] = {None: {}}
        self._mel: MelSpec | None = None

    @property
    def starts(self) -> Starts:
        """Where each window begins for the model that listens, in seconds."""
        return self._of[self._mel]

    def place(self, starts: Mapping[ClipFile, float | None], mel: MelSpec | None = None) -> None:
        """Place windows; one that is nowhere finds its place itself."""
        known = self._of.setdefault(mel or self._mel, {})
        for clip, start in starts.items():
            known.pop(clip, None)
            if start is not None:
                known[clip] = start

    def listen(self, mel: MelSpec, lineup: Lineup) -> None:
        """Have another model listen, whose windows are where they were left."""
        earlier = self._of.pop(None, {})
        self._of.setdefault(mel, {}).update(earlier)
        self._mel = mel
        self._history.listen(mel)
        self.put_back(lineup)
        if lineup.clips:
            self.note(lineup)

    def put_back(self, *lineups: Lineup) -> None:
        """Have the windows where the history stands as they were, in its clips by any names."""
        if (places := self._history.windows) is None:
            return
        starts = dict(places)
        for lineup in lineups:
            self.place({clip: starts.get(place) for place, clip in enumerate(lineup.clips)})

    def note(self, lineup: Lineup) -> None:
        """Have the history know what is shown, and where its windows are."""
        self._history.show(lineup, places_of(lineup.clips, self.starts))

    def rename(self, names: Mapping[ClipFile, ClipFile]) -> None:
        """Know clips by other names of their classes too."""
        for known in self._of.values():
            known |= {names[clip]: known[clip] for clip in names if clip in known}


def places_of(clips: Iterable[ClipFile], starts: Starts) -> Places:
    """Return where windows are placed in some clips."""
    return tuple((place, starts[clip]) for place, clip in enumerate(clips) if clip in starts)

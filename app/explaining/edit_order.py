"""EditOrder: what is taken back next, of the line-up's edits and of the mask's on screen."""

from time import monotonic

from PySide6.QtCore import QObject, Signal

from app.explaining.pair import Pair

_MASK, _LINEUP = "mask", "line-up"


class EditOrder(QObject):
    """One order over two histories: the newer edit is taken back first, and done again last.

    An edit of one ends what could be done again of the other, as it does of its own.
    """

    changed = Signal()

    def __init__(self, pair: Pair) -> None:
        super().__init__(pair)
        self._edited, self._session = pair.edited, pair.session
        self._shown_at: dict[int, float] = {}
        """When each state of the line-up's history came."""
        self._ended: set[float] = set()
        """The moments of edits that are not done again."""
        self._newest = 0.0
        pair.mask_changed.connect(self._note_mask)
        for signal in (self._session.lineup_changed, self._session.history_changed):
            signal.connect(self._note_lineup)
        self._session.guesses.changed.connect(self.changed)
        self._session.model_changed.connect(self.changed)  # each has windows of its own
        self._note_lineup()

    @property
    def undone_next(self) -> str:
        """What undo takes back; empty if nothing."""
        return self._words(self._last, -1)

    @property
    def redone_next(self) -> str:
        """What redo does again; empty if nothing."""
        return self._words(self._next, 1)

    def undo(self) -> None:
        """Take the last edit back, whichever it was of."""
        if self._last == _MASK:
            self._edited.undo()
        else:
            self._session.step(-1, edits=True)

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self._next == _MASK:
            self._edited.redo()
        elif self._next == _LINEUP:
            self._session.step(1, edits=True)

    @property
    def _last(self) -> str:
        history, done = self._session.history, {_MASK: self._edited.changed_at}
        if history.can_step(-1, edits=True):
            done[_LINEUP] = self._shown_at.get(history.state, 0.0)
        known = {which: when for which, when in done.items() if when is not None}
        return max(known, key=known.__getitem__, default="")

    @property
    def _next(self) -> str:
        undone = {_MASK: self._edited.undone_at, _LINEUP: self._lineup_undone_at}
        known = {
            which: when
            for which, when in undone.items()
            if when is not None and when not in self._ended
        }
        return min(known, key=known.__getitem__, default="")

    @property
    def _lineup_undone_at(self) -> float | None:
        history = self._session.history
        return self._shown_at.get(history.state_at(1, edits=True))

    def _words(self, which: str, by: int) -> str:
        session = self._session
        if which == _LINEUP:
            return session.history.change(by, session.guesses.hides)
        return "change of the mask" if which else ""

    def _note_mask(self) -> None:
        when = self._edited.changed_at
        if when is not None:
            self._ended.discard(when)
            if when > self._newest:
                self._end(when, self._lineup_undone_at)
        self.changed.emit()

    def _note_lineup(self) -> None:
        here = self._session.history.state
        if here not in self._shown_at:
            self._shown_at[here] = monotonic()
            self._end(self._shown_at[here], self._edited.undone_at)
        self._ended.discard(self._shown_at[here])
        self.changed.emit()

    def _end(self, now: float, other: float | None) -> None:
        """Note a new edit, and that what was undone of the other history is given up."""
        self._newest = now
        if other is not None:
            self._ended.add(other)

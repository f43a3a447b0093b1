"""LineupHistory: the line-ups so far, and which of them each one was made from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from app.lineup.lineup import Lineup
from siamese_core.melspec import MelSpec

MOST = 1000
"""Line-ups that are kept; the oldest of more are forgotten."""
Places = tuple[tuple[int, float], ...]
"""Places of a line-up, the query's 0, each with the second where the window begins in its clip.

In all other clips it finds its place itself.
"""

_NOWHERE = -1
_HIDDEN = "change of the line-up"


@dataclass
class _State:
    """A line-up as a change left it, and where undo and redo lead from there."""

    lineup: Lineup
    before: int = _NOWHERE
    after: int = _NOWHERE
    selected: int | None = None
    windows: dict[MelSpec | None, Places] = field(default_factory=dict)
    """Where they were placed for each model that heard it."""


class LineupHistory:
    """Every line-up that was shown, each listed once, in the order in which they came first.

    Whoever goes back and changes an earlier line-up makes another one, behind the last: nothing
    that was seen is lost. A lock makes no other line-up, nor does a window that was moved. Undo
    leads to what a line-up was made from, and redo to what was made of it last, wherever these are
    listed; both pass over windows of a model that hears otherwise than the present one.

    Going to another line-up takes a while, since its clips are read first. Until it is there, the
    next step counts from where the sitting is going.
    """

    def __init__(self) -> None:
        self._states: list[_State] = []
        self._rows: dict[Lineup, int] = {}
        """Each line-up, and the state in which it was seen last."""
        self._now = _NOWHERE
        self._going: int | None = None
        self._passed: list[int] = []
        """States on the way there that could not be read, or look like the one before."""
        self._mel: MelSpec | None = None

    @property
    def lineups(self) -> tuple[Lineup, ...]:
        """All of them, the oldest first."""
        return tuple(self.at(state) for state in self._rows.values())

    @property
    def place(self) -> int:
        """Where among them the sitting stands; -1 before the first."""
        return self._row(self._now)

    @property
    def state(self) -> int:
        """The number of the state where the sitting stands or is going."""
        return self._now if self._going is None else self._going

    def state_at(self, by: int, *, edits: bool = False) -> int:
        """Return the state so many places on, or to which undo (-1) or redo (1) leads; -1: none."""
        return self._way(self.state, by, edits)[-1]

    @property
    def windows(self) -> Places | None:
        """Where windows were placed where the sitting stands; None if that is not known."""
        return None if self._now == _NOWHERE else self._states[self._now].windows.get(self._mel)

    def listen(self, mel: MelSpec) -> None:
        """Have another model listen, which has windows of its own."""
        self._mel = mel

    @property
    def selected(self) -> int | None:
        """Which support clip was chosen last where the sitting stands."""
        return None if self._now == _NOWHERE else self._states[self._now].selected

    @selected.setter
    def selected(self, selected: int | None) -> None:
        if self._now != _NOWHERE:
            self._states[self._now].selected = selected

    def chosen_in(self, lineup: Lineup) -> int | None:
        """Which support clip was chosen last in a line-up, if the sitting stands there again."""
        is_here = self._now != _NOWHERE and self.at(self._now).is_same(lineup)
        return self.selected if is_here else None

    def can_step(self, by: int, *, edits: bool = False) -> bool:
        """Whether there is a line-up so many places on, or a change to undo (-1) or redo (1)."""
        return self.state_at(by, edits=edits) != _NOWHERE

    def set_out(self, by: int, *, edits: bool = False) -> int:
        """Begin to go there; return the number of its state."""
        *self._passed, self._going = self._way(self.state, by, edits)
        return self._going

    def set_out_for(self, row: int) -> int:
        """Begin to go to a listed line-up; return the number of its state."""
        self._going, self._passed = self._listed(row), []
        return self._going

    def set_out_beyond(self, state: int, by: int, *, edits: bool = False) -> int:
        """Begin to go to where the same step leads from a state that cannot be read; -1: none."""
        *between, beyond = self._way(state, by, edits) if by else [_NOWHERE]
        self._going = None if beyond == _NOWHERE else beyond
        self._passed += [state, *between]
        return beyond

    def is_heard_alike(self, state: int) -> bool:
        """Whether a state has the clips and the windows of where the sitting stands."""
        now = self._now
        return self.at(state) == self.at(now) and not self._moved(state, now)

    def at(self, state: int) -> Lineup:
        """Return the line-up of a state."""
        return self._states[state].lineup

    def give_up(self, state: int | None) -> None:
        """Stay where the sitting is, unless it has set out for yet another state."""
        if self._going == state:
            self._going = None

    def arrive(self, state: int | None) -> None:
        """Stand at a state, or with None where the sitting stood."""
        if state is not None:
            for later, earlier in pairwise([self._now, *self._passed, state]):
                if later != _NOWHERE and self._states[later].before == earlier:
                    self._states[earlier].after = later  # what was undone is done again first
            self._stand(state)
        self.give_up(state)

    def show(self, lineup: Lineup, windows: Places = ()) -> None:
        """Note what is shown: what was there, its classes by other names, or a change of it."""
        if self._now != _NOWHERE:
            now, shown = self._states[self._now], self.at(self._now)
            if shown.is_same(lineup) and now.windows.setdefault(self._mel, windows) == windows:
                return
            if shown != lineup and shown.files == lineup.files:
                self._rename(lineup)
                return
            now.after = len(self._states)
        self._stand(self._add(_State(lineup, self._now, windows={self._mel: windows})))

    def recall(self, earlier: Sequence[Lineup]) -> None:
        """List the line-ups of an earlier sitting before those that only this one has shown."""
        since = self._rows
        self._rows = {lineup: self._add(_State(lineup)) for lineup in earlier} | since
        if self._now == _NOWHERE and self._rows:
            self._now = list(self._rows.values())[-1]
        self._forget_oldest()
        self._going = None

    def clear(self) -> None:
        """Forget all line-ups but the one that is shown."""
        self._rows, self._going = {}, None
        if self._now != _NOWHERE:
            now = self._states[self._now]
            self._states[self._now] = _State(now.lineup, windows=now.windows)
            self._stand(self._now)

    def change(self, by: int, hidden: Callable[[Lineup], bool]) -> str:
        """Say what undo (-1) takes back, or redo (1) does again; empty if neither.

        No clip is named while one of both line-ups is hidden: it may be the answer.
        """
        if not self.can_step(by, edits=True):
            return ""
        target = self.state_at(by, edits=True)
        here, there = self.at(self.state), self.at(target)
        if hidden(here) or hidden(there):
            return _HIDDEN
        if here.is_same(there):
            return f"window of {self._moved(self.state, target)}"
        return here.change_from(there) if by < 0 else there.change_from(here)

    def _row(self, state: int) -> int:
        seen = None if state == _NOWHERE else self._rows.get(self.at(state))
        return _NOWHERE if seen is None else list(self._rows.values()).index(seen)

    def _beyond(self, state: int, by: int, edits: bool) -> int:
        if state == _NOWHERE:
            return _NOWHERE
        if edits:
            return self._states[state].before if by < 0 else self._states[state].after
        return self._listed(self._row(state) + by)

    def _way(self, state: int, by: int, edits: bool) -> list[int]:
        """Return the states on the way to the next that looks otherwise, with that at the end."""
        way = [self._beyond(state, by, edits)]
        while edits and way[-1] != _NOWHERE and self._looks_alike(way[-1], state):
            way.append(self._beyond(way[-1], by, edits))
        return way

    def _looks_alike(self, one: int, other: int) -> bool:
        """Whether two states differ in nothing that the present model's windows show."""
        return self.at(one).is_same(self.at(other)) and not self._moved(one, other)

    def _moved(self, one: int, other: int) -> str:
        """Name the clips whose windows alone differ in two states of a line-up."""
        here, there = (self._states[state].windows.get(self._mel) for state in (one, other))
        lineup = self.at(one)
        if here is None or there is None or lineup != self.at(other):
            return ""
        places = sorted({place for place, _start in {*here} ^ {*there}})
        return ", ".join(dict.fromkeys(lineup.clips[place].path.name for place in places))

    def _listed(self, row: int) -> int:
        """Return the state of a listed line-up; -1: none."""
        states = list(self._rows.values())
        return states[row] if 0 <= row < len(states) else _NOWHERE

    def _add(self, state: _State) -> int:
        self._states.append(state)
        return len(self._states) - 1

    def _stand(self, state: int) -> None:
        """Be at a state; its line-up comes behind the others, unless it is listed."""
        self._now = state
        self._rows[self.at(state)] = state
        self._forget_oldest()

    def _rename(self, lineup: Lineup) -> None:
        """Have the shown line-up under the names that the library has for its classes now."""
        self._states[self._now].lineup = lineup
        rows = self._rows.items()
        self._rows = {lineup if state == self._now else one: state for one, state in rows}
        self._rows[lineup] = self._now

    def _forget_oldest(self) -> None:
        """Keep as many as there may be, and the one where the sitting stands."""
        oldest = list(self._rows.items())[: max(0, len(self._rows) - MOST)]
        for lineup, state in oldest:
            if state != self._now:
                del self._rows[lineup]

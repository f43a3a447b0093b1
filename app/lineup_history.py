"""LineupHistory: the line-ups so far, and where among them the sitting stands or is going."""

from collections.abc import Sequence

from app.lineup import Lineup

MOST = 1000
"""Line-ups that are kept; the oldest of more are forgotten."""


class LineupHistory:
    """Line-ups in the order in which they were shown; a new one ends what could be gone forward to.

    Going to another line-up takes a while, since its clips are read first. Until it is there, the
    next step counts from where the sitting is going.
    """

    def __init__(self) -> None:
        self._lineups: list[Lineup] = []
        self._place = -1
        self._going: int | None = None

    @property
    def lineups(self) -> tuple[Lineup, ...]:
        """All of them, the oldest first."""
        return tuple(self._lineups)

    @property
    def place(self) -> int:
        """Where among them the sitting stands; -1 before the first."""
        return self._place

    def can_step(self, by: int) -> bool:
        """Whether there is a line-up so many places on."""
        return 0 <= self._target(by) < len(self._lineups)

    def set_out(self, by: int) -> int:
        """Begin to go there; return its place."""
        self._going = self._target(by)
        return self._going

    def at(self, place: int) -> Lineup:
        """Return the line-up of a place."""
        return self._lineups[place]

    def give_up(self, place: int | None) -> None:
        """Stay where the sitting is, unless it has set out for yet another place."""
        if self._going == place:
            self._going = None

    def arrive(self, place: int | None) -> None:
        """Stand at a place, or with None where the sitting stood."""
        if place is not None:
            self._place = place
        self.give_up(place)

    def show(self, lineup: Lineup) -> None:
        """Note what is shown: the line-up of the place where the sitting stands, or a new one."""
        if self._place < 0 or not self._lineups[self._place].is_same(lineup):
            self._lineups = [*self._lineups[: self._place + 1], lineup][-MOST:]
            self._place = len(self._lineups) - 1

    def recall(self, earlier: Sequence[Lineup]) -> None:
        """Put the line-ups of an earlier sitting before those of this one.

        Where this one began with one of them, it goes on there.
        """
        now = self._lineups
        places = [number for number, one in enumerate(earlier) if now and one == now[0]]
        if places and len(now) == 1:
            before = [*earlier[: places[-1]], *now, *earlier[places[-1] + 1 :]]
            self._lineups, self._place = before, places[-1]
        else:
            self._lineups = [*earlier, *now][-MOST:]
            self._place = self._place + len(self._lineups) - len(now) if now else len(earlier) - 1
        self._going = None

    def clear(self) -> None:
        """Forget all line-ups but the one that is shown."""
        self._lineups = self._lineups[max(self._place, 0) :][:1]
        self._place, self._going = len(self._lineups) - 1, None

    def change(self, by: int) -> str:
        """Say what going back (-1) undoes, or going forward (1) does again; empty if neither."""
        if not self.can_step(by):
            return ""
        here, there = (self._lineups[self._target(step)] for step in (0, by))
        return here.change_from(there) if by < 0 else there.change_from(here)

    def _target(self, by: int) -> int:
        return (self._place if self._going is None else self._going) + by

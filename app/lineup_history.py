"""LineupHistory: the line-ups of a sitting, and where among them it stands or is going."""

from app.lineup import Lineup


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
            self._lineups = [*self._lineups[: self._place + 1], lineup]
            self._place = len(self._lineups) - 1

    def change(self, by: int) -> str:
        """Say what going back (-1) undoes, or going forward (1) does again; empty if neither."""
        if not self.can_step(by):
            return ""
        here, there = (self._lineups[self._target(step)] for step in (0, by))
        return here.change_from(there) if by < 0 else there.change_from(here)

    def _target(self, by: int) -> int:
        return (self._place if self._going is None else self._going) + by

"""LineupReading: the clips of the line-up that is wanted, while the worker reads them."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.background import Background, Job
from app.errors import sentence
from app.lineup.lineup import Clips, Lineup, read_lineup
from app.lineup.lineup_history import LineupHistory
from siamese_core.errors import EarwitnessError


class LineupReading(QObject):
    """Of several line-ups that are asked for, those that still wait give way to the newest.

    ``history`` follows where the sitting is going, and ``tell`` receives an error.
    """

    changed = Signal()
    """A line-up is being read, or will not come."""

    def __init__(
        self,
        background: Background,
        history: LineupHistory,
        tell: Callable[[Exception], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background, self._history, self._tell = background, history, tell
        self._job: Job[tuple[Lineup, Clips, str]] | None = None

    @property
    def running(self) -> bool:
        """Whether a line-up is being read."""
        return self._job is not None

    def go(
        self,
        state: int,
        by: int,
        known: Clips,
        take: Callable[[Lineup, Clips, str], None],
        *,
        edits: bool = False,
        skipped: str = "",
    ) -> None:
        """Read a line-up of the history and give it to ``take``.

        One that cannot be read is skipped, which ``take`` is told: the next that the same step
        leads to comes in its place, if there is any.
        """
        lineup = self._history.at(state)

        def miss(error: Exception) -> None:
            beyond = self._history.set_out_beyond(state, by, edits=edits)
            if beyond < 0 or not isinstance(error, EarwitnessError):
                self._tell(error)
            else:
                words = f"A line-up is skipped. {sentence(error)}"
                self.go(beyond, by, known, take, edits=edits, skipped=words)

        def taken(lineup: Lineup, clips: Clips, _missing: str) -> None:
            take(lineup, clips, skipped)

        self.begin(lambda: lineup, known, taken, state, miss=miss)

    def begin(
        self,
        find: Callable[[], Lineup],
        known: Clips,
        take: Callable[[Lineup, Clips, str], None],
        place: int | None = None,
        *,
        partly: bool = False,
        miss: Callable[[Exception], None] | None = None,
    ) -> None:
        """Find a line-up, read its clips, and give them to ``take``.

        Parameters
        ----------
        place : int, optional
            The state of the history that it is; None for another line-up.
        partly : bool
            Whether support clips that cannot be read are left out, which ``take`` is told.
        miss : callable, optional
            Receives the error in the place of ``tell``.
        """

        def taken(found: tuple[Lineup, Clips, str]) -> None:
            self._history.arrive(place)
            self._job = None if self._job is job else self._job
            take(*found)

        def given_up() -> None:
            self._history.give_up(place)
            if self._job is job:
                self._job = None
                self.changed.emit()

        def failed(error: Exception) -> None:
            given_up()
            (miss or self._tell)(error)

        job = self._job = self._background.run(
            partial(read_lineup, find, known, partly),
            on_done=taken,
            on_error=failed,
            on_cancelled=given_up,
            key="line-up",
        )
        self.changed.emit()

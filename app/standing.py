"""Standing: who was right how often in this sitting, each share with its interval."""

from PySide6.QtCore import QObject, Signal

from app.guesses import Verdict, standing
from app.session import Session
from siamese_core.interval import Interval

Words = tuple[str, str]
"""Of person and network in guessed line-ups, and of the network in random ones."""


class Standing(QObject):
    """Worked out anew with each guess and outcome."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.guessed = self.running = ""
        for signal in (
            session.guesses.changed,
            session.outcomes.changed,
            session.history_changed,
            session.model_changed,
        ):
            signal.connect(self._work_out)

    def _work_out(self) -> None:
        session = self._session
        hits, trials, listed = 0, 0, set(session.history.lineups)
        if session.model:
            hits, trials = session.outcomes.share(
                session.model.path, lambda one: one not in listed or session.guesses.hides(one)
            )
        found = words(session.guesses.verdicts, hits, trials)
        if found != (self.guessed, self.running):
            self.guessed, self.running = found
            self.changed.emit()


def words(verdicts: tuple[Verdict, ...], hits: int, trials: int) -> Words:
    """Say what is known of guesses, and of the random line-ups that the network got right."""
    guessed = standing(verdicts)
    if not trials:
        return guessed, ""
    share = Interval.of(hits, trials)
    interval = f"{100 * share.low:.0f}–{100 * share.high:.0f} %"
    return guessed, f"Random line-ups: {hits} of {trials} right ({interval})"

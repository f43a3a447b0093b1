"""Standing: who was right how often in this sitting, each share with its interval."""

from PySide6.QtCore import QObject, Signal

from app.lineup.guesses import Verdict
from app.session.session import Session
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
    running = f"Random line-ups: {_share(hits, trials, ' right')}" if trials else ""
    return guessed, running


def standing(verdicts: tuple[Verdict, ...]) -> str:
    """Say how often person and network were right, each with Wilson's 95 % interval."""
    if not verdicts:
        return ""
    person = sum(verdict.person for verdict in verdicts)
    network = sum(verdict.network for verdict in verdicts)
    asked = len(verdicts)
    return f"You: {_share(person, asked)} · Network: {_share(network, asked)}"


def _share(hits: int, trials: int, what: str = "") -> str:
    """Say what share it is, and its interval."""
    share = Interval.of(hits, trials)
    return f"{hits} of {trials}{what} ({100 * share.low:.0f}–{100 * share.high:.0f} %)"

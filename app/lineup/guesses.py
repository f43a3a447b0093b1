"""Guesses: what a person says of a line-up before its outcome is shown, and who was right."""

from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from app.lineup.lineup import Lineup


@dataclass(frozen=True)
class Verdict:
    """Whether person and network named the query's class."""

    person: bool
    network: bool


class Guess(NamedTuple):
    """What is known of a line-up: the person's choice, what it is compared with, or neither."""

    pick: str | None = None
    against: tuple[str | None, ...] = ()
    """What the network named, once it has; None for a tie."""
    known: bool = False
    """Whether its outcome was shown openly: there is nothing to guess any more."""

    @property
    def is_open(self) -> bool:
        """Whether the network has said something and the person has not."""
        return bool(self.against) and self.pick is None


class Guesses(QObject):
    """Each line-up counts once, and only if its outcome was hidden until the person chose."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.wanted = False
        self._picks: dict[Lineup, str] = {}
        self._predicted: dict[Lineup, str | None] = {}
        self._verdicts: dict[Lineup, Verdict] = {}
        self._known: set[Lineup] = set()

    def want(self, wanted: bool) -> None:
        """Hide the outcome of the line-ups that come, or tell what was hidden."""
        if wanted == self.wanted:
            return
        self.wanted = wanted
        if not wanted:
            self._known |= self._predicted.keys() - self._picks.keys()
        self.changed.emit()

    def hides(self, lineup: Lineup) -> bool:
        """Whether the person is to choose first; there is nothing to guess without a truth."""
        told = lineup in self._picks or lineup in self._known
        return self.wanted and lineup.truth is not None and not told

    def pick(self, lineup: Lineup, place: int) -> None:
        """Note which support clip the person chose; what they chose first counts."""
        self._picks[lineup] = lineup.support[place].label
        self.changed.emit()
        self._judge(lineup)

    def note(self, lineup: Lineup, predicted: str | None) -> None:
        """Note what the network predicts; a line-up that is shown openly is known from now on."""
        if self.hides(lineup) or lineup in self._picks:
            self._predicted.setdefault(lineup, predicted)
            self._judge(lineup)
        else:
            self._known.add(lineup)

    def verdict(self, lineup: Lineup) -> Verdict | None:
        """Who was right about a line-up; None unless both have said something."""
        return self._verdicts.get(lineup)

    def guess(self, lineup: Lineup) -> Guess:
        """Return what is known of a line-up."""
        against = (self._predicted[lineup],) if lineup in self._predicted else ()
        return Guess(self._picks.get(lineup), against, lineup in self._known)

    def recall(self, lineup: Lineup, guess: Guess) -> None:
        """Note what is known of a line-up of an earlier sitting; what came since holds.

        One that was left unguessed is still to be guessed, unless all is told now.
        """
        if guess.known or (guess.is_open and not self.wanted):
            self._known.add(lineup)
        if guess.pick is not None:
            self._picks.setdefault(lineup, guess.pick)
        for named in guess.against:
            self._predicted.setdefault(lineup, named)
        self._settle(lineup)

    def rename(self, before: Lineup, after: Lineup) -> None:
        """Know a line-up by other names of its classes."""
        if before == after:
            return
        if before in self._known:
            self._known.add(after)
        for noted in (self._picks, self._predicted):
            if (label := noted.get(before)) is not None:
                noted[after] = after.name_of(label, before)
        if before in self._verdicts:
            self._verdicts[after] = self._verdicts.pop(before)

    def clear(self) -> None:
        """Forget who was right; an outcome that was seen stays seen."""
        self._known |= self._verdicts.keys()
        for noted in (self._picks, self._predicted, self._verdicts):
            noted.clear()
        self.changed.emit()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All of this sitting."""
        return tuple(self._verdicts.values())

    def _judge(self, lineup: Lineup) -> None:
        if self._settle(lineup):
            self.changed.emit()

    def _settle(self, lineup: Lineup) -> bool:
        """Say who was right, if both have said something."""
        is_due = lineup in self._picks and lineup in self._predicted
        if is_due:
            hits = (named[lineup] == lineup.truth for named in (self._picks, self._predicted))
            self._verdicts.setdefault(lineup, Verdict(*hits))
        return is_due

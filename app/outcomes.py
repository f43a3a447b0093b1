"""Outcomes: what each network predicted of each line-up of this sitting and the last."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from app.lineup import Lineup


class Outcome(NamedTuple):
    """What a network predicted of a line-up, and the class that was right, if one can be."""

    predicted: str | None
    truth: str | None

    @property
    def right(self) -> bool:
        """Whether it named the query's class; a tie names none."""
        return self.truth is not None and self.predicted == self.truth


class Outcomes(QObject):
    """Each line-up has one outcome by each network; those drawn at random make up a share.

    One that was put together by hand, or changed, was chosen with its outcome in sight: it would
    say nothing of how often the network is right. Nor would those that are drawn around locked
    clips, for they have these in common and are no independent trials.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found: dict[Lineup, dict[Path, Outcome]] = {}
        self._drawn: set[Lineup] = set()

    def note_drawn(self, lineup: Lineup) -> None:
        """Note that a line-up was drawn at random, if it was without locks."""
        if not lineup.locked:
            self._drawn.add(lineup)

    def note(self, model: Path, lineup: Lineup, predicted: str | None) -> None:
        """Note what a network predicts; moved windows may change that, and the latest holds."""
        self._found.setdefault(lineup, {})[model] = Outcome(predicted, lineup.truth)
        self.changed.emit()

    def of(self, model: Path, lineup: Lineup) -> Outcome | None:
        """Return the outcome of a line-up by a network, if it was scored by it."""
        return self._found.get(lineup, {}).get(model)

    def was_drawn(self, lineup: Lineup) -> bool:
        """Whether a line-up was drawn at random, and without locks."""
        return lineup in self._drawn

    def predicted(self, lineup: Lineup) -> dict[Path, str | None]:
        """Return what each network predicted of a line-up."""
        return {path: found.predicted for path, found in self._found.get(lineup, {}).items()}

    def recall(self, lineup: Lineup, drawn: bool, predicted: Mapping[Path, str | None]) -> None:
        """Note what is known of a line-up of an earlier sitting; what was found since holds."""
        if drawn:
            self._drawn.add(lineup)
        earlier = {path: Outcome(named, lineup.truth) for path, named in predicted.items()}
        if earlier:
            self._found[lineup] = earlier | self._found.get(lineup, {})

    def rename(self, before: Lineup, after: Lineup) -> None:
        """Know a line-up by other names of its classes."""
        if before == after:
            return
        if before in self._drawn:
            self._drawn.add(after)  # even where it was locked since
        for model, found in self._found.get(before, {}).items():
            predicted = None if found.predicted is None else after.name_of(found.predicted, before)
            self._found.setdefault(after, {})[model] = Outcome(predicted, after.truth)

    def follow(self, where: Callable[[Path], Path]) -> None:
        """Know each network by where its file is now."""
        for lineup, found in self._found.items():
            self._found[lineup] = {where(path): outcome for path, outcome in found.items()}
        self.changed.emit()

    def clear(self) -> None:
        """Forget all of them."""
        self._found.clear()
        self._drawn.clear()
        self.changed.emit()

    def share(self, model: Path, left_out: Callable[[Lineup], bool]) -> tuple[int, int]:
        """Count the random line-ups that a network got right, and all but those left out."""
        counted = [
            found[model].right
            for lineup, found in self._found.items()
            if model in found and lineup in self._drawn and lineup.truth and not left_out(lineup)
        ]
        return sum(counted), len(counted)

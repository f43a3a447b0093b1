"""Outcomes: what each network predicted of each line-up of this sitting and the last."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from PySide6.QtCore import QObject, Signal

from app.lineup.lineup import Lineup
from app.lineup.lineup_history import Places

T = TypeVar("T")
Sounds = tuple[str, ...]
"""The digest of each clip of a line-up, the query's first; empty where they are not known."""

_NAMED = 3
"""Clips that a sentence names."""


class Outcome(NamedTuple):
    """What a network predicted of a line-up, and the class that was right, if one can be."""

    predicted: str | None
    truth: str | None

    @property
    def right(self) -> bool:
        """Whether it named the query's class; a tie names none."""
        return self.truth is not None and self.predicted == self.truth


Placed = Mapping[Places, str | None]
"""What a network predicted with the windows in each of some places, the newest last."""


class Outcomes(QObject):
    """Each line-up has an outcome by each network for each place of its windows.

    Those drawn at random make up a share, as they are with windows that nobody moved, if they were
    scored so.

    One that was put together by hand, or changed, was chosen with its outcome in sight: it would
    say nothing of how often the network is right. Nor would those that are drawn around locked
    clips, for they have these in common and are no independent trials.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found: dict[Lineup, dict[Path, dict[Places, Outcome]]] = {}
        """The newest last."""
        self._drawn: set[Lineup] = set()
        self._sounds: dict[Lineup, Sounds] = {}
        self._replaced: dict[Lineup, frozenset[int]] = {}
        """Which clips of each line-up were another sound when it was scored before."""

    def note_drawn(self, lineup: Lineup) -> None:
        """Note that a line-up was drawn at random, if it was without locks."""
        if not lineup.locked:
            self._drawn.add(lineup)

    def note(
        self,
        model: Path,
        lineup: Lineup,
        predicted: str | None,
        sounds: Sounds = (),
        windows: Places = (),
    ) -> None:
        """Note what a network predicts of which sounds, its windows being where.

        Other sounds may change that, and the latest holds; with windows elsewhere it is another
        outcome.
        """
        found = self._found.setdefault(lineup, {}).setdefault(model, {})
        found.pop(windows, None)
        found[windows] = Outcome(predicted, lineup.truth)
        if sounds:
            self._compare(lineup, self.sounds(lineup), sounds)
            self._sounds[lineup] = sounds
        self.changed.emit()

    def of(self, model: Path, lineup: Lineup) -> Outcome | None:
        """Return the newest outcome of a line-up by a network, if it was scored by it."""
        return next(iter([*self.all_of(model, lineup).values()][-1:]), None)

    def all_of(self, model: Path, lineup: Lineup) -> Mapping[Places, Outcome]:
        """Return what came out by a network with the windows in each place, the newest last."""
        return self._found.get(lineup, {}).get(model, {})

    def was_drawn(self, lineup: Lineup) -> bool:
        """Whether a line-up was drawn at random, and without locks."""
        return lineup in self._drawn

    def predicted(self, lineup: Lineup) -> dict[Path, Placed]:
        """Return what each network predicted of a line-up."""
        return {
            path: {windows: outcome.predicted for windows, outcome in found.items()}
            for path, found in self._found.get(lineup, {}).items()
        }

    def sounds(self, lineup: Lineup) -> Sounds:
        """Return what the clips of a line-up were when it was scored last."""
        return self._sounds.get(lineup, ())

    def replaced(self, lineup: Lineup) -> str:
        """Say which clips of a line-up are not what they were; nothing if all are."""
        clips = (lineup.clips[place] for place in sorted(self._replaced.get(lineup, ())))
        names = list(dict.fromkeys(f"{clip.path.name} ({clip.label})" for clip in clips))
        if not names:
            return ""
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        return (
            f"{', '.join(names[:_NAMED])}{more} changed since this line-up was scored before; the "
            "scores are of what is there now, earlier outcomes and guesses of what was."
        )

    def recall(
        self,
        lineup: Lineup,
        drawn: bool,
        predicted: Mapping[Path, Placed],
        sounds: Sounds = (),
    ) -> None:
        """Note what is known of a line-up of an earlier sitting; what was found since holds."""
        self._compare(lineup, sounds, now := self.sounds(lineup))
        self._sounds[lineup] = now or sounds
        if drawn:
            self._drawn.add(lineup)
        for model, placed in predicted.items():
            earlier = {at: Outcome(named, lineup.truth) for at, named in placed.items()}
            found = self._found.setdefault(lineup, {})
            found[model] = newest_last(earlier, found.get(model, {}))

    def rename(self, before: Lineup, after: Lineup) -> None:
        """Know a line-up by other names of its classes."""
        if before == after:
            return
        if before in self._drawn:
            self._drawn.add(after)  # even where it was locked since
        if before in self._sounds:
            self._sounds[after] = self._sounds[before]
        if before in self._replaced:
            self._replaced[after] = self._replaced[before]
        for model, placed in self.predicted(before).items():
            self._found.setdefault(after, {})[model] = {
                at: Outcome(named and after.name_of(named, before), after.truth)
                for at, named in placed.items()
            }

    def follow(self, where: Callable[[Path], Path]) -> None:
        """Know each network by where its file is now."""
        for lineup, found in self._found.items():
            self._found[lineup] = {where(path): outcome for path, outcome in found.items()}
        self.changed.emit()

    def clear(self) -> None:
        """Forget all of them."""
        for noted in (self._found, self._drawn, self._sounds, self._replaced):
            noted.clear()
        self.changed.emit()

    def share(self, model: Path, left_out: Callable[[Lineup], bool]) -> tuple[int, int]:
        """Count the random line-ups that a network got right, and all but those left out."""
        counted = [
            found[model].get((), self.of(model, lineup))
            for lineup, found in self._found.items()
            if model in found and lineup in self._drawn and lineup.truth and not left_out(lineup)
        ]
        return sum(bool(one and one.right) for one in counted), len(counted)

    def _compare(self, lineup: Lineup, before: Sequence[str], now: Sequence[str]) -> None:
        """Note which clips were replaced, as far as both are known; what was noted stays."""
        known = zip(lineup.clips, before, now, strict=False)
        places = {place for place, (_clip, was, is_now) in enumerate(known) if was != is_now}
        if places:
            self._replaced[lineup] = self._replaced.get(lineup, frozenset()) | places


def newest_last(earlier: Mapping[Places, T], later: Mapping[Places, T]) -> dict[Places, T]:
    """Join what is known of places; what is known later of the same one takes its place."""
    return {at: earlier[at] for at in earlier if at not in later} | dict(later)

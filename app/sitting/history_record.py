"""HistoryRecord: the line-ups that were shown, with outcomes and guesses, for the next start.

One line of JSON each. What becomes known of a line-up later is another line of it, and the latest
that says something holds: so a change costs what it costs, however long the history is, a crash
damages one line, and a start that has not scored its line-up yet takes nothing away.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field

from app.lineup.guesses import Guess, Guesses
from app.lineup.lineup import Lineup
from app.lineup.lineup_history import MOST
from app.lineup.outcomes import Outcomes, Placed, Sounds, newest_last
from app.sitting.sitting_record import ClipRecord, clip_record, lineup_of, remove
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.demo import bundled_model
from siamese_core.episode_file.episode_contents import Digest
from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.files import reason, write_text
from siamese_core.parameters import Parameters

_FILE, _ASIDE = "history.jsonl", "history.damaged.jsonl"
_LARGEST = 64 << 20
"""Bytes; an afternoon of line-ups needs less than two million."""
_MOST_NETWORKS = 100

_MOST_PLACES = 100
"""Outcomes of a line-up by a network that are written, the newest of them."""

Predicted = dict[Path, Placed]
"""What each network named, None for a tie."""


class PlacedRecord(Parameters):
    """What a network named with the windows in some places."""

    windows: Annotated[tuple[tuple[int, float], ...], Field(max_length=1001)] = ()
    """A place of the line-up, the query's 0, and the second where the window begins in its clip."""
    predicted: str | None = None


class LineupRecord(Parameters):
    """A line-up that was shown, and what is known of it."""

    query: ClipRecord | None = None
    support: Annotated[tuple[ClipRecord, ...], Field(max_length=1000)] = ()
    drawn: bool = False
    """Whether it was drawn at random."""
    predicted: Annotated[dict[str, str | None], Field(max_length=_MOST_NETWORKS)] = Field({})
    """By the model's path, empty for the bundled one: what came out last."""
    placed: Annotated[dict[str, tuple[PlacedRecord, ...]], Field(max_length=_MOST_NETWORKS)] = (
        Field({})
    )
    """All that came out, where windows were moved by hand; the newest last."""
    pick: str | None = None
    """The class that the person chose before the outcome was shown."""
    against: Annotated[tuple[str | None, ...], Field(max_length=1)] = ()
    """What the network named that the choice is compared with."""
    known: bool = False
    """Whether its outcome was shown openly."""
    sounds: Annotated[tuple[Digest, ...], Field(max_length=1001)] = ()
    """The digest of each clip, the query's first, as the line-up was scored last."""


class KnownLineup(NamedTuple):
    """A line-up that was shown, and what is known of it."""

    lineup: Lineup
    drawn: bool
    predicted: Predicted
    guess: Guess
    sounds: Sounds = ()

    @classmethod
    def of(cls, lineup: Lineup, outcomes: Outcomes, guesses: Guesses) -> "KnownLineup":
        """Put together what is known of a line-up."""
        drawn, predicted = outcomes.was_drawn(lineup), outcomes.predicted(lineup)
        return cls(lineup, drawn, predicted, guesses.guess(lineup), outcomes.sounds(lineup))

    def recall(self, outcomes: Outcomes, guesses: Guesses) -> None:
        """Note it again."""
        outcomes.recall(self.lineup, self.drawn, self.predicted, self.sounds)
        guesses.recall(self.lineup, self.guess)

    def after(self, earlier: "KnownLineup | None") -> "KnownLineup":
        """Return what is known with an earlier line of the same line-up; silence says nothing."""
        if earlier is None:
            return self
        mine, before = self.guess, earlier.guess
        said = before if mine.pick is None and before.pick is not None else mine
        guess = Guess(said.pick, said.against or before.against, mine.known or before.known)
        predicted = earlier.predicted | {
            path: newest_last(earlier.predicted.get(path, {}), placed)
            for path, placed in self.predicted.items()
        }
        sounds = self.sounds or earlier.sounds
        return KnownLineup(self.lineup, self.drawn or earlier.drawn, predicted, guess, sounds)


class RecalledHistory(NamedTuple):
    """The latest line-ups, the oldest of them first, and a sentence about those that are lost."""

    lineups: tuple[KnownLineup, ...]
    fault: str = ""


def add_to_history(
    folder: Path, lineups: Iterable[KnownLineup], _on_event: OnEvent, _should_stop: ShouldStop
) -> None:
    """Write some line-ups behind the others.

    Raises
    ------
    ParameterError
        If one has more clips than a line can hold.
    EarwitnessError
        If they cannot be written.
    """
    path, lines = folder / _FILE, [_line(one) for one in lineups]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(f"\n{line}" for line in lines))  # a torn line before them ends here
    except OSError as error:
        raise EarwitnessError(f"{path} cannot be written: {reason(error)}.") from error


def forget_history(folder: Path, _on_event: OnEvent, _should_stop: ShouldStop) -> None:
    """Remove what was written.

    Raises
    ------
    EarwitnessError
        If it cannot be removed.
    """
    remove(folder / _FILE)


def read_history(folder: Path, _on_event: OnEvent, _should_stop: ShouldStop) -> RecalledHistory:
    """Read the latest line-ups, and write them anew where the file holds more than these.

    A file with damage in it is put aside.

    Raises
    ------
    EarwitnessError
        If the file cannot be read at all, or is larger than a history can be.
    """
    path = folder / _FILE
    try:
        lines = _lines(path)
        kept, damaged = _merged(lines)
        if damaged:
            path.replace(folder / _ASIDE)
        if damaged or len(kept) < len(lines):
            write_text(path, "".join(f"\n{_line(one)}" for one in kept))
    except OSError as error:
        raise EarwitnessError(f"{path} cannot be read: {reason(error)}.") from error
    return RecalledHistory(kept, _fault(path, damaged))


def _merged(lines: Iterable[str]) -> tuple[tuple[KnownLineup, ...], int]:
    """Put together what is known of the latest line-ups, and count the damaged lines."""
    known: dict[object, KnownLineup] = {}
    records = [_record(line) for line in lines]
    for record in records:
        if record and (record.query or record.support):
            found = _recalled(record)
            clips = (found.lineup.files, len(found.lineup.support))
            known[clips] = found.after(known.get(clips))
    return tuple(known.values())[-MOST:], records.count(None)


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        return []
    if path.stat().st_size > _LARGEST:
        path.replace(path.with_name(_ASIDE))
        raise EarwitnessError(
            f"{path} is larger than a history can be; it was put aside as {_ASIDE}."
        )
    text = path.read_text(encoding="utf-8", errors="replace")
    return [line for line in text.split("\n") if line.strip()]


def _fault(path: Path, damaged: int) -> str:
    if not damaged:
        return ""
    lost = "a line-up" if damaged == 1 else f"{damaged:,} line-ups"
    return f"{lost.capitalize()} of the history cannot be read; {path} was put aside as {_ASIDE}."


def _record(line: str) -> LineupRecord | None:
    try:
        values = json.loads(line)
        return LineupRecord.parse(values) if isinstance(values, dict) else None
    except (ValueError, RecursionError, ParameterError):
        return None


def _line(known: KnownLineup) -> str:
    lineup, guess, own = known.lineup, known.guess, bundled_model()
    predicted = {
        "" if path == own else str(path): placed
        for path, placed in list(known.predicted.items())[-_MOST_NETWORKS:]
        if placed
    }
    values = {
        "query": lineup.query and clip_record(lineup.query, lineup, {}),
        "support": [clip_record(clip, lineup, {}) for clip in lineup.support],
        "drawn": known.drawn,
        "predicted": {path: [*placed.values()][-1] for path, placed in predicted.items()},
        "placed": {path: _placed(of) for path, of in predicted.items() if any(of)},
        "pick": guess.pick,
        "against": guess.against,
        "known": guess.known,
        "sounds": known.sounds,
    }
    record = LineupRecord.parse(values)
    return json.dumps(record.model_dump(mode="json", exclude_defaults=True))


def _placed(of: Placed) -> list[dict[str, object]]:
    newest = list(of.items())[-_MOST_PLACES:]
    return [{"windows": windows, "predicted": predicted} for windows, predicted in newest]


def _recalled(record: LineupRecord) -> KnownLineup:
    lineup, _starts = lineup_of(record.query, record.support)
    placed: dict[str, Placed] = {path: {(): named} for path, named in record.predicted.items()}
    for path, found in record.placed.items():
        placed[path] = {one.windows: one.predicted for one in found}
    predicted = {Path(path) if path else bundled_model(): of for path, of in placed.items()}
    guess = Guess(record.pick, record.against, record.known)
    return KnownLineup(lineup, record.drawn, predicted, guess, record.sounds)

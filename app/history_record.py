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

from app.guesses import Guess
from app.lineup import Lineup
from app.lineup_history import MOST
from app.sitting_record import ClipRecord, clip_record, lineup_of
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.demo import bundled_model
from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.files import reason, write_text
from siamese_core.parameters import Parameters

_FILE, _ASIDE = "history.jsonl", "history.damaged.jsonl"
_LARGEST = 64 << 20
"""Bytes; an afternoon of line-ups needs less than two million."""
_MOST_NETWORKS = 100

Predicted = dict[Path, str | None]
"""What each network named, None for a tie."""


class LineupRecord(Parameters):
    """A line-up that was shown, and what is known of it."""

    query: ClipRecord | None = None
    support: Annotated[tuple[ClipRecord, ...], Field(max_length=1000)] = ()
    drawn: bool = False
    """Whether it was drawn at random."""
    predicted: Annotated[dict[str, str | None], Field(max_length=_MOST_NETWORKS)] = Field({})
    """By the model's path, empty for the bundled one."""
    pick: str | None = None
    """The class that the person chose before the outcome was shown."""
    against: Annotated[tuple[str | None, ...], Field(max_length=1)] = ()
    """What the network named that the choice is compared with."""
    known: bool = False
    """Whether its outcome was shown openly."""


class KnownLineup(NamedTuple):
    """A line-up that was shown, and what is known of it."""

    lineup: Lineup
    drawn: bool
    predicted: Predicted
    guess: Guess

    def after(self, earlier: "KnownLineup | None") -> "KnownLineup":
        """Return what is known with an earlier line of the same line-up; silence says nothing."""
        if earlier is None:
            return self
        mine, before = self.guess, earlier.guess
        said = before if mine.pick is None and before.pick is not None else mine
        guess = Guess(said.pick, said.against or before.against, mine.known or before.known)
        predicted = earlier.predicted | self.predicted
        return KnownLineup(self.lineup, self.drawn or earlier.drawn, predicted, guess)


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
    path = folder / _FILE
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise EarwitnessError(f"{path} cannot be removed: {reason(error)}.") from error


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
    predicted = list(known.predicted.items())[-_MOST_NETWORKS:]
    values = {
        "query": lineup.query and clip_record(lineup.query, lineup, {}),
        "support": [clip_record(clip, lineup, {}) for clip in lineup.support],
        "drawn": known.drawn,
        "predicted": {"" if p == own else str(p): named for p, named in predicted},
        "pick": guess.pick,
        "against": guess.against,
        "known": guess.known,
    }
    record = LineupRecord.parse(values)
    return json.dumps(record.model_dump(mode="json", exclude_defaults=True))


def _recalled(record: LineupRecord) -> KnownLineup:
    lineup, _starts = lineup_of(record.query, record.support)
    predicted = {Path(p) if p else bundled_model(): named for p, named in record.predicted.items()}
    guess = Guess(record.pick, record.against, record.known)
    return KnownLineup(lineup, record.drawn, predicted, guess)

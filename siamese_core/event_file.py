"""EventFile: events in a file, one JSON object a line, appended as they come (no torch).

A line that a kill tore, or that is no event, is left out.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from siamese_core.callbacks import Event
from siamese_core.errors import TrainingError
from siamese_core.files import reading, reason, tail, write_text
from siamese_core.plain_values import parse_json


def append_event(file: Path, event: Event) -> None:
    """Add an event.

    Raises
    ------
    TrainingError
        If the file cannot be written.
    """
    try:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(_line(event))
    except OSError as error:
        raise TrainingError(f"{file} cannot be written: {reason(error)}.") from error


def write_events(file: Path, events: Iterable[Event]) -> None:
    """Write events in place of those that are there, all of them or none.

    Raises
    ------
    EarwitnessError
        If the file cannot be written.
    """
    write_text(file, "".join(map(_line, events)))


def each_event(file: Path) -> Iterator[Event]:
    """Read events one by one; there are none where there is no file.

    Raises
    ------
    TrainingError
        If the file cannot be read.
    """
    if not file.exists():
        return
    with reading(file, TrainingError), file.open(encoding="utf-8") as lines:
        yield from _events(lines)


def last_event(file: Path) -> Event:
    """Read the last whole event, which need not read a long file's all; empty if there is none.

    Raises
    ------
    TrainingError
        If the file cannot be read.
    """
    return next(_events(reversed(last_lines(file).splitlines())), {})


def last_lines(file: Path) -> str:
    """Read the last whole lines of a text; empty where there is no file.

    Raises
    ------
    TrainingError
        If it cannot be read.
    """
    with reading(file, TrainingError):
        try:
            return tail(file)
        except FileNotFoundError:
            return ""


def step_of(event: Event) -> int:
    """Return the step that an event tells of; 0 if it tells of none."""
    step = event.get("step", 0)
    return step if isinstance(step, int) else 0


def _line(event: Event) -> str:
    return f"{json.dumps(event)}\n"


def _events(lines: Iterable[str]) -> Iterator[Event]:
    for line in lines:
        with suppress(ValueError):
            if isinstance(event := parse_json(line), dict):
                yield event

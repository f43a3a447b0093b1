"""Events in a file: the whole ones are read, whatever stands beside them."""

import json
from pathlib import Path

import pytest

from siamese_core.callbacks import Event
from siamese_core.errors import TrainingError
from siamese_core.event_file import append_event, each_event, last_event, step_of, write_events

STEP = {"event": "step", "step": 1}


def test_the_last_whole_event_is_found_behind_a_torn_line(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    lines = [json.dumps({"event": "step", "step": n, "pad": "x" * 100}) for n in range(2000)]
    file.write_text("\n".join(lines) + '\n{"event": "st')
    assert last_event(file)["step"] == 1999
    assert last_event(tmp_path / "none") == {}


@pytest.mark.parametrize("line", ["[" * 60_000, "9" * 5_000, '{"a":' * 10_000, "5", "[1]", ""])
def test_a_line_that_is_no_event_hides_no_other(tmp_path: Path, line: str) -> None:
    file = tmp_path / "events.jsonl"
    append_event(file, STEP)
    with file.open("a") as text:
        text.write(f"{line}\n")
    assert last_event(file) == STEP
    append_event(file, {"event": "finished"})
    assert list(each_event(file)) == [STEP, {"event": "finished"}]


def test_events_are_written_in_place_of_others(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    assert list(each_event(file)) == []
    append_event(file, STEP)
    write_events(file, [STEP, {**STEP, "step": 2}])
    assert [step_of(event) for event in each_event(file)] == [1, 2]


@pytest.mark.parametrize("read", [lambda file: list(each_event(file)), last_event])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TrainingError, match="cannot be read: is a directory"):
        read(tmp_path)


@pytest.mark.parametrize("event", [{}, {"step": "7"}, {"step": None}, {"step": [1]}])
def test_an_event_without_a_step_tells_of_none(event: Event) -> None:
    assert step_of(event) == 0

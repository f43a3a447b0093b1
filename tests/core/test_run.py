"""A run's folder: torn lines, stale locks and reused process numbers."""

import json
import os
from pathlib import Path

import pytest

from siamese_core.errors import TrainingError
from siamese_core.run import Run


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.append({"event": "step", "step": 1})
    with run.events.open("a") as file:
        file.write('{"event": "step", "st')
    assert run.read_events() == [{"event": "step", "step": 1}]
    run.rewind(1)
    assert run.events.read_text() == '{"event": "step", "step": 1}\n'


def test_events_after_the_saved_step_are_dropped(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for step in range(5):
        run.append({"event": "step", "step": step})
    run.rewind(2)
    assert [e["step"] for e in run.read_events()] == [0, 1, 2]


@pytest.mark.parametrize("text", ["", "no json", "{}", '{"pid": "x", "started": "1"}'])
def test_a_broken_lock_holds_nobody_off(tmp_path: Path, text: str) -> None:
    (tmp_path / "lock").write_text(text)
    with Run(tmp_path).lock():
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()
    assert not (tmp_path / "lock").exists()


def test_a_reused_process_number_is_not_the_owner(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(json.dumps({"pid": os.getpid(), "started": "1"}))
    with Run(tmp_path).lock():
        pass


def test_a_living_owner_is_named(tmp_path: Path) -> None:
    with (
        Run(tmp_path).lock(),
        pytest.raises(TrainingError, match=f"in use by process {os.getpid()}"),
        Run(tmp_path).lock(),
    ):
        pass
    assert not (tmp_path / "lock").exists()

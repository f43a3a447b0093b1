"""Of several jobs of a kind the last one alone tells how it ended."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.background import Background
from app.newest import Newest
from siamese_core.errors import AudioError
from tests.app.test_background import Gate, idle


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    made = Background()
    yield made
    made.shutdown()


class Asked:
    """Asks the worker, and notes what is told and whether anything was running then."""

    def __init__(self, background: Background) -> None:
        self.newest: Newest[str] = Newest(background)
        self.told: list[tuple[str, bool]] = []

    def ask(self, work: Gate) -> None:
        self.newest.run(
            work,
            on_done=self._note,
            on_error=lambda error: self._note(str(error)),
            on_cancelled=lambda: self._note("cancelled"),
        )

    def _note(self, words: str) -> None:
        self.told.append((words, self.newest.running))


class Failing(Gate):
    def __call__(self, *_callbacks: object) -> str:
        raise AudioError("It is no sound.")


def test_the_end_comes_once_nothing_runs(qtbot: QtBot, background: Background) -> None:
    asked = Asked(background)
    for gate in (Gate(), Failing()):
        gate.opened.set()
        asked.ask(gate)
        assert asked.newest.running
        idle(qtbot, background)
    assert asked.told == [("gate", False), ("It is no sound.", False)]


def test_another_takes_the_place_of_one_that_runs(qtbot: QtBot, background: Background) -> None:
    asked, first, second = Asked(background), Gate(), Gate()
    asked.ask(first)
    assert first.begun.wait(5)
    asked.ask(second)
    second.opened.set()
    idle(qtbot, background)
    assert asked.told == [("gate", False)], "of the first no end is told"


def test_all_work_that_is_cancelled_is_told_and_what_is_given_up_here_is_not(
    qtbot: QtBot, background: Background
) -> None:
    asked, gate = Asked(background), Gate()
    asked.ask(gate)
    assert gate.begun.wait(5)
    assert asked.newest.cancel()
    assert not asked.newest.cancel()
    idle(qtbot, background)
    assert asked.told == []
    asked.ask(gate)
    background.cancel_all()
    assert asked.newest.running, "until its end comes"
    idle(qtbot, background)
    assert asked.told == [("cancelled", False)]

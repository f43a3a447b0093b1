"""What is typed in the Train dialog counts at the next press, be its field left or not."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.pages.train.train_dialog import TrainDialog
from app.training.training_job import TrainingJob
from app.widgets.boxes import NumberBox
from siamese_core.launch import Launch
from siamese_core.recipes import Recipe
from tests.app.test_train_page import PATIENCE_MS, _no_process_left, wait

__all__ = ["_no_process_left"]


def type_steps(qtbot: QtBot, dialog: TrainDialog, keys: str) -> None:
    """Type into the field, and stay in it."""
    dialog.form.draw()
    steps = dialog.form._editors["steps"].widget
    assert isinstance(steps, NumberBox)
    steps.setFocus()
    steps.selectAll()
    qtbot.keyClicks(steps, keys)


@pytest.mark.parametrize("leaves", [True, False], ids=["left by the press", "not left"])
def test_one_press_after_typing_starts_with_what_was_typed(
    qtbot: QtBot, ready: TrainDialog, monkeypatch: pytest.MonkeyPatch, leaves: bool
) -> None:
    jobs, begun = ready._jobs, list[Recipe]()
    made = jobs.add

    def add(recipe: Recipe, launch: Launch, folder: Path) -> TrainingJob:
        begun.append(recipe)
        return made(recipe, launch, folder)

    monkeypatch.setattr(jobs, "add", add)
    type_steps(qtbot, ready, "7")
    if leaves:
        ready.start.setFocus()
    with qtbot.waitSignal(ready.started, timeout=PATIENCE_MS) as told:
        qtbot.mouseClick(ready.start, Qt.MouseButton.LeftButton)
    assert [recipe.steps for recipe in begun] == [7]
    (job,) = told.args
    wait(qtbot, job, "done", "failed")
    assert job.status.step == 7


def test_a_press_after_typing_what_is_illegal_says_why_it_does_not_start(
    qtbot: QtBot, ready: TrainDialog
) -> None:
    type_steps(qtbot, ready, "0")
    qtbot.mouseClick(ready.start, Qt.MouseButton.LeftButton)
    assert ready.isVisible()
    assert ready.reason.text().startswith("steps is 0; give ")
    assert not ready.start.isEnabled()
    assert ready._jobs.all == []


def test_what_a_press_asked_for_is_not_begun_once_something_else_is_chosen(
    qtbot: QtBot, ready: TrainDialog
) -> None:
    type_steps(qtbot, ready, "7")
    qtbot.mouseClick(ready.start, Qt.MouseButton.LeftButton)
    assert ready.corpora.looking
    type_steps(qtbot, ready, "8")
    ready.name.setFocus()
    qtbot.waitUntil(lambda: not ready.corpora.looking, timeout=PATIENCE_MS)
    assert ready.isVisible()
    assert ready._jobs.all == []


def test_an_estimate_is_of_what_was_typed(
    qtbot: QtBot, ready: TrainDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = list[int]()
    monkeypatch.setattr(ready.estimate, "measure", lambda recipe, *_: measured.append(recipe.steps))
    type_steps(qtbot, ready, "7")
    qtbot.mouseClick(ready.estimate.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: measured == [7], timeout=PATIENCE_MS)

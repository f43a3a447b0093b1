"""A training that is done goes on for more steps, or it is said why it cannot."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.train.longer_dialog import LongerDialog
from app.training.extension import Extension
from app.training.training_job import TrainingJob
from app.widgets.boxes import NumberBox
from siamese_core.corpus import read_corpus
from siamese_core.launch import Launch, load_launch
from siamese_core.recipes import Recipe
from siamese_core.training.run import EXTENDABLE, Run
from siamese_core.training.training import train
from tests.app.test_train_page import PATIENCE_MS, _no_process_left, wait

__all__ = ["_no_process_left"]
LEFT = Qt.MouseButton.LeftButton
Make = Callable[..., TrainingJob]


@pytest.fixture
def make(qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, tiny_recipe: Recipe) -> Make:
    """Train on the tones, and show the run as one that the window started."""

    def made(*more: str, data: str = str(tone_corpus)) -> TrainingJob:
        run = Run(Path(bare_window.settings.runs_folder) / "run")
        recipe = tiny_recipe.override(["evaluate_every=10", "episodes=5", *more])
        train(recipe, read_corpus(tone_corpus), run.folder, device="cpu")
        Launch(data=(data,), device="cpu").save(run.launch)
        bare_window.pages.setCurrentWidget(bare_window.train)
        qtbot.waitUntil(lambda: bool(bare_window.jobs.all))
        (job,) = bare_window.jobs.all
        bare_window.train.select(job)
        qtbot.waitUntil(lambda: len(job.curves.steps) == job.status.step)
        return job

    return made


def ask(qtbot: QtBot, window: MainWindow) -> LongerDialog:
    """Press "Train longer…"."""
    qtbot.mouseClick(window.train.view.longer, LEFT)
    dialog = window.train.run_actions.steps_dialog
    assert dialog is not None
    return dialog


def fill_in(dialog: LongerDialog, **values: int) -> dict[str, str]:
    """Type numbers, and return what is said of them."""
    for name, value in values.items():
        dialog.form._editors[name].set(value)
    dialog.form._tell()
    return told(dialog)


def told(dialog: LongerDialog) -> dict[str, str]:
    return {name: label.text() for name, label in dialog.form._faults.items() if label.text()}


def start(qtbot: QtBot, dialog: LongerDialog) -> None:
    assert dialog.ok.isEnabled()
    with qtbot.waitSignal(dialog.accepted, timeout=PATIENCE_MS):
        qtbot.mouseClick(dialog.ok, LEFT)


def test_the_form_asks_for_what_a_run_can_be_asked_more_of() -> None:
    assert tuple(Extension.model_fields) == EXTENDABLE


def test_a_training_that_is_done_goes_on_as_one_run_with_one_curve(
    qtbot: QtBot, bare_window: MainWindow, make: Make
) -> None:
    job, view = make(), bare_window.train.view
    loss = list(job.curves.loss)
    assert view.notice.isHidden(), "nothing is wrong"
    assert bare_window.train.run_actions.longer.isEnabled()
    dialog = ask(qtbot, bare_window)
    assert dialog.findChildren(QLabel)[0].text() == "run took 20 of 20 steps. How many in all?"
    assert dialog.form._editors["steps"].get() == 20
    assert not dialog.ok.isEnabled()
    assert (
        f"{job.run.folder} was trained with steps = 20; give 20 or more"
        in (fill_in(dialog, steps=19)["steps"])
    )
    assert not dialog.ok.isEnabled()
    nothing = {"steps": "It took 20 of 20 steps; give more than 20."}
    assert fill_in(dialog, steps=20, patience=11) == nothing
    assert not dialog.ok.isEnabled(), "no step would be taken"
    assert fill_in(dialog, steps=30) == {}
    start(qtbot, dialog)
    assert job.status.state == "running"
    assert bare_window.jobs.all == [job]
    wait(qtbot, job, "done", "failed")
    assert (job.status.state, job.status.sentence) == ("done", "")
    qtbot.waitUntil(lambda: job.curves.steps == list(range(1, 31)), timeout=PATIENCE_MS)
    assert job.curves.loss[:20] == loss
    assert job.curves.validated == [10, 20, 30]
    assert view.numbers["Step"].text() == "30 of 30"
    assert "step 30 of 30" in bare_window.train.list.item(0).text()
    assert job.run.report.exists()


def test_steps_that_are_typed_and_not_left_are_taken_or_refused(
    qtbot: QtBot, bare_window: MainWindow, make: Make
) -> None:
    job = make()
    dialog = ask(qtbot, bare_window)
    steps = dialog.form._editors["steps"].widget
    assert isinstance(steps, NumberBox)

    def press_after(keys: str) -> None:
        steps.selectAll()
        qtbot.keyClicks(steps, keys)
        assert dialog.ok.isEnabled(), "it can be tried"
        qtbot.mouseClick(dialog.ok, LEFT)

    press_after("20")
    assert "give more than 20" in told(dialog)["steps"]
    press_after("19")
    assert "give 20 or more" in told(dialog)["steps"]
    with qtbot.waitSignal(dialog.accepted, timeout=PATIENCE_MS):
        press_after("24")
    wait(qtbot, job, "done", "failed")
    assert job.status.step == 24


def test_a_schedule_that_is_spread_over_all_steps_keeps_its_length(
    bare_window: MainWindow, make: Make
) -> None:
    make("schedule=one-cycle")
    view, action = bare_window.train.view, bare_window.train.run_actions.longer
    for offered in (view.longer, action):
        assert not offered.isEnabled()
        assert "follows a one-cycle schedule, whose learning rates are spread" in offered.toolTip()


def test_what_the_window_cannot_go_on_with_says_so(bare_window: MainWindow, make: Make) -> None:
    job, view = make(), bare_window.train.view
    job.run.state.rename(job.run.folder / "elsewhere")
    view.show_job(job)
    assert "state.safetensors is not there any more" in view.longer.toolTip()
    job.launch = None
    view.show_job(job)
    assert "--resume --set steps=N" in view.longer.toolTip()
    job.run.events.unlink()
    job.poll()
    assert "Only a training that is done" in view.longer.toolTip()
    assert not view.longer.isEnabled()
    assert not bare_window.train.run_actions.longer.isEnabled()


def test_one_that_gained_nothing_is_asked_for_more_patience(
    qtbot: QtBot, bare_window: MainWindow, make: Make
) -> None:
    job = make("steps=60", "patience=1", "evaluate_every=2", "learning_rate=1e-12")
    assert job.status.step < 60, "it ended early"
    dialog = ask(qtbot, bare_window)
    assert fill_in(dialog, steps=70) == {}
    qtbot.mouseClick(dialog.ok, LEFT)
    qtbot.waitUntil(lambda: bool(told(dialog)), timeout=PATIENCE_MS)
    sentence = told(dialog)["patience"]
    assert "1 validation gained nothing; raise patience above that, too." in sentence
    assert not dialog.ok.isEnabled()
    reached = job.status.step
    assert fill_in(dialog, steps=60, patience=2) == {}
    start(qtbot, dialog)
    wait(qtbot, job, "done", "failed")
    assert job.status.step > reached
    assert job.recipe is not None
    assert (job.recipe.steps, job.recipe.patience) == (60, 2)


def test_one_that_cannot_go_on_after_all_is_done_as_before_and_says_why(
    qtbot: QtBot, bare_window: MainWindow, make: Make, tmp_path: Path
) -> None:
    job, view = make(data=str(tmp_path / "nowhere")), bare_window.train.view
    kept = {file: file.read_bytes() for file in (job.run.events, job.run.report, job.run.recipe)}
    dialog = ask(qtbot, bare_window)
    fill_in(dialog, steps=30)
    start(qtbot, dialog)
    wait(qtbot, job, "done")
    assert "nowhere" in view.notice.text
    assert view.notice.property("notice") == "error"
    assert view.longer.isEnabled(), "to be tried again"
    assert all(file.read_bytes() == held for file, held in kept.items())


def test_one_that_waits_can_be_taken_out_of_the_queue(
    qtbot: QtBot, bare_window: MainWindow, make: Make
) -> None:
    job, view = make(), bare_window.train.view
    more = Extension(steps=30, patience=10).assignments
    job.wait_in_queue(1.0, more)
    assert job.status.state == "queued"
    assert "until the CPU is free" in job.status.sentence
    kept = load_launch(job.run.launch)
    assert kept is not None
    assert kept.more == more, "another window would go on with it"
    assert view.go.text() == "Start now"
    qtbot.mouseClick(view.stop, LEFT)
    assert (job.status.state, view.notice.text) == ("done", "")
    assert view.longer.isEnabled()

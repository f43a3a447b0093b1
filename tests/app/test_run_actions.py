"""Trainings are renamed, thrown away and shown from the list, unless they live or are not ours."""

import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.train.rename_dialog import RenameDialog
from app.sitting.history_record import read_history
from app.training.training_job import TrainingJob
from siamese_core.callbacks import ignore, never
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.report.evaluation_plan import EvaluationPlan
from siamese_core.training.run import Run
from tests.app.conftest import draw_tones, settle
from tests.app.training_states import write_run

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of one's own, in which the system keeps its trash."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "Trash" / "files"


@pytest.fixture
def without_trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))


def listed(qtbot: QtBot, window: MainWindow, *runs: Run) -> list[TrainingJob]:
    """Show the page, the last of the runs chosen."""
    window.pages.setCurrentWidget(window.train)
    window.jobs.watch()
    qtbot.waitUntil(lambda: {job.run for job in window.jobs.all} >= set(runs))
    jobs = [next(job for job in window.jobs.all if job.run == run) for run in runs]
    window.train.select(jobs[-1])
    window.train.list.setFocus()
    return jobs


def dialog_of(qtbot: QtBot, window: MainWindow) -> RenameDialog:
    """Press F2."""
    qtbot.keyClick(window.train.list, Qt.Key.Key_F2)
    dialog = window.train.run_actions.dialog
    assert dialog is not None
    return dialog


def answer(qtbot: QtBot, window: MainWindow, role: QMessageBox.ButtonRole) -> str:
    """Answer the question that is asked, and return it."""
    box = window.train.run_actions.box
    assert box is not None
    words = box.text()
    (button,) = (one for one in box.buttons() if box.buttonRole(one) == role)
    with qtbot.waitSignal(box.finished):
        qtbot.mouseClick(button, LEFT)
    return words


def test_a_finished_run_is_renamed_and_its_model_is_heard_from_where_it_is_now(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path
) -> None:
    run = write_run(tmp_path / "runs" / "own", 60, "done")
    listed(qtbot, bare_window, run)
    bare_window.session.set_model(run.best)
    settle(qtbot, bare_window)
    dialog = dialog_of(qtbot, bare_window)
    assert not dialog.ok.isEnabled(), "it is called so"
    dialog.field.setText("better")
    qtbot.mouseClick(dialog.ok, LEFT)
    renamed = Run(tmp_path / "runs" / "better")
    assert not run.folder.exists()
    assert [one.run for one in bare_window.jobs.all] == [renamed]
    view = bare_window.train.view
    assert view.job is not None
    assert (view.job.name, view.title.text()) == ("better", "better")
    settle(qtbot, bare_window)
    assert bare_window.session.model is not None
    assert bare_window.session.model.path == renamed.best
    assert str(run.best) not in bare_window.session.settings.recent_models


def test_a_rename_keeps_the_map_its_mask_and_how_often_the_model_was_right(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, tmp_path: Path
) -> None:
    run, pair = write_run(tmp_path / "runs" / "own", 60, "done"), bare_window.pair
    draw_tones(qtbot, bare_window, tone_corpus, run.best)
    session = bare_window.session
    session.draw(3, 1, seed=2)
    settle(qtbot, bare_window)
    bare_window.explain.method.explain()
    settle(qtbot, bare_window)
    pair.edited.invert()
    settle(qtbot, bare_window)
    explanation, mask, standing = pair.explanation, pair.mask, bare_window.lineup._standing.text()
    assert explanation is not None
    assert "of 2 right" in standing
    evaluations, rival = bare_window.evaluations, bare_window.evaluate.page.form.rival
    evaluations.look([tone_corpus])
    settle(qtbot, bare_window)
    few = EvaluationParameters.parse({"ways": 2, "runs": 2, "seed": 1})
    evaluations.measure(EvaluationPlan(run.best, few, device="cpu"))
    settle(qtbot, bare_window)
    rival.choose(run.best)
    listed(qtbot, bare_window, run)
    dialog = dialog_of(qtbot, bare_window)
    dialog.field.setText("better")
    qtbot.mouseClick(dialog.ok, LEFT)
    settle(qtbot, bare_window)
    assert pair.explanation is explanation
    assert pair.mask is mask
    assert bare_window.lineup._standing.text() == standing
    renamed = Run(tmp_path / "runs" / "better")
    assert rival.path == renamed.best
    assert evaluations.measured is not None
    assert evaluations.measured.plan.model == renamed.best
    session.set_device("cpu")
    settle(qtbot, bare_window)
    assert session.model is not None
    assert session.model.path == renamed.best, "it is loaded from where it is now"
    assert pair.explanation is explanation
    bare_window.sitting.keep()
    bare_window.sitting.background.finish()
    (*_, last) = read_history(bare_window.sitting.folder, ignore, never).lineups
    assert renamed.best in last.predicted


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("../else", "leads to another folder"),
        (".hidden", "begin with something other than a full stop"),
        ("n" * 101, "use 100 or fewer"),
        ("taken", "is not empty"),
    ],
)
def test_a_name_that_cannot_be_is_told_as_where_trainings_start(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "runs" / "taken").mkdir(parents=True)
    (tmp_path / "runs" / "taken" / "thesis.tex").write_text("")
    run = write_run(tmp_path / "runs" / "own", 60, "failed")
    listed(qtbot, bare_window, run)
    renaming, starting = dialog_of(qtbot, bare_window), bare_window.train.dialog
    renaming.field.setText(name)
    assert sentence in renaming.fault.text()
    assert not renaming.ok.isEnabled()
    starting.name.setText(name)
    assert starting._run_fault() == renaming.fault.text()
    renaming.reject()
    assert run.recipe.exists()


def test_a_run_goes_to_the_trash_and_its_neighbour_is_shown(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path, trash: Path
) -> None:
    runs = [write_run(tmp_path / "runs" / f"own-{i}", 60, "done") for i in range(3)]
    for place, run in enumerate(runs):
        os.utime(run.recipe, (1e9 - place, 1e9 - place))
    jobs = listed(qtbot, bare_window, runs[0], runs[2], runs[1])
    qtbot.keyClick(bare_window.train.list, Qt.Key.Key_Delete)
    assert not runs[1].folder.exists()
    assert (trash / "own-1" / "events.jsonl").exists()
    assert [job.run for job in bare_window.jobs.all] == [runs[0], runs[2]]
    assert bare_window.train.view.job is jobs[1]
    assert bare_window.train.notice.text == "'own-1' is in the trash."


def test_the_model_that_listens_goes_on_and_that_is_told(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path, trash: Path
) -> None:
    run = write_run(tmp_path / "runs" / "own", 60, "done")
    listed(qtbot, bare_window, run)
    bare_window.session.set_model(run.best)
    settle(qtbot, bare_window)
    qtbot.keyClick(bare_window.train.list, Qt.Key.Key_Delete)
    assert (trash / "own").is_dir()
    assert "stays in memory until another one is chosen" in bare_window.train.notice.text
    session = bare_window.session
    assert str(run.best) not in session.settings.recent_models
    assert session.model is not None
    session.open_bundled_lineup()
    settle(qtbot, bare_window)
    assert session.heard is not None
    assert session.heard.scored is not None


def test_what_no_training_wrote_is_named_before_it_goes_along(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path, trash: Path
) -> None:
    run = write_run(tmp_path / "runs" / "own", 60, "done")
    (run.folder / "thesis.tex").write_text("years")
    listed(qtbot, bare_window, run)
    qtbot.keyClick(bare_window.train.list, Qt.Key.Key_Delete)
    words = answer(qtbot, bare_window, QMessageBox.ButtonRole.RejectRole)
    assert words == f"{run.folder} also holds thesis.tex, which no training wrote."
    assert run.folder.exists()
    qtbot.keyClick(bare_window.train.list, Qt.Key.Key_Delete)
    answer(qtbot, bare_window, QMessageBox.ButtonRole.DestructiveRole)
    assert (trash / "own" / "thesis.tex").read_text() == "years"


@pytest.mark.usefixtures("without_trash")
def test_without_a_trash_it_is_asked_and_only_what_a_training_wrote_is_deleted(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (away / "kept.wav").write_text("sound")
    whole = write_run(tmp_path / "runs" / "whole", 60, "done")
    whole.log_mels.mkdir()
    (whole.log_mels / "maps.npy").write_bytes(b"maps")
    mixed = write_run(tmp_path / "runs" / "mixed", 60, "failed")
    (mixed.folder / "elsewhere").symlink_to(away)
    mixed.last.symlink_to(away / "kept.wav")
    listed(qtbot, bare_window, whole, mixed)
    qtbot.keyClick(bare_window.train.list, Qt.Key.Key_Delete)
    answer(qtbot, bare_window, QMessageBox.ButtonRole.DestructiveRole)  # the link goes along
    words = answer(qtbot, bare_window, QMessageBox.ButtonRole.DestructiveRole)
    assert words.startswith(f"{mixed.folder} could not be moved to the trash; deleted")
    assert words.endswith("cannot be had back. What no training wrote stays: elsewhere.")
    assert list(mixed.folder.iterdir()) == [mixed.folder / "elsewhere"]
    assert (away / "kept.wav").read_text() == "sound"
    assert [job.run for job in bare_window.jobs.all] == [whole]
    qtbot.keyClick(bare_window.train.list, Qt.Key.Key_Delete)
    answer(qtbot, bare_window, QMessageBox.ButtonRole.RejectRole)
    assert whole.best.exists()
    qtbot.keyClick(bare_window.train.list, Qt.Key.Key_Delete)
    answer(qtbot, bare_window, QMessageBox.ButtonRole.DestructiveRole)
    assert not whole.folder.exists()
    assert bare_window.train.notice.text == "'whole' is deleted."


def tips(window: MainWindow) -> set[tuple[bool, str]]:
    entries = window.train.run_actions.rename, window.train.run_actions.remove
    return {(entry.isEnabled(), entry.toolTip()) for entry in entries}


def test_what_lives_or_is_not_ours_stays_with_the_reason(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path, trash: Path
) -> None:
    runs = tmp_path / "runs"
    running, queued = write_run(runs / "running", 60, "stopped"), runs / "queued"
    real, foreign = write_run(tmp_path / "real", 60, "done"), Run(runs / "foreign")
    foreign.folder.mkdir()
    foreign.recipe.write_text("# by hand\n" + running.recipe.read_text())
    linked = Run(runs / "linked")
    linked.folder.symlink_to(real.folder)
    with running.lock():
        # A training that is held on its device keeps the queued one from being started.
        jobs = listed(qtbot, bare_window, linked, foreign, running)
        waiting = write_run(queued, 0, "queued")
        (waits,) = listed(qtbot, bare_window, waiting)
        reasons = [
            (waits, "It waits in the queue; stop it first."),
            (jobs[2], "It still runs; stop it first."),
            (jobs[0], "is a link to another folder; look after it with your file manager."),
            (jobs[1], "was not written by this program; look after it with your file manager."),
        ]
        for job, sentence in reasons:
            bare_window.train.select(job)
            ((is_enabled, tip),) = tips(bare_window)
            assert not is_enabled
            assert sentence in tip
            for key in (Qt.Key.Key_F2, Qt.Key.Key_Delete):
                bare_window.train.notice.clear()
                qtbot.keyClick(bare_window.train.list, key)
                assert sentence in bare_window.train.notice.text
            assert bare_window.train.run_actions.dialog is None
            assert job.run.folder.is_dir()
        waits.stop()
        bare_window.train.select(jobs[2])
    jobs[2].poll()
    assert all(is_enabled for is_enabled, _ in tips(bare_window)), "as soon as it ended"
    assert not trash.exists()


def test_the_menu_is_that_of_the_run_below_the_mouse(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path
) -> None:
    run = write_run(tmp_path / "runs" / "own", 60, "done")
    run.state.touch()
    listed(qtbot, bare_window, run)
    runs, menu = bare_window.train.list, bare_window.train.run_actions.menu
    runs.customContextMenuRequested.emit(runs.visualItemRect(runs.item(0)).center())
    assert menu.isVisible()
    named = [entry.text() for entry in menu.actions() if not entry.isSeparator()]
    assert named == ["Train &longer…", "&Rename…", "Move to &trash", "&Open folder"]
    assert all(isinstance(entry, QAction) and entry.isEnabled() for entry in menu.actions())
    menu.close()


def test_a_run_that_began_to_live_meanwhile_is_left_and_that_is_told(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path, trash: Path
) -> None:
    run = write_run(tmp_path / "runs" / "own", 60, "failed")
    listed(qtbot, bare_window, run)
    assert bare_window.train.run_actions.remove.isEnabled()
    with run.lock():
        bare_window.train.run_actions._discard()
        assert bare_window.train.notice.text == "It still runs; stop it first."
        assert run.folder.exists()
    assert not trash.exists()

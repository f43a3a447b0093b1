"""Folders of runs that the page finds: whole, corrupt, of the command line, gone."""

import os
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from siamese_core.launch import Launch
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from tests.app.conftest import PATIENCE_MS
from tests.app.training_states import write_run


class Opener(QObject):
    """Takes the folders that are to be shown, as a file manager does."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Path] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.taken.append(Path(url.toLocalFile()))


def test_a_corrupt_folder_stands_in_the_list_with_its_sentence(
    qtbot: QtBot, bare_window: MainWindow, tiny_recipe: Recipe
) -> None:
    runs = Path(bare_window.settings.runs_folder)
    for name, recipe in (("broken", "not = [toml"), ("whole", tiny_recipe.to_toml())):
        (runs / name).mkdir(parents=True)
        (runs / name / "recipe.toml").write_text(recipe)
    (runs / "whole" / "events.jsonl").write_bytes(b'{"event": "step"}\n5\n\xff{"event": 3}\n{"ev')
    (runs / "empty").mkdir()
    (runs / "file").write_text("")
    bare_window.pages.setCurrentWidget(bare_window.train)
    qtbot.waitUntil(lambda: len(bare_window.jobs.all) == 2)
    assert {job.name for job in bare_window.jobs.all} == {"broken", "whole"}
    for job in bare_window.jobs.all:
        bare_window.train.select(job)
        assert bare_window.train.view.title.text() == job.name
        assert not bare_window.train.view.use.isEnabled()
    broken = next(job for job in bare_window.jobs.all if job.name == "broken")
    bare_window.train.select(broken)
    assert "recipe.toml cannot be used: it is not TOML" in bare_window.train.view.notice.text
    assert not bare_window.train.view.copy.isEnabled()


def test_the_folder_is_opened_or_it_is_told_and_the_next_press_forgets_that(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path
) -> None:
    run, train = write_run(tmp_path / "runs" / "own", 60, "failed"), bare_window.train
    bare_window.pages.setCurrentWidget(train)
    qtbot.waitUntil(lambda: bool(bare_window.jobs.all))
    assert str(run.folder) in train.view.folder.toolTip()
    opener = Opener()
    QDesktopServices.setUrlHandler("file", opener, "take")
    try:
        qtbot.mouseClick(train.view.folder, Qt.MouseButton.LeftButton)
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert opener.taken == [run.folder]
    bare_window.jobs._timer.stop()  # a look would forget what is not there
    qtbot.waitUntil(lambda: not bare_window.jobs._looking)
    run.folder.rename(tmp_path / "elsewhere")
    qtbot.mouseClick(train.view.folder, Qt.MouseButton.LeftButton)
    assert train.notice.text == f"{run.folder} is not there any more."
    (tmp_path / "elsewhere").rename(run.folder)
    with qtbot.waitSignal(train.view.folder.pressed):
        qtbot.mousePress(train.view.folder, Qt.MouseButton.LeftButton)
    assert train.notice.text == ""


def test_a_run_of_the_command_line_is_shown_and_not_resumed_here(
    qtbot: QtBot, bare_window: MainWindow, tiny_recipe: Recipe
) -> None:
    run = Run(Path(bare_window.settings.runs_folder) / "own")
    run.folder.mkdir(parents=True)
    run.begin(tiny_recipe)
    with run.lock():
        bare_window.pages.setCurrentWidget(bare_window.train)
        qtbot.waitUntil(lambda: bool(bare_window.jobs.all))
        (job,) = bare_window.jobs.all
        assert job.status.state == "running"
    job.poll()
    assert job.status.state == "stopped"
    assert not bare_window.train.view.go.isEnabled()
    assert "--resume" in bare_window.train.view.go.toolTip()


def test_what_was_seen_before_a_click_is_not_taken_after_it(
    qtbot: QtBot, bare_window: MainWindow, tiny_recipe: Recipe
) -> None:
    run = Run(Path(bare_window.settings.runs_folder) / "own")
    run.folder.mkdir(parents=True)
    run.begin(tiny_recipe)
    jobs = bare_window.jobs
    bare_window.pages.setCurrentWidget(bare_window.train)
    qtbot.waitUntil(lambda: bool(jobs.all))
    (job,) = jobs.all
    with run.lock():
        outdated = (job, job.looks_taken, job.look())
    job.poll()
    jobs._take_survey(([outdated], {}))
    assert job.status.state == "stopped"
    jobs._take_survey(([(job, job.looks_taken, outdated[2])], {}))
    assert job.status.state == "running"
    jobs.let_go()


def test_what_waits_in_the_queue_is_told_when_the_window_closes(
    qtbot: QtBot, bare_window: MainWindow
) -> None:
    runs, jobs = Path(bare_window.settings.runs_folder), bare_window.jobs
    run = write_run(runs / "held", 60, "running")
    with run.lock():
        bare_window.pages.setCurrentWidget(bare_window.train)
        qtbot.waitUntil(lambda: len(jobs.running) == 1)
        for queued in (False, True):
            if queued:
                write_run(runs / "later", 0, "queued")
                qtbot.waitUntil(lambda: len(jobs.all) == 2)
                jobs.go_on()
            bare_window.close()
            box = bare_window.farewell.box
            assert box is not None
            assert ("queue" in box.informativeText()) == queued
            box.reject()
            assert bare_window.isVisible()
        (job,) = jobs.waiting
        assert job.name == "later"
        bare_window.settings.parting = "stop"
        bare_window.close()
        box = bare_window.farewell.box
        assert box is not None
        assert box.text() == "1 training waits in the queue.", "of the other one it is decided"
        box.reject()
        assert bare_window.farewell.stops
        bare_window.settings.parting = "ask"
    jobs._timer.stop()  # its turn would come
    qtbot.waitUntil(lambda: not jobs._looking)
    next(job for job in jobs.all if job.name == "held").poll()
    bare_window.close()
    box = bare_window.farewell.box
    assert box is not None
    assert box.text() == "1 training waits in the queue."
    assert "not started while the window is closed; it stays there" in box.informativeText()
    qtbot.mouseClick(bare_window.farewell.go_on, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not bare_window.isVisible())
    assert job.status.state == "queued"
    assert bare_window.settings.parting == "ask"


def test_what_an_earlier_window_left_in_the_queue_waits_until_it_is_let_go_on(
    qtbot: QtBot, bare_window: MainWindow
) -> None:
    runs, jobs, train = Path(bare_window.settings.runs_folder), bare_window.jobs, bare_window.train
    write_run(runs / "left", 0, "queued")
    bare_window.pages.setCurrentWidget(train)
    assert not train.go_on.isVisible()
    qtbot.waitUntil(train.go_on.isVisible)
    (job,) = jobs.left_waiting
    for _ in range(2):
        jobs.look()
        qtbot.waitUntil(lambda: not jobs._looking)
    assert job.status.state == "queued", "though its device is free"
    assert "Go on with the queue" in train.view.notice.text
    bare_window.farewell.may_close()
    assert bare_window.farewell.box is None, "nothing changes for it"
    with write_run(runs / "held", 60, "running").lock():
        jobs._looks = 0
        jobs.look()
        qtbot.waitUntil(lambda: len(jobs.running) == 1)
        qtbot.mouseClick(train.go_on, Qt.MouseButton.LeftButton)
        assert not train.go_on.isVisible()
        assert jobs.waiting == [job]
        train.select(job)
        assert "It waits until the CPU is free." in train.view.notice.text
        job.stop()
        jobs.let_go()


def test_a_folder_that_is_used_anew_holds_only_the_new_training(
    qtbot: QtBot, bare_window: MainWindow, tiny_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    def start(run: Run, launch: Launch, _resume: bool) -> None:
        started.append((run.read_recipe(), launch.data))
        raise BlockingIOError

    monkeypatch.setattr("app.training.training_job.start_training", start)
    jobs, train = bare_window.jobs, bare_window.train
    folder = Path(bare_window.settings.runs_folder) / "run"
    old = jobs.add(tiny_recipe, Launch(data=("/old",), device="cpu"), folder)
    train.select(old)
    outdated = (old, old.looks_taken, old.look())
    shutil.rmtree(folder)
    recipe = tiny_recipe.override(["steps=77"])
    new = jobs.add(recipe, Launch(data=("/new",), device="cpu"), folder)
    assert started[-1] == (recipe, ("/new",))
    assert (jobs.all, train.view.job) == ([new], new)
    assert (new.recipe, new.device) == (recipe, "cpu")
    with qtbot.waitSignal(old.destroyed):
        pass
    jobs._take_survey(([outdated], {}))
    assert jobs.all == [new]
    jobs.let_go()


def test_a_training_whose_folder_is_gone_leaves_the_list(
    qtbot: QtBot, bare_window: MainWindow
) -> None:
    runs, train = Path(bare_window.settings.runs_folder), bare_window.train
    jobs = bare_window.jobs
    for name in ("one", "two"):
        write_run(runs / name, 60, "failed")
    bare_window.pages.setCurrentWidget(train)
    qtbot.waitUntil(lambda: len(jobs.all) == 2)
    for left in (1, 0):
        assert train.view.job in jobs.all
        shutil.rmtree(train.view.job.run.folder)
        qtbot.waitUntil(lambda left=left: len(jobs.all) == left)
        assert train.list.count() == left
    assert train.view.job is None
    assert train._stack.currentWidget() is train._empty
    write_run(runs / "one", 60, "failed")
    jobs._looks = 0
    qtbot.waitUntil(lambda: train.view.job is not None)


def test_trainings_of_an_earlier_folder_stay_listed(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path
) -> None:
    jobs, old, new = bare_window.jobs, tmp_path / "runs", tmp_path / "new"
    run = write_run(old / "early", 60, "running")
    write_run(new / "late", 60, "done")
    jobs.move_to(new)
    assert (jobs.folder, jobs.folders) == (new, [new, old])
    with run.lock():
        bare_window.pages.setCurrentWidget(bare_window.train)
        qtbot.waitUntil(lambda: len(jobs.all) == 2)
        assert [job.name for job in jobs.running] == ["early"]
    jobs.let_go()


def test_the_curves_of_a_long_training_are_soon_whole(
    qtbot: QtBot, bare_window: MainWindow
) -> None:
    jobs = bare_window.jobs
    write_run(Path(bare_window.settings.runs_folder) / "long", 3000, "done")
    bare_window.pages.setCurrentWidget(bare_window.train)
    qtbot.waitUntil(lambda: bool(jobs.all))
    qtbot.waitUntil(lambda: not jobs._looking)
    jobs._timer.stop()
    (job,) = jobs.all
    bare_window.train.view.show_job(job)
    qtbot.waitUntil(lambda: len(job.curves.steps) == 3000)


def test_words_without_news_leave_what_is_selected_in_the_log(
    qtbot: QtBot, bare_window: MainWindow
) -> None:
    run = write_run(Path(bare_window.settings.runs_folder) / "run", 60, "failed")
    run.words.write_bytes(b"10 %\r\n20 %\r\n" * 100_000)
    bare_window.pages.setCurrentWidget(bare_window.train)
    view = bare_window.train.view
    qtbot.waitUntil(lambda: "20 %" in view.log.toPlainText())
    assert len(view.log.toPlainText()) < 1 << 17
    view.log.selectAll()
    view.log.verticalScrollBar().setValue(1)
    view._refresh()
    assert view.log.textCursor().hasSelection()
    assert view.log.verticalScrollBar().value() == 1


def test_what_a_stranger_wrote_is_shown_as_it_is(bare_window: MainWindow) -> None:
    dialog, view = bare_window.train.dialog, bare_window.train.view
    parts = dialog.gallery.document, dialog.corpora.about, dialog.reason, dialog.estimate.words
    for label in (*parts, *view.numbers.values()):
        assert label.textFormat() == Qt.TextFormat.PlainText


def test_a_training_keeps_its_place_in_the_list_when_another_one_comes(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path
) -> None:
    runs, jobs = tmp_path / "runs", bare_window.jobs
    for age, name in ((30, "older"), (20, "newer")):
        recipe = write_run(runs / name, 20, "failed").recipe
        os.utime(recipe, times=(recipe.stat().st_mtime - age,) * 2)
    bare_window.pages.setCurrentWidget(bare_window.train)
    qtbot.waitUntil(lambda: len(jobs.all) == 2)
    assert [job.name for job in jobs.all] == ["newer", "older"]
    (runs / "older" / "recipe.toml").touch()
    write_run(runs / "newest", 20, "failed")
    qtbot.waitUntil(lambda: len(jobs.all) == 3, timeout=PATIENCE_MS)
    assert [job.name for job in jobs.all] == ["newest", "newer", "older"]

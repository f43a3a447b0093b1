"""Trainings in processes of their own: started, watched, killed, queued, stopped, found again."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.settings import Settings
from app.sound.audio_output import AudioOutput
from app.training.training_job import TrainingJob
from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.files import write_text
from siamese_core.launch import Launch
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from tests.app.conftest import RecordingSink, bury, settle
from tests.app.window_states import write_hums

PATIENCE_MS = 240_000
"""A process of its own imports torch, and other tests may run beside it."""
LONG = ("steps=100000", "evaluate_every=20", "patience=100000", "episodes=5")
"""A training that does not end by itself."""

WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from app.main_window import MainWindow
from app.settings import Settings
from siamese_core.launch import Launch
from siamese_core.recipes import load_recipe

application = QApplication([])
store, run, recipe, corpus = sys.argv[1:]
window = MainWindow(Settings(QSettings(store, QSettings.Format.IniFormat)))
window.show()
window.jobs.add(load_recipe(recipe), Launch(data=(corpus,), device="cpu"), Path(run))
sys.exit(application.exec())
"""
"""A window of another process, with a training."""


@pytest.fixture(autouse=True)
def _no_process_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """End what a failed test left behind; a test that ends well must leave nothing."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield
    left = [number for number, line in _processes() if str(tmp_path) in line]
    for number in left:
        os.kill(number, signal.SIGKILL)
    assert left == []


def _processes() -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield int(folder.name), (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:  # it ended meanwhile
            continue


def start(
    qtbot: QtBot, window: MainWindow, corpus: Path, recipe: Recipe, name: str = "run"
) -> TrainingJob:
    """Fill in the dialog and click Start."""
    file = Path(window.settings.runs_folder).parent / f"{name}.toml"
    write_text(file, recipe.to_toml())
    window.train_model()
    dialog = window.train.dialog
    dialog.gallery.choose(str(file))
    dialog.corpora.set_folders([corpus])
    dialog.device.choose("cpu")
    dialog.name.setText(name)
    qtbot.waitUntil(dialog.start.isEnabled, timeout=PATIENCE_MS)
    with qtbot.waitSignal(dialog.started) as started:
        qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    job: TrainingJob = started.args[0]
    assert not dialog.isVisible()
    assert not Path(dialog.folder.text(), dialog.name.text()).exists(), "the next one's name"
    return job


def wait(qtbot: QtBot, job: TrainingJob, *states: str) -> None:
    qtbot.waitUntil(lambda: job.status.state in states, timeout=PATIENCE_MS)


def wait_for_a_validation(qtbot: QtBot, job: TrainingJob, after: int = 0) -> None:
    qtbot.waitUntil(lambda: (job.curves.validated or [0])[-1] > after, timeout=PATIENCE_MS)


def stop(qtbot: QtBot, window: MainWindow, job: TrainingJob) -> None:
    window.train.select(job)
    qtbot.mouseClick(window.train.view.stop, Qt.MouseButton.LeftButton)
    wait(qtbot, job, "stopped")


def test_a_training_started_in_the_dialog_ends_and_its_model_listens(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, tiny_recipe: Recipe
) -> None:
    window, view = bare_window, bare_window.train.view
    assert "No training yet" in window.train._empty.text()
    job = start(qtbot, window, tone_corpus, tiny_recipe.override(["test=2"]))
    assert job.status.state == "running"
    assert "running" in window.train.list.item(0).text()
    wait(qtbot, job, "done", "failed")
    assert job.status.sentence == ""
    qtbot.waitUntil(lambda: len(job.curves.steps) == 20, timeout=PATIENCE_MS)
    assert job.curves.steps == list(range(1, 21))
    assert job.curves.validated == [10, 20]
    assert view.plot.loss.getData()[1].tolist() == job.curves.loss
    assert view.plot.high.getData()[1].tolist() == job.curves.highs
    assert view.numbers["Step"].text() == "20 of 20"
    assert "Test accuracy" in view.log.toPlainText()
    assert not view.stop.isEnabled()
    assert not view.go.isEnabled()
    qtbot.mouseClick(view.use, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert window.session.model is not None
    assert window.session.model.path == job.run.best
    assert window.models.models.currentText() == "run"
    assert window.pages.currentWidget() is window.splitter


def test_killed_it_says_so_goes_on_and_stops(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, tiny_recipe: Recipe
) -> None:
    view = bare_window.train.view
    job = start(qtbot, bare_window, tone_corpus, tiny_recipe.override(LONG))
    wait_for_a_validation(qtbot, job)
    assert job.run.holder is not None
    os.kill(job.run.holder, signal.SIGKILL)
    wait(qtbot, job, "failed")
    assert "ended without a word (killed?) at step" in view.notice.text
    reached = job.curves.validated[-1]
    qtbot.mouseClick(view.go, Qt.MouseButton.LeftButton)
    wait(qtbot, job, "running")
    wait_for_a_validation(qtbot, job, reached)
    assert job.curves.steps == list(range(1, len(job.curves.steps) + 1)), "no step told twice"
    stop(qtbot, bare_window, job)
    assert job.status.sentence.startswith("It stopped at step ")
    assert view.go.isEnabled()


def test_reading_is_told_and_a_stop_is_heard_meanwhile(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path, tiny_recipe: Recipe, monkeypatch
) -> None:
    """Clips at a hundred speeds each are read for long."""
    monkeypatch.setenv("EARWITNESS_CACHE", str(tmp_path / "cache"))
    corpus = write_hums(tmp_path / "hums", classes=8, takes=60, seconds=4, rate=16000)
    speeds = ", ".join(f"{0.9 + number / 500:.3f}" for number in range(100))
    many = tiny_recipe.override([f"augmentation.speeds=[{speeds}]"])
    view, words = bare_window.train.view, bare_window.train.list
    job = start(qtbot, bare_window, corpus, many)
    qtbot.waitUntil(lambda: "Reading clips: " in view.progress.text(), timeout=PATIENCE_MS)
    assert view.progress.text() in words.item(0).text()
    assert not job.curves.steps
    qtbot.mouseClick(view.stop, Qt.MouseButton.LeftButton)
    wait(qtbot, job, "stopped")
    assert job.status.sentence == "It stopped before its first step."
    assert "Reading clips was cancelled." in job.words, "it heard, and was not killed"
    assert view.progress.text() == ""
    assert view.go.isEnabled()


def test_one_that_does_not_hear_is_pressed_and_has_stopped(
    qtbot: QtBot,
    bare_window: MainWindow,
    tone_corpus: Path,
    tiny_recipe: Recipe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.training.training_job._PATIENCE_MS", 100)
    job = start(qtbot, bare_window, tone_corpus, tiny_recipe.override(LONG))
    qtbot.waitUntil(lambda: job.run.holder is not None, timeout=PATIENCE_MS)
    os.kill(job.run.holder, signal.SIGSTOP)
    qtbot.mouseClick(bare_window.train.view.stop, Qt.MouseButton.LeftButton)
    job.run.stop.unlink()  # as one that was only starting forgets it
    wait(qtbot, job, "stopped")


def test_one_that_only_starts_stops_too_when_the_window_closes(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, tiny_recipe: Recipe
) -> None:
    jobs, folder = bare_window.jobs, Path(bare_window.settings.runs_folder) / "run"
    launch = Launch(data=(str(tone_corpus),), device="cpu")
    job = jobs.add(tiny_recipe.override(LONG), launch, folder)
    jobs.let_go(stop=True)
    assert job._is_last_warning, "pressed at once"
    qtbot.waitUntil(lambda: not job.run.is_held, timeout=PATIENCE_MS)
    job.poll()
    assert job.status.state == "stopped"
    assert not job.curves.steps


def test_a_fault_in_the_child_is_told_in_its_words(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, tiny_recipe: Recipe
) -> None:
    recipe = tiny_recipe.override(["learning_rate=10", "loss=contrastive", "margin=1e30"])
    job = start(qtbot, bare_window, tone_corpus, recipe)
    wait(qtbot, job, "failed")
    assert "lower the learning rate of 10" in bare_window.train.view.notice.text
    assert "lower the learning rate" in bare_window.train.view.log.toPlainText()


def test_a_full_disk_is_told(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, tiny_recipe: Recipe
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    qtbot.waitUntil(lambda: not bare_window.session.background.busy, timeout=PATIENCE_MS)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, hard))
    try:
        job = start(qtbot, bare_window, tone_corpus, tiny_recipe.override(LONG))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    wait(qtbot, job, "failed")
    assert "file too large" in job.status.sentence


def test_what_cannot_be_written_leaves_nothing_behind(
    bare_window: MainWindow, tiny_recipe: Recipe
) -> None:
    folder = Path(bare_window.settings.runs_folder) / "run"
    launch = Launch(data=("x" * 8_000,), device="cpu")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, hard))
    try:
        with pytest.raises(EarwitnessError, match=r"job\.json cannot be written: file too large"):
            bare_window.jobs.add(tiny_recipe, launch, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not folder.exists(), "the name is free for another try"
    assert bare_window.jobs.all == []


def test_the_window_closes_and_the_training_is_found_again(
    qtbot: QtBot,
    bare_window: MainWindow,
    tone_corpus: Path,
    tiny_recipe: Recipe,
    tmp_path: Path,
    sink: RecordingSink,
) -> None:
    job = start(qtbot, bare_window, tone_corpus, tiny_recipe.override(LONG))
    wait_for_a_validation(qtbot, job)
    bare_window.close()
    assert bare_window.isVisible()
    farewell = bare_window.farewell
    assert farewell.box is not None
    assert farewell.box.text() == "1 training still runs."
    cancel = farewell.box.button(farewell.box.StandardButton.Cancel)
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert bare_window.isVisible()
    bare_window.close()
    assert farewell.box is not None
    farewell.never_again.setChecked(True)
    assert isinstance(farewell.go_on, QPushButton)
    qtbot.mouseClick(farewell.go_on, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not bare_window.isVisible())
    assert bare_window.settings.parting == "go on"
    assert job.run.is_held
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    again = MainWindow(Settings(store), AudioOutput(sinks=[lambda: sink]))
    again.show()
    again.pages.setCurrentWidget(again.train)
    qtbot.waitUntil(lambda: bool(again.jobs.all))
    (found,) = again.jobs.all
    assert found.status.state == "running"
    wait_for_a_validation(qtbot, found, job.curves.validated[-1])
    assert found.launch == job.launch
    again.settings.parting = "stop"
    again.close()
    assert not again.isVisible()
    qtbot.waitUntil(lambda: not found.run.is_held, timeout=PATIENCE_MS)
    found.poll()
    assert found.status.state == "stopped"
    bury(again)


def test_the_window_is_killed_and_the_training_is_found_again(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    recipe = tmp_path / "tiny.toml"
    write_text(recipe, tiny_recipe.override(LONG).to_toml())
    run = Run(Path(bare_window.settings.runs_folder) / "run")
    arguments = [str(tmp_path / "other.ini"), str(run.folder), str(recipe), str(tone_corpus)]
    doomed = subprocess.Popen([sys.executable, "-c", WINDOW, *arguments])
    try:
        validated = '"validation"'
        qtbot.waitUntil(
            lambda: run.events.exists() and validated in run.events.read_text(),
            timeout=PATIENCE_MS,
        )
        assert doomed.poll() is None
    finally:
        doomed.kill()
        doomed.wait()
    bare_window.pages.setCurrentWidget(bare_window.train)
    qtbot.waitUntil(lambda: bool(bare_window.jobs.all))
    (found,) = bare_window.jobs.all
    assert found.status.state == "running"
    wait_for_a_validation(qtbot, found)
    wait_for_a_validation(qtbot, found, found.curves.validated[-1])
    stop(qtbot, bare_window, found)
    assert bare_window.train.view.go.isEnabled()


def test_a_second_training_waits_for_the_device_or_is_started_beside(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, tiny_recipe: Recipe
) -> None:
    window, recipe = bare_window, tiny_recipe.override(LONG)
    first = start(qtbot, window, tone_corpus, recipe, "first")
    second = start(qtbot, window, tone_corpus, recipe, "second")
    third = start(qtbot, window, tone_corpus, recipe, "third")
    assert [job.name for job in window.jobs.all] == ["third", "second", "first"]
    assert [job.status.state for job in (first, second, third)] == ["running", "queued", "queued"]
    assert "until the CPU is free" in window.train.view.notice.text
    window.train.select(third)
    assert window.train.view.go.text() == "Start now"
    qtbot.mouseClick(window.train.view.go, Qt.MouseButton.LeftButton)
    wait(qtbot, third, "running")
    assert second.status.state == "queued"
    stop(qtbot, window, first)
    assert second.status.state == "queued", "the third still has the device"
    stop(qtbot, window, third)
    wait(qtbot, second, "running")
    stop(qtbot, window, second)
    window.jobs.resume(first)
    window.jobs.resume(second)
    assert second.status.state == "queued"
    stop(qtbot, window, second)
    stop(qtbot, window, first)


def test_another_device_does_not_wait(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, tiny_recipe: Recipe
) -> None:
    """This machine need not have it: that its training starts at once is seen by its refusal."""
    window = bare_window
    first = start(qtbot, window, tone_corpus, tiny_recipe.override(LONG), "first")
    folder = Path(window.settings.runs_folder) / "second"
    second = window.jobs.add(tiny_recipe, Launch(data=(str(tone_corpus),), device="cuda:7"), folder)
    assert [job.status.state for job in (first, second)] == ["running", "running"]
    wait(qtbot, second, "failed")
    assert "cuda:7" in second.status.sentence
    assert first.status.state == "running"
    stop(qtbot, window, first)


def test_a_fault_of_the_session_that_is_its_own_is_told(window: MainWindow) -> None:
    window.session.tell("export", ParameterError("Not here."))
    assert window.train.notice.text == ""
    window.session.tell("train", ParameterError("The dialog cannot be prepared."))
    assert window.train.notice.text == "The dialog cannot be prepared."

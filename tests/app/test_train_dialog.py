"""The dialog before a training: recipes, corpora, split, device, estimate, and why not yet."""

import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.train.estimate_row import EstimateRow
from app.pages.train.train_dialog import TrainDialog
from app.training.child import training_arguments
from siamese_core.corpora.layouts import GLYPH_LAYOUTS, LAYOUTS
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.launch import Launch
from siamese_core.nvml import Gpu
from siamese_core.recipes import Recipe, load_recipe, recipe_names
from siamese_core.training.run import Run
from tests.app.conftest import settle, tab_stops
from tests.app.training_states import write_run

PATIENCE_MS = 240_000
REFUSED = "Change the folders or the recipe."


def test_every_bundled_recipe_fills_the_form_and_shows_its_document(dialog: TrainDialog) -> None:
    for name in recipe_names():
        dialog.gallery.choose(name)
        recipe = load_recipe(name)
        assert dialog.form.values() == recipe
        assert dialog.gallery.document.text() == recipe.document
        assert dialog.name.text() == f"{recipe.name}-1"


def test_a_long_form_is_drawn_in_turns_and_is_whole_when_it_is_asked(
    qtbot: QtBot, dialog: TrainDialog
) -> None:
    dialog.form.set_model(EvaluationParameters)
    dialog.gallery.choose("voice")
    assert dialog.form.waiting, "drawn a little later"
    assert dialog._recipe == load_recipe("voice")
    assert dialog.form.values() == load_recipe("voice")
    dialog.form.set_model(EvaluationParameters)
    dialog.gallery.choose("omniglot")
    qtbot.waitUntil(lambda: not dialog.form.waiting)
    assert dialog.form.values() == load_recipe("omniglot")
    wanted = [*dialog.form.stops, dialog.corpora.kind, dialog.start]
    assert [stop for stop in tab_stops(dialog.gallery) if stop in wanted] == wanted


def test_a_training_that_only_reads_its_clips_so_far_says_so(
    qtbot: QtBot, bare_window: MainWindow
) -> None:
    run = write_run(Path(bare_window.settings.runs_folder, "run"), 0, "running")
    view = bare_window.train.view
    with run.lock():
        bare_window.jobs.watch()
        qtbot.waitUntil(lambda: len(bare_window.jobs.all) == 1, timeout=PATIENCE_MS)
        view.show_job(bare_window.jobs.all[0])
        qtbot.waitUntil(lambda: "reads the clips first" in view.log.placeholderText())
        run.append({"event": "step", "time": 1.0, "step": 1, "loss": 0.7, "accuracy": 0.5})
        qtbot.waitUntil(lambda: view.log.placeholderText() == "", timeout=PATIENCE_MS)


def test_without_a_folder_it_says_what_to_do(dialog: TrainDialog) -> None:
    assert not dialog.start.isEnabled()
    assert dialog.reason.text() == "Add a folder to train on."
    assert not dialog.estimate.button.isEnabled()
    dialog.accept()
    assert dialog.isVisible()


def test_the_librarys_folder_is_proposed_until_another_was_trained_on(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, tmp_path: Path
) -> None:
    bare_window.session.open_corpus(tone_corpus)
    settle(qtbot, bare_window)
    first, second = bare_window.train.dialog, TrainDialog(bare_window.session, bare_window.jobs)
    qtbot.addWidget(second)
    first.begin()
    assert first.corpora.folders == [tone_corpus]
    bare_window.settings.training_folders = (str(tmp_path),)
    second.begin()
    assert second.corpora.folders == [tmp_path]
    settle(qtbot, bare_window)  # before the second goes, which is told what lies there


def test_the_split_names_what_is_held_out(
    ready: TrainDialog, qtbot: QtBot, tone_corpus: Path
) -> None:
    data = ready.corpora.data
    assert data is not None
    assert (len(data.split.train), len(data.split.validation), len(data.split.test)) == (4, 2, 3)
    shown = ready.corpora.about.text()
    assert "Class folders, 9 classes, 72 files" in shown
    assert f"Held out for the test: {', '.join(data.split.test)}." in shown
    assert "Trains on 4 classes" in shown


def test_an_illegal_value_and_a_taken_folder_keep_it_from_starting(
    ready: TrainDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    ready.form.draw()
    ready.form._editors["ratio"].set("1:x")
    ready.form._tell()
    assert not ready.start.isEnabled()
    assert ready.reason.text().startswith("ratio is '1:x'; give text:")
    ready.form._editors["ratio"].set("1:1")
    ready.form._tell()
    qtbot.waitUntil(ready.start.isEnabled, timeout=PATIENCE_MS)
    taken = Path(ready.folder.text(), "taken")
    taken.mkdir(parents=True)
    (taken / "thesis.tex").write_text("")
    ready.name.setText("taken")
    assert "is not empty" in ready.fault.text()
    assert ready.reason.text() == "Mend the name or the folder of the run."
    assert not ready.start.isEnabled()
    ready.name.setText("free")
    assert ready.start.isEnabled()
    assert not ready.fault.isVisible()


def test_a_dialog_that_is_not_seen_does_not_look_at_the_disk(
    ready: TrainDialog, bare_window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []
    monkeypatch.setattr(
        "app.training.run_folder.folder_fault", lambda folder: looked.append(folder) or ""
    )
    bare_window.jobs.changed.emit()
    assert len(looked) == 1, "once for all that it says"
    ready.reject()
    looked.clear()
    for _ in range(3):
        bare_window.jobs.changed.emit()
    assert not looked
    monkeypatch.setattr("app.training.run_folder.folder_fault", lambda _folder: "It is full.")
    ready.open()
    assert ready.fault.text() == "It is full."
    assert not ready.start.isEnabled()


def test_folders_that_cannot_be_trained_on_are_refused_in_place(
    ready: TrainDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    ready.corpora.set_folders([tmp_path / "nowhere"])
    qtbot.waitUntil(lambda: "There is no folder" in ready.corpora.notice.text, timeout=PATIENCE_MS)
    assert ready.reason.text() == REFUSED, "why is told once"
    assert not ready.start.isEnabled()
    ready.corpora.list.setCurrentRow(0)
    qtbot.mouseClick(ready.corpora.remove, Qt.MouseButton.LeftButton)
    assert ready.reason.text() == "Add a folder to train on."


def test_what_the_folders_refuse_is_told_once_beside_its_field(
    ready: TrainDialog, qtbot: QtBot
) -> None:
    form, corpora = ready.form, ready.corpora
    form.draw()

    def told() -> dict[str, str]:
        return {name: one.text() for name, one in form._faults.items() if one.isVisible()}

    form._editors["test"].set(("boiling-water", "tone1"))
    form._tell()
    qtbot.waitUntil(lambda: bool(told()), timeout=PATIENCE_MS)
    assert list(told()) == ["test"]
    assert "no class 'boiling-water'; it has tone0" in told()["test"]
    assert "Name other classes in 'Test classes', or say how many." in told()["test"]
    assert corpora.notice.text == ""
    assert ready.reason.text() == "Mend the marked parameter of the recipe."
    assert not ready.start.isEnabled()
    qtbot.waitUntil(lambda: not form._faults["test"].visibleRegion().isEmpty())
    form._tell()
    assert list(told()) == ["test"], "it stays while nothing is changed"
    form._editors["test"].set(2)
    form._editors["ways"].set(5)
    form._tell()
    qtbot.waitUntil(lambda: "validation" in told(), timeout=PATIENCE_MS)
    assert list(told()) == ["validation"]
    wanted = "raise 'Validation classes' to 5 classes, or lower 'Classes (C)'."
    assert told()["validation"].endswith(wanted)
    form._editors["ways"].set(2)
    form._tell()
    qtbot.waitUntil(ready.start.isEnabled, timeout=PATIENCE_MS)
    assert told() == {}
    assert ready.reason.text() == ""


def test_a_broken_recipe_file_is_told(dialog: TrainDialog, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("steps = ")
    dialog.gallery.choose(str(file))
    assert "broken.toml cannot be used as a recipe" in dialog.gallery.notice.text


def test_devices_are_offered_with_what_is_free(dialog: TrainDialog) -> None:
    picker = dialog.device
    picker.list((), False)
    assert picker.device == "cpu"
    assert "no NVIDIA GPU" in picker.about.text()
    gpus = (
        Gpu("cuda:0", "Large", int(2e9), int(80e9), 97),
        Gpu("cuda:1", "Small", int(7e9), int(8e9)),
    )
    picker.list(gpus, False)
    assert picker.device == "cuda:1", "the freest"
    shown = [picker.devices.itemText(row) for row in range(picker.devices.count())]
    assert shown == [
        "CPU",
        "cuda:0: Large, 2.0 of 80.0 GB free, 97 % busy",
        "cuda:1: Small, 7.0 of 8.0 GB free",
    ]
    assert not picker.about.isVisible()


def test_what_is_free_is_asked_anew_each_time_and_the_choice_stays(
    dialog: TrainDialog, qtbot: QtBot, bare_window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    picker, free = dialog.device, int(6e9)

    def devices() -> tuple[Gpu, ...]:
        return (Gpu("cuda:0", "One", free, int(8e9)), Gpu("cuda:1", "Other", int(5e9), int(8e9)))

    monkeypatch.setattr("app.training.jobs.nvidia_devices", devices)
    dialog.reject()
    bare_window.train_model()
    qtbot.waitUntil(lambda: picker.devices.count() == 3)
    assert picker.device == "cuda:0"
    free = int(1e9)
    dialog.reject()
    bare_window.train_model()
    qtbot.waitUntil(lambda: picker.device == "cuda:1")
    assert "1.0 of 8.0 GB free" in picker.devices.itemText(1)
    qtbot.keyClick(picker.devices, Qt.Key.Key_Home)
    assert picker.device == "cpu"
    dialog.reject()
    free = int(7e9)
    bare_window.train_model()
    qtbot.waitUntil(lambda: "7.0 of 8.0 GB free" in picker.devices.itemText(1))
    assert picker.device == "cpu"
    dialog.fill(load_recipe("voice"), Launch(data=("corpus",), device="cuda:2"))
    assert picker.device == "cpu", "it is not there"


def test_an_estimate_is_measured_in_a_process(
    ready: TrainDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(ready.estimate.told, timeout=PATIENCE_MS) as told:
        qtbot.mouseClick(ready.estimate.button, Qt.MouseButton.LeftButton)
        assert ready.estimate.button.text() == "Cancel"
    assert "on this CPU at most" in told.args[0]
    assert ready.estimate.words.text() == told.args[0]
    assert list(Path(ready.folder.text()).iterdir()) == []


def test_an_estimate_without_room_for_its_recipe_is_refused(
    ready: TrainDialog, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "not-there"))
    qtbot.mouseClick(ready.estimate.button, Qt.MouseButton.LeftButton)
    assert "cannot be written for the measuring: no such file" in ready.estimate.words.text()
    assert not ready.estimate.busy
    assert ready.estimate.button.text() == "Estimate"


def test_an_estimate_can_be_cancelled(ready: TrainDialog, qtbot: QtBot) -> None:
    qtbot.mouseClick(ready.estimate.button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(ready.estimate.told, timeout=PATIENCE_MS) as told:
        qtbot.mouseClick(ready.estimate.button, Qt.MouseButton.LeftButton)
        assert ready.estimate.button.text() == "Cancelling…"
    assert ready.estimate.button.text() == "Estimate"
    assert told.args == ["The measuring was cancelled."]
    assert not ready.estimate.busy


def test_a_duplicate_takes_up_recipe_folders_and_device(
    dialog: TrainDialog, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    recipe = tiny_recipe.override(["steps=77"])
    dialog.fill(recipe, Launch(data=(str(tone_corpus),), device="cpu"))
    assert dialog.form.values() == recipe
    assert dialog.corpora.folders == [tone_corpus]
    assert dialog.name.text() == "tiny-1"


def test_a_layout_is_recognised_or_chosen_and_told_to_the_job(
    ready: TrainDialog, qtbot: QtBot
) -> None:
    corpora, kinds = ready.corpora, ready.corpora.kind
    assert corpora.layout_name is None
    assert [kinds.itemData(row) for row in range(1, kinds.count())] == [*LAYOUTS, *GLYPH_LAYOUTS]
    kinds.setCurrentIndex(kinds.findData("voxceleb"))
    assert ready.corpora.looking
    qtbot.waitUntil(lambda: bool(corpora.notice.text), timeout=PATIENCE_MS)
    assert "VoxCeleb" in corpora.notice.text
    assert ready.reason.text() == REFUSED
    assert not ready.start.isEnabled()
    kinds.setCurrentIndex(kinds.findData("class-folders"))
    qtbot.waitUntil(ready.start.isEnabled, timeout=PATIENCE_MS)
    assert corpora.notice.text == ""
    ready.device.choose("cpu")
    launch = ready._launch()
    assert (launch.layout, launch.device) == ("class-folders", "cpu")
    assert "class-folders" in training_arguments(Run(Path("run")), launch)
    ready.fill(load_recipe("voice"), Launch(data=launch.data, layout="esc10"))
    assert corpora.layout_name == "esc10"
    ready.fill(load_recipe("voice"), Launch(data=launch.data))
    assert corpora.layout_name is None


def test_damaged_clips_are_left_out_only_where_that_is_asked(ready: TrainDialog) -> None:
    assert not ready._launch().leave_out_damaged
    ready.corpora.sparing.setChecked(True)
    launch = ready._launch()
    assert launch.leave_out_damaged
    ready.corpora.sparing.setChecked(False)
    ready.fill(load_recipe("voice"), launch)
    assert ready.corpora.sparing.isChecked()


def test_a_name_that_was_given_stays(dialog: TrainDialog) -> None:
    dialog.name.setText("mine")
    dialog.gallery.choose("mnist-net")
    assert dialog.name.text() == "mine"


DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{}', flush=True)"


@pytest.fixture
def deaf(qtbot: QtBot, dialog: TrainDialog, monkeypatch: pytest.MonkeyPatch) -> EstimateRow:
    """Measures in a process that does not end when it is asked."""
    command = [sys.executable, "-c", f"{DEAF}; time.sleep(60)"]
    monkeypatch.setattr("app.pages.train.estimate_row.command", lambda *_a: command)
    row = dialog.estimate
    row._impatience.setInterval(50)
    with qtbot.waitSignal(row._process.readyReadStandardOutput):
        row.measure(load_recipe("voice"), Launch(data=("/x",)), Path())
    return row


def test_an_estimate_that_does_not_hear_is_killed(qtbot: QtBot, deaf: EstimateRow) -> None:
    with qtbot.waitSignal(deaf.told) as told:
        deaf.cancel()
    assert told.args == ["The measuring was cancelled."]
    assert not deaf.busy


def test_an_estimate_of_a_closed_dialog_is_not_told_in_the_next(
    qtbot: QtBot, dialog: TrainDialog, deaf: EstimateRow
) -> None:
    with qtbot.waitSignal(deaf.told):
        dialog.reject()
    assert deaf.words.text() == ""
    assert deaf.button.text() == "Estimate"


def test_a_look_that_was_replaced_says_nothing(
    qtbot: QtBot, dialog: TrainDialog, tone_corpus: Path
) -> None:
    gate, said = threading.Event(), set()
    dialog.corpora.changed.connect(lambda: said.add(dialog.corpora.about.text()))
    dialog._session.run(lambda _e, _s: gate.wait(60), lambda _: None, "train")
    for _ in range(2):
        dialog.corpora.set_folders([tone_corpus])
    gate.set()
    qtbot.waitUntil(lambda: not dialog._session.background.busy, timeout=PATIENCE_MS)
    assert "Looking at the folders…" in said
    assert [words for words in said if "cancelled" in words] == []

"""The dialog before a training: the run's name and folder, and what is changed in recipes."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.pages.train.train_dialog import TrainDialog
from app.widgets.boxes import ChoiceBox
from siamese_core.errors import EarwitnessError
from siamese_core.recipes import Recipe, load_recipe


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x/y", "'x/y' leads to another folder; leave out the slash"),
        ("../x", "'../x' leads to another folder"),
        ("..", "begin with something other than a full stop"),
        (".hidden", "begin with something other than a full stop"),
        ("x" * 300, "has 300 characters; use 100 or fewer"),
        ("x\u202ey", "use letters and digits"),
    ],
)
def test_a_name_whose_run_would_not_be_found_again_is_refused_beside_it(
    ready: TrainDialog, name: str, words: str
) -> None:
    ready.name.setText(name)
    assert words in ready.fault.text()
    assert ready.fault.isVisible()
    assert not ready.start.isEnabled()


def test_a_folder_that_cannot_be_made_is_told_while_it_is_typed(
    ready: TrainDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    ready.folder.setText(str(tmp_path / "file" / "below"))
    assert ready.fault.text().startswith(f"{tmp_path / 'file'} is a file; ")
    ready.folder.setText(str(tmp_path / "below" / "it"))
    assert ready.start.isEnabled()
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    ready.folder.setText(str(tmp_path / "below"))
    assert ready.fault.text().startswith(f"{tmp_path} cannot be written to; ")
    assert not ready.start.isEnabled()


def test_nothing_long_makes_the_dialog_wider(
    ready: TrainDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    width, least = ready.width(), ready.minimumSizeHint().width()
    ready.name.setText("x" * 300)
    ready.folder.setText(str(tmp_path / ("y" * 400)))
    ready.reason.setText("/".join(["z" * 250] * 3))
    ready.corpora.about.setText("c" * 400)
    assert ready.minimumSizeHint().width() == least
    qtbot.wait(1)
    assert ready.width() == width


def test_a_long_split_scrolls_and_is_not_cut(ready: TrainDialog, qtbot: QtBot) -> None:
    about = ready.corpora.about
    ready.resize(1180, 640)
    about.setText("\n".join(f"class-number-{n:03d}-with-a-long-name" for n in range(60)))
    qtbot.waitUntil(lambda: about.height() >= about.heightForWidth(about.width()))
    assert ready.height() == 640
    assert ready.start.visibleRegion().boundingRect() == ready.start.rect()


def test_what_could_not_be_started_is_told_until_the_run_is_another_or_the_dialog_closes(
    ready: TrainDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise EarwitnessError("The disk is full.")

    monkeypatch.setattr("app.training.jobs.write_text", refuse)
    for is_over in (lambda: ready.name.setText("other"), ready.reject):
        qtbot.mouseClick(ready.start, Qt.MouseButton.LeftButton)
        assert ready.isVisible()
        assert ready.notice.text == "The disk is full."
        is_over()
        assert ready.notice.text == ""


@pytest.mark.parametrize("typed", ["mine", "~/mine", " mine ", "~nobody-here/mine"])
def test_a_folder_that_is_not_whole_is_kept_whole(
    ready: TrainDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    def start(*_arguments: object) -> None:
        raise BlockingIOError

    monkeypatch.setattr("app.training.training_job.start_training", start)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    ready.folder.setText(typed)
    ready.accept()
    jobs = ready._jobs
    assert jobs.folder == tmp_path / typed.strip().removeprefix("~/")
    assert [job.run.folder for job in jobs.all] == [jobs.folder / "tiny-1"]
    assert ready.name.text() == "tiny-2"
    jobs.let_go()


def test_what_was_changed_in_a_recipe_is_there_again_when_the_recipe_is(
    ready: TrainDialog, qtbot: QtBot
) -> None:
    recipes, form = ready.gallery.list, ready.form
    ready.gallery.choose("voice")
    form.draw()
    assert not ready.gallery.restore.isEnabled()
    form._editors["steps"].set(7)
    form._tell()
    mine = load_recipe("voice").override(["steps=7"])
    qtbot.keyClick(recipes, Qt.Key.Key_Up)
    assert form.values() != mine
    qtbot.keyClick(recipes, Qt.Key.Key_Down)
    assert form.values() == ready._recipe == mine
    qtbot.mouseClick(ready.gallery.restore, Qt.MouseButton.LeftButton)
    assert form.values() == ready._recipe == load_recipe("voice")
    assert not ready.gallery.restore.isEnabled()
    assert ready.gallery._changed == {}
    tiny = recipes.topLevelItem(recipes.topLevelItemCount() - 1)
    assert tiny.text(0) == "tiny.toml", "a file is there to come back to"
    recipes.setCurrentItem(tiny)
    assert ready._recipe is not None
    assert ready._recipe.name == "tiny"


def test_a_duplicate_is_listed_and_the_recipe_it_came_from_can_be_chosen(
    dialog: TrainDialog, qtbot: QtBot
) -> None:
    recipes = dialog.gallery.list
    for steps in (77, 78):
        dialog.fill(load_recipe("voice").override([f"steps={steps}"]), None)
        assert [item.text(0) for item in recipes.selectedItems()] == ["voice (duplicate)"]
        assert dialog.form.values() == load_recipe("voice").override([f"steps={steps}"])
    voice = recipes.visualItemRect(dialog.gallery._by_name["voice"]).center()
    qtbot.mouseClick(recipes.viewport(), Qt.MouseButton.LeftButton, pos=voice)
    assert dialog.form.values() == load_recipe("voice")


def test_a_recipe_s_file_is_asked_for_where_the_last_file_was(
    dialog: TrainDialog, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, folders = tmp_path / "own.toml", list[str]()
    file.write_text(load_recipe("voice").to_toml(), encoding="utf-8")
    dialog._session.settings.last_folder = str(tmp_path / "before")

    def answer(_parent: object, _title: str, folder: str, _kinds: str) -> tuple[str, str]:
        folders.append(folder)
        return str(file), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)
    for _ in range(2):
        qtbot.mouseClick(dialog.gallery.open, Qt.MouseButton.LeftButton)
        assert dialog.gallery._name == str(file)
    assert folders == [str(tmp_path / "before"), str(tmp_path)]


@pytest.mark.parametrize("recipe", ["voice", "omniglot"])
def test_another_kind_of_input_and_back_again_is_what_was_there(
    dialog: TrainDialog, recipe: str
) -> None:
    dialog.gallery.choose(recipe)
    dialog.form.draw()
    before = dialog.form.values()
    kinds = dialog.form.findChildren(ChoiceBox)
    inputs = next(box for box in kinds if box.accessibleName() == "Kind of input")
    own = inputs.currentIndex()
    inputs.setCurrentIndex(1 - own)
    dialog.form.draw()
    other = dialog.form.values()
    assert isinstance(other, Recipe)
    assert type(other.input) is inputs.itemData(1 - own)
    inputs.setCurrentIndex(own)
    dialog.form.draw()
    assert dialog.form.values() == before

"""The search in the library, and what of the tree it leaves as it is."""

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from pytestqt.qtbot import QtBot

from app.library.grouped_clips import NAME, RATE
from app.library.thumbnails import Thumbnails
from app.main_window import MainWindow
from app.pages.library.clip_finder import ClipFinder
from siamese_core.corpora.labelled_file import ClipFile
from tests.app.conftest import settle
from tests.app.window_states import write_hums

LONG = "hum-of-a-refrigerator-in-the-kitchen"
ROWS = QItemSelectionModel.SelectionFlag.Rows


@pytest.fixture
def searched(qtbot: QtBot, bare_window: MainWindow, tmp_path: Path) -> MainWindow:
    """A corpus with a class of a long name."""
    hums = write_hums(tmp_path / "hums", 2, 3, seconds=1, rate=8000)
    (hums / "hum-2").rename(hums / LONG)
    bare_window.session.open_corpus(hums)
    settle(qtbot, bare_window)
    return bare_window


def test_a_search_opens_the_classes_of_what_it_finds(qtbot: QtBot, searched: MainWindow) -> None:
    finder = searched.library.finder
    model = finder.tree.model()
    assert finder.held == "2 classes, 6 clips"
    assert not finder.tree.isExpanded(model.index(0, 0))
    finder.search.setText("hum-1")
    qtbot.waitUntil(lambda: finder.held == "1 class, 3 clips")
    assert finder.tree.isExpanded(model.index(0, 0))
    finder.search.setText("nowhere")
    qtbot.waitUntil(finder._empty.isVisible)
    assert finder.held == "0 classes, 0 clips"
    finder.search.clear()
    qtbot.waitUntil(finder.tree.isVisible)
    assert finder.held == "2 classes, 6 clips"


def test_what_was_open_is_open_again_when_the_words_are_gone(
    qtbot: QtBot, searched: MainWindow, tmp_path: Path
) -> None:
    finder = searched.library.finder
    tree, model = finder.tree, finder.tree.model()
    tree.expand(model.index(1, 0))
    for words, found in (("hum-1", 3), ("hum-1 00", 0), ("hum", 6), ("", 6)):
        finder.search.setText(words)
        qtbot.waitUntil(lambda: not finder._pause.isActive())
        settle(qtbot, searched)
        assert model.clip_count == found
    assert [tree.isExpanded(model.index(row, 0)) for row in range(2)] == [False, True]
    searched.session.corpora.add(write_hums(tmp_path / "others", 2, 2, seconds=1, rate=8000))
    settle(qtbot, searched)
    assert finder._open_heads == {LONG}, "another folder beside it closes nothing"


def test_a_space_is_no_search_and_opens_nothing(qtbot: QtBot, searched: MainWindow) -> None:
    finder = searched.library.finder
    for words in ("  ", ""):
        search(qtbot, searched, words)
        assert finder.held == "2 classes, 6 clips"
        assert not finder._open_heads
    search(qtbot, searched, " nowhere ")
    assert finder._empty.text() == "No class or clip is named like “nowhere”."


def test_another_corpus_stays_as_it_was_when_one_is_closed(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path
) -> None:
    """Two of them have one name, which tells them apart no more than their numbers do."""
    session, finder = bare_window.session, bare_window.library.finder
    first, second, third = (tmp_path / name for name in ("a/hums", "b/hums", "c/others"))
    for number, folder in enumerate((first, second, third)):
        made = write_hums(tmp_path / "made", 1, 2, seconds=1, rate=8000)
        folder.mkdir(parents=True)
        (made / "hum-1").rename(folder / f"class-{number}")
    session.corpora.open([first, second, third])
    settle(qtbot, bare_window)
    tree, model = finder.tree, finder.tree.model()
    tree.expand(model.index(1, NAME))
    tree.expand(model.index(0, NAME, model.index(2, NAME)))
    assert finder._open_heads == {second, "class-2"}
    session.corpora.remove(first)
    settle(qtbot, bare_window)
    assert [model.data(model.index(row, NAME)) for row in range(2)] == ["hums  (2)", "others  (2)"]
    assert [tree.isExpanded(model.index(row, NAME)) for row in range(2)] == [True, False]
    session.corpora.add(first)
    settle(qtbot, bare_window)
    assert finder._open_heads == {second, "class-2"}, "the one that came back is closed"


def test_columns_stay_while_words_are_typed(
    qtbot: QtBot, searched: MainWindow, tmp_path: Path
) -> None:
    finder = searched.library.finder
    assert finder.tree.isColumnHidden(RATE), "the long name takes its room"
    finder.search.setText("hum-1")
    qtbot.waitUntil(lambda: finder.held == "1 class, 3 clips")
    assert finder.tree.isColumnHidden(RATE)
    finder.search.clear()
    searched.session.open_corpus(write_hums(tmp_path / "short", 2, 2, seconds=1, rate=8000))
    settle(qtbot, searched)
    assert not finder.tree.isColumnHidden(RATE)


def test_columns_that_were_chosen_are_there_at_the_next_start(
    qtbot: QtBot, searched: MainWindow
) -> None:
    tree = searched.library.tree
    assert tree.isColumnHidden(RATE)
    menu = tree.columns_menu(tree)
    next(action for action in menu.actions() if "Rate" in action.text()).trigger()
    menu.deleteLater()
    assert not tree.isColumnHidden(RATE)
    again = ClipFinder(searched.session, searched.inventory, searched.parts)
    qtbot.addWidget(again)
    assert not again.tree.isColumnHidden(RATE)


@pytest.mark.parametrize("stored", ['{"99": true}', '{"1": 7}', "[]", "{"])
def test_columns_that_never_were_are_ignored(
    qtbot: QtBot, searched: MainWindow, stored: str
) -> None:
    searched.settings.store.setValue("library_columns", stored)
    again = ClipFinder(searched.session, searched.inventory, searched.parts)
    qtbot.addWidget(again)
    assert not again.tree._wanted


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_Return])
def test_the_keyboard_goes_from_the_words_to_what_they_find(
    qtbot: QtBot, searched: MainWindow, key: Qt.Key
) -> None:
    library = searched.library
    library.search.setFocus()
    qtbot.keyClicks(library.search, "hum-1")
    qtbot.keyClick(library.search, key)  # at once, before anything is found
    qtbot.waitUntil(library.tree.hasFocus)
    assert [clip.label for clip in library.chosen] == ["hum-1"]
    library.search.setFocus()
    qtbot.keyClick(library.search, Qt.Key.Key_Escape)
    assert not library.search.text()
    qtbot.waitUntil(lambda: library.finder.held == "2 classes, 6 clips")
    assert library.search.hasFocus(), "only Return and Down go on"


def test_rows_that_are_seen_get_a_thumbnail_and_others_do_not(
    qtbot: QtBot, searched: MainWindow, tmp_path: Path
) -> None:
    library = searched.library
    tree, model = library.tree, library.finder._model
    pictures = library.finder._thumbnails._pictures
    assert not pictures, "no clip is in sight"
    tree.expand(model.index(0, NAME))
    qtbot.waitUntil(lambda: len(pictures) == 3)
    first = model.index(0, NAME, model.index(0, NAME))
    image = model.data(first, Qt.ItemDataRole.DecorationRole)
    assert len({image.pixel(x, y) for x in range(60) for y in range(24)}) > 20, "it is no blank"
    assert image.deviceIndependentSize().toSize() == tree.iconSize()
    assert tree.rowHeight(first) == tree.rowHeight(model.index(0, NAME)), "no row is higher for it"
    assert {clip.label for clip in pictures} == {model.clip(first).label}


def test_a_damaged_clip_has_no_thumbnail_and_stops_none(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path
) -> None:
    hums = write_hums(tmp_path / "hums", 1, 4, seconds=1, rate=8000)
    damaged = sorted((hums / "hum-1").iterdir())[1]
    content = damaged.read_bytes()
    bare_window.session.open_corpus(hums)
    settle(qtbot, bare_window)
    damaged.write_bytes(content[:60])  # since it was looked at
    finder = bare_window.library.finder
    finder.tree.expand(finder._model.index(0, NAME))
    pictures = finder._thumbnails._pictures
    qtbot.waitUntil(lambda: len(pictures) == 4)
    assert [clip.path for clip, picture in pictures.items() if picture is None] == [damaged]
    rows = [finder._model.index(row, NAME, finder._model.index(0, NAME)) for row in range(4)]
    shown = [finder._model.data(row, Qt.ItemDataRole.DecorationRole) for row in rows]
    assert {image.deviceIndependentSize().toTuple() for image in shown} == {(30, 12)}


def test_of_many_wishes_the_last_come_first_and_few_are_remembered(
    qtbot: QtBot, searched: MainWindow, tmp_path: Path
) -> None:
    thumbnails = Thumbnails(searched.session)
    clips = [ClipFile(tmp_path / f"{number}.wav", "gone", str(number)) for number in range(500)]
    for clip in clips:
        assert thumbnails.of(clip) is None
    with qtbot.waitSignal(thumbnails.made) as made:
        pass
    assert clips[-1] in made.args[0]
    qtbot.waitUntil(lambda: not thumbnails._wanted and not thumbnails._working)
    assert clips[0] not in thumbnails._pictures
    assert len(thumbnails._pictures) < 100


def test_clips_at_which_nobody_expected_an_error_are_drawn_once_and_stop_none(
    qtbot: QtBot, searched: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Exception] = []
    searched.session.unexpected.connect(told.append)
    monkeypatch.setattr("app.library.thumbnails._picture", lambda *_: 1 // 0)
    thumbnails = Thumbnails(searched.session)
    clip = ClipFile(tmp_path / "odd.wav", "odd", "odd")
    assert thumbnails.of(clip) is None
    with qtbot.waitSignal(thumbnails.made):
        pass
    image = thumbnails.of(clip)
    assert image is not None
    assert image.isNull()
    assert not thumbnails._working
    assert len(told) == 1


def search(qtbot: QtBot, window: MainWindow, words: str) -> None:
    """Search, and wait for what is found."""
    finder = window.library.finder
    finder.search.setText(words)
    qtbot.waitUntil(lambda: not finder._pause.isActive())
    settle(qtbot, window)


def names(window: MainWindow) -> set[str]:
    """Tell which clips are chosen, each by its class and its file."""
    return {f"{clip.label}/{clip.path.stem}" for clip in window.library.chosen}


def test_what_is_chosen_stays_so_as_long_as_it_is_shown(qtbot: QtBot, searched: MainWindow) -> None:
    library, tree = searched.library, searched.library.tree
    model = tree.model()
    tree.expandAll()
    tree.setCurrentIndex(model.index(1, 0, model.index(0, 0)))
    for row in (1, 2):
        part = model.index(row, 0, model.index(1, 0))
        tree.selectionModel().select(part, ROWS | QItemSelectionModel.SelectionFlag.Select)
    assert names(searched) == {"hum-1/2", f"{LONG}/2", f"{LONG}/3"}
    search(qtbot, searched, "hum")
    assert len(library.chosen) == 3
    search(qtbot, searched, "3")
    assert names(searched) == {f"{LONG}/3"}, "nothing is added to a line-up that is not seen"
    assert library.add_action.isEnabled()
    search(qtbot, searched, "2")
    assert names(searched) == set(), "as many rows in each class, but others"
    assert not library.add_action.isEnabled()
    search(qtbot, searched, "")
    assert names(searched) == set()


def test_what_is_found_and_chosen_is_in_sight_among_its_neighbours(
    qtbot: QtBot, searched: MainWindow
) -> None:
    tree, model = searched.library.tree, searched.library.tree.model()
    search(qtbot, searched, "kitchen 3")
    tree.setCurrentIndex(model.index(0, 0, model.index(0, 0)))
    search(qtbot, searched, "")
    assert names(searched) == {f"{LONG}/3"}
    assert [tree.isExpanded(model.index(row, 0)) for row in range(2)] == [False, True]
    current = tree.currentIndex()
    assert searched.library.finder.chosen == [model.clip(current)]
    assert tree.viewport().rect().contains(tree.visualRect(current).center())
    qtbot.keyClick(tree, Qt.Key.Key_Up)
    assert names(searched) == {f"{LONG}/2"}, "the keyboard goes on from there"


def test_a_class_that_was_chosen_whole_is_not_chosen_again_with_what_was_not_found(
    qtbot: QtBot, searched: MainWindow
) -> None:
    search(qtbot, searched, "3")
    searched.library.tree.selectAll()
    assert names(searched) == {"hum-1/3", f"{LONG}/3"}
    search(qtbot, searched, "hum")
    assert names(searched) == {"hum-1/3", f"{LONG}/3"}


def test_folders_that_were_closed_while_clips_were_grouped_stay_closed(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path, gate: threading.Event
) -> None:
    session, finder = bare_window.session, bare_window.library.finder
    folders = [write_hums(tmp_path / name, 1, 2, seconds=1, rate=8000) for name in ("a", "b")]
    session.corpora.open(folders)
    settle(qtbot, bare_window)
    assert finder.held == "2 classes, 4 clips"
    session.player.background.run(
        lambda _e, _s: gate.wait(10), on_done=lambda _held: None, on_error=pytest.fail
    )
    for folder in folders:
        session.corpora.remove(folder)
        qtbot.waitUntil(lambda: not session.background.busy)
    assert session.corpus is None
    gate.set()
    settle(qtbot, bare_window)
    assert finder.held == "0 classes, 0 clips"
    assert finder.currentWidget() is finder._empty
    assert finder._empty.text() == "Open a folder of class folders, or drop one here."

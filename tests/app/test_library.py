"""The library: opening, searching, and what a clip in it can become."""

import gc
import shutil
import threading
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelection, QModelIndex, QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.library.corpus_tree import CorpusTree
from app.pages.library.unreadable import UnreadableDialog
from app.session.corpora import BUNDLED
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import read_corpus
from tests.app.conftest import drop, hold, settle
from tests.app.window_states import write_hums


def index_of(window: MainWindow, row: int, clip: int) -> QModelIndex:
    tree = window.library.tree
    tree.expandAll()
    model = tree.model()
    return model.index(clip, 0, model.index(row, 0))


def choose(window: MainWindow, row: int, clip: int) -> ClipFile:
    tree = window.library.tree
    tree.setCurrentIndex(index_of(window, row, clip))
    tree.setFocus()
    return window.library.chosen[0]


def test_a_dropped_folder_is_opened_and_searched(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path
) -> None:
    library = bare_window.library
    assert "Open a folder" in library.finder._empty.text()
    assert drop(library, [tone_corpus])
    settle(qtbot, bare_window)
    corpus = read_corpus(tone_corpus)
    words = f"{len(corpus.classes)} classes, {len(corpus.clips)} clips"
    assert library._count.text().endswith(words)
    qtbot.keyClicks(library.search, "tone3")
    found = f"1 class, {corpus.labels.count('tone3')} clips"
    qtbot.waitUntil(lambda: library._count.text().endswith(found))
    library.search.setText("no such thing")
    qtbot.waitUntil(lambda: "no such thing" in library.finder._empty.text())
    assert bare_window.settings.recent_corpora == (str(tone_corpus),)


def test_a_folder_without_classes_is_named_and_the_library_stays(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    before = window.session.corpus
    (tmp_path / "nothing").mkdir()
    assert drop(window, [tmp_path / "nothing"])
    settle(qtbot, window)
    assert "holds no class folders" in window.library.notice.text
    assert window.session.corpus is before


def test_a_double_click_makes_the_query(qtbot: QtBot, window: MainWindow) -> None:
    clip = choose(window, 2, 3)
    view = window.library.tree
    place = view.visualRect(index_of(window, 2, 3)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle(qtbot, window)
    assert window.session.lineup.query == clip
    assert window.session.heard is not None


def test_keys_add_replace_and_ask(qtbot: QtBot, window: MainWindow) -> None:
    session, tree = window.session, window.library.tree
    clip = choose(window, 4, 1)
    qtbot.keyClick(tree, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    settle(qtbot, window)
    assert session.lineup.support[-1] == clip
    session.select(0)
    qtbot.keyClick(tree, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    settle(qtbot, window)
    assert session.lineup.support[0] == clip
    assert session.selected == 0
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    settle(qtbot, window)
    assert session.lineup.query == clip


def test_however_many_clips_are_chosen_few_are_looked_at(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, library = window.session, window.library
    assert session.corpus is not None
    library.tree.expandAll()
    library.tree.selectAll()
    looked, rows = [], CorpusTree.rows
    monkeypatch.setattr(
        CorpusTree, "rows", lambda self, part: looked.append(part) or rows(self, part)
    )
    nothing = QItemSelection()
    library.tree.selectionModel().selectionChanged.emit(nothing, nothing)
    session.select(1)
    assert len(looked) <= 3 * 2, "what is first, behind the row of its class, for each answer"
    looked.clear()
    assert set(library.chosen) == set(session.corpus.clips)
    assert len(library.chosen) == len(session.corpus.clips)
    assert len(looked) == 2 * (1 + len(session.corpus.classes)), "a look at each range"


def test_of_several_clips_those_that_can_be_read_are_added(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, library = window.session, window.library
    hums, before = write_hums(tmp_path / "hums", 2, 3, seconds=1, rate=8000), session.lineup
    (damaged := hums / "hum-1" / "2.wav").write_bytes(b"RIFF")
    session.open_corpus(hums)
    settle(qtbot, window)
    index_of(window, 0, 0)
    library.tree.selectAll()
    clips = library.chosen
    assert len(clips) == 6
    library.add()
    settle(qtbot, window)
    assert session.lineup.support == (*before.support, *clips[:1], *clips[2:])
    assert library.notice.text.startswith(f"1 of 6 clips left out: {damaged} is not sound")


def test_several_clips_are_added_as_one_edit(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, library = window.session, window.library
    before, shown = session.lineup, []
    index_of(window, 0, 0)
    library.tree.selectAll()
    monkeypatch.setattr("app.pages.several_clips.MOST", 71)
    library.add()
    assert library.notice.text == "72 clips are selected; add at most 71 at once."
    assert not session.background.busy
    library.tree.clearSelection()
    library.tree.setCurrentIndex(index_of(window, 4, 0))
    for _ in range(6):
        qtbot.keyClick(library.tree, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    clips = library.chosen
    assert len(clips) == 7
    session.lineup_changed.connect(lambda: shown.append(session.lineup))
    library.add()
    settle(qtbot, window)
    new = [clip for clip in clips if clip not in before.clips]
    assert 0 < len(new) < 7
    assert session.lineup.support == (*before.support, *new), "those with a card stay there"
    assert len(shown) == 1, "cards are drawn once"
    session.step(-1, edits=True)
    settle(qtbot, window)
    assert session.lineup == before


def test_clips_that_are_added_while_others_are_read_come_behind_them(
    qtbot: QtBot, window: MainWindow, gate: threading.Event
) -> None:
    session, library = window.session, window.library
    before = session.lineup.support
    hold(window, gate)
    added = []
    for row in (5, 6):
        library.tree.setCurrentIndex(index_of(window, row, 0))
        qtbot.keyClick(library.tree, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        added += library.chosen
        library.add()
    gate.set()
    settle(qtbot, window)
    assert session.lineup.support == (*before, *added)


def test_python_s_collector_passes_over_many_clips(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = bare_window.session
    monkeypatch.setattr("app.session.corpora._MANY", 72)
    session.open_corpus(tone_corpus)
    settle(qtbot, bare_window)
    assert session.corpus is not None
    assert gc.isenabled()
    there = {*map(id, session.corpus.clips), *map(id, bare_window.inventory.findings)}
    assert len(there) == 2 * 72
    assert not there & {*map(id, gc.get_objects())}, "it would go through all of them, often"
    first = weakref.ref(session.corpus.clips[0])
    session.corpora.remove(tone_corpus)
    settle(qtbot, bare_window)
    there.clear()
    assert first() is None, "what is closed is gone all the same"
    gc.unfreeze()


def test_classes_alone_are_no_choice_of_clips(window: MainWindow) -> None:
    library = window.library
    choose(window, 1, 2)
    assert library.play_action.isEnabled()
    library.tree.setCurrentIndex(library.tree.model().index(1, 0))
    assert library.chosen == []
    assert not library.play_action.isEnabled()
    library.play()
    library.set_query()
    assert not window.session.background.busy, "nothing is asked for"


def test_space_plays_a_clip_that_is_not_in_the_line_up(
    qtbot: QtBot, window: MainWindow, sink: object
) -> None:
    clip = choose(window, 5, 5)
    qtbot.keyClick(window.library.tree, Qt.Key.Key_Space)
    settle(qtbot, window)
    assert window.session.player.is_playing(clip)
    qtbot.keyClick(window.library.tree, Qt.Key.Key_Space)
    assert not window.session.player.is_playing(clip)


def test_the_context_menu_offers_the_same_actions(window: MainWindow) -> None:
    choose(window, 0, 0)
    window.library._open_menu(QPoint(5, 5))
    menu = window.library.findChild(QMenu)
    assert menu is not None
    assert [action.text() for action in menu.actions()][:2] == [
        "Set as query",
        "Add to the support set",
    ]
    assert [one.menu().title() for one in menu.actions() if one.menu()] == ["S&ort by", "&Columns"]
    menu.close()


def test_the_recent_folders_can_be_opened_again(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path
) -> None:
    window.session.corpora.open(BUNDLED)
    window.menus.recent.fill()
    next(a for a in window.menus.recent.actions() if a.data() == str(tone_corpus)).trigger()
    settle(qtbot, window)
    assert window.session.corpus == read_corpus(tone_corpus)


def names(window: MainWindow) -> list[str]:
    model = window.library.tree.model()
    return [model.data(model.index(row, 0)) for row in range(model.rowCount())]


def test_folders_are_opened_beside_each_other_and_closed(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path, tmp_path: Path
) -> None:
    session, library = window.session, window.library
    other = write_hums(tmp_path / "hums", 2, 3, seconds=1, rate=8000)
    session.corpora.add(other)
    settle(qtbot, window)
    corpus, tones = session.corpus, read_corpus(tone_corpus)
    assert corpus is not None
    assert set(corpus.classes) == {*tones.classes, "hum-1", "hum-2"}
    assert names(window) == [f"{tones.name}  ({len(tones.clips)})", "hums  (6)"]
    assert library._count.text().startswith("2 corpora: ")
    assert window.draw_bar.ways.maximum() == len(corpus.classes)
    assert window.settings.recent_corpora[:2] == (str(other), str(tone_corpus))
    session.corpora.add(other)
    assert library.notice.text == f"{other} is open already."
    library.tree.setCurrentIndex(library.tree.model().index(0, 0))
    library.tree.setFocus()
    qtbot.keyClick(library.tree, Qt.Key.Key_Delete)
    settle(qtbot, window)
    assert names(window) == ["hum-1  (3)", "hum-2  (3)"]
    assert session.corpora.folders == (other,)
    assert not library.close_action.isEnabled()
    session.corpora.remove(other)
    settle(qtbot, window)
    assert session.corpus is None
    assert "Open a folder" in library.finder._empty.text()
    assert not window.draw_bar.button.isEnabled()


def test_a_clash_of_class_names_is_settled_by_the_corpus_name(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path, tmp_path: Path
) -> None:
    twin = Path(shutil.copytree(tone_corpus, tmp_path / "twin"))
    window.session.corpora.add(twin)
    settle(qtbot, window)
    corpus = window.session.corpus
    assert corpus is not None
    assert "twin/tone0" in corpus.classes
    window.session.draw(5, 1, 3)
    settle(qtbot, window)
    assert len(window.session.lineup.classes) == 5
    assert all("/" in label for label in window.session.lineup.classes)


def test_a_folder_that_cannot_be_read_leaves_the_others_open(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path, tmp_path: Path
) -> None:
    before = window.session.corpus
    gone = tmp_path / "gone"
    window.session.corpora.add(gone)
    settle(qtbot, window)
    assert f"There is no folder {gone}" in window.library.notice.text
    assert window.session.corpus is before
    window.session.corpora.open([gone, tone_corpus])
    settle(qtbot, window)
    assert f"There is no folder {gone}" in window.library.notice.text
    assert window.session.corpora.folders == (tone_corpus,)


def test_two_folders_added_at_once_both_come(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    corpora = window.session.corpora
    first, second = (write_hums(tmp_path / name, 2, 2, 1, 8000) for name in ("one", "two"))
    corpora.add(first)
    corpora.add(second)
    settle(qtbot, window)
    assert corpora.folders[1:] == (first, second)
    corpora.add(tmp_path)
    window.session.cancel()
    settle(qtbot, window)
    corpora.remove(first)
    settle(qtbot, window)
    assert corpora.folders[1:] == (second,)


def test_several_dropped_folders_are_opened_together(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path, tmp_path: Path
) -> None:
    other = write_hums(tmp_path / "hums", 2, 3, seconds=1, rate=8000)
    for target in (window.library, window):
        window.session.corpora.open(BUNDLED)
        assert drop(target, [tone_corpus, other])
        settle(qtbot, window)
        assert window.session.corpora.folders == (tone_corpus, other)


def test_the_menu_adds_a_folder(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_hums(tmp_path / "hums", 2, 3, seconds=1, rate=8000)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(other))
    qtbot.mouseClick(window.library.add_folder, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert window.session.corpora.folders[-1] == other


def test_a_row_closes_its_own_folder_though_the_tree_is_not_drawn_anew_yet(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path
) -> None:
    session, library = bare_window.session, bare_window.library
    folders = [write_hums(tmp_path / n, 1, 1, seconds=1, rate=8000) for n in ("a", "b", "c")]
    session.corpora.open(folders)
    settle(qtbot, bare_window)
    gate = threading.Event()
    session.player.background.run(
        lambda _e, _s: gate.wait(10), on_done=lambda _none: None, on_error=pytest.fail
    )
    for row, left in ((0, folders[1:]), (1, folders[2:]), (0, folders[2:])):
        library.tree.setCurrentIndex(library.tree.model().index(row, 0))
        library.close_action.trigger()
        qtbot.waitUntil(lambda: not session.background.busy)
        assert list(session.corpora.folders) == left
    gate.set()
    settle(qtbot, bare_window)
    assert names(bare_window) == ["hum-1  (1)"]


def test_a_list_that_is_closed_is_gone(qtbot: QtBot, window: MainWindow) -> None:
    window.library.list_unreadable()
    dialog = window.findChild(UnreadableDialog)
    assert dialog is not None
    with qtbot.waitSignal(dialog.destroyed):
        dialog.reject()


def test_what_is_told_late_moves_nothing_under_the_mouse(qtbot: QtBot, window: MainWindow) -> None:
    library, tree = window.library, window.library.tree
    tree.setCurrentIndex(index_of(window, 4, 0))
    tree.scrollToBottom()
    qtbot.waitUntil(library.preview.isVisible)
    parts = (library.search, library.check, library.preview, tree)

    def places() -> list[QPoint]:
        rows = [index_of(window, 2, 0), tree.currentIndex()]
        places = [tree.viewport().mapToGlobal(tree.visualRect(row).topLeft()) for row in rows]
        return [*places, *(part.mapToGlobal(QPoint()) for part in parts)]

    before, height = places(), tree.height()
    library.unsuitable.show_notice("This corpus does not quite suit the model, in many words. " * 3)
    library.notice.show_error("There is no folder any more.")
    library.faulty.show()
    qtbot.waitUntil(lambda: tree.height() < height)
    assert places() == before

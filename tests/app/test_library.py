"""The library: opening, searching, and what a clip in it can become."""

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.corpus_tree import CorpusTree, grouped
from app.widgets.clip_mime import dropped_clips
from siamese_core.corpus import ClipFile, Corpus, read_corpus
from tests.app.conftest import drop, settle


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


def test_the_tree_keeps_qt_s_rules_and_holds_30_000_clips() -> None:
    clips = tuple(ClipFile(Path(f"{i % 60}/{i}.wav"), str(i % 60), str(i)) for i in range(30_000))
    tree = CorpusTree()
    tester = QAbstractItemModelTester(tree, QAbstractItemModelTester.FailureReportingMode.Fatal)
    tree.show(grouped(Corpus("large", clips)))
    assert (tree.class_count, tree.clip_count) == (60, 30_000)
    tree.show(grouped(Corpus("large", clips), "123.wav"))
    assert tree.clip_count == len([c for c in clips if "123.wav" in c.path.name])
    del tester


def test_a_drag_carries_the_clips_and_their_classes() -> None:
    clips = tuple(ClipFile(Path(f"{name}.wav"), name, name) for name in "ab")
    tree = CorpusTree()
    tree.show(grouped(Corpus("two", clips)))
    index = tree.index(0, 0, tree.index(1, 0))
    carried = dropped_clips(tree.mimeData([index]))
    assert [(clip.path.name, clip.label) for clip in carried] == [("b.wav", "b")]
    assert not tree.flags(tree.index(0, 0)) & Qt.ItemFlag.ItemIsDragEnabled


def test_a_dropped_folder_is_opened_and_searched(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path
) -> None:
    library = bare_window.library
    assert "Open a folder" in library._empty.text()
    assert drop(library, [tone_corpus])
    settle(qtbot, bare_window)
    corpus = read_corpus(tone_corpus)
    words = f"{len(corpus.classes)} classes, {len(corpus.clips)} clips"
    assert library._count.text().endswith(words)
    qtbot.keyClicks(library.search, "tone3")
    found = f"1 class, {corpus.labels.count('tone3')} clips"
    qtbot.waitUntil(lambda: library._count.text().endswith(found))
    library.search.setText("no such thing")
    qtbot.waitUntil(lambda: "no such thing" in library._empty.text())
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
    menu.close()


def test_the_recent_folders_can_be_opened_again(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path
) -> None:
    window.session.open_bundled_corpus()
    window.menus.recent.fill()
    next(a for a in window.menus.recent.actions() if a.data() == str(tone_corpus)).trigger()
    settle(qtbot, window)
    assert window.session.corpus == read_corpus(tone_corpus)

"""The library: opening, searching, and what a clip in it can become."""

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from app.grouped_clips import LENGTH, NAME, RATE, SPLIT, Order, grouped
from app.main_window import MainWindow
from app.pages.corpus_tree import CorpusTree, clock
from app.widgets.clip_mime import dropped_clips
from siamese_core.corpus import ClipFile, Corpus, read_corpus
from siamese_core.survey import Finding
from tests.app.conftest import drop, settle
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


def test_the_tree_holds_30_000_clips() -> None:
    clips = tuple(ClipFile(Path(f"{i % 60}/{i}.wav"), str(i % 60), str(i)) for i in range(30_000))
    tree = CorpusTree()
    tree.show(grouped([Corpus("large", clips)]))
    assert (tree.class_count, tree.clip_count) == (60, 30_000)
    tree.show(grouped([Corpus("large", clips)], "123.wav"))
    assert tree.clip_count == len([c for c in clips if "123.wav" in c.path.name])


def test_the_tree_keeps_qt_s_rules() -> None:
    clips = tuple(ClipFile(Path(f"{i % 6}/{i}.wav"), str(i % 6), str(i)) for i in range(300))
    tree = CorpusTree()
    tester = QAbstractItemModelTester(tree, QAbstractItemModelTester.FailureReportingMode.Fatal)
    small = Corpus("small", (ClipFile(Path("x/123.wav"), "x", "x"),))
    both = [Corpus("large", clips), small]
    tree.show(grouped(both), several=True)
    assert (tree.rowCount(), tree.class_count, tree.clip_count) == (2, 7, 301)
    leaf = tree.index(0, 0, tree.index(0, 0, tree.index(1, 0)))
    assert tree.clip(leaf) == small.clips[0]
    assert [tree.data(i) for i in (leaf, leaf.parent(), leaf.parent().parent())] == [
        "123",
        "x  (1)",
        "small  (1)",
    ]
    fault = Finding(small.clips[0], fault="It is empty.")
    tree.know({small.clips[0]: fault})
    tree.note([fault])
    assert tree.data(leaf) == "123 (unreadable)"
    assert tree.data(leaf, Qt.ItemDataRole.ToolTipRole) == "It is empty."
    tree.show(grouped(both, "x"), several=True)
    assert (tree.rowCount(), tree.branch(tree.index(0, 0))) == (1, 1)
    known = {c: Finding(c, 8000 * (1 + number % 2), 1, number) for number, c in enumerate(clips)}
    tree.know(known)
    tree.show(grouped([Corpus("large", clips)], known=known))
    kept = QPersistentModelIndex(tree.index(0, 0, tree.index(5, 0)))
    open_row = QPersistentModelIndex(tree.index(5, 0))
    first, chosen = tree.clip(tree.index(0, 0, tree.index(0, 0))), tree.clip(kept)
    tree.show(grouped([Corpus("large", clips)], known=known, order=Order(LENGTH, falling=True)))
    assert tree.clip(kept) == chosen
    assert (kept.row(), kept.parent().row()) == (49, 0)
    assert tree.data(open_row) == "5  (50)"
    assert tree.clip(tree.index(49, 0, tree.index(5, 0))) == first
    del tester


def test_a_row_tells_length_rate_and_split() -> None:
    clips = tuple(ClipFile(Path(f"{name}.wav"), name[0], name) for name in ("a1", "a2", "b1"))
    corpus = [Corpus("some", clips)]
    known = {clips[0]: Finding(clips[0], 8000, 1, 0.625)}
    tree = CorpusTree()
    tree.know(known)
    tree.split({"a": "Model: training", "b": "Corpus: test"})

    def row(*places: int) -> list[str]:
        above = tree.index(places[0], 0) if len(places) > 1 else QModelIndex()
        return [tree.data(tree.index(places[-1], column, above)) for column in range(4)]

    tree.show(grouped(corpus, known=known))
    assert row(0) == ["a  (2)", "", "8", "train"], "its length is told once it is known"
    assert row(0, 0) == ["a1", "0.62 s", "8", ""]
    assert row(0, 1) == ["a2", "", "", ""]
    known |= {
        clips[1]: Finding(clips[1], 44_100, 1, 70.0),
        clips[2]: Finding(clips[2], fault="It is empty."),
    }
    tree.show(grouped(corpus, known=known))
    assert row(0) == ["a  (2)", "1:11", "8–44.1", "train"]
    assert row(1) == ["b  (1)", "", "", "test"]
    assert row(1, 0) == ["b1 (unreadable)", "", "", ""]
    assert tree.data(tree.index(0, 0), Qt.ItemDataRole.ToolTipRole) == "a\nModel: training"
    assert [clock(s) for s in (9.996, 59.94, 59.96, 5025)] == [
        "10.0 s",
        "59.9 s",
        "1:00",
        "1:23:45",
    ]


@pytest.mark.parametrize(
    ("order", "labels"),
    [
        (Order(), "abc"),
        (Order(NAME, falling=True), "cba"),
        (Order(LENGTH), "cab"),
        (Order(LENGTH, falling=True), "bac"),
        (Order(RATE), "bca"),
        (Order(SPLIT), "bac"),
    ],
)
def test_classes_and_their_clips_come_in_the_wanted_order(order: Order, labels: str) -> None:
    values = {"a": (16_000, 2.0), "b": (8000, 3.0), "c": (11_025, 1.0)}
    clips, known = [], {}
    for label, (rate, seconds) in values.items():
        for share in (0.4, 0.6):
            clips.append(ClipFile(Path(f"{label}{share}.wav"), label, f"{label}{share}"))
            known[clips[-1]] = Finding(clips[-1], rate, 1, share * seconds)
    splits = {"a": "Model: training", "b": "Model: test", "c": "Model: validation"}
    (branch,) = grouped([Corpus("some", tuple(clips))], "", known, splits, order)
    assert "".join(group.label for group in branch.groups) == labels
    seconds = [known[clip].seconds for clip in branch.groups[0].clips]
    assert seconds == sorted(seconds, reverse=order.falling)
    assert branch.seconds == pytest.approx(6.0)
    assert branch.rates == (8000, 16_000)


def test_a_drag_carries_the_clips_and_their_classes() -> None:
    clips = tuple(ClipFile(Path(f"{name}.wav"), name, name) for name in "ab")
    tree = CorpusTree()
    tree.show(grouped([Corpus("two", clips)]))
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
    assert "Open a folder" in library._empty.text()
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
        window.session.open_bundled_corpus()
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

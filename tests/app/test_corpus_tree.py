"""The library's rows: what they tell, in which order, and what a drag of them carries."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType, ModuleType

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.library.grouped_clips import LENGTH, NAME, RATE, SPLIT, Order, grouped
from app.pages.library import clip_tree, corpus_tree
from app.pages.library.clip_tree import ClipTree
from app.pages.library.corpus_tree import CorpusTree, clock
from app.widgets.clip_mime import dropped_clips
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus
from siamese_core.survey import Finding


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
    tree.note([fault.file])
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


def questions(do: Callable[[], object], of: ModuleType = corpus_tree) -> int:
    """Count how often Python is asked about rows meanwhile."""
    asked = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_filename == of.__file__:
            asked.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        do()
    finally:
        sys.setprofile(None)
    return len(asked)


@pytest.fixture
def opened(qtbot: QtBot) -> ClipTree:
    """Three classes of 2,000 clips each, on screen and open."""
    clips = tuple(ClipFile(Path(f"{i % 3}/{i}.wav"), str(i % 3), str(i)) for i in range(6000))
    model = CorpusTree()
    view = ClipTree(model)
    model.setParent(view)
    qtbot.addWidget(view)
    view.resize(300, 200)
    with qtbot.waitExposed(view):
        view.show()
    model.show(grouped([Corpus("large", clips)]))
    view.expandAll()
    return view


def test_qt_finds_its_way_among_rows_without_python(opened: ClipTree) -> None:
    assert opened.indexBelow(opened.model().index(0, 0)).parent() == opened.model().index(0, 0)
    assert questions(opened.selectAll) == 0, "for each of 100,000 rows that took 7 s"
    assert questions(opened.doItemsLayout) < 100, "of the rows in sight"
    bottom = opened.verticalScrollBar().maximum()
    assert questions(lambda: opened.verticalScrollBar().setValue(bottom)) == 0
    assert questions(opened.expandAll) < 20
    assert len(opened.selectionModel().selectedRows()) == 6003


def test_an_order_is_taken_with_all_clips_chosen_and_none_is_followed(opened: ClipTree) -> None:
    model = opened.model()
    assert isinstance(model, CorpusTree)
    opened.selectAll()
    clips = [clip for row in range(3) for clip in model.below(model.index(row, 0))]
    corpus = [Corpus("large", tuple(clip for clip in clips if isinstance(clip, ClipFile)))]
    for falling in (True, False):
        branches = grouped(corpus, order=Order(NAME, falling))
        assert questions(lambda branches=branches: model.show(branches)) < 100
        assert len(opened.selectionModel().selectedRows()) == 6003
        assert all(opened.isExpanded(model.index(row, 0)) for row in range(3))
        labels = [model.data(model.index(row, 0))[0] for row in range(3)]
        assert labels == sorted("012", reverse=falling)
    assert len(model.persistentIndexList()) < 20, "Qt would follow each clip that was opened"


def test_typing_goes_to_a_name_past_thousands_without_asking_each(opened: ClipTree) -> None:
    model = opened.model()
    assert isinstance(model, CorpusTree)
    last = model.index(1999, 0, model.index(1, 0))

    def typed(letters: str, *, asked: ModuleType) -> int:
        opened._since.invalidate()  # as after a pause
        return questions(lambda: opened.keyboardSearch(letters), asked)

    opened.setCurrentIndex(model.index(0, 0))
    assert typed("0", asked=corpus_tree) < 2100, "only of the class in which the next name is"
    assert opened.currentIndex() == model.index(0, 0, model.index(0, 0))
    opened.setCurrentIndex(last)
    assert typed("0", asked=clip_tree) < 20
    assert opened.currentIndex() == model.index(0, 0), "round to the first"
    for module in (corpus_tree, clip_tree):
        typed("z", asked=module)
        assert typed("z", asked=module) < 50, "though no name begins so"
    assert opened.currentIndex() == model.index(0, 0)
    model.show(grouped([Corpus("others", (ClipFile(Path("z.wav"), "z", "z"),))]))
    typed("z", asked=corpus_tree)
    assert opened.currentIndex() == model.index(0, 0), "among the rows that are there now"


def test_no_drag_takes_a_clip_away_and_no_name_is_edited(qtbot: QtBot, opened: ClipTree) -> None:
    model = opened.model()
    assert model.supportedDragActions() == Qt.DropAction.CopyAction
    opened.setCurrentIndex(model.index(0, 0, model.index(0, 0)))
    qtbot.keyClick(opened, Qt.Key.Key_F2)
    assert opened.state() == ClipTree.State.NoState
    assert not any(model.flags(model.index(1, c)) & Qt.ItemFlag.ItemIsDragEnabled for c in range(4))


def test_a_name_stays_on_its_line_and_turns_nothing_behind_it() -> None:
    names = ("two\nlines", "كلب", "\u202etxt", "é", "plain", "a\u2028b\u2029c\x85d", "gone\x7f")
    clips = tuple(ClipFile(Path(f"{name}.wav"), name, name) for name in names)
    tree = CorpusTree()
    tree.show(grouped([Corpus("odd", clips)]))
    shown = {tree.data(tree.index(row, 0)) for row in range(len(names))}
    assert shown == {
        "two␊lines  (1)",
        "\u2068كلب\u2069  (1)",
        "\u2068␮txt\u2069  (1)".replace("␮", "\u202e"),
        "é  (1)",
        "plain  (1)",
        "a␤b␤c␤d  (1)",
        "gone␡  (1)",
    }


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("dog 3-", ["3-1234"]),
        ("3- DOG", ["3-1234"]),
        ("home dog", ["3-1234", "Café-5"]),
        ("cafe dog", ["Café-5"]),
        ("cat 3-", ["3-77"]),
        ("dog cat", []),
        ("  ", ["3-77", "3-1234", "Café-5"]),
        ("STRASSE", []),
    ],
)
def test_each_word_is_in_one_of_a_clip_s_names(words: str, found: list[str]) -> None:
    named = (("cat", "3-77"), ("dog", "3-1234"), ("dog", "Café-5"))
    clips = tuple(ClipFile(Path(f"{name}.wav"), label, name) for label, name in named)
    branches = grouped([Corpus("home", clips)], words)
    assert [clip.path.stem for b in branches for g in b.groups for clip in g.clips] == found


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
    rows = tree.index(0, 0), tree.index(0, 0, tree.index(0, 0))
    assert [tree.data(index, Qt.ItemDataRole.ToolTipRole) for index in rows] == [
        "a\n2 clips · 1:11 · 8–44.1 kHz\nModel: training",
        "a1.wav\n0.62 s · 8 kHz",
    ]
    assert [clock(s) for s in (9.996, 59.94, 59.96, 5025)] == [
        "10.0 s",
        "59.9 s",
        "1:00",
        "1:23:45",
    ]


def test_clips_of_a_class_that_only_their_endings_tell_apart_show_these() -> None:
    named = ("a/long.mp3", "a/long.wav", "a/other.wav", "b/long.wav")
    clips = tuple(ClipFile(Path(name), name[0], name) for name in named)
    tree = CorpusTree()
    tree.show(grouped([Corpus("some", clips)]))
    first, second = (tree.index(row, 0) for row in range(2))
    assert [tree.data(tree.index(row, 0, first)) for row in range(3)] == [
        "long.mp3",
        "long.wav",
        "other",
    ]
    assert tree.data(tree.index(0, 0, second)) == "long"


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

"""The library's columns: names before figures, and what a person asks for before both."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.library.grouped_clips import LENGTH, NAME, RATE, SPLIT, Order, grouped
from app.pages.library.clip_tree import ClipTree
from app.pages.library.corpus_tree import CorpusTree
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus
from siamese_core.survey import Finding

DOCKED = 222
"""Pixels of the tree in a window of 1280 x 720."""
NARROW = 202


def tree_of(qtbot: QtBot, names: Sequence[str], *, several: bool = False) -> ClipTree:
    """A tree of classes with these names, in the dock of a small window."""
    corpora = [Corpus("some", tuple(ClipFile(Path(f"{n}.wav"), n, n) for n in names))]
    model = CorpusTree()
    tree = ClipTree(model)
    model.setParent(tree)
    qtbot.addWidget(tree)
    tree.resize(DOCKED, 400)
    tree.show()
    model.show(grouped(corpora), several=several)
    tree.make_room(model.titles)
    return tree


def shown(tree: ClipTree) -> set[int]:
    return {column for column in range(4) if not tree.isColumnHidden(column)}


def is_elided(tree: ClipTree, row: QModelIndex) -> bool:
    return tree.sizeHintForIndex(row).width() > tree.visualRect(row).width()


def entry(menu: QMenu, name: str) -> None:
    next(action for action in menu.actions() if action.text().replace("&", "") == name).trigger()


def test_columns_give_way_one_after_the_other_as_names_grow(qtbot: QtBot) -> None:
    before = {NAME, LENGTH, RATE, SPLIT}
    seen = []
    for letters in range(1, 40):
        tree = tree_of(qtbot, ["n" * letters])
        tree.set_split(True)
        tree.resize(DOCKED + 40, 400)
        assert shown(tree) <= before, "what gave way to a short name gives way to a long one"
        before = shown(tree)
        seen += [before] if before not in seen else []
    assert seen == [
        {NAME, LENGTH, RATE, SPLIT},
        {NAME, LENGTH, SPLIT},
        {NAME, SPLIT},
        {NAME},
    ]


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("has_split", [False, True])
def test_names_of_fifteen_letters_are_whole_in_a_small_window(
    qtbot: QtBot, several: bool, has_split: bool
) -> None:
    tree = tree_of(qtbot, ["june-wallack-jr", "ann"], several=several)
    tree.set_split(has_split)
    tree.set_figures((16_000,), 70.0)
    tree.expandAll()
    top = tree.model().index(0, NAME)
    row = tree.model().index(1, NAME, top if several else QModelIndex())
    assert tree.model().data(row) == "june-wallack-jr  (1)"
    assert not is_elided(tree, row)
    assert (SPLIT in shown(tree)) == has_split
    assert shown(tree) > {NAME}, "there is room for a figure beside it"


def test_lengths_are_told_before_rates_even_if_these_differ(qtbot: QtBot) -> None:
    tree = tree_of(qtbot, ["a-name-of-some-letters"])
    for rates in ((16_000,), (8000, 16_000)):
        tree.set_figures(rates, 70.0)
        tree.resize(DOCKED, 400)
        assert shown(tree) == {NAME, LENGTH}, "in a small window, too"
        tree.resize(NARROW, 400)
        assert shown(tree) == {NAME}, "before the names are cut to pieces"
        tree.resize(DOCKED + 100, 400)
        assert shown(tree) == {NAME, LENGTH, RATE}


def test_names_that_never_end_leave_room_in_a_wide_dock(qtbot: QtBot) -> None:
    tree = tree_of(qtbot, ["n" * 90])
    tree.set_split(True)
    assert shown(tree) == {NAME}
    tree.resize(420, 400)
    assert shown(tree) == {NAME, LENGTH, RATE, SPLIT}
    assert is_elided(tree, tree.model().index(0, NAME))


def test_a_scroll_bar_takes_no_column_away(qtbot: QtBot) -> None:
    tree = tree_of(qtbot, [f"name-{number}" for number in range(9)])
    for width in range(150, 300, 3):
        tree.resize(width, 400)
        qtbot.waitUntil(lambda: not tree.verticalScrollBar().isVisible())
        before = shown(tree)
        tree.resize(width, 80)
        qtbot.waitUntil(tree.verticalScrollBar().isVisible)
        assert shown(tree) == before


def test_a_person_chooses_columns_and_leaves_them_to_the_room_again(qtbot: QtBot) -> None:
    tree = tree_of(qtbot, ["n" * 30])
    tree.resize(NARROW, 400)
    assert shown(tree) == {NAME}
    tree._open_columns(tree.header().rect().center())
    menu = tree.findChild(QMenu)
    assert menu is not None
    assert [action.text() for action in menu.actions()] == [
        "&Length",
        "&Rate",
        "",
        "&As there is room",
    ]
    entry(menu, "Rate")
    menu.close()
    assert shown(tree) == {NAME, RATE}
    tree.resize(500, 400)
    entry(tree.columns_menu(tree), "Length")
    assert shown(tree) == {NAME, RATE}, "it was shown, and is asked to go"
    tree.resize(NARROW, 400)
    assert shown(tree) == {NAME, RATE}
    entry(tree.columns_menu(tree), "As there is room")
    assert shown(tree) == {NAME}


def test_what_rows_are_ordered_by_is_shown(qtbot: QtBot) -> None:
    tree = tree_of(qtbot, ["n" * 30])
    tree.resize(NARROW, 400)
    entry(tree.order_menu(tree), "Length")
    assert shown(tree) == {NAME, LENGTH}
    assert not tree.columns_menu(tree).actions()[0].isEnabled()
    tree.header().setSortIndicator(NAME, Qt.SortOrder.AscendingOrder)
    assert shown(tree) == {NAME}


def test_a_length_of_many_hours_has_its_room(qtbot: QtBot) -> None:
    tree = tree_of(qtbot, ["a"])
    before = tree.columnWidth(LENGTH)
    tree.set_figures((16_000,), 3600.0)
    assert tree.columnWidth(LENGTH) == before
    tree.set_figures((16_000,), 3600.0 * 352)
    assert tree.columnWidth(LENGTH) > tree.fontMetrics().horizontalAdvance("352:00:00")


def chosen_names(tree: ClipTree) -> set[str]:
    return {tree.model().data(index) for index in tree.selectionModel().selectedRows()}


def test_what_is_chosen_stays_so_in_another_order(qtbot: QtBot) -> None:
    clips = tuple(ClipFile(Path(f"{i}.wav"), f"class {i % 2}", str(i)) for i in range(10, 30))
    known = {clip: Finding(clip, 8000, 1, 100.0 - number) for number, clip in enumerate(clips)}
    corpora, model = [Corpus("some", clips)], CorpusTree()
    tree = ClipTree(model)
    model.setParent(tree)
    qtbot.addWidget(tree)
    model.show(grouped(corpora, known=known))
    tree.expandAll()
    told: list[object] = []
    choose = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row in (0, 1, 5):
        tree.selectionModel().select(model.index(row, 0, model.index(0, 0)), choose)
    tree.selectionModel().select(model.index(1, 0), choose)
    current = model.index(3, 0, model.index(1, 0))
    tree.selectionModel().setCurrentIndex(current, QItemSelectionModel.SelectionFlag.NoUpdate)
    tree.selectionModel().selectionChanged.connect(lambda *_: told.append(_))
    before = chosen_names(tree)
    assert before == {"10", "12", "20", "class 1  (10)"}
    orders = (Order(LENGTH), Order(NAME, falling=True), Order())
    for order in orders:
        model.show(grouped(corpora, known=known, order=order))
        assert chosen_names(tree) == before
        assert model.data(tree.currentIndex()) == "17"
    assert not told, "nothing else is chosen than before"
    assert [part.top() for part in tree.selectionModel().selection()] != []


def test_typed_letters_lead_to_the_names_that_begin_so(qtbot: QtBot) -> None:
    tree = tree_of(qtbot, ["alpha", "beta", "bonus", "gamma"])
    tree.setCurrentIndex(tree.model().index(0, 0))

    def typed(letters: str) -> str:
        tree._since.invalidate()  # as after a pause
        for letter in letters:
            qtbot.keyClick(tree, letter)
        return tree.model().data(tree.currentIndex())

    assert [typed("b"), typed("b"), typed("b")] == ["beta  (1)", "bonus  (1)", "beta  (1)"]
    assert typed("bo") == "bonus  (1)"
    assert typed("bb") == "bonus  (1)", "there and back again"
    assert typed("x") == "bonus  (1)"
    tree.expand(tree.model().index(3, 0))
    assert [typed("g"), typed("g")] == ["gamma  (1)", "gamma"], "clips that are in sight, too"
    qtbot.keyClick(tree, Qt.Key.Key_Home)
    assert typed("a") == "alpha  (1)", "what is closed is passed over"
    hidden = tree.model().index(0, 0, tree.model().index(2, 0))
    tree.setCurrentIndex(hidden)  # which opens what it lies in
    tree.collapse(hidden.parent())
    tree.selectionModel().setCurrentIndex(hidden, tree.selectionModel().SelectionFlag.NoUpdate)
    assert [typed("bon"), typed("b")] == ["bonus  (1)", "beta  (1)"], "and is no place to begin at"
    tree.setCurrentIndex(tree.model().index(0, LENGTH))
    assert typed("al") == "alpha  (1)", "another column is as good"


def test_an_asterisk_opens_all_that_is_below(qtbot: QtBot) -> None:
    tree = tree_of(qtbot, ["a", "b"], several=True)
    top = tree.model().index(0, 0)
    tree.setCurrentIndex(top)
    qtbot.keyClick(tree, Qt.Key.Key_Asterisk)
    rows = [top, *(tree.model().index(row, 0, top) for row in range(2))]
    assert all(map(tree.isExpanded, rows))
    assert len(tree.model().persistentIndexList()) <= 5, "no clip is remembered as open"

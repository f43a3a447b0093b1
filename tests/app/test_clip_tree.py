"""The library's columns: names before figures, and what a person asks for before both."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.grouped_clips import LENGTH, NAME, RATE, SPLIT, grouped
from app.pages.clip_tree import ClipTree
from app.pages.corpus_tree import CorpusTree
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus

DOCKED = 222
"""Pixels of the tree in a window of 1280 x 720."""


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


def test_rates_that_differ_are_told_before_lengths(qtbot: QtBot) -> None:
    tree = tree_of(qtbot, ["a-name-of-some-letters"])
    tree.set_figures((16_000,), 70.0)
    assert shown(tree) == {NAME}
    tree.set_figures((8000, 16_000), 70.0)
    assert shown(tree) == {NAME}
    tree.resize(DOCKED + 40, 400)
    assert shown(tree) == {NAME, RATE}
    tree.set_figures((16_000,), 70.0)
    assert shown(tree) == {NAME, LENGTH}


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
    tree.resize(DOCKED, 400)
    assert shown(tree) == {NAME, RATE}
    entry(tree.columns_menu(tree), "As there is room")
    assert shown(tree) == {NAME}


def test_what_rows_are_ordered_by_is_shown(qtbot: QtBot) -> None:
    tree = tree_of(qtbot, ["n" * 30])
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

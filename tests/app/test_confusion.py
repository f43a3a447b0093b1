"""The confusion matrix of many classes: a heat map that is seen at once, and walked through."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app import theme
from app.widgets.matrix_table import Counts, MatrixTable

WHOLE = 100


@pytest.fixture
def matrix(qtbot: QtBot) -> MatrixTable:
    matrix = MatrixTable("Confusion", "Click a cell")
    qtbot.addWidget(matrix)
    matrix.resize(640, 560)
    with qtbot.waitExposed(matrix):
        matrix.show()
    return matrix


def show(matrix: MatrixTable, classes: int) -> np.ndarray:
    """Show a matrix with some mistakes below its diagonal."""
    names = [f"class {number}" for number in range(classes)]
    counts = 90 * np.eye(classes, dtype=int)
    counts[np.arange(1, classes), np.arange(classes - 1)] = 10
    matrix.show_counts(Counts(names, names, counts, WHOLE, axes=("True", "Predicted")))
    return counts


@pytest.mark.parametrize(("classes", "numbered"), [(3, True), (5, True), (50, False)])
def test_all_classes_are_seen_at_once_and_numbers_where_there_is_room(
    qtbot: QtBot, matrix: MatrixTable, classes: int, numbered: bool
) -> None:
    show(matrix, classes)
    bars = matrix.horizontalScrollBar(), matrix.verticalScrollBar()
    qtbot.waitUntil(lambda: not any(bar.maximum() for bar in bars))
    assert matrix.horizontalHeader().length() <= matrix.viewport().width()
    assert (matrix.numbers is not None) == numbered


def test_three_hundred_classes_scroll_little_and_keep_their_cells_apart(
    matrix: MatrixTable,
) -> None:
    show(matrix, 300)
    assert matrix.columnWidth(0) == matrix.rowHeight(0) == 2
    assert matrix.horizontalHeader().length() == 600


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_heat_map_is_painted_cell_by_cell_in_the_colours_of_its_counts(
    matrix: MatrixTable, mode: str
) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    try:
        theme.apply(application, mode)
        counts = show(matrix, 50)
        look, picture = theme.colours(), matrix.viewport().grab().toImage()
        ratio = picture.devicePixelRatio()
        colours = {}
        for row, column in ((7, 7), (7, 6), (7, 30), (49, 49), (49, 0)):
            centre = matrix.visualRect(matrix.model().index(row, column)).center() * ratio
            colours.setdefault(int(counts[row, column]), set()).add(
                picture.pixelColor(centre).name()
            )
        assert all(len(found) == 1 for found in colours.values())
        surface = QColor(look.surface).lightness()
        far = {
            count: abs(QColor(found.pop()).lightness() - surface)
            for count, found in colours.items()
        }
        assert far[0] == 0
        assert far[90] > far[10] >= 12, "a single mistake is seen"
    finally:
        theme.apply(application, "light")


def test_a_cell_without_a_number_tells_it_and_can_be_chosen(
    qtbot: QtBot, matrix: MatrixTable
) -> None:
    show(matrix, 50)
    place = matrix.visualRect(matrix.model().index(7, 6)).center()
    viewport = matrix.viewport()
    QApplication.sendEvent(
        viewport, QHelpEvent(QEvent.Type.ToolTip, place, viewport.mapToGlobal(place))
    )
    assert QToolTip.text() == "class 7, class 6: 10 of 100"
    QToolTip.hideText()
    chosen = QSignalSpy(matrix.chosen)
    before = viewport.grab().toImage()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    qtbot.keyClick(matrix, Qt.Key.Key_Right)
    assert [chosen.at(place) for place in range(chosen.count())] == [[7, 6], [7, 7]]
    ink = QColor(theme.colours().text)
    frame = matrix.visualRect(matrix.currentIndex()).topLeft() - QPoint(2, 2)
    assert before.pixelColor(frame) != ink
    assert viewport.grab().toImage().pixelColor(frame) == ink


def test_titles_of_low_rows_do_not_overlap(matrix: MatrixTable) -> None:
    line = matrix.fontMetrics().height()
    for classes in (5, 50, 300):
        show(matrix, classes)
        for header in (matrix.horizontalHeader(), matrix.verticalHeader()):
            assert header.every * header.defaultSectionSize() >= line
            assert (header.every - 1) * header.defaultSectionSize() < line, "no more than needed"


def test_what_is_copied_has_every_number(matrix: MatrixTable) -> None:
    show(matrix, 50)
    lines = matrix.text().splitlines()
    assert len(lines) == 51
    assert lines[8].split("\t")[:9] == ["class 7", *"000000", "10", "90"]


class Unwalked(np.ndarray):
    """Counts that nobody goes through one by one: of a thousand classes that takes seconds."""

    def __iter__(self) -> Iterator[object]:
        raise AssertionError("the rows were gone through")

    def tolist(self) -> list[object]:
        raise AssertionError("the counts were listed")


def test_the_counts_of_many_classes_are_drawn_without_going_through_them(
    matrix: MatrixTable,
) -> None:
    names = [f"class {number}" for number in range(300)]
    counts = (90 * np.eye(300, dtype=int)).view(Unwalked)
    matrix.show_counts(Counts(names, names, counts, WHOLE))
    assert matrix.grab().width() == matrix.width()
    model = matrix.model()
    assert [model.index(3, column).data() for column in (2, 3)] == ["0", "90"]

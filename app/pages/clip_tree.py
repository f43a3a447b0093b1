"""ClipTree: the library's rows below their heads; names come first, figures as there is room."""

from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QTreeView, QWidget

from app.grouped_clips import LENGTH, NAME, RATE, SPLIT, Order
from app.pages.corpus_tree import CorpusTree, Title, clock, kilohertz
from app.thumbnails import SIZE

_WIDEST = {LENGTH: "0:00:00", RATE: "16", SPLIT: "valid."}
_NAMES = {NAME: "&Name", LENGTH: "&Length", RATE: "&Rate", SPLIT: "&Split"}
_MARGIN, _GAP = 10, 6
_INDENTATION = 14
_LEAST_NAME, _MOST_NAME = 90, 220
"""Pixels that names are given before a figure is; longer ones are elided beside figures."""
_SOME = 8
"""Of letters that differ in width, so many of the longest names hold the widest."""


class ClipTree(QTreeView):
    """Names have the room that they need; a figure is told where there is more.

    A person may choose the columns; what rows are ordered by is shown in any case.
    """

    order_changed = Signal()
    columns_wanted = Signal(object)
    """The columns that the person chose, or does without, by their numbers."""

    def __init__(self, model: CorpusTree, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._has_split = self._rates_differ = False
        self._name_width = _LEAST_NAME
        self._wanted: dict[int, bool] = {}
        """The columns that a person chose or does without."""
        self._widths: dict[int, int] = {}
        self.setUniformRowHeights(True)
        self.setIconSize(SIZE)
        self.setIndentation(_INDENTATION)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.setModel(model)
        self.setSelectionMode(QTreeView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Clips by class")
        self._build_head()
        self._choose_columns()

    def _build_head(self) -> None:
        head = self.header()
        head.setSectionsMovable(False)
        head.setStretchLastSection(False)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column, widest in _WIDEST.items():
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self._fit(column, [widest])
        head.setSectionsClickable(True)
        head.setSortIndicator(NAME, Qt.SortOrder.AscendingOrder)
        head.setSortIndicatorShown(True)
        head.sortIndicatorChanged.connect(self._tell)
        head.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        head.customContextMenuRequested.connect(self._open_columns)

    @property
    def order(self) -> Order:
        """What rows are to be ordered by."""
        head = self.header()
        falling = head.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        return Order(head.sortIndicatorSection(), falling)

    def set_split(self, there_is: bool) -> None:
        """Say whether there is a split to tell."""
        self._has_split = there_is
        if not there_is and self.order.column == SPLIT:
            self.header().setSortIndicator(NAME, Qt.SortOrder.AscendingOrder)
        self._choose_columns()

    def set_figures(self, rates: Sequence[int], seconds: float) -> None:
        """Say which rates there are, in Hz from the lowest on, and how long all clips are."""
        self._fit(LENGTH, [_WIDEST[LENGTH], clock(seconds)])
        self._rates_differ = len(rates) > 1
        each = [kilohertz((rate, rate)) for rate in rates]
        self._fit(RATE, [*each, kilohertz((rates[0], rates[-1]))] if rates else [])
        self._choose_columns()

    def make_room(self, titles: Iterable[Title]) -> None:
        """Give these names of corpora and classes their room before any figure."""
        fonts, step = self.fontMetrics(), self.indentation()
        widths = (
            fonts.horizontalAdvance(title.text) + step * (title.depth + 1) + _MARGIN
            for title in nlargest(_SOME, titles, key=lambda title: len(title.text) + title.depth)
        )
        self._name_width = max(_LEAST_NAME, min(max(widths, default=0), _MOST_NAME))
        self._choose_columns()

    def _fit(self, column: int, texts: Sequence[str]) -> None:
        """Make a column as wide as these texts and its head."""
        head = self.model().headerData(column, Qt.Orientation.Horizontal)
        widths = [self.fontMetrics().horizontalAdvance(text) for text in (*texts, head)]
        apart = _MARGIN + _GAP * (column == SPLIT)  # which follows figures, not a name
        self._widths[column] = max(widths) + apart
        self.header().resizeSection(column, self._widths[column])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show more where there is more room."""
        super().resizeEvent(event)
        self._choose_columns()

    def _choose_columns(self) -> None:
        """Show figures, the most telling first, until the next would take room from names."""
        shown = {column for column in _WIDEST if self._asked(column)}
        # The scroll bar's room stays free, lest a column goes when a class is opened.
        room = self.maximumViewportSize().width() - self.verticalScrollBar().sizeHint().width()
        room -= self._name_width + sum(self._widths[column] for column in shown)
        rest = (SPLIT, RATE, LENGTH) if self._rates_differ else (SPLIT, LENGTH, RATE)
        for column in rest:
            if self._asked(column) is None:
                room -= self._widths[column]
                if room < 0:
                    break
                shown.add(column)
        for column in _WIDEST:
            self.setColumnHidden(column, column not in shown)

    def _asked(self, column: int) -> bool | None:
        """Whether a column is to be there; None where the room decides."""
        if column == SPLIT and not self._has_split:
            return False
        return self.order.column == column or self._wanted.get(column)

    def order_menu(self, parent: QWidget) -> QMenu:
        """Return what the heads offer, for the keyboard."""
        menu = QMenu("S&ort by", parent)
        group = QActionGroup(menu)
        for column in _NAMES:
            if column != SPLIT or self._has_split:
                group.addAction(self._entry(menu, column, self.order.column == column))
        group.triggered.connect(self._order_by)
        return menu

    def columns_menu(self, parent: QWidget) -> QMenu:
        """Return a choice of the figures beside the names."""
        menu = QMenu("&Columns", parent)
        for column in _WIDEST:
            if column != SPLIT or self._has_split:
                entry = self._entry(menu, column, not self.isColumnHidden(column))
                entry.setEnabled(column != self.order.column)
        menu.addSeparator()
        menu.addAction("&As there is room").setEnabled(bool(self._wanted))
        menu.triggered.connect(self._take_choice)
        return menu

    def want_columns(self, wanted: Mapping[int, bool]) -> None:
        """Show and hide columns as they were chosen; the room decides on others."""
        self._wanted = {column: there for column, there in wanted.items() if column in _WIDEST}
        self._choose_columns()

    def _entry(self, menu: QMenu, column: int, checked: bool) -> QAction:
        entry = QAction(_NAMES[column], menu, checkable=True, checked=checked)
        entry.setData(column)
        menu.addAction(entry)
        return entry

    def _order_by(self, action: QAction) -> None:
        self.header().setSortIndicator(action.data(), Qt.SortOrder.AscendingOrder)

    def _take_choice(self, action: QAction) -> None:
        """Show or hide a column from now on, or leave them all to the room again."""
        if action.isCheckable():
            self._wanted[action.data()] = action.isChecked()
        else:
            self._wanted.clear()
        self._choose_columns()
        self.columns_wanted.emit(dict(self._wanted))

    def _open_columns(self, place: QPoint) -> None:
        menu = self.columns_menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.header().mapToGlobal(place))

    def _tell(self, _column: int, _order: Qt.SortOrder) -> None:
        self._choose_columns()
        self.order_changed.emit()

"""ClipTree: the library's rows below their heads, ordered by a click on one of these."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QTreeView, QWidget

from app.grouped_clips import LENGTH, NAME, RATE, SPLIT, Order
from app.pages.corpus_tree import CorpusTree, kilohertz

_WIDEST = {LENGTH: "0:00:00", RATE: "16", SPLIT: "valid."}
_NAMES = {NAME: "&Name", LENGTH: "&Length", RATE: "&Rate", SPLIT: "&Split"}
_MARGIN, _GAP = 10, 6
_INDENTATION = 14
_ROOMY = 300
"""Pixels; a narrower tree has no room for a rate that is the same in every row."""


class ClipTree(QTreeView):
    """Names have the room that the figures leave."""

    order_changed = Signal()

    def __init__(self, model: CorpusTree, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setUniformRowHeights(True)
        self.setIndentation(_INDENTATION)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.setModel(model)
        self.setSelectionMode(QTreeView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Clips by class")
        head = self.header()
        head.setSectionsMovable(False)
        head.setStretchLastSection(False)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column, widest in _WIDEST.items():
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self._make_room(column, [widest])
        head.setSectionsClickable(True)
        head.setSortIndicator(NAME, Qt.SortOrder.AscendingOrder)
        head.setSortIndicatorShown(True)
        head.sortIndicatorChanged.connect(self._tell)
        self._has_split = self._rates_differ = False
        self._choose_columns()

    @property
    def order(self) -> Order:
        """What rows are to be ordered by."""
        head = self.header()
        falling = head.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        return Order(head.sortIndicatorSection(), falling)

    def set_split(self, there_is: bool) -> None:
        """Say whether there is a split to tell."""
        self._has_split = there_is
        self._choose_columns()

    def set_rates(self, rates: Sequence[int]) -> None:
        """Say which rates there are, in Hz, from the lowest to the highest."""
        self._rates_differ = len(rates) > 1
        each = [kilohertz((rate, rate)) for rate in rates]
        self._make_room(RATE, [*each, kilohertz((rates[0], rates[-1]))] if rates else [])
        self._choose_columns()

    def _make_room(self, column: int, texts: Sequence[str]) -> None:
        head = self.model().headerData(column, Qt.Orientation.Horizontal)
        widths = [self.fontMetrics().horizontalAdvance(text) for text in (*texts, head)]
        apart = _MARGIN + _GAP * (column == SPLIT)  # which follows figures, not a name
        self.header().resizeSection(column, max(widths) + apart)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show more where there is more room."""
        super().resizeEvent(event)
        self._choose_columns()

    def _choose_columns(self) -> None:
        is_roomy = self.width() >= _ROOMY
        self._set_shown(SPLIT, self._has_split)
        self._set_shown(RATE, self._rates_differ or is_roomy or not self._has_split)

    def _set_shown(self, column: int, shown: bool) -> None:
        if shown == self.isColumnHidden(column):
            self.setColumnHidden(column, not shown)
            if not shown and self.order.column == column:
                self.header().setSortIndicator(NAME, Qt.SortOrder.AscendingOrder)

    def order_menu(self, parent: QWidget) -> QMenu:
        """Return what the heads offer, for the keyboard."""
        menu = QMenu("S&ort by", parent)
        group = QActionGroup(menu)
        for column, name in _NAMES.items():
            if not self.isColumnHidden(column):
                action = QAction(name, menu, checkable=True, checked=self.order.column == column)
                action.setData(column)
                group.addAction(action)
                menu.addAction(action)
        group.triggered.connect(self._order_by)
        return menu

    def _order_by(self, action: QAction) -> None:
        self.header().setSortIndicator(action.data(), Qt.SortOrder.AscendingOrder)

    def _tell(self, _column: int, _order: Qt.SortOrder) -> None:
        self.order_changed.emit()

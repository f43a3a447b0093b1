"""CardGrid: the support cards in rows as wide as there is room for."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from app.widgets.icon_button import IconButton

_SPACING = 8
_NARROWEST, _WIDEST = 194, 400


class CardGrid(QWidget):
    """Lays cards out from left to right, all of one width, and wraps where the room ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: Sequence[QWidget] = ()
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_SPACING)

    def set_cards(self, cards: Sequence[QWidget]) -> None:
        """Lay out these cards; those that are gone are deleted."""
        for card in set(self._cards) - set(cards):
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = tuple(cards)
        self.setMaximumWidth(max(len(cards), 1) * (_WIDEST + _SPACING))
        self._columns = 0
        self._place()
        stops = [stop for card in cards for stop in (card, *card.findChildren(IconButton))]
        for before, after in pairwise(stops):  # else a card that comes later is the window's last
            QWidget.setTabOrder(before, after)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap anew where the width has changed."""
        super().resizeEvent(event)
        self._place()

    def minimumSizeHint(self) -> QSize:
        """One card must fit; the rows scroll."""
        tallest = max((card.minimumSizeHint().height() for card in self._cards), default=0)
        rows = -(-len(self._cards) // max(self._columns, 1))
        return QSize(_NARROWEST, rows * (tallest + _SPACING) - _SPACING)

    def _place(self) -> None:
        columns = self._fitting()
        if columns == self._columns:
            return
        for column in range(self._columns, columns):
            self._grid.setColumnStretch(column, 1)
        for column in range(columns, max(self._columns, self._grid.columnCount())):
            self._grid.setColumnStretch(column, 0)
        self._columns = columns
        for place, card in enumerate(self._cards):
            card.setMinimumWidth(_NARROWEST)
            self._grid.addWidget(card, *divmod(place, columns))
        self.updateGeometry()

    def _fitting(self) -> int:
        if not self._cards:
            return 1
        fitting = max(1, (self.width() + _SPACING) // (_NARROWEST + _SPACING))
        # Even rows look calmer than a full one with a single card below it.
        rows = -(-len(self._cards) // fitting)
        return -(-len(self._cards) // rows)

"""CardGrid: the support cards in rows; CardArea shows them in as few as there is room for."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from app.widgets.icon_button import IconButton

_SPACING = 8
_NARROWEST, _NARROW, _WIDEST = 150, 194, 400
"""Pixels of a card: the least where all cards are seen for it, the least else, and the most."""


class CardGrid(QWidget):
    """Lays cards out from left to right, all of one width, in as many columns as it is told."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: tuple[QWidget, ...] = ()
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_SPACING)

    def set_cards(self, cards: Sequence[QWidget]) -> None:
        """Take these cards, to be laid out by `set_columns`; those that are gone are deleted."""
        for card in set(self.cards) - set(cards):
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = tuple(cards)
        self.setMaximumWidth(max(len(cards), 1) * (_WIDEST + _SPACING))
        self._columns = 0

    def set_columns(self, columns: int) -> None:
        """Lay the cards out, unless they stand so."""
        if columns == self._columns:
            return
        for column in range(max(columns, self._grid.columnCount())):
            self._grid.setColumnStretch(column, int(column < columns))
        self._columns = columns
        for place, card in enumerate(self.cards):
            card.setMinimumWidth(_NARROWEST)
            self._grid.addWidget(card, *divmod(place, columns))
        stops = [stop for card in self.cards for stop in (card, *card.findChildren(IconButton))]
        for before, after in pairwise(stops):  # else a card that comes later is the window's last
            QWidget.setTabOrder(before, after)
        self._grid.activate()
        self.updateGeometry()

    def columns_within(self, width: int, narrowest: int = _NARROW) -> int:
        """Spread the cards evenly over as few rows as a width in pixels allows."""
        fitting = max(1, (width + _SPACING) // (narrowest + _SPACING))
        # Even rows look calmer than a full one with a single card below it.
        return max(1, -(-len(self.cards) // self._rows(fitting)))

    def beyond(self, tile: int, key: int) -> int | None:
        """Return which tile an arrow key goes to, the first being one beside the grid."""
        stride = max(self._columns, 1)
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -stride,
            Qt.Key.Key_Down: stride,
        }
        upright = key in (Qt.Key.Key_Up, Qt.Key.Key_Down)
        other = tile + steps[Qt.Key(key)]
        first = int(upright)
        is_there = first <= other <= len(self.cards) and tile >= first
        return other if is_there else None

    def least_height(self, columns: int) -> int:
        """Return the least height in pixels in so many columns."""
        tallest = max((card.minimumSizeHint().height() for card in self.cards), default=0)
        return self._rows(columns) * (tallest + _SPACING) - _SPACING

    def minimumSizeHint(self) -> QSize:
        """One card must fit; the rows scroll."""
        return QSize(_NARROWEST, self.least_height(max(self._columns, 1)))

    def _rows(self, columns: int) -> int:
        return max(1, -(-len(self.cards) // columns))


class CardArea(QScrollArea):
    """Chooses the columns by its own size, so that a scroll bar which goes leaves no trace."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, widgetResizable=True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._grid = CardGrid()
        self.setWidget(self._grid)

    @property
    def cards(self) -> tuple[QWidget, ...]:
        """What is shown, in its order."""
        return self._grid.cards

    def beyond(self, tile: int, key: int) -> int | None:
        """Return which tile an arrow key goes to, if any; 0 is beside the area, the rest here."""
        return self._grid.beyond(tile, key)

    def set_cards(self, cards: Sequence[QWidget]) -> None:
        """Show these cards; those that are gone are deleted."""
        self._grid.set_cards(cards)
        self._wrap()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap anew where there is more room or less."""
        super().resizeEvent(event)
        self._wrap()

    def _wrap(self) -> None:
        """Make columns of all the room, of narrow cards if need be, or of that beside a bar."""
        grid, room = self._grid, self.maximumViewportSize()
        bar = self.verticalScrollBar().sizeHint().width()
        wide, narrow = (grid.columns_within(room.width(), least) for least in (_NARROW, _NARROWEST))
        whole = (one for one in (wide, narrow) if grid.least_height(one) <= room.height())
        grid.set_columns(next(whole, grid.columns_within(room.width() - bar)))

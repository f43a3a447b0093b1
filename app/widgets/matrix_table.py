"""MatrixTable: counts in rows and columns, the more the darker; each cell can be chosen.

Many classes make a heat map: their cells shrink until all of them are seen, and lose their numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app import theme
from app.widgets.matrix_headers import SideHeader, TurnedHeader
from app.widgets.plain import plain
from app.widgets.value_table import NOWHERE, Index, ValueModel, ValueTable

_CELL, _LARGEST_CELL, _SMALLEST_CELL = 36, 88, 2
_DARK = 0.5
"""The share from which on a cell is dark enough for the accent's own ink."""
_FAINTEST = 0.22
"""The shade of a single count in a heat map, where no number says that it is not nought."""
_FONT_SIZES = (1.0, 0.9, 0.8)
"""Of the numbers, in turn, until they fit."""
_MARGIN, _FRAME = 3, 2


@dataclass(frozen=True, eq=False)
class Counts:
    """Counts of each row's name and each column's; a row's are shares of ``whole``.

    ``words`` says what a cell counts, with {0} for its row and {1} for its column; ``axes`` what
    the rows and what the columns are.
    """

    down: Sequence[str]
    across: Sequence[str]
    counts: NDArray[np.int64]
    whole: int
    words: str = "{0}, {1}"
    axes: tuple[str, str] = ("", "")


class MatrixModel(ValueModel):
    """Counts, each row of them shares of the same whole."""

    def __init__(self, counts: Counts) -> None:
        super().__init__(counts.across)
        self._all = counts
        self.longest = str(counts.counts.max(initial=0))
        """The longest number."""

    def rowCount(self, _parent: Index = NOWHERE) -> int:
        """Count the rows."""
        return len(self._all.down)

    def value(self, index: Index) -> int:
        """Return a count."""
        return int(self._all.counts[index.row(), index.column()])

    def picture(self) -> QImage:
        """Draw each cell as a pixel."""
        look, counts = theme.colours(), self._all.counts
        occurring = np.bincount(counts.ravel())
        shades = np.zeros(len(occurring), dtype=np.uint32)
        for count in np.flatnonzero(occurring).tolist():
            share = _shade(count / self._all.whole)
            shades[count] = theme.mixed(look.surface, look.accent, share).rgba()
        pixels = shades[counts]
        rows, columns = pixels.shape
        format_ = QImage.Format.Format_ARGB32
        return QImage(pixels.tobytes(), columns, rows, 4 * columns, format_).copy()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Write a count in its colours."""
        count = self.value(index)
        share, look = count / self._all.whole, theme.colours()
        if role == Qt.ItemDataRole.BackgroundRole:
            return theme.mixed(look.surface, look.accent, share)
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(look.on_accent if share > _DARK else look.text if count else look.line)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            names = self._all.down[index.row()], self._all.across[index.column()]
            words = f"{self._all.words.format(*names)}: {count} of {self._all.whole}"
            return plain(words) if role == Qt.ItemDataRole.ToolTipRole else words
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        return super().data(index, role)

    def headerData(
        self, section: int, side: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Name a row or a column."""
        names = self._all.across if side == Qt.Orientation.Horizontal else self._all.down
        if role == Qt.ItemDataRole.DisplayRole:
            return names[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(names[section])
        return None


class MatrixTable(ValueTable):
    """Mouse and arrow keys choose a cell."""

    chosen = Signal(int, int)
    """Row and column."""

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setToolTip(tip)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.numbers: QFont | None = self.font()
        """In which the counts are written; None where cells are too small for any."""
        self._drawn: tuple[theme.Colours, QImage] | None = None
        self._across, self._down = TurnedHeader(self), SideHeader(self)
        self.setHorizontalHeader(self._across)
        self.setVerticalHeader(self._down)
        self.setItemDelegate(_Cell(self))
        self._down.show()
        for bar, header in (
            (self.horizontalScrollBar(), self._across),
            (self.verticalScrollBar(), self._down),
        ):
            bar.valueChanged.connect(header.stay)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_counts(self, counts: Counts) -> None:
        """Show other counts."""
        self._model, self._drawn = MatrixModel(counts), None
        self._down.entitle(counts.axes[0], counts.down)
        self._across.entitle(counts.axes[1], counts.across)
        self.setModel(self._model)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setMinimumSectionSize(1)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the cells take the room there is."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Make cells square and as large as fits, within reason; those of a lone column low."""
        across, down = self.horizontalHeader(), self.verticalHeader()
        if not across.count() or not down.count():
            return
        side = min(
            self.viewport().width() // across.count(), self.viewport().height() // down.count()
        )
        side = max(_SMALLEST_CELL, min(side, _LARGEST_CELL))
        if across.count() == 1:
            across.setDefaultSectionSize(across.sectionSizeFromContents(0).width() + _CELL)
            side = _CELL
        else:
            across.setDefaultSectionSize(side)
        down.setDefaultSectionSize(side)
        self.numbers = self._numbers(side)

    def _numbers(self, side: int) -> QFont | None:
        """Return the largest font in which every number fits into its cell; None if none does."""
        assert isinstance(self._model, MatrixModel)
        for size in _FONT_SIZES:
            font = self.font()
            font.setPointSizeF(size * self.font().pointSizeF())
            metrics = QFontMetrics(font)
            width = metrics.horizontalAdvance(self._model.longest)
            if max(width, metrics.height()) + 2 * _MARGIN <= side:
                return font
        return None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cells, those of a heat map all at once: there may be a hundred thousand."""
        if self.numbers or not isinstance(self._model, MatrixModel):
            super().paintEvent(event)
            return
        across, down = self.horizontalHeader(), self.verticalHeader()
        place = QRect(-across.offset(), -down.offset(), across.length(), down.length())
        painter = QPainter(self.viewport())
        painter.drawImage(place, self._picture())
        chosen = self.currentIndex()
        if chosen.isValid():
            draw_frame(painter, self.visualRect(chosen).adjusted(-_FRAME, -_FRAME, _FRAME, _FRAME))

    def _picture(self) -> QImage:
        """Return the heat map in the colours of the present theme."""
        look = theme.colours()
        if self._drawn is None or self._drawn[0] is not look:
            assert isinstance(self._model, MatrixModel)
            self._drawn = look, self._model.picture()
        return self._drawn[1]

    def marked(self) -> list[QModelIndex]:
        """Return nothing: a cell is chosen to be looked behind, and all of them are copied."""
        return []

    def currentChanged(self, current: Any, previous: Any) -> None:
        """Tell which cell was chosen."""
        super().currentChanged(current, previous)
        self.viewport().update()  # the frame around a cell of a heat map reaches beyond it
        if current.isValid():
            self.chosen.emit(current.row(), current.column())


class _Cell(QStyledItemDelegate):
    """Frames the chosen cell: its colour is a number, and stays."""

    def __init__(self, table: MatrixTable) -> None:
        super().__init__(table)
        self._table = table

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Write the number as large as fits."""
        super().initStyleOption(option, index)
        if self._table.numbers:
            option.font = self._table.numbers

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell."""
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        plain = ~(QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus)
        option.state = state & plain
        super().paint(painter, option, index)
        if chosen:
            draw_frame(painter, option.rect.adjusted(1, 1, -_FRAME, -_FRAME))


def draw_frame(painter: QPainter, place: QRect) -> None:
    """Frame the chosen cell."""
    painter.setPen(QPen(QColor(theme.colours().text), _FRAME))
    painter.drawRect(place)


def _shade(share: float) -> float:
    return _FAINTEST + (1 - _FAINTEST) * share if share else 0.0

"""MatrixTable: counts in rows and columns, the more the darker; each cell can be chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionHeader,
    QStyleOptionViewItem,
    QWidget,
)

from app import theme
from app.widgets.plain import plain
from app.widgets.short_names import short_names
from app.widgets.value_table import Index, ValueModel, ValueTable

_CELL, _LARGEST_CELL = 36, 88
_LONGEST_TITLE = 180
_DARK = 0.5
"""The share from which on a cell is dark enough for the accent's own ink."""
_PADDING, _FRAME = 6, 2


@dataclass(frozen=True)
class Counts:
    """Counts of each row's name and each column's; a row's are shares of ``whole``.

    ``words`` says what a cell counts, with {0} for its row and {1} for its column; ``axes`` what
    the rows and what the columns are.
    """

    down: Sequence[str]
    across: Sequence[str]
    counts: Sequence[Sequence[int]]
    whole: int
    words: str = "{0}, {1}"
    axes: tuple[str, str] = ("", "")


class MatrixModel(ValueModel):
    """Counts, each row of them shares of the same whole."""

    def __init__(self, counts: Counts) -> None:
        super().__init__(counts.across, counts.counts)
        self._all = counts

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Write a count in its colours."""
        count = int(str(self.rows[index.row()][index.column()]))
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
        self._across, self._down = _TurnedHeader(self), _SideHeader(self)
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
        self._model = MatrixModel(counts)
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
        side = max(_CELL, min(side, _LARGEST_CELL))
        if across.count() == 1:
            across.setDefaultSectionSize(across.sectionSizeFromContents(0).width() + _CELL)
            side = _CELL
        else:
            across.setDefaultSectionSize(side)
        down.setDefaultSectionSize(side)

    def marked(self) -> list[QModelIndex]:
        """Return nothing: a cell is chosen to be looked behind, and all of them are copied."""
        return []

    def currentChanged(self, current: Any, previous: Any) -> None:
        """Tell which cell was chosen."""
        super().currentChanged(current, previous)
        if current.isValid():
            self.chosen.emit(current.row(), current.column())


class _Cell(QStyledItemDelegate):
    """Frames the chosen cell: its colour is a number, and stays."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell."""
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        plain = ~(QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus)
        option.state = state & plain
        super().paint(painter, option, index)
        if chosen:
            painter.setPen(QPen(QColor(theme.colours().text), _FRAME))
            painter.drawRect(option.rect.adjusted(1, 1, -_FRAME, -_FRAME))


class _AxisHeader(QHeaderView):
    """Titles, and along their outer edge what all of them are."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget) -> None:
        super().__init__(orientation, parent)
        self.setSectionsClickable(False)
        self.name, self.titles = "", tuple[str, ...]()

    def entitle(self, name: str, titles: Sequence[str]) -> None:
        """Take other titles, which lose what they have in common where they are too long."""
        self.name = name
        room = _LONGEST_TITLE - self.strip - 2 * _PADDING
        self.titles = short_names(titles, room, self.fontMetrics())

    @property
    def strip(self) -> int:
        """How much of the breadth the name takes."""
        return self.fontMetrics().height() + _PADDING if self.name else 0

    def stay(self, _value: int) -> None:
        """Draw the name again where the titles moved along below it."""
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the titles, and the name amid those that are seen."""
        super().paintEvent(event)
        if not self.name:
            return
        room, lies = self.viewport().size(), self.orientation() == Qt.Orientation.Horizontal
        seen = min(self.length(), room.width() if lies else room.height())
        painter = QPainter(self.viewport())
        painter.setPen(QColor(theme.colours().muted))
        if not lies:
            painter.translate(0, seen)
            painter.rotate(-90)
        painter.drawText(QRect(0, 0, seen, self.strip), Qt.AlignmentFlag.AlignCenter, self.name)


class _SideHeader(_AxisHeader):
    """Row titles, at the left."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setMaximumWidth(_LONGEST_TITLE)

    def sectionSizeFromContents(self, section: int) -> QSize:
        """Leave room for the name."""
        return super().sectionSizeFromContents(section) + QSize(self.strip, 0)

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, section: int) -> None:
        """Write the title as short as there is room."""
        super().initStyleOptionForIndex(option, section)
        option.text = self.titles[section]

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Draw a title beside the name."""
        super().paintSection(painter, rect.adjusted(self.strip, 0, 0, 0), section)


class _TurnedHeader(_AxisHeader):
    """Column titles that are read from below, so that columns can be narrow."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)

    @property
    def _turned(self) -> bool:
        """Whether titles are turned: a lone one has room as it is."""
        return self.count() != 1

    def sizeHint(self) -> QSize:
        """Be as tall as the longest title, within reason."""
        if not self._turned:
            return super().sizeHint()
        longest = max(map(self.fontMetrics().horizontalAdvance, self.titles), default=0)
        height = longest + 2 + 2 * _PADDING + self.strip
        return QSize(super().sizeHint().width(), height)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Draw one title from its foot upwards."""
        if not self._turned:
            super().paintSection(painter, rect, section)
            return
        room = rect.height() - 2 * _PADDING - self.strip
        painter.save()
        painter.setPen(QColor(theme.colours().text))
        painter.translate(rect.left(), rect.bottom())
        painter.rotate(-90)
        painter.drawText(
            QRect(_PADDING, 0, room, rect.width()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            self.titles[section],
        )
        painter.restore()

"""ValueTable: the values of a figure as text, to be read, walked through and copied."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.charts import Share
from app.widgets.plain import plain
from app.widgets.short_names import short_names

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
_LEAST_NAME = 0.3
"""Of the table's width, what long names of its rows are given though values need it."""


class ValueModel(QAbstractTableModel):
    """Rows below their head; numbers at the right, shares in percent, others with 3 decimals."""

    def __init__(
        self,
        head: Sequence[str] = (),
        rows: Sequence[Sequence[object]] = (),
        tips: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.head, self.rows, self.tips = tuple(head), rows, tips

    def rowCount(self, _parent: Index = NOWHERE) -> int:
        """Count the rows."""
        return len(self.rows)

    def columnCount(self, _parent: Index = NOWHERE) -> int:
        """Count the columns."""
        return len(self.head)

    def value(self, index: Index) -> object:
        """Return what a cell is to say."""
        return self.rows[index.row()][index.column()]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Write one value."""
        value = self.value(index)
        if role == Qt.ItemDataRole.DisplayRole:
            is_plain = isinstance(value, float) and not isinstance(value, Share)
            return f"{value:.3f}" if is_plain else str(value)
        if role == Qt.ItemDataRole.ToolTipRole and self.tips:
            return self.tips[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(value, str) and not index.column():
            return plain(value)
        if role == Qt.ItemDataRole.TextAlignmentRole and not isinstance(value, str):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(
        self, section: int, side: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Name a column."""
        if role == Qt.ItemDataRole.DisplayRole and side == Qt.Orientation.Horizontal:
            return self.head[section].replace("_", " ")
        return None


class ValueTable(QTableView):
    """A table to read; Ctrl+C copies what is selected, or all of it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip("Ctrl+C copies the selected values, or all of them")
        copy = QAction("Copy", self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        self.horizontalHeader().setSectionsClickable(False)
        self._model = ValueModel()
        self.setModel(self._model)

    def show_rows(self, table: Sequence[Sequence[object]], tips: Sequence[str] = ()) -> None:
        """Show a table whose first row is its head; ``tips`` say what its other rows mean."""
        head, *rows = table
        self.show_below([str(title) for title in head], rows, tips)

    def show_below(
        self, head: Sequence[str], rows: Sequence[Sequence[object]], tips: Sequence[str] = ()
    ) -> None:
        """Show rows below their head; of many rows, only those that are seen are asked for."""
        self._model = ValueModel(head, rows, tips)
        self.setModel(self._model)
        across = self.horizontalHeader()
        across.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        across.setResizeContentsPrecision(100)

    def text(self) -> str:
        """Return what is selected, else everything, as lines of values between tabs."""
        chosen = self.marked()
        model = self.model()
        rows = sorted({index.row() for index in chosen}) or range(model.rowCount())
        columns = sorted({index.column() for index in chosen}) or range(model.columnCount())
        named = not self.verticalHeader().isHidden()
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        lines = [[""] * named + [str(model.headerData(c, across)) for c in columns]]
        for row in rows:
            values = [str(model.index(row, column).data()) for column in columns]
            lines.append([str(model.headerData(row, down))] * named + values)
        return "\n".join("\t".join(line) for line in lines)

    def marked(self) -> list[QModelIndex]:
        """Return what is selected to be copied."""
        return self.selectedIndexes()

    def copy(self) -> None:
        """Put `text` on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())


class NamedTable(ValueTable):
    """Rows that begin with a name, which leaves the values beside it room."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setWordWrap(False)
        self.setItemDelegateForColumn(0, _Name(self))

    def sizeHintForColumn(self, column: int) -> int:
        """Give names what the values leave, or some share of the width."""
        wanted = super().sizeHintForColumn(column)
        if column:
            return wanted
        width, head = self.viewport().width(), self.horizontalHeader()
        values = sum(
            max(super(NamedTable, self).sizeHintForColumn(place), head.sectionSizeHint(place))
            for place in range(1, self.model().columnCount())
        )
        return min(wanted, max(round(_LEAST_NAME * width), width - values))


class _Name(QStyledItemDelegate):
    """Writes names as short as there is room, without what they have in common."""

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self._table = table
        self._asked: tuple[object, int] | None = None
        self._short: dict[str, str] = {}

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Shorten a name that is wider than its cell, which has no place before it is drawn."""
        super().initStyleOption(option, index)
        if not option.rect.isValid():
            return
        room = option.rect.width() - self._padding(option, index)
        if option.fontMetrics.horizontalAdvance(option.text) > room:
            asked = index.model(), room
            if asked != self._asked:
                rows = range(index.model().rowCount())
                names = [str(index.model().index(row, 0).data()) for row in rows]
                short = short_names(names, room, option.fontMetrics)
                self._asked, self._short = asked, dict(zip(names, short, strict=True))
            option.text = self._short[option.text]

    def _padding(self, option: QStyleOptionViewItem, index: Index) -> int:
        """Return what the style leaves free beside a text, in pixels."""
        anywhere = QStyleOptionViewItem(option)
        anywhere.rect = QRect()
        wanted = self.sizeHint(anywhere, index).width()
        return int(wanted - option.fontMetrics.horizontalAdvance(option.text))

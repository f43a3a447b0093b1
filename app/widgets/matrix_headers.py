"""Headers of a matrix: titles that stay readable, and what all of them are."""

from abc import abstractmethod
from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QStyleOptionHeader, QWidget

from app import theme
from app.widgets.short_names import short_names

_LONGEST_TITLE = 180
_PADDING = 6


class AxisHeader(QHeaderView):
    """Titles, and along their outer edge what all of them are.

    Where sections are lower than a line, one title stands for each few of them.
    """

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

    @property
    def every(self) -> int:
        """Of so many sections one is titled."""
        side = max(self.defaultSectionSize(), 1)
        return 1 if self.count() == 1 else -(-self.fontMetrics().height() // side)

    def stay(self, _value: int) -> None:
        """Draw the name again where the titles moved along below it."""
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the titles, and the name amid those that are seen."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        room, lies = self.viewport().size(), self.orientation() == Qt.Orientation.Horizontal
        if self.every > 1:
            self._draw_few(painter, room.width() if lies else room.height())
        if not self.name:
            return
        seen = min(self.length(), room.width() if lies else room.height())
        painter.setPen(QColor(theme.colours().muted))
        if not lies:
            painter.translate(0, seen)
            painter.rotate(-90)
        painter.drawText(QRect(0, 0, seen, self.strip), Qt.AlignmentFlag.AlignCenter, self.name)

    def _draw_few(self, painter: QPainter, room: int) -> None:
        """Draw one title for each few sections, each at the middle of its own where it can be."""
        painter.setPen(QColor(theme.colours().text))
        line, start = self.fontMetrics().height(), -self.offset()
        last = start + self.length() - line
        for section in range(0, self.count(), self.every):
            middle = self.sectionViewportPosition(section) + self.sectionSize(section) // 2
            if -line < middle < room + line:
                self.draw_title(painter, section, max(start, min(middle - line // 2, last)), line)

    @abstractmethod
    def draw_title(self, painter: QPainter, section: int, start: int, extent: int) -> None:
        """Draw a section's title at a place along the header."""


class SideHeader(AxisHeader):
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
        if self.every == 1:
            super().paintSection(painter, rect.adjusted(self.strip, 0, 0, 0), section)

    def draw_title(self, painter: QPainter, section: int, start: int, extent: int) -> None:
        """Draw a row's title."""
        room = self.viewport().width() - self.strip - _PADDING
        painter.drawText(
            QRect(self.strip, start, room, extent),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
            self.titles[section],
        )


class TurnedHeader(AxisHeader):
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
        elif self.every == 1:
            painter.setPen(QColor(theme.colours().text))
            self.draw_title(painter, section, rect.left(), rect.width())

    def draw_title(self, painter: QPainter, section: int, start: int, extent: int) -> None:
        """Draw a column's title."""
        foot = self.viewport().height()
        painter.save()
        painter.translate(start, foot - 1)
        painter.rotate(-90)
        painter.drawText(
            QRect(_PADDING, 0, foot - 2 * _PADDING - self.strip, extent),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            self.titles[section],
        )
        painter.restore()

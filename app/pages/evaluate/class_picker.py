"""ClassPicker: all classes of a corpus, what the model's recipe held out, or chosen ones."""

from collections.abc import Sequence
from typing import get_args

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.library.search_words import SearchWords
from app.pages.tip import tipped
from app.widgets.search_field import SearchField
from siamese_core.report.evaluation_plan import Part

_CHOSEN = "chosen"
_CHOICES = {
    "": "All classes",
    "test": "The recipe's test classes",
    "validation": "The recipe's validation classes",
    _CHOSEN: "Chosen classes",
}
_LIST_HEIGHT = 130
_CHECKED = Qt.CheckState.Checked


class ClassPicker(QWidget):
    """The list of classes is there where some are to be chosen."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offered: tuple[str, ...] = ()
        self._listed: tuple[str, ...] = ()
        self.kind = tipped(QComboBox(), "Which classes of the corpora are measured", "Classes")
        for name, title in _CHOICES.items():
            self.kind.addItem(title, name)
        self.search = tipped(SearchField("Find a class"), "Show only the classes with these words")
        self.list = tipped(QListWidget(), "Tick the classes to measure", "Classes to choose from")
        self.list.setFixedHeight(_LIST_HEIGHT)
        self.list.setUniformItemSizes(True)
        self.empty = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setFixedHeight(_LIST_HEIGHT)
        self.empty.setProperty("quiet", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.kind, self.search, self.list, self.empty):
            column.addWidget(widget)
        self.kind.currentIndexChanged.connect(self._take_kind)
        self.search.textChanged.connect(self._filter)
        self.search.onward.connect(self._enter)
        self.list.itemChanged.connect(self.changed)
        self._take_kind()

    @property
    def split(self) -> Part:
        """The part that the recipe held out, if that is wanted."""
        kind = self.kind.currentData()
        return next((part for part in get_args(Part) if part == kind), "")

    @property
    def classes(self) -> tuple[str, ...]:
        """The chosen classes; none where others are wanted."""
        return self._ticked() if self.is_choosing else ()

    @property
    def is_choosing(self) -> bool:
        """Whether single classes are to be chosen."""
        return bool(self.kind.currentData() == _CHOSEN)

    def set_classes(self, classes: Sequence[str]) -> None:
        """Offer other classes; those that are ticked stay so."""
        self._offered = tuple(classes)
        self._list_offered()

    def _list_offered(self) -> None:
        """List the classes, which may be thousands, once some are to be chosen."""
        if not self.is_choosing or self._listed == self._offered:
            return
        ticked, self._listed = set(self._ticked()), self._offered
        self._filter("")  # a hidden row is taken away by itself, which takes seconds of thousands
        with QSignalBlocker(self.list):
            self.list.clear()
            for name in self._listed:
                item = QListWidgetItem(name, self.list)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(_CHECKED if name in ticked else Qt.CheckState.Unchecked)
        self._filter(self.search.text())

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(row) for row in range(self.list.count())]

    def _ticked(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self._items() if item.checkState() == _CHECKED)

    def _filter(self, text: str) -> None:
        items = self._items()
        found = set(SearchWords.of(text).found_in([item.text() for item in items]))
        for place, item in enumerate(items):
            item.setHidden(place not in found)
        self._show_found()

    def _found(self) -> list[QListWidgetItem]:
        return [item for item in self._items() if not item.isHidden()]

    def _show_found(self) -> None:
        """Show the list while classes are to be chosen; say so where it would be empty."""
        words, found = self.search.text(), bool(self._found())
        self.search.setVisible(self.is_choosing)
        self.list.setVisible(self.is_choosing and (found or not words))
        self.empty.setVisible(self.is_choosing and bool(words) and not found)
        self.empty.setText(f"No class is named like “{words}”.")

    def _enter(self) -> None:
        """Go to the first class that is found."""
        if found := self._found():
            self.list.setCurrentItem(found[0])
            self.list.setFocus()

    def _take_kind(self) -> None:
        self._list_offered()
        self._show_found()
        self.changed.emit()

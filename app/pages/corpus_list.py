"""CorpusList: the corpora that a page works on, and the button that adds a folder."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.evaluations import Source
from app.pages.file_dialogs import FileDialogs
from app.pages.tip import tipped
from app.session.session import Session
from app.widgets.plain import plain

_HEIGHT = 92
_SOURCE = Qt.ItemDataRole.UserRole


class CorpusList(QWidget):
    """A long path loses its middle, and its tooltip says all of it.

    Parameters
    ----------
    tip : str
        What the listed corpora are for.
    """

    changed = Signal()
    asked = Signal(object)
    """A folder was chosen: its path."""

    def __init__(self, session: Session, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.list = tipped(QListWidget(), tip, "Corpora")
        self.list.setFixedHeight(_HEIGHT)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.add = tipped(QPushButton("Add folder…"), "Add a corpus, or any folder of classes")
        self.buttons = QHBoxLayout()
        self.buttons.addWidget(self.add)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(self.list)
        self.column.addLayout(self.buttons)
        self.add.clicked.connect(self._ask)

    @property
    def items(self) -> list[QListWidgetItem]:
        """Every row."""
        return [self.list.item(row) for row in range(self.list.count())]

    def put(self, source: Source, title: str, tip: str) -> QListWidgetItem:
        """List a corpus, or a folder that is one, below the others."""
        item = QListWidgetItem(title, self.list)
        item.setData(_SOURCE, source)
        item.setToolTip(plain(tip))
        return item

    def _ask(self) -> None:
        if folder := FileDialogs(self, self._session.settings).corpus():
            self.asked.emit(folder)


def source_of(item: QListWidgetItem) -> Source:
    """Return what a row stands for."""
    source: Source = item.data(_SOURCE)
    return source

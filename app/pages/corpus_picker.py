"""CorpusPicker: which corpora are measured on: the one that is open, recent ones, any folder."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
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
from app.session import Session
from siamese_core.corpus import Corpus

_LIST_HEIGHT = 92
_SOURCE = Qt.ItemDataRole.UserRole


class CorpusPicker(QWidget):
    """A list to tick; several corpora are joined."""

    changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._added: list[Path] = []
        self._ticked: list[Source] | None = None
        """What the person ticked; the open corpus until they do."""
        self.list = tipped(QListWidget(), "Tick what to measure on; several are joined", "Corpora")
        self.list.setFixedHeight(_LIST_HEIGHT)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.add = tipped(QPushButton("Add folder…"), "Add a corpus, or any folder of classes")
        row = QHBoxLayout()
        row.addWidget(self.add)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)
        column.addLayout(row)
        self.list.itemChanged.connect(self._tick)
        self.add.clicked.connect(self._ask)
        session.corpus_changed.connect(self._fill)
        self._fill()

    @property
    def sources(self) -> list[Source]:
        """What is ticked."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return [i.data(_SOURCE) for i in items if i.checkState() == Qt.CheckState.Checked]

    def choose(self, sources: list[Source]) -> None:
        """Tick these and nothing else."""
        self._added += [source for source in sources if isinstance(source, Path)]
        self._ticked = sources
        self._fill()

    def _fill(self) -> None:
        before, is_open = self.sources, self._session.corpus
        blocker = QSignalBlocker(self.list)
        self.list.clear()
        if is_open is not None:
            self._list(f"{is_open.name} (open now)", is_open, _folder(is_open))
        recent = [Path(path) for path in self._session.settings.recent_corpora]
        for folder in dict.fromkeys([*self._added, *recent]):
            in_library = folder in self._session.corpora.folders or _is_of(is_open, folder)
            if folder in self._added or not in_library:
                self._list(folder.name, folder, str(folder))
        blocker.unblock()
        if self.sources != before:
            self.changed.emit()

    def _list(self, title: str, source: Source, tip: str) -> None:
        item = QListWidgetItem(title)
        item.setData(_SOURCE, source)
        item.setToolTip(tip)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        is_open = source is self._session.corpus
        ticked = is_open if self._ticked is None else any(source is t for t in self._ticked)
        ticked = ticked or (isinstance(source, Path) and source in (self._ticked or []))
        item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        self.list.addItem(item)

    def _tick(self, _item: QListWidgetItem) -> None:
        self._ticked = self.sources
        self.changed.emit()

    def _ask(self) -> None:
        if folder := FileDialogs(self, self._session.settings).corpus():
            kept = [source for source in self.sources if source != folder]
            self.choose([*kept, folder] if self._ticked else [folder])


def _is_of(corpus: Corpus | None, folder: Path) -> bool:
    return corpus is not None and corpus.clips[0].path.is_relative_to(folder)


def _folder(corpus: Corpus) -> str:
    return f"The corpus in the library, {corpus.name}"

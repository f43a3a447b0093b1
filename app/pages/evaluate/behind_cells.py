"""BehindCells: a matrix of counts, and the line-ups behind the cell that is chosen."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListView,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.pages.tip import tipped
from app.widgets.matrix_table import Counts, MatrixTable
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.episodes import Episode

Find = Callable[[int, int], Sequence[Episode[int]]]
_HINT = "Choose a cell to see the line-ups behind it."
_TIP = "Open a line-up and explain it: click it, or press Return"


class BehindCells(QWidget):
    """Choosing a cell lists its line-ups; choosing one of those opens it."""

    opened = Signal(object)
    """An episode of indices into the corpus."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.matrix = MatrixTable(name, "Click a cell, or go to it with the arrow keys")
        self.title, self.list = QLabel(_HINT, wordWrap=True), tipped(QListView(), _TIP, "Line-ups")
        self.title.setProperty("quiet", True)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._lines = QStringListModel()
        self.list.setModel(self._lines)
        self._find: Find | None = None
        self._corpus: Corpus[LabelledFile] | None = None
        self.episodes: Sequence[Episode[int]] = ()
        self._arrange()
        self.matrix.chosen.connect(self._choose)
        self.list.clicked.connect(self._open)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            keys = QShortcut(QKeySequence(key), self.list)
            keys.setContext(Qt.ShortcutContext.WidgetShortcut)
            keys.activated.connect(self._open_current)

    def show_counts(self, counts: Counts, corpus: Corpus[LabelledFile], find: Find) -> None:
        """Show other counts; ``find`` returns the episodes behind a row and a column."""
        self._corpus, self._find = corpus, find
        self.matrix.show_counts(counts)
        self._list((), _HINT)

    def _arrange(self) -> None:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.title)
        column.addWidget(self.list, 1)
        splitter = QSplitter(childrenCollapsible=False)
        splitter.addWidget(self.matrix)
        splitter.addWidget(right)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        splitter.setSizes([600, 400])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(splitter)

    def _choose(self, row: int, column: int) -> None:
        if self._find is None:
            return
        model = self.matrix.model()
        words = model.index(row, column).data(Qt.ItemDataRole.AccessibleTextRole)
        self._list(self._find(row, column), f"{words}.")

    def _list(self, episodes: Sequence[Episode[int]], title: str) -> None:
        self.episodes = episodes
        heard = self._corpus is not None and isinstance(self._corpus.clips[0], ClipFile)
        hint = " Click a line-up to open it." if episodes and heard else ""
        self.title.setText(f"{title}{hint}")
        self._lines.setStringList([self._line(episode) for episode in episodes])

    def _line(self, episode: Episode[int]) -> str:
        """Name the query, and the clips of its own class that stand in the line-up."""
        assert self._corpus is not None
        clips, support = self._corpus.clips, episode.support
        own = [
            clips[clip].path.stem
            for clip, label in zip(support.clips, support.labels, strict=True)
            if label == episode.truth
        ]
        return f"{clips[episode.query].path.stem}  beside {', '.join(own)}"

    def _open(self, index: QModelIndex) -> None:
        if 0 <= index.row() < len(self.episodes):
            self.opened.emit(self.episodes[index.row()])

    def _open_current(self) -> None:
        self._open(self.list.currentIndex())

"""CorpusTree: the classes and clips of a corpus as a tree that can be searched and dragged."""

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.widgets.clip_mime import MIME, DroppedClip, clip_mime
from siamese_core.corpus import ClipFile, Corpus

Index = QModelIndex | QPersistentModelIndex
_CLASS = 0
"""The internal id of a class' row; a clip's is its class' row plus one."""


Groups = tuple[tuple[str, tuple[ClipFile, ...]], ...]
"""Each class with its clips."""


def grouped(corpus: Corpus, words: str = "") -> Groups:
    """Group a corpus by class, or the part whose class or file name holds ``words``.

    30,000 clips take their time, so this is work for a worker.
    """
    by_class: dict[str, list[ClipFile]] = {}
    wanted = words.casefold().strip()
    for clip in corpus.clips:
        if wanted in clip.label.casefold() or wanted in clip.path.name.casefold():
            by_class.setdefault(clip.label, []).append(clip)
    return tuple((label, tuple(by_class[label])) for label in sorted(by_class))


class CorpusTree(QAbstractItemModel):
    """Two levels, classes and their clips; it holds the corpus' own tuples, so 30,000 are quick."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups: Groups = ()

    @property
    def clip_count(self) -> int:
        """How many clips are shown."""
        return sum(len(clips) for _, clips in self._groups)

    @property
    def class_count(self) -> int:
        """How many classes are shown."""
        return len(self._groups)

    def show(self, groups: Groups) -> None:
        """Show classes and their clips."""
        self.beginResetModel()
        self._groups = groups
        self.endResetModel()

    def clips(self, indices: Iterable[Index]) -> list[ClipFile]:
        """Return the clips among some rows; a class' row counts as no clip."""
        return [clip for index in indices if (clip := self.clip(index))]

    def clip(self, index: Index) -> ClipFile | None:
        """Return the clip of a row, or None for a class."""
        if not index.isValid() or index.internalId() == _CLASS:
            return None
        return self._groups[index.internalId() - 1][1][index.row()]

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Return the index of a class, or of a clip below its class."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else _CLASS)

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        """Return the class above a clip."""
        if not index.isValid() or index.internalId() == _CLASS:
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, _CLASS)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the classes, or a class' clips."""
        if not parent.isValid():
            return len(self._groups)
        return len(self._groups[parent.row()][1]) if parent.internalId() == _CLASS else 0

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        """There is one column: the name."""
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name a class with its count, or a clip by its file."""
        clip = self.clip(index)
        if role == Qt.ItemDataRole.DisplayRole:
            label, clips = self._groups[index.row()] if clip is None else ("", ())
            return clip.path.stem if clip else f"{label}  ({len(clips)})"
        if role == Qt.ItemDataRole.ToolTipRole and clip:
            return str(clip.path)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Clips can be dragged; classes cannot."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if self.clip(index) else flags

    def mimeTypes(self) -> list[str]:
        """Name what a drag carries."""
        return [MIME, "text/uri-list"]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData:
        """Pack the dragged clips."""
        return clip_mime(DroppedClip(clip.path, clip.label) for clip in self.clips(indexes))

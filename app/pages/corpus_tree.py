"""CorpusTree: the open corpora, their classes and clips, as a tree to search and drag from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import (
    QAbstractItemModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QColor

from app import theme
from app.widgets.clip_mime import MIME, DroppedClip, clip_mime
from siamese_core.corpus import ClipFile, Corpus, LabelledFile

Index = QModelIndex | QPersistentModelIndex
_BRANCH = 0
"""The internal id of a branch's row; a class' is its branch plus one, clips' are beyond these."""


class Group(NamedTuple):
    """A class with its clips."""

    label: str
    clips: tuple[ClipFile, ...]


class Branch(NamedTuple):
    """A corpus by class, or what of it was searched for; ``number`` counts all open corpora."""

    number: int
    name: str
    groups: tuple[Group, ...]

    @property
    def clip_count(self) -> int:
        """How many clips it shows."""
        return sum(len(group.clips) for group in self.groups)


def grouped(corpora: Sequence[Corpus], words: str = "") -> tuple[Branch, ...]:
    """Group corpora by class, or the parts whose class or file name holds ``words``.

    30,000 clips take their time, so this is work for a worker.
    """
    found = (
        Branch(number, corpus.name, _groups(corpus, words.casefold().strip()))
        for number, corpus in enumerate(corpora)
    )
    return tuple(branch for branch in found if branch.groups)


def _groups(corpus: Corpus, wanted: str) -> tuple[Group, ...]:
    by_class: dict[str, list[ClipFile]] = {}
    for clip in corpus.clips:
        if wanted in clip.label.casefold() or wanted in clip.path.name.casefold():
            by_class.setdefault(clip.label, []).append(clip)
    return tuple(Group(label, tuple(by_class[label])) for label in sorted(by_class))


class CorpusTree(QAbstractItemModel):
    """Classes and their clips, below the corpus that they are of where several are open.

    It holds the corpora's own clips, so 30,000 are quick.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._branches: tuple[Branch, ...] = ()
        self._several = False
        self._faults: Mapping[LabelledFile, str] = {}
        self._places: list[tuple[int, int]] = []
        """Branch and row of each class, in the order of the ids of their clips."""
        self._firsts: list[int] = []
        """The place in that list of each branch's first class."""

    @property
    def clip_count(self) -> int:
        """How many clips are shown."""
        return sum(branch.clip_count for branch in self._branches)

    @property
    def class_count(self) -> int:
        """How many classes are shown."""
        return len(self._places)

    def show(self, branches: tuple[Branch, ...], *, several: bool = False) -> None:
        """Show corpora; each has a row of its own if there are ``several``."""
        self.beginResetModel()
        self._branches, self._several = branches, several
        self._firsts, self._places = [], []
        for number, branch in enumerate(branches):
            self._firsts.append(len(self._places))
            self._places += [(number, row) for row in range(len(branch.groups))]
        self.endResetModel()

    def mark(self, faults: Mapping[LabelledFile, str]) -> None:
        """Tell clips that cannot be read from the others, each with the reason."""
        if faults != self._faults:
            self.layoutAboutToBeChanged.emit()
            self._faults = faults
            self.layoutChanged.emit()

    def clips(self, indices: Iterable[Index]) -> list[ClipFile]:
        """Return the clips among some rows; other rows count as no clip."""
        return [clip for index in indices if (clip := self.clip(index))]

    def clip(self, index: Index) -> ClipFile | None:
        """Return the clip of a row, or None for another row."""
        if not index.isValid() or index.internalId() <= len(self._branches):
            return None
        return self._group(*self._above(index)).clips[index.row()]

    def branch(self, index: Index) -> int | None:
        """Return which of the open corpora a row stands for; None for a class or a clip."""
        is_one = index.isValid() and self._several and index.internalId() == _BRANCH
        return self._branches[index.row()].number if is_one else None

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Return the index of a corpus, of a class below it, or of a clip below its class."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        if not parent.isValid():
            return self.createIndex(row, column, _BRANCH if self._several else 1)
        if parent.internalId() == _BRANCH:
            return self.createIndex(row, column, parent.row() + 1)
        first = self._firsts[parent.internalId() - 1]
        return self.createIndex(row, column, len(self._branches) + 1 + first + parent.row())

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        """Return the class above a clip, or the corpus above a class."""
        if not index.isValid() or index.internalId() == _BRANCH:
            return QModelIndex()
        if index.internalId() > len(self._branches):
            branch, row = self._above(index)
            return self.createIndex(row, 0, branch + 1)
        return (
            self.createIndex(index.internalId() - 1, 0, _BRANCH) if self._several else QModelIndex()
        )

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the corpora, a corpus' classes, or a class' clips."""
        if not parent.isValid():
            return len(self._branches) if self._several else self.class_count
        if parent.internalId() == _BRANCH:
            return len(self._branches[parent.row()].groups)
        if parent.internalId() > len(self._branches):
            return 0
        return len(self._group(parent.internalId() - 1, parent.row()).clips)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        """There is one column: the name."""
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name a corpus or a class with its count, or a clip by its file."""
        clip = self.clip(index)
        if role == Qt.ItemDataRole.DisplayRole:
            if clip is None:
                return self._title(index)
            return f"{clip.path.stem} (unreadable)" if clip in self._faults else clip.path.stem
        if role == Qt.ItemDataRole.ToolTipRole and clip:
            return self._faults.get(clip) or str(clip.path)
        if role == Qt.ItemDataRole.ForegroundRole and clip in self._faults:
            return QColor(theme.colours().wrong)
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

    def _title(self, index: Index) -> str:
        if index.internalId() == _BRANCH:
            branch = self._branches[index.row()]
            return f"{branch.name}  ({branch.clip_count:,})"
        group = self._group(index.internalId() - 1, index.row())
        return f"{group.label}  ({len(group.clips)})"

    def _group(self, branch: int, row: int) -> Group:
        return self._branches[branch].groups[row]

    def _above(self, clip: Index) -> tuple[int, int]:
        """Return branch and row of the class above a clip."""
        return self._places[clip.internalId() - len(self._branches) - 1]

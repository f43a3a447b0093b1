"""CorpusTree: the open corpora, their classes and clips, as a tree to search and drag from."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelectionRange,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QColor, QImage

from app import theme
from app.grouped_clips import LENGTH, NAME, RATE, SPLIT, Branch, Group, Known, Rates, Splits
from app.thumbnails import blank
from app.widgets.clip_mime import MIME, DroppedClip, clip_mime
from app.widgets.plain import plain
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.errors import counted

Index = QModelIndex | QPersistentModelIndex
_BRANCH = 0
"""The internal id of a branch's row; a class' is its branch plus one, clips' are beyond these."""
_HEADS = {
    NAME: ("Name", "Classes, and the clips of each"),
    LENGTH: ("Length", "How long a clip is, or all clips of a class together"),
    RATE: ("kHz", "Sampling rate"),
    SPLIT: ("Split", "What a class is for: to train on, or held out"),
}
_SHORT = {"training": "train", "validation": "valid."}
"""Parts of a split whose name is long."""
_TOLD = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.ForegroundRole,
    Qt.ItemDataRole.TextAlignmentRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.DecorationRole,
)
_MOST_SECONDS = 60.0
"""A longer clip has no picture: to read it takes too long."""
_FIGURES = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CLIP_FLAGS = (
    Qt.ItemFlag.ItemIsEnabled
    | Qt.ItemFlag.ItemIsSelectable
    | Qt.ItemFlag.ItemIsDragEnabled
    | Qt.ItemFlag.ItemNeverHasChildren
)
"""The last saves the view the question how many rows are below, which it asks of each."""


class Title(NamedTuple):
    """What the row of a corpus or a class is called, and how many rows it lies below."""

    text: str
    depth: int


class CorpusTree(QAbstractItemModel):
    """Classes and their clips, below the corpus that they are of where several are open.

    It holds the corpora's own clips, so 30,000 are quick. What is known of a clip is looked up when
    its row is drawn.

    Parameters
    ----------
    picture : callable
        Gives a clip's thumbnail, if there is one yet; `note` draws the row again.
    """

    def __init__(
        self,
        picture: Callable[[ClipFile], QImage | None] = lambda _clip: None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._picture = picture
        self._branches: tuple[Branch, ...] = ()
        self._several = False
        self._known: Known = {}
        self._splits: Splits = {}
        self._places: list[tuple[int, int]] = []
        """Branch and row of each class, in the order of the ids of their clips."""
        self._firsts: list[int] = []
        """The place in that list of each branch's first class."""
        self._of_class: dict[str, int] = {}
        """The place in that list of each class; open corpora have none in common."""

    @property
    def clip_count(self) -> int:
        """How many clips are shown."""
        return sum(branch.clip_count for branch in self._branches)

    @property
    def class_count(self) -> int:
        """How many classes are shown."""
        return len(self._places)

    @property
    def titles(self) -> Iterator[Title]:
        """What the corpora and classes that are shown are called."""
        for branch in self._branches:
            if self._several:
                yield Title(_title(branch), 0)
            for group in branch.groups:
                yield Title(_title(group), int(self._several))

    def show(self, branches: tuple[Branch, ...], *, several: bool = False) -> None:
        """Show corpora; each has a row of its own if there are ``several``.

        What is there already keeps its place on screen, chosen or open as it was.
        """
        if several == self._several and _shape(branches) == _shape(self._branches):
            self._reorder(branches)
        else:
            self.beginResetModel()
            self._several = several
            self._take(branches)
            self.endResetModel()

    def _take(self, branches: tuple[Branch, ...]) -> None:
        self._branches = branches
        self._firsts, self._places = [], []
        for number, branch in enumerate(branches):
            self._firsts.append(len(self._places))
            self._places += [(number, row) for row in range(len(branch.groups))]
        self._of_class = {self._group(*place).label: i for i, place in enumerate(self._places)}

    def _reorder(self, branches: tuple[Branch, ...]) -> None:
        """Take the same rows in another order, and tell the view where those went that it marks."""
        self.layoutAboutToBeChanged.emit()
        before = [index for index in self.persistentIndexList() if index.internalId() != _BRANCH]
        marked = [(index.column(), self.clip(index) or self._row(index)) for index in before]
        self._take(branches)
        rows: dict[str, dict[ClipFile, int]] = {}
        after = []
        for column, one in marked:
            place = self._of_class[one.label] if isinstance(one, ClipFile | Group) else 0
            branch, row = self._places[place]
            if not isinstance(one, ClipFile):
                after.append(self.createIndex(row, column, branch + 1))
                continue
            if one.label not in rows:
                clips = self._group(branch, row).clips
                rows[one.label] = {clip: number for number, clip in enumerate(clips)}
            row = rows[one.label].get(one, -1)
            is_there = row >= 0
            identity = len(branches) + 1 + place
            after.append(self.createIndex(row, column, identity) if is_there else QModelIndex())
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def know(self, known: Known) -> None:
        """Look up there what is known of clips; `note` tells of what is new in it."""
        self._known = known

    def note(self, clips: Iterable[LabelledFile]) -> None:
        """Draw some clips again, of which something has become known."""
        for label in {clip.label for clip in clips}:
            place = self._of_class.get(label)
            if place is not None:
                last = len(self._group(*self._places[place]).clips) - 1
                identity = len(self._branches) + 1 + place
                ends = self.createIndex(0, NAME, identity), self.createIndex(last, RATE, identity)
                self.dataChanged.emit(*ends)

    def split(self, splits: Splits) -> None:
        """Say of each class which part of a split it is of."""
        self._splits = splits
        for branch in range(len(self._branches)):
            last = len(self._branches[branch].groups) - 1
            ends = [self.createIndex(row, SPLIT, branch + 1) for row in (0, last)]
            self.dataChanged.emit(*ends)

    def clips(self, indices: Iterable[Index]) -> list[ClipFile]:
        """Return the clips among some rows; other rows count as no clip."""
        named = (index for index in indices if index.column() == NAME)
        return [clip for index in named if (clip := self.clip(index))]

    def clip(self, index: Index) -> ClipFile | None:
        """Return the clip of a row, or None for another row."""
        if not index.isValid() or index.internalId() <= len(self._branches):
            return None
        return self._group(*self._above(index)).clips[index.row()]

    def clips_of(self, part: QItemSelectionRange) -> Sequence[ClipFile]:
        """Return the clips of rows that follow each other; other rows count as no clip."""
        first = part.topLeft()
        if self.clip(first) is None:
            return ()
        return self._group(*self._above(first)).clips[part.top() : part.bottom() + 1]

    def branch(self, index: Index) -> int | None:
        """Return which of the open corpora a row stands for; None for a class or a clip."""
        is_one = index.isValid() and self._several and index.internalId() == _BRANCH
        return self._branches[index.row()].number if is_one else None

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Return the index of a corpus, of a class below it, or of a clip below its class."""
        # Qt's hasIndex would ask this model back, twice for each of 100,000 rows that are opened.
        if not (0 <= row < self.rowCount(parent) and 0 <= column < len(_HEADS)):
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
        """Count the corpora, a corpus' classes, or a class' clips; only names have rows below."""
        if not parent.isValid():
            return len(self._branches) if self._several else self.class_count
        if parent.column() != NAME or parent.internalId() > len(self._branches):
            return 0
        if parent.internalId() == _BRANCH:
            return len(self._branches[parent.row()].groups)
        return len(self._group(parent.internalId() - 1, parent.row()).clips)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the columns."""
        return len(_HEADS)

    def headerData(
        self, section: int, side: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Name a column."""
        if role == Qt.ItemDataRole.DisplayRole and side == Qt.Orientation.Horizontal:
            return _HEADS[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{_HEADS[section][1]}. Click to sort."
        if role == Qt.ItemDataRole.TextAlignmentRole and section != NAME:
            return _FIGURES
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name a corpus or a class with its count, or a clip by its file; figures are beside it."""
        if role not in _TOLD:
            return None
        column = index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _FIGURES if column != NAME else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._title(index) if column == NAME else self._figure(index, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(self._tip(index))
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnail(index) if column == NAME else None
        if role == Qt.ItemDataRole.ForegroundRole and (column != NAME or self._fault(index)):
            return QColor(theme.colours().muted if column != NAME else theme.colours().wrong)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Clips can be dragged, and have nothing below; classes cannot."""
        return _CLIP_FLAGS if self.clip(index) else super().flags(index)

    def mimeTypes(self) -> list[str]:
        """Name what a drag carries."""
        return [MIME, "text/uri-list"]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData:
        """Pack the dragged clips."""
        return clip_mime(DroppedClip(clip.path, clip.label) for clip in self.clips(indexes))

    def _title(self, index: Index) -> str:
        if clip := self.clip(index):
            return f"{clip.path.stem} (unreadable)" if self._fault(index) else clip.path.stem
        return _title(self._row(index))

    def _thumbnail(self, index: Index) -> QImage | None:
        if (clip := self.clip(index)) is None:
            return None
        fact = self._known.get(clip)
        is_short = fact is not None and not fact.fault and fact.seconds <= _MOST_SECONDS
        image = self._picture(clip) if is_short else None
        return blank() if image is None or image.isNull() else image

    def _figure(self, index: Index, column: int) -> str:
        if clip := self.clip(index):
            fact = self._known.get(clip)
            if fact is None or fact.fault or column == SPLIT:
                return ""
            return clock(fact.seconds) if column == LENGTH else kilohertz((fact.rate, fact.rate))
        row = self._row(index)
        if column == LENGTH:
            return clock(row.seconds) if row.seconds else ""
        if column == RATE:
            return kilohertz(row.rates)
        part = self._splits.get(row.label, "") if isinstance(row, Group) else ""
        return _SHORT.get(part.split(": ")[-1], part.split(": ")[-1])

    def _tip(self, index: Index) -> str:
        """Tell the whole name, and the figures: columns may have given way to names."""
        length, rate = (self._figure(index, column) for column in (LENGTH, RATE))
        figures = (length, rate and f"{rate} kHz")
        if clip := self.clip(index):
            return _lines(self._fault(index) or str(clip.path), figures)
        row = self._row(index)
        if isinstance(row, Branch):
            return _lines(row.name, (counted(row.clip_count, "clip"), *figures))
        split = self._splits.get(row.label, "")
        return _lines(row.label, (counted(len(row.clips), "clip"), *figures), split)

    def _fault(self, index: Index) -> str:
        clip = self.clip(index)
        fact = self._known.get(clip) if clip else None
        return fact.fault if fact else ""

    def _row(self, index: Index) -> Branch | Group:
        """Return the corpus or the class of a row."""
        if index.internalId() == _BRANCH:
            return self._branches[index.row()]
        return self._group(index.internalId() - 1, index.row())

    def _group(self, branch: int, row: int) -> Group:
        return self._branches[branch].groups[row]

    def _above(self, clip: Index) -> tuple[int, int]:
        """Return branch and row of the class above a clip."""
        return self._places[clip.internalId() - len(self._branches) - 1]


def _title(row: Branch | Group) -> str:
    if isinstance(row, Branch):
        return f"{row.name}  ({row.clip_count:,})"
    return f"{row.label}  ({len(row.clips)})"


def _lines(name: str, figures: Iterable[str], split: str = "") -> str:
    return "\n".join(filter(None, (name, " · ".join(filter(None, figures)), split)))


def _shape(branches: tuple[Branch, ...]) -> list[tuple[int, dict[str, int]]]:
    """Return which rows there are, in whatever order."""
    return [(one.number, {g.label: len(g.clips) for g in one.groups}) for one in branches]


def clock(seconds: float) -> str:
    """Write a length in little room: 0.62 s, 14.3 s, 5:22, 1:20:05."""
    if seconds < 59.95:
        return f"{seconds:.{2 if seconds < 9.995 else 1}f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def kilohertz(rates: Rates | None) -> str:
    """Write the lowest and the highest rate, once where they are the same: 16, 8–44.1."""
    if rates is None:
        return ""
    return "–".join(f"{rate / 1000:g}" for rate in dict.fromkeys(rates))

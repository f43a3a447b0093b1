"""CorpusTree: the open corpora, their classes and clips, as a tree to search and drag from."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeGuard
from unicodedata import bidirectional

from PySide6.QtCore import (
    QItemSelectionRange,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSignalBlocker,
    Qt,
)
from PySide6.QtGui import QColor, QImage, QStandardItem, QStandardItemModel

from app import theme
from app.library.grouped_clips import LENGTH, NAME, RATE, SPLIT, Branch, Group, Known, Rates, Splits
from app.library.thumbnails import blank
from app.widgets.clip_mime import MIME, DroppedClip, clip_mime
from app.widgets.plain import plain
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.errors import counted

Index = QModelIndex | QPersistentModelIndex
Row = Branch | Group | ClipFile
_RANK = Qt.ItemDataRole.UserRole
"""Where the item of a class is to stand."""
_HEADS = {
    NAME: ("Name", "Classes, and the clips of each"),
    LENGTH: ("Length", "How long a clip is, or all clips of a class together"),
    RATE: ("kHz", "Sampling rate"),
    SPLIT: ("Split", "What a class is for: to train on, or held out"),
}
_SHORT = {"training": "train", "validation": "valid."}
"""Parts of a split whose name is long."""
_TURNING = frozenset(("R", "AL", "RLE", "RLO", "RLI"))
"""What of a name would turn the count behind it, too."""
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_PICTURES = {sign: 0x2400 + sign for sign in range(0x20)} | {0x7F: 0x2421}
_PICTURES |= dict.fromkeys((0x85, 0x2028, 0x2029), 0x2424)
"""What Unicode has to show tabs, line breaks and other signs that control a line."""
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
_HEAD_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
"""Those of a corpus or a class, which cannot be dragged."""


class Title(NamedTuple):
    """What the row of a corpus or a class is called, and how many rows it lies below."""

    text: str
    depth: int


class CorpusTree(QStandardItemModel):
    """Classes and their clips, below the corpus that they are of where several are open.

    Qt's own items know which row lies below which: the view asks that a hundred thousand times,
    which takes seconds in Python. A clip has no item, only a place; what a row tells is looked up
    when it is drawn.

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
        super().__init__(0, len(_HEADS), parent)
        self.setSortRole(_RANK)
        self._picture = picture
        self._branches: tuple[Branch, ...] = ()
        self._several = False
        self._known: Known = {}
        self._splits: Splits = {}
        self._rows: dict[int, Sequence[Row]] = {}
        """The rows that lie below the same one, by their internal id, which they share."""
        self._names: dict[int, list[str]] = {}
        """What those are called, without regard to case, once it was asked for."""
        self._of_class: dict[str, QModelIndex] = {}
        """The row of each class; open corpora have none in common."""

    @property
    def clip_count(self) -> int:
        """How many clips are shown."""
        return sum(branch.clip_count for branch in self._branches)

    @property
    def class_count(self) -> int:
        """How many classes are shown."""
        return sum(len(branch.groups) for branch in self._branches)

    @property
    def titles(self) -> Iterator[Title]:
        """What the corpora and classes that are shown are called."""
        for branch in self._branches:
            if self._several:
                yield Title(_title(branch), 0)
            for group in branch.groups:
                yield Title(_title(group), int(self._several))

    @property
    def heads(self) -> Iterator[tuple[QModelIndex, Branch | Group]]:
        """Each corpus and class that is shown, at its place."""
        for number, branch in enumerate(self._branches):
            if self._several:
                yield self.index(number, NAME), branch
            for group in branch.groups:
                yield self._of_class[group.label], group

    def show(self, branches: tuple[Branch, ...], *, several: bool = False) -> None:
        """Show corpora; each has a row of its own if there are ``several``.

        What is there already keeps its place on screen, chosen or open as it was.
        """
        if several == self._several and _shape(branches) == _shape(self._branches):
            self._reorder(branches)
        else:
            self.beginResetModel()
            self._several, self._branches = several, branches
            with QSignalBlocker(self):
                self._place()
            self._take()
            self.endResetModel()

    def _place(self) -> None:
        """Make a place for each row."""
        root = self.invisibleRootItem()
        root.removeRows(0, root.rowCount())
        for branch in self._branches:
            above = _heads(0) if self._several else [root]
            for group in branch.groups:
                above[NAME].appendRow(_heads(len(group.clips)))
            if self._several:
                root.appendRow(above)

    def _take(self) -> None:
        """Look up from now on what the rows are."""
        self._rows, self._names, self._of_class = {}, {}, {}
        if self._several:
            self._rows[self.index(0, NAME).internalId()] = self._branches
        for number, branch in enumerate(self._branches):
            above = self.index(number, NAME) if self._several else QModelIndex()
            self._rows[self.index(0, NAME, above).internalId()] = branch.groups
            for row, group in enumerate(branch.groups):
                index = self.index(row, NAME, above)
                self._rows[self.index(0, NAME, index).internalId()] = group.clips
                self._of_class[group.label] = index

    def _reorder(self, branches: tuple[Branch, ...]) -> None:
        """Take the same rows in another order, and tell the view where those went that it marks."""
        self.layoutAboutToBeChanged.emit()
        marked = [(index, self.clip(index)) for index in self.persistentIndexList()]
        before = [(index, clip) for index, clip in marked if clip]
        self._branches = branches
        with QSignalBlocker(self):
            self._order_classes()
        self._take()
        rows: dict[str, dict[Row, int]] = {}
        after = []
        for index, clip in before:
            if clip.label not in rows:
                rows[clip.label] = {one: row for row, one in enumerate(self.below(index.parent()))}
            after.append(index.siblingAtRow(rows[clip.label].get(clip, -1)))
        self.changePersistentIndexList([index for index, _ in before], after)
        self.layoutChanged.emit()

    def _order_classes(self) -> None:
        """Have Qt move the items of classes, and what lies below and is marked with them."""
        for number, branch in enumerate(self._branches):
            for rank, group in enumerate(branch.groups):
                self.itemFromIndex(self._of_class[group.label]).setData(rank, _RANK)
            above = self.item(number) if self._several else self.invisibleRootItem()
            above.sortChildren(NAME)

    def know(self, known: Known) -> None:
        """Look up there what is known of clips; `note` tells of what is new in it."""
        self._known = known

    def note(self, clips: Iterable[LabelledFile]) -> None:
        """Draw some clips again, of which something has become known."""
        for label in {clip.label for clip in clips}:
            if above := self._of_class.get(label):
                self._draw_below(above, NAME, RATE)

    def split(self, splits: Splits) -> None:
        """Say of each class which part of a split it is of."""
        self._splits = splits
        for number in range(len(self._branches)):
            above = self.index(number, NAME) if self._several else QModelIndex()
            self._draw_below(above, SPLIT, SPLIT)

    def _draw_below(self, above: Index, left: int, right: int) -> None:
        last = self.rowCount(above) - 1
        self.dataChanged.emit(self.index(0, left, above), self.index(last, right, above))

    def clips(self, indices: Iterable[Index]) -> list[ClipFile]:
        """Return the clips among some rows; other rows count as no clip."""
        named = (index for index in indices if index.column() == NAME)
        return [clip for index in named if (clip := self.clip(index))]

    def clip(self, index: Index) -> ClipFile | None:
        """Return the clip of a row, or None for another row."""
        row = self._row(index) if index.isValid() else None
        return row if isinstance(row, ClipFile) else None

    def rows(self, part: QItemSelectionRange) -> Sequence[Row]:
        """Return what rows are that follow each other."""
        if not part.isValid():
            return ()
        return self._rows[part.topLeft().internalId()][part.top() : part.bottom() + 1]

    def below(self, index: Index) -> Sequence[Row]:
        """Return all rows that lie right below one; the topmost below none."""
        first = self.index(0, NAME, index)
        return self._rows[first.internalId()] if first.isValid() else ()

    def names_below(self, index: Index) -> Sequence[str]:
        """Return what those are called, without regard to case."""
        first = self.index(0, NAME, index).internalId()
        if first not in self._names:
            self._names[first] = [_name(row).casefold() for row in self.below(index)]
        return self._names[first]

    def branch(self, index: Index) -> int | None:
        """Return which of the open corpora a row stands for; None for a class or a clip."""
        row = self._row(index) if index.isValid() else None
        return row.number if isinstance(row, Branch) else None

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
        if role not in _TOLD or not index.isValid():
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

    def supportedDragActions(self) -> Qt.DropAction:
        """Let no drag take a clip away."""
        return Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        """Name what a drag carries."""
        return [MIME, "text/uri-list"]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData:
        """Pack the dragged clips."""
        return clip_mime(DroppedClip(clip.path, clip.label) for clip in self.clips(indexes))

    def _title(self, index: Index) -> str:
        row = self._row(index)
        if not isinstance(row, ClipFile):
            return _title(row)
        above = self._row(index.parent())
        is_alike = isinstance(above, Group) and row.path.stem in above.alike
        name = one_line(row.path.name if is_alike else row.path.stem)
        return f"{name} (unreadable)" if self._fault(index) else name

    def _thumbnail(self, index: Index) -> QImage | None:
        if (clip := self.clip(index)) is None:
            return None
        fact = self._known.get(clip)
        is_short = fact is not None and not fact.fault and fact.seconds <= _MOST_SECONDS
        image = self._picture(clip) if is_short else None
        return blank() if image is None or image.isNull() else image

    def _figure(self, index: Index, column: int) -> str:
        row = self._row(index)
        if isinstance(row, ClipFile):
            fact = self._known.get(row)
            if fact is None or fact.fault or column == SPLIT:
                return ""
            return clock(fact.seconds) if column == LENGTH else kilohertz((fact.rate, fact.rate))
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
        row = self._row(index)
        if isinstance(row, ClipFile):
            return _lines(self._fault(index) or str(row.path), figures)
        if isinstance(row, Branch):
            return _lines(row.name, (counted(row.clip_count, "clip"), *figures))
        split = self._splits.get(row.label, "")
        return _lines(row.label, (counted(len(row.clips), "clip"), *figures), split)

    def _fault(self, index: Index) -> str:
        clip = self.clip(index)
        fact = self._known.get(clip) if clip else None
        return fact.fault if fact else ""

    def _row(self, index: Index) -> Row:
        """Return the corpus, the class or the clip of a row."""
        return self._rows[index.internalId()][index.row()]


def are_clips(rows: Sequence[Row]) -> TypeGuard[Sequence[ClipFile]]:
    """Whether rows that lie below the same one are clips."""
    return bool(rows) and isinstance(rows[0], ClipFile)


def _heads(count: int) -> list[QStandardItem]:
    """Make the items of a corpus or a class, with so many places below it."""
    items = [QStandardItem() for _ in _HEADS]
    for item in items:
        item.setFlags(_HEAD_FLAGS)
    items[NAME].setColumnCount(len(_HEADS))
    items[NAME].setRowCount(count)
    return items


def _title(row: Branch | Group) -> str:
    count = row.clip_count if isinstance(row, Branch) else len(row.clips)
    return f"{one_line(_name(row))}  ({count:,})"


def _name(row: Row) -> str:
    if isinstance(row, ClipFile):
        return row.path.stem
    return row.name if isinstance(row, Branch) else row.label


def one_line(name: str) -> str:
    """Write a name on one line, and keep what stands behind it out of its direction."""
    shown = name if name.isprintable() else name.translate(_PICTURES)
    turns = not name.isascii() and any(bidirectional(letter) in _TURNING for letter in name)
    return f"{_ISOLATE}{shown}{_END_ISOLATE}" if turns else shown


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

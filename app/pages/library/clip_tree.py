"""ClipTree: the library's rows below their heads; names come first, figures as there is room."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from itertools import groupby

from PySide6.QtCore import (
    QElapsedTimer,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    QSignalBlocker,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QTreeView, QWidget

from app.library.grouped_clips import LENGTH, NAME, RATE, SPLIT, Branch, Order
from app.library.thumbnails import SIZE
from app.pages.library.corpus_tree import CorpusTree, Index, Row, Title, are_clips, clock, kilohertz
from siamese_core.corpora.labelled_file import ClipFile

_WIDEST = {LENGTH: "0:00:00", RATE: "16", SPLIT: "valid."}
_NAMES = {NAME: "&Name", LENGTH: "&Length", RATE: "&Rate", SPLIT: "&Split"}
_MARGIN, _GAP = 10, 6
_INDENTATION = 14
_LEAST_NAME, _MOST_NAME = 90, 220
"""Pixels that names are given before a figure is; longer ones are elided beside figures."""
_ENOUGH = 150
"""Pixels that names are given before a length is, which is worth more than their middle."""
_SOME = 8
"""Of letters that differ in width, so many of the longest names hold the widest."""


Chosen = tuple[Hashable, list[Row]]
"""Rows that are chosen, and the name of the one that they lie below; None for the topmost."""


class ClipTree(QTreeView):
    """Names have the room that they need; a figure is told where there is more.

    A person may choose the columns; what rows are ordered by is shown in any case.
    """

    order_changed = Signal()
    columns_wanted = Signal(object)
    """The columns that the person chose, or does without, by their numbers."""

    def __init__(self, model: CorpusTree, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._has_split = False
        self._name_width = _LEAST_NAME
        self._wanted: dict[int, bool] = {}
        """The columns that a person chose or does without."""
        self._widths: dict[int, int] = {}
        self._typed, self._since = "", QElapsedTimer()
        """What was typed to go to a name, and when its last letter was."""
        self.setUniformRowHeights(True)
        self.setIconSize(SIZE)
        self.setIndentation(_INDENTATION)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self._corpora, self._chosen = model, list[Chosen]()
        self._current: Chosen = (None, [])
        for moves in (model.layoutAboutToBeChanged, model.modelAboutToBeReset):
            moves.connect(self._hold_choice)  # before Qt's own selection hears it
        self.setModel(model)
        for moved in (model.layoutChanged, model.modelReset):
            moved.connect(self._choose_again)
        self.setSelectionMode(QTreeView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Clips by class")
        self._build_head()
        self._choose_columns()

    def _build_head(self) -> None:
        head = self.header()
        head.setSectionsMovable(False)
        head.setStretchLastSection(False)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column, widest in _WIDEST.items():
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self._fit(column, [widest])
        head.setSectionsClickable(True)
        head.setSortIndicator(NAME, Qt.SortOrder.AscendingOrder)
        head.setSortIndicatorShown(True)
        head.sortIndicatorChanged.connect(self._tell)
        head.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        head.customContextMenuRequested.connect(self._open_columns)

    @property
    def order(self) -> Order:
        """What rows are to be ordered by."""
        head = self.header()
        falling = head.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        return Order(head.sortIndicatorSection(), falling)

    def expandAll(self) -> None:
        """Open each corpus and class; Qt would note of each clip that it is open, too."""
        self._open_below(QModelIndex())

    def open(self, heads: Iterable[QModelIndex]) -> None:
        """Open some corpora and classes."""
        self.scheduleDelayedItemsLayout()
        for index in heads:
            self.expand(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open with an asterisk all that lies below the current row."""
        if event.key() == Qt.Key.Key_Asterisk:
            self._open_below(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _open_below(self, index: QModelIndex) -> None:
        self.scheduleDelayedItemsLayout()  # once for all of them
        if below := self._corpora.below(index):
            self.expand(index)
            for row in range(0 if are_clips(below) else len(below)):
                self._open_below(self._corpora.index(row, NAME, index))

    def keyboardSearch(self, search: str) -> None:
        """Go to the next row whose name begins with what is typed; Qt would ask to draw each."""
        typed = self._take_letters(search)
        again = len(set(typed)) == 1  # one letter goes from a name to the next
        here = self.currentIndex().siblingAtColumn(NAME)
        named = self._named_from(here, typed[:1] if again else typed)
        if found := next((row for row in named if not again or row != here), None):
            self.setCurrentIndex(found)

    def _take_letters(self, letters: str) -> str:
        """Add letters to the word that is typed, or begin another one after a pause."""
        pause = QGuiApplication.styleHints().keyboardInputInterval()
        goes_on = self._since.isValid() and self._since.elapsed() <= pause
        self._since.start()
        self._typed = (self._typed if goes_on else "") + letters.casefold()
        return self._typed

    def _named_from(self, here: QModelIndex, word: str) -> Iterator[QModelIndex]:
        """Find rows that can be scrolled to by their names' beginning, from one on and round."""
        above, first = here.parent(), here.row()
        if self.visualRect(here).isValid():
            yield from self._named(above, word, first)
            while above.isValid():
                above, first = above.parent(), above.row() + 1
                yield from self._named(above, word, first)
        yield from self._named(QModelIndex(), word)

    def _named(self, above: QModelIndex, word: str, first: int = 0) -> Iterator[QModelIndex]:
        """Find them below one row, from a place on."""
        names = self._corpora.names_below(above)
        may_open = not are_clips(self._corpora.below(above))
        for place in range(first, len(names)):
            fits = names[place].startswith(word)
            if fits or may_open:
                index = self._corpora.index(place, NAME, above)
                if fits:
                    yield index
                if may_open and self.isExpanded(index):
                    yield from self._named(index, word)

    def _hold_choice(self) -> None:
        """Take the selection away while rows move: Qt would follow each cell of it by itself."""
        selection, held = self.selectionModel().selection(), dict[int, Chosen]()
        for part in map(selection.at, range(selection.size())):
            if part.left() == NAME:
                first = part.topLeft()
                above = self._name_above(first)
                held.setdefault(first.internalId(), (above, []))[1].extend(self._corpora.rows(part))
        self._chosen, here = list(held.values()), self.currentIndex()
        rows = self._corpora.rows(QItemSelectionRange(here))
        self._current = (self._name_above(here), [*rows])
        with QSignalBlocker(self.selectionModel()):
            self.selectionModel().clearSelection()

    def _choose_again(self) -> None:
        """Choose what was chosen before rows moved, or came and went: what is still there."""
        choice = QItemSelection()
        for first, last in self._find(self._chosen):
            choice.select(first, last)
        here = next((first for first, _ in self._find([self._current])), QModelIndex())
        self._chosen, self._current = [], (None, [])
        with QSignalBlocker(self.selectionModel()):
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().select(choice, flags.ClearAndSelect)
            self.selectionModel().setCurrentIndex(here, flags.NoUpdate)

    def _find(self, held: Iterable[Chosen]) -> Iterator[tuple[QModelIndex, QModelIndex]]:
        """Find the first and the last cell of held rows that follow each other now."""
        model = self._corpora
        heads: dict[Hashable, QModelIndex] = {_name(row): index for index, row in model.heads}
        for name, rows in held:
            if name is None or name in heads:
                above = heads.get(name, QModelIndex())
                for first, last in _stretches(model.below(above), rows):
                    yield model.index(first, NAME, above), model.index(last, SPLIT, above)

    def _name_above(self, index: Index) -> Hashable:
        above = index.parent()
        rows = self._corpora.rows(QItemSelectionRange(above))
        return _name(rows[0]) if rows else None

    def reveal(self) -> None:
        """Bring the current row into sight, where it is chosen; what it lies in is opened."""
        if self.selectionModel().isSelected(self.currentIndex()):
            self.scrollTo(self.currentIndex())

    def set_split(self, there_is: bool) -> None:
        """Say whether there is a split to tell."""
        self._has_split = there_is
        if not there_is and self.order.column == SPLIT:
            self.header().setSortIndicator(NAME, Qt.SortOrder.AscendingOrder)
        self._choose_columns()

    def set_figures(self, rates: Sequence[int], seconds: float) -> None:
        """Say which rates there are, in Hz from the lowest on, and how long all clips are."""
        self._fit(LENGTH, [_WIDEST[LENGTH], clock(seconds)])
        each = [kilohertz((rate, rate)) for rate in rates]
        self._fit(RATE, [*each, kilohertz((rates[0], rates[-1]))] if rates else [])
        self._choose_columns()

    def make_room(self, titles: Iterable[Title]) -> None:
        """Give these names of corpora and classes their room before any figure."""
        fonts, step = self.fontMetrics(), self.indentation()
        widths = (
            fonts.horizontalAdvance(title.text) + step * (title.depth + 1) + _MARGIN
            for title in nlargest(_SOME, titles, key=lambda title: len(title.text) + title.depth)
        )
        self._name_width = max(_LEAST_NAME, min(max(widths, default=0), _MOST_NAME))
        self._choose_columns()

    def _fit(self, column: int, texts: Sequence[str]) -> None:
        """Make a column as wide as these texts and its head."""
        head = self.model().headerData(column, Qt.Orientation.Horizontal)
        widths = [self.fontMetrics().horizontalAdvance(text) for text in (*texts, head)]
        apart = _MARGIN + _GAP * (column == SPLIT)  # which follows figures, not a name
        self._widths[column] = max(widths) + apart
        self.header().resizeSection(column, self._widths[column])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show more where there is more room."""
        super().resizeEvent(event)
        self._choose_columns()

    def _choose_columns(self) -> None:
        """Show figures, the most telling first, until the next would take room from names."""
        shown = {column for column in _WIDEST if self._asked(column)}
        # The scroll bar's room stays free, lest a column goes when a class is opened.
        room = self.maximumViewportSize().width() - self.verticalScrollBar().sizeHint().width()
        room -= sum(self._widths[column] for column in shown)
        for column in (SPLIT, LENGTH, RATE):
            if self._asked(column) is None:
                room -= self._widths[column]
                if room < min(self._name_width, _ENOUGH if column == LENGTH else _MOST_NAME):
                    break
                shown.add(column)
        for column in _WIDEST:
            self.setColumnHidden(column, column not in shown)

    def _asked(self, column: int) -> bool | None:
        """Whether a column is to be there; None where the room decides."""
        if column == SPLIT and not self._has_split:
            return False
        return self.order.column == column or self._wanted.get(column)

    def order_menu(self, parent: QWidget) -> QMenu:
        """Return what the heads offer, for the keyboard."""
        menu = QMenu("S&ort by", parent)
        group = QActionGroup(menu)
        for column in _NAMES:
            if column != SPLIT or self._has_split:
                group.addAction(self._entry(menu, column, self.order.column == column))
        group.triggered.connect(self._order_by)
        return menu

    def columns_menu(self, parent: QWidget) -> QMenu:
        """Return a choice of the figures beside the names."""
        menu = QMenu("&Columns", parent)
        for column in _WIDEST:
            if column != SPLIT or self._has_split:
                entry = self._entry(menu, column, not self.isColumnHidden(column))
                entry.setEnabled(column != self.order.column)
        menu.addSeparator()
        menu.addAction("&As there is room").setEnabled(bool(self._wanted))
        menu.triggered.connect(self._take_choice)
        return menu

    def want_columns(self, wanted: Mapping[int, bool]) -> None:
        """Show and hide columns as they were chosen; the room decides on others."""
        self._wanted = {column: there for column, there in wanted.items() if column in _WIDEST}
        self._choose_columns()

    def _entry(self, menu: QMenu, column: int, checked: bool) -> QAction:
        entry = QAction(_NAMES[column], menu, checkable=True, checked=checked)
        entry.setData(column)
        menu.addAction(entry)
        return entry

    def _order_by(self, action: QAction) -> None:
        self.header().setSortIndicator(action.data(), Qt.SortOrder.AscendingOrder)

    def _take_choice(self, action: QAction) -> None:
        """Show or hide a column from now on, or leave them all to the room again."""
        if action.isCheckable():
            self._wanted[action.data()] = action.isChecked()
        else:
            self._wanted.clear()
        self._choose_columns()
        self.columns_wanted.emit(dict(self._wanted))

    def _open_columns(self, place: QPoint) -> None:
        menu = self.columns_menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.header().mapToGlobal(place))

    def _tell(self, _column: int, _order: Qt.SortOrder) -> None:
        self._choose_columns()
        self.order_changed.emit()


def _stretches(rows: Sequence[Row], chosen: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Find the first and the last of chosen rows that follow each other."""
    names = set(map(_name, chosen))
    places = (place for place, row in enumerate(rows) if _name(row) in names)
    for _, run in groupby(enumerate(places), lambda numbered: numbered[1] - numbered[0]):
        (_, first), *rest = run
        yield first, rest[-1][1] if rest else first


def _name(row: Row) -> Hashable:
    """Return what of a row stays when more becomes known of it, or others come and go.

    Of a clip that is its identity, which is sooner known of 100,000 than their paths.
    """
    if isinstance(row, ClipFile):
        return id(row)
    return (Branch, row.name) if isinstance(row, Branch) else row.label

"""ClipFinder: the tree of classes and clips, and the field that searches for some of them."""

from collections.abc import Hashable, Iterator, Sequence
from functools import partial

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QStackedWidget, QWidget

from app.library.grouped_clips import NAME, Branch, grouped
from app.library.inventory import Facts, Inventory
from app.library.parts import Parts
from app.library.thumbnails import Thumbnails
from app.newest import Newest
from app.pages.library.clip_tree import ClipTree
from app.pages.library.corpus_tree import CorpusTree, are_clips
from app.session.corpora import Folder
from app.session.session import Session
from app.widgets.search_field import SearchField
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.errors import counted
from siamese_core.survey import Finding

_SEARCH_PAUSE_MS = 120
_FILLING_MS = 250
"""From what is found to its drawing: each time, the whole tree is drawn."""
_MOST_OPEN = 60
"""With at most this many clips found, the classes are opened to show them."""


class ClipFinder(QStackedWidget):
    """The open corpora by class, or what of them is searched for, or words where that is nothing.

    The search field stands apart, for it has a place of its own on the page.
    """

    shown = Signal()
    """Other classes and clips are there, or in another order."""
    filled = Signal()
    """What has become known of some clips was drawn."""

    def __init__(
        self, session: Session, inventory: Inventory, parts: Parts, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._inventory, self._parts = session, inventory, parts
        self._grouping: Newest[tuple[Branch, ...]] = Newest(session.player.background)
        self._entering = False
        self._folders: tuple[Folder, ...] = ()
        """The open folders when the tree was drawn, which its branches count."""
        self._words, self._open = "", frozenset[Hashable]()
        """What is shown was searched for, and `_open_heads` when that was nothing last."""
        self._fresh: list[Finding] = []
        """What has become known of clips, and is not yet drawn."""
        self._thumbnails = Thumbnails(session, self)
        self._model = CorpusTree(self._thumbnails.of, self)
        self.tree = ClipTree(self._model)
        self._build()
        self._filling = QTimer(self, interval=_FILLING_MS, singleShot=True)
        self._filling.timeout.connect(self._fill_in)
        self._pause = QTimer(self, interval=_SEARCH_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self.fill)
        self.tree.want_columns(session.settings.library_columns)
        self.tree.columns_wanted.connect(self._remember_columns)
        self.search.textChanged.connect(self._wait_for_more)
        self.search.onward.connect(self._enter)
        self.tree.order_changed.connect(self.fill)
        session.corpus_changed.connect(self.fill)
        parts.changed.connect(self._show_split)
        self._thumbnails.made.connect(self._model.note)
        inventory.found.connect(self._note)
        inventory.looked.connect(self._take_lengths)
        inventory.progressed.connect(self._take_damage)

    @property
    def chosen(self) -> list[ClipFile]:
        """The clips that are selected; 100,000 take their time, so ask when they are wanted."""
        return [clip for clips in self._runs() for clip in clips]

    @property
    def first_chosen(self) -> ClipFile | None:
        """The first of the clips that are selected, however many they are."""
        return next((clips[0] for clips in self._runs()), None)

    def _runs(self) -> Iterator[Sequence[ClipFile]]:
        """Go through the selection by its ranges: a cell each of 100,000 clips takes seconds."""
        selection = self.tree.selectionModel().selection()
        for part in map(selection.at, range(selection.size())):
            rows = self._model.rows(part) if part.left() == NAME else ()
            if are_clips(rows):
                yield rows

    @property
    def chosen_folders(self) -> tuple[Folder, ...]:
        """The folder whose row is the current one, where several are open; none for other rows."""
        number = self._model.branch(self.tree.currentIndex())
        return () if number is None else (self._folders[number],)

    @property
    def held(self) -> str:
        """How many classes and clips are shown, in words."""
        clips, classes = self._model.clip_count, self._model.class_count
        return f"{counted(classes, 'class', 'classes')}, {counted(clips, 'clip')}"

    def _build(self) -> None:
        self.search = SearchField("Search classes and clips")
        self._empty = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._empty.setTextFormat(Qt.TextFormat.PlainText)
        self._empty.setProperty("quiet", True)
        self.addWidget(self.tree)
        self.addWidget(self._empty)

    def fill(self) -> None:
        """Have the corpora grouped, or the parts of them that are searched for."""
        corpora, words = self._session.corpora.branches, self.search.text().strip()
        known, splits, order = self._inventory.facts, self._parts.of_class, self.tree.order
        if not corpora:
            self._grouping.cancel()
            self._show((), (), "")
            return
        self._grouping.run(
            lambda _e, _s: grouped(corpora, words, known, splits, order),
            on_done=partial(self._show, self._session.corpora.folders, words=words),
            on_error=self._session.unexpected.emit,
        )

    def _show(self, folders: tuple[Folder, ...], branches: tuple[Branch, ...], words: str) -> None:
        """Show what was open when it was asked for; other folders may be open by now."""
        before, self._words = self._words, words
        if not before:
            self._open = self._open_heads
        self._folders, model = folders, self._model
        model.know(self._inventory.facts)
        model.show(branches, several=len(folders) > 1)
        if not words:  # columns that came and went with what is typed would disturb
            self.tree.make_room(model.titles)
        self.setCurrentIndex(0 if model.clip_count else 1)
        self._empty.setText(
            f"No class or clip is named like “{words}”."
            if folders
            else "Open a folder of class folders, or drop one here."
        )
        if words and model.clip_count <= _MOST_OPEN:
            self.tree.expandAll()
        elif not words:
            if before:
                self.tree.collapseAll()
            self.tree.open(index for index, key in self._heads if key in self._open)
        if words != before:
            self.tree.reveal()
        self.shown.emit()
        if self._entering and model.clip_count:
            self._take_keyboard()

    @property
    def _heads(self) -> Iterator[tuple[QModelIndex, Hashable]]:
        """Each row of a class with its name, of a corpus with its folder: its number may change."""
        for index, row in self._model.heads:
            yield index, self._folders[row.number] if isinstance(row, Branch) else row.label

    @property
    def _open_heads(self) -> frozenset[Hashable]:
        return frozenset(key for index, key in self._heads if self.tree.isExpanded(index))

    def _remember_columns(self, wanted: dict[int, bool]) -> None:
        self._session.settings.library_columns = wanted

    def _enter(self) -> None:
        """Go to the first clip that is found, or to the first row where none is in sight."""
        self._entering = True
        self._pause.stop()
        self.fill()

    def _take_keyboard(self) -> None:
        """Have the tree go on with what is found."""
        self._entering = False
        first = self._model.index(0, 0)
        while self._model.rowCount(first) and self.tree.isExpanded(first):
            first = self._model.index(0, 0, first)
        self.tree.setCurrentIndex(first)
        self.tree.setFocus()

    def _wait_for_more(self, _text: str) -> None:
        self._entering = False
        self._pause.start()

    def _show_split(self) -> None:
        self._model.split(self._parts.of_class)
        self.tree.set_split(bool(self._parts.of_class))

    def _note(self, found: Facts) -> None:
        """Fill in what has become known of some clips, in a while."""
        self._fresh += found
        if not self._filling.isActive():
            self._filling.start()

    def _fill_in(self) -> None:
        self._filling.stop()
        fresh, self._fresh = self._fresh, []
        self._model.note(finding.file for finding in fresh)
        self.tree.set_figures(self._inventory.rates, self._inventory.seconds)
        self.filled.emit()

    def _take_lengths(self) -> None:
        """Say how long classes are, once that is known of each clip."""
        self._fill_in()
        if self._inventory.can_check:
            self.fill()

    def _take_damage(self) -> None:
        """Order anew once no more is read: what is damaged has no length any more."""
        if not self._inventory.checking:
            self._fill_in()
            self.fill()

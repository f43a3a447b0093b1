"""LibraryPage: the open corpus by class, searched, heard, and put into the line-up."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.pages.corpus_tree import CorpusTree, Groups, grouped
from app.pages.tip import tipped
from app.session import Session
from app.suitability import Suitability
from app.widgets.icon_button import IconButton
from app.widgets.notice import Notice
from siamese_core.corpus import ClipFile
from siamese_core.errors import counted

_SEARCH_PAUSE_MS = 120
_MOST_OPEN = 60
"""With at most this many clips found, the classes are opened to show them."""


class LibraryPage(QWidget):
    """The classes of a folder; a double click asks about a clip: it becomes the query."""

    open_requested = Signal()
    folder_dropped = Signal(Path)

    def __init__(
        self, session: Session, suitability: Suitability, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._suitability = session, suitability
        self._model = CorpusTree(self)
        self._build()
        self._build_actions()
        self.setAcceptDrops(True)
        session.corpus_changed.connect(self._fill)
        session.failed.connect(self._tell)
        session.selection_changed.connect(self._enable)
        suitability.changed.connect(self._show_suitability)
        self._fill()

    @property
    def chosen(self) -> list[ClipFile]:
        """The clips that are selected in the tree."""
        return self._model.clips(self.tree.selectedIndexes())

    def _build(self) -> None:
        self.search = QLineEdit(clearButtonEnabled=True)
        self.search.setPlaceholderText("Search classes and clips")
        self.search.setAccessibleName("Search classes and clips")
        self._pause = QTimer(self, interval=_SEARCH_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._fill)
        self.search.textChanged.connect(self._wait_for_more)
        self._count = QLabel()
        self._count.setProperty("quiet", True)
        self.notice, self.unsuitable = Notice(), Notice()
        self.tree = self._tree()
        self._empty = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._empty.setProperty("quiet", True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.tree)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self._opener())
        column.addWidget(self.search)
        column.addWidget(self.notice)
        column.addWidget(self.unsuitable)
        column.addWidget(self._stack, 1)
        column.addWidget(self._count)

    def _opener(self) -> QWidget:
        tip = "Open a folder of class folders (Ctrl+O); it can also be dropped here"
        button = IconButton("folder", tip, text="Open folder…")
        button.clicked.connect(self.open_requested)
        return button

    def _tree(self) -> QTreeView:
        tree = QTreeView(headerHidden=True, uniformRowHeights=True)
        tree.setDragEnabled(True)
        tree.setModel(self._model)
        tree.setSelectionMode(QTreeView.SelectionMode.ExtendedSelection)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.setAccessibleName("Clips by class")
        tree.customContextMenuRequested.connect(self._open_menu)
        tree.doubleClicked.connect(self.set_query)
        tree.selectionModel().selectionChanged.connect(self._enable)
        return tree

    def _build_actions(self) -> None:
        self.query_action = self._action("Set as query", "Return", self.set_query)
        self.add_action = self._action("Add to the support set", "Shift+Return", self.add)
        self.replace_action = self._action("Replace the selected card", "Alt+Return", self.replace)
        self.play_action = self._action("Play or stop", "Space", self.play)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for action, text in ((self.query_action, "Set as query"), (self.add_action, "Add")):
            button = tipped(QPushButton(text), f"{action.text()} ({action.shortcut().toString()})")
            button.clicked.connect(action.trigger)
            button.setEnabled(action.isEnabled())
            action.enabledChanged.connect(button.setEnabled)
            buttons.addWidget(button)
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.addLayout(buttons)

    def _action(self, text: str, key: str, do: Callable[[], None]) -> QAction:
        action = QAction(text, self.tree, enabled=False)
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(do)
        self.tree.addAction(action)
        return action

    def set_query(self) -> None:
        """Make the selected clip the query."""
        if chosen := self.chosen:
            self._session.put(0, chosen[0])

    def add(self) -> None:
        """Add the selected clips to the support set."""
        for clip in self.chosen:
            self._session.add(clip)

    def replace(self) -> None:
        """Put the selected clip in the place of the card that is selected."""
        if (chosen := self.chosen) and self._session.selected is not None:
            self._session.put(self._session.selected + 1, chosen[0])

    def play(self) -> None:
        """Play the selected clip, or stop it."""
        if chosen := self.chosen:
            self._session.audition(chosen[0])

    def sizeHint(self) -> QSize:
        """Leave most of the window to the line-up."""
        return QSize(214, 400)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome folders."""
        if dropped_folder(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a dropped folder."""
        if folder := dropped_folder(event):
            event.acceptProposedAction()
            self.folder_dropped.emit(folder)

    def _fill(self) -> None:
        """Have the corpus grouped, or the part of it that is searched for."""
        corpus, words = self._session.corpus, self.search.text()
        if corpus is None:
            self._show((), "")
            return
        self._session.player.background.run(
            lambda _e, _s: grouped(corpus, words),
            on_done=partial(self._show, words=words),
            on_error=self._session.unexpected.emit,
            key="library",
        )

    def _show(self, groups: Groups, words: str) -> None:
        corpus = self._session.corpus
        self._model.show(groups)
        clips, classes = self._model.clip_count, self._model.class_count
        name = corpus.name if corpus else ""
        held = f"{counted(classes, 'class', 'classes')}, {counted(clips, 'clip')}"
        self._count.setText(f"{name}: {held}")
        self._count.setVisible(corpus is not None)
        self._stack.setCurrentIndex(0 if clips else 1)
        self._empty.setText(
            f"No class or clip is named like “{words}”."
            if corpus
            else "Open a folder of class folders, or drop one here."
        )
        self.notice.clear()
        if words and clips <= _MOST_OPEN:
            self.tree.expandAll()
        self._enable()

    def _enable(self) -> None:
        chosen = bool(self.chosen)
        for action in (self.query_action, self.add_action, self.play_action):
            action.setEnabled(chosen)
        self.replace_action.setEnabled(chosen and self._session.selected is not None)

    def _wait_for_more(self, _text: str) -> None:
        self._pause.start()

    def _show_suitability(self) -> None:
        sentence = self._suitability.sentence
        self.unsuitable.show_notice(sentence) if sentence else self.unsuitable.clear()

    def _tell(self, where: str, sentence: str) -> None:
        if where == "library":
            self.notice.show_error(sentence)

    def _open_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addActions([self.query_action, self.add_action, self.replace_action, self.play_action])
        menu.popup(self.tree.viewport().mapToGlobal(place))


def dropped_folder(event: QDropEvent) -> Path | None:
    """Return the first folder among dropped files."""
    paths = (Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile())
    return next((path for path in paths if path.is_dir()), None)

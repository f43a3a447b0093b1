"""LibraryPage: the open corpora, what is known of them, and what becomes of a chosen clip."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.library.inventory import Inventory
from app.library.parts import Parts
from app.library.recorder import Recorder
from app.library.suitability import Suitability
from app.pages.drops import dropped_folders
from app.pages.library.clip_finder import ClipFinder
from app.pages.library.clip_preview import ClipPreview
from app.pages.library.record_dialog import RecordDialog
from app.pages.library.unreadable import UnreadableDialog
from app.pages.several_clips import put_clips
from app.pages.tip import tipped
from app.session.session import Session
from app.sound.audio_output.sinks import find_portaudio
from app.widgets.icon_button import IconButton
from app.widgets.notice import Notice
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.durations import duration
from siamese_core.errors import counted

_NO_MICROPHONE = "Looking for a microphone…"
_RECORD = "Record a query or a support clip (Ctrl+Shift+R)"
_CHECK = "Check every clip: read each to its end, for damage that its header does not show"
_STOP = "Stop checking; what was found stays"


class LibraryPage(QWidget):
    """The classes of one or several folders; a double click asks about a clip: the next query."""

    open_requested = Signal()
    add_requested = Signal()

    def __init__(
        self,
        session: Session,
        inventory: Inventory,
        suitability: Suitability,
        parts: Parts,
        recorder: Recorder,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._recorder = recorder
        self._dialog: RecordDialog | None = None
        self._held = ""
        """How much there is to hear, in words."""
        self._session, self._inventory, self._suitability = session, inventory, suitability
        self.finder = ClipFinder(session, inventory, parts)
        self.search, self.tree = self.finder.search, self.finder.tree
        self._build()
        self._build_actions()
        self.setAcceptDrops(True)
        self._connect()
        self.finder.fill()

    @property
    def chosen(self) -> list[ClipFile]:
        """The clips that are selected in the tree."""
        return self.finder.chosen

    def _build(self) -> None:
        self._count = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._count.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._count.setProperty("quiet", True)
        self.notice, self.unsuitable = Notice(), Notice()
        self.preview = ClipPreview(self._session)
        self.faulty = tipped(QPushButton(), "List them with the reasons")
        self.faulty.clicked.connect(self.list_unreadable)
        self._facts = QLabel(wordWrap=True)
        self._facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._facts.setProperty("quiet", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addLayout(self._openers())
        column.addWidget(self.search)
        column.addWidget(self.finder, 1)
        # What is told late stands here, and takes the tree's end: nothing moves under the mouse.
        for widget in (self.notice, self.unsuitable, self._count, self._facts, self.faulty):
            column.addWidget(widget)
        column.addWidget(self.preview)
        self._show_facts()
        self._show_check()

    def _openers(self) -> QHBoxLayout:
        tip = "Open a folder of class folders (Ctrl+O); it can also be dropped here"
        button = IconButton("folder", tip, text="Open folder…")
        button.clicked.connect(self.open_requested)
        self.add_folder = IconButton("add", "Open another folder beside it (Ctrl+Alt+O)")
        self.add_folder.clicked.connect(self.add_requested)
        self.record = IconButton("record", _NO_MICROPHONE)
        self.record.setEnabled(False)
        self.record.clicked.connect(self.open_recorder)
        self.check = IconButton("check-all", _CHECK)
        self.check.setCheckable(True)
        self.check.clicked.connect(self.check_clips)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(button)
        row.addWidget(self.add_folder)
        row.addWidget(self.record)
        row.addStretch(1)
        row.addWidget(self.check)
        return row

    def _connect(self) -> None:
        session, inventory, tree = self._session, self._inventory, self.tree
        tree.customContextMenuRequested.connect(self._open_menu)
        tree.doubleClicked.connect(self.set_query)
        tree.selectionModel().selectionChanged.connect(self._enable)
        tree.selectionModel().selectionChanged.connect(self._glance)
        self.finder.shown.connect(self._show_count)
        self.finder.filled.connect(self._show_found)
        session.corpus_changed.connect(self.notice.clear)
        session.failed.connect(self._tell)
        session.selection_changed.connect(self._enable)
        self._suitability.changed.connect(self._show_suitability)
        inventory.looked.connect(self._show_facts)
        inventory.looked.connect(self._show_check)
        inventory.progressed.connect(self._show_progress)

    def _build_actions(self) -> None:
        self.query_action = self._action("Set as query", "Return", self.set_query)
        self.add_action = self._action("Add to the support set", "Shift+Return", self.add)
        self.replace_action = self._action("Replace the selected card", "Alt+Return", self.replace)
        self.play_action = self._action("Play or stop", "Space", self.play)
        self.close_action = self._action("Close this folder", "Delete", self.close_folder)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for action, text in ((self.query_action, "Set as query"), (self.add_action, "Add")):
            button = tipped(QPushButton(text), f"{action.text()} ({action.shortcut().toString()})")
            button.clicked.connect(action.trigger)
            button.setEnabled(action.isEnabled())
            action.enabledChanged.connect(button.setEnabled)
            buttons.addWidget(button)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
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
        if clip := self.finder.first_chosen:
            self._session.put(0, clip)

    def add(self) -> None:
        """Add the selected clips to the support set; several are one edit of it."""
        put_clips(self._session, self.chosen, "library")

    def replace(self) -> None:
        """Put the selected clip in the place of the card that is selected."""
        if (clip := self.finder.first_chosen) and self._session.selected is not None:
            self._session.put(self._session.selected + 1, clip)

    def play(self) -> None:
        """Play the selected clip, or stop it."""
        if clip := self.finder.first_chosen:
            self._session.audition(clip)

    def probe(self) -> None:
        """Look for a microphone, once PortAudio was looked for off the window's thread."""
        self._session.run(
            lambda _e, _s: find_portaudio(), self._show_microphone, "library", keep=True
        )

    def _show_microphone(self, _loaded: None) -> None:
        """Offer to record, or say why that cannot be done."""
        found = self._recorder.input.look()
        tip = _RECORD if found else self._recorder.input.reason
        tipped(self.record, tip).setEnabled(found)

    def open_recorder(self) -> None:
        """Record a clip, where there is a microphone."""
        if not self.record.isEnabled():
            return
        if self._dialog is None:
            self._dialog = RecordDialog(self._session, self._recorder, self.window())
        self._dialog.open_anew()

    def list_unreadable(self) -> None:
        """List the files that cannot be read."""
        UnreadableDialog(self._inventory.unreadable, self.window()).open()

    def check_clips(self) -> None:
        """Read every clip to its end, or read no further."""
        inventory = self._inventory
        inventory.stop() if inventory.checking else inventory.check()
        self._show_check()
        self._show_words()

    def close_folder(self) -> None:
        """Close the folder whose row is the current one, where several are open."""
        corpora = self._session.corpora
        for folder in self.finder.chosen_folders:
            if folder in corpora.folders:
                corpora.remove(folder)

    def sizeHint(self) -> QSize:
        """Leave most of the window to the line-up."""
        return QSize(238, 400)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome folders."""
        if dropped_folders(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open dropped folders beside each other."""
        if folders := dropped_folders(event):
            event.acceptProposedAction()
            self._session.corpora.open(folders)

    def _show_count(self) -> None:
        """Say how much is shown; what was chosen may be gone."""
        self._glance()
        corpora = self._session.corpora.branches
        several = counted(len(corpora), "corpus", "corpora") if len(corpora) > 1 else ""
        name = several or "".join(corpus.name for corpus in corpora)
        self._count.setText(f"{name}: {self.finder.held}")
        self._count.setVisible(bool(corpora))
        self._enable()

    def _show_found(self) -> None:
        if not self._inventory.looking:
            self._show_facts()

    def _enable(self) -> None:
        chosen = self.finder.first_chosen is not None
        for action in (self.query_action, self.add_action, self.play_action):
            action.setEnabled(chosen)
        self.replace_action.setEnabled(chosen and self._session.selected is not None)
        self.close_action.setEnabled(bool(self.finder.chosen_folders))

    def _show_suitability(self) -> None:
        sentence = self._suitability.sentence
        self.unsuitable.show_notice(sentence) if sentence else self.unsuitable.clear()

    def _show_facts(self) -> None:
        """Say how much there is to hear, and how many files cannot be read."""
        inventory = self._inventory
        rates, faulty = inventory.rates, len(inventory.unreadable)
        self._held = _facts(inventory.seconds, rates) if rates and inventory.can_check else ""
        self.faulty.setText(f"{counted(faulty, 'file')} cannot be read…")
        self.faulty.setVisible(bool(faulty))
        self._show_words()

    def _show_progress(self) -> None:
        """Say how far the reading of whole clips is."""
        self._show_check()
        self._show_words()

    def _show_check(self) -> None:
        inventory = self._inventory
        is_done = bool(inventory.to_check) and inventory.checked == inventory.to_check
        tip = f"{_CHECK} (done; a click checks again)" if is_done else _CHECK
        tipped(self.check, _STOP if inventory.checking else tip)
        self.check.setChecked(inventory.checking)
        self.check.setEnabled(inventory.can_check)

    def _show_words(self) -> None:
        inventory = self._inventory
        far = f"checking, {inventory.checked:,} of {counted(inventory.to_check, 'clip')}"
        words = " · ".join(filter(None, (self._held, far if inventory.checking else "")))
        self._facts.setText(words)
        self._facts.setVisible(bool(words))

    def _glance(self) -> None:
        """Show the clip that was chosen; of several the first."""
        self.preview.show_clip(self.finder.first_chosen)

    def _tell(self, where: str, sentence: str) -> None:
        if where == "library":
            self.notice.show_error(sentence)

    def _open_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([self.query_action, self.add_action, self.replace_action, self.play_action])
        menu.addSeparator()
        menu.addMenu(self.tree.order_menu(menu))
        menu.addMenu(self.tree.columns_menu(menu))
        if self.close_action.isEnabled():
            menu.addAction(self.close_action)
        menu.popup(self.tree.viewport().mapToGlobal(place))


def _facts(seconds: float, rates: Sequence[int]) -> str:
    """Say how long all clips are together, and at which rates."""
    to = f" to {rates[-1]:,}" if len(rates) > 1 else ""
    return f"{duration(seconds)} at {rates[0]:,}{to} Hz"

"""RunActions: renaming a training, throwing it away and showing its folder, by menu and by key."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QListWidget, QMenu, QMessageBox

from app.jobs import Jobs
from app.pages.rename_dialog import RenameDialog
from app.pages.run_view import RunView
from app.run_folder import delete, hindrance, move_to_trash, strangers
from app.session import Session
from app.training_job import TrainingJob
from app.widgets.plain import plain
from siamese_core.errors import EarwitnessError

_MOST_NAMES = 3
_RENAME = Qt.Key.Key_F2


class RunActions(QObject):
    """What can be done with the folder of the training that is shown, unless it still lives."""

    begun = Signal()
    """Something was asked for: what was told before is past."""
    said = Signal(str)
    failed = Signal(str)
    renamed = Signal(object)
    """A training has another name: its new job."""

    def __init__(self, runs: QListWidget, view: RunView, jobs: Jobs, session: Session) -> None:
        super().__init__(runs)
        self._list, self._view, self._jobs, self._session = runs, view, jobs, session
        self.dialog: RenameDialog | None = None
        self.box: QMessageBox | None = None
        self.menu = QMenu(runs)
        self.menu.setToolTipsVisible(True)
        self.rename = self._action("&Rename…", QKeySequence(_RENAME), self._ask_name)
        remove = QKeySequence(QKeySequence.StandardKey.Delete)
        self.remove = self._action("Move to &trash", remove, self._discard)
        self.menu.addSeparator()
        self.open = self._action("&Open folder", QKeySequence(), view.open_folder)
        self._tips = {self.rename: "Give its folder another name", self.remove: "Throw it away"}
        runs.installEventFilter(self)
        runs.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        runs.customContextMenuRequested.connect(self._show_menu)
        self._known: tuple[TrainingJob | None, str] = (None, "")
        self.refresh()

    def refresh(self) -> None:
        """Offer what can be done with the training that is shown now."""
        job = self._view.job
        hinders = hindrance(job) if job else "Choose a training first."
        for action, tip in self._tips.items():
            action.setEnabled(not hinders)
            action.setToolTip(plain(hinders or tip))
        self.open.setEnabled(job is not None)
        self._known = job, job.status.state if job else ""

    def keep_up(self) -> None:
        """Look again where the training that is shown came to another state."""
        job = self._view.job
        if self._known != (job, job.status.state if job else ""):
            self.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the key to itself that shows the model's card elsewhere in the window."""
        if not isinstance(event, QKeyEvent) or event.key() != _RENAME or event.modifiers():
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress:
            self.rename.trigger()
        return True

    def _action(self, text: str, keys: QKeySequence, do: Callable[[], None]) -> QAction:
        action = self.menu.addAction(text)
        action.setShortcut(keys)
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(self.begun)
        action.triggered.connect(lambda: do())
        self._list.addAction(action)
        return action

    def _show_menu(self, place: QPoint) -> None:
        if self._view.job:
            self.refresh()
            self.menu.popup(self._list.viewport().mapToGlobal(place))

    # Renaming ---------------------------------------------------------------------------------

    def _ask_name(self) -> None:
        if job := self._view.job:
            self.dialog = RenameDialog(job, self._list.window())
            self.dialog.accepted.connect(partial(self._rename, job, self.dialog))
            self.dialog.open()

    def _rename(self, job: TrainingJob, dialog: RenameDialog) -> None:
        before, self.dialog = job.run.folder, None
        with self._telling():
            renamed = self._jobs.rename(job, dialog.name)
            self._follow(before, renamed.run.folder)
            self.renamed.emit(renamed)

    def _follow(self, before: Path, after: Path) -> None:
        """Let the model that listens, and those that listened, be found where they are now."""
        session = self._session
        session.settings.recent_models = tuple(
            str(_moved(Path(path), before, after)) for path in session.settings.recent_models
        )
        if session.model and session.model.path.is_relative_to(before):
            session.set_model(_moved(session.model.path, before, after))

    # Throwing away ----------------------------------------------------------------------------

    def _discard(self) -> None:
        """Move it to the trash, at once unless something goes with it that no training wrote."""
        if (job := self._view.job) is None:
            return
        if others := strangers(job.run):
            question = f"{job.run.folder} also holds {_listed(others)}, which no training wrote."
            self._ask(question, "Move all of it to the trash", partial(self._move, job))
        else:
            self._move(job)

    def _move(self, job: TrainingJob) -> None:
        with self._telling():
            if move_to_trash(job):
                self._forget(job, f"'{job.name}' is in the trash.")
                return
            others = strangers(job.run)
            stays = f" What no training wrote stays: {_listed(others)}." if others else ""
            gone = f"There is no trash for {job.run.folder}; deleted, it cannot be had back.{stays}"
            self._ask(gone, "Delete for good", partial(self._delete, job))

    def _delete(self, job: TrainingJob) -> None:
        with self._telling():
            delete(job)
            self._forget(job, f"'{job.name}' is deleted.")

    def _forget(self, job: TrainingJob, words: str) -> None:
        model, row = self._session.model, self._list.currentRow()
        if model and model.path.is_relative_to(job.run.folder):
            words += " Its model, which listens now, stays in memory until another one is chosen."
        self._jobs.forget(job)
        self._list.setCurrentRow(min(row, self._list.count() - 1))
        self.said.emit(words)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell why something could not be done."""
        try:
            yield
        except EarwitnessError as error:
            self.failed.emit(str(error))

    def _ask(self, question: str, answer: str, do: Callable[[], None]) -> None:
        box = self.box = QMessageBox(self._list.window())
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Earwitness")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(question)
        box.addButton(answer, QMessageBox.ButtonRole.DestructiveRole).clicked.connect(lambda: do())
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()


def _moved(path: Path, before: Path, after: Path) -> Path:
    return after / path.relative_to(before) if path.is_relative_to(before) else path


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more

"""RunActions: training a training longer, renaming it, throwing it away, showing its folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QListWidget, QMenu, QMessageBox

from app.pages.train.longer_dialog import LongerDialog
from app.pages.train.rename_dialog import RenameDialog
from app.pages.train.run_view import LONGER_TIP, RunView
from app.session.session import Session
from app.training.extension import hindrance as stays_as_long
from app.training.jobs import Jobs
from app.training.run_folder import delete, hindrance, move_to_trash, strangers
from app.training.training_job import TrainingJob
from app.widgets.plain import plain
from siamese_core.errors import EarwitnessError

_MOST_NAMES = 3
_RENAME = Qt.Key.Key_F2


class RunActions(QObject):
    """What can be done, by menu and by key, with the training that is shown, unless it lives."""

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
        self.steps_dialog: LongerDialog | None = None
        self.box: QMessageBox | None = None
        self.menu = QMenu(runs)
        self.menu.setToolTipsVisible(True)
        self.longer = self._action("Train &longer…", QKeySequence(), self._ask_steps)
        self.menu.addSeparator()
        self.rename = self._action("&Rename…", QKeySequence(_RENAME), self._ask_name)
        remove = QKeySequence(QKeySequence.StandardKey.Delete)
        self.remove = self._action("Move to &trash", remove, self._discard)
        self.menu.addSeparator()
        self.open = self._action("&Open folder", QKeySequence(), view.open_folder)
        self._keys: dict[int | None, QAction] = {
            _RENAME: self.rename,
            Qt.Key.Key_Delete: self.remove,
        }
        self._tips = {self.rename: "Give its folder another name", self.remove: "Throw it away"}
        view.longer.clicked.connect(self.begun)
        view.longer.clicked.connect(lambda: self._ask_steps())
        runs.installEventFilter(self)
        runs.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        runs.customContextMenuRequested.connect(self._show_menu)
        self._known: tuple[TrainingJob | None, str] = (None, "")
        self.refresh()

    def refresh(self) -> None:
        """Offer what can be done with the training that is shown now."""
        job, hinders = self._view.job, self._hindrance
        for action, tip in self._tips.items():
            _offer(action, tip, hinders)
        _offer(self.longer, LONGER_TIP, stays_as_long(job) if job else hinders)
        self.open.setEnabled(job is not None)
        self._known = job, job.status.state if job else ""

    @property
    def _hindrance(self) -> str:
        """Why the folder of the training that is shown is left as it is; empty if it may go."""
        return hindrance(self._view.job) if self._view.job else "Choose a training first."

    def keep_up(self) -> None:
        """Look again where the training that is shown came to another state."""
        job = self._view.job
        if self._known != (job, job.status.state if job else ""):
            self.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take keys to itself that do something else elsewhere, or would say nothing here."""
        action = self._keys.get(_plain_key(event))
        if action is None:
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress:
            self._trigger(action)
        return True

    def _trigger(self, action: QAction) -> None:
        """Do what a key asks for, or tell why it cannot be done."""
        self.refresh()
        if action.isEnabled():
            action.trigger()
        else:
            self.begun.emit()
            self.failed.emit(self._hindrance)

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

    # Training longer --------------------------------------------------------------------------

    def _ask_steps(self) -> None:
        if (job := self._view.job) and job.recipe:
            window = self._list.window()
            self.steps_dialog = LongerDialog(self._session, job, job.recipe, window)
            self.steps_dialog.accepted.connect(partial(self._train, job, self.steps_dialog))
            self.steps_dialog.open()

    def _train(self, job: TrainingJob, dialog: LongerDialog) -> None:
        self.steps_dialog = None
        self._jobs.resume(job, dialog.extension.assignments)

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
            self._session.move_models(before, renamed.run.folder)
            self.renamed.emit(renamed)

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
            gone = f"{job.run.folder} could not be moved to the trash; deleted, it cannot be had"
            self._ask(f"{gone} back.{stays}", "Delete for good", partial(self._delete, job))

    def _delete(self, job: TrainingJob) -> None:
        with self._telling():
            delete(job)
            self._forget(job, f"'{job.name}' is deleted.")

    def _forget(self, job: TrainingJob, words: str) -> None:
        model, row, folder = self._session.model, self._list.currentRow(), job.run.folder
        if model and model.path.is_relative_to(folder):
            words += " Its model, which listens now, stays in memory until another one is chosen."
        self._session.forget_models(folder)
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


def _plain_key(event: QEvent) -> int | None:
    """Return the key of a key's event, unless others are held with it."""
    return event.key() if isinstance(event, QKeyEvent) and not event.modifiers() else None


def _offer(action: QAction, tip: str, hinders: str) -> None:
    action.setEnabled(not hinders)
    action.setToolTip(plain(hinders or tip))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more

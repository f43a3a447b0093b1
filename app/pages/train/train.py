"""TrainPage: the trainings at the left, the chosen one at the right."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.pages.tip import tipped
from app.pages.train.run_actions import RunActions
from app.pages.train.run_view import RunView
from app.session.session import Session
from app.training.jobs import Jobs
from app.training.training_job import TrainingJob
from app.widgets.icon_button import IconButton
from app.widgets.notice import Notice
from app.widgets.params_help import prepare_help
from app.widgets.plain import plain
from siamese_core.recipes import Recipe, recipe_names

if TYPE_CHECKING:
    from app.pages.train.train_dialog import TrainDialog

_EMPTY = (
    "No training yet.\n\nTrain model… (Ctrl+T) chooses a recipe, the corpora to train on and a "
    "device, and says how long it takes."
)
_TIP = "Trainings, the newest first; F2 renames one, Delete throws it away"
_QUEUE_TIP = "Start, each in its turn, what still waited when the window was closed"
_LIST_WIDTH, _LIST_SPACING = 250, 3


class TrainPage(QWidget):
    """The jobs list follows the runs folder."""

    use_requested = Signal(object)
    """A checkpoint is to listen: its path."""

    def __init__(self, session: Session, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._jobs = session, jobs
        self._shown: list[TrainingJob] = []
        self._dialog: TrainDialog | None = None
        self._steps: deque[Callable[[], None]] = deque()
        self._turn = QTimer(self, interval=0)
        self.train = IconButton("train", "Train a network (Ctrl+T)", text="Train model…")
        self.go_on = IconButton("play", _QUEUE_TIP, text="Go on with the queue")
        self.go_on.hide()
        self.list = tipped(QListWidget(), _TIP, "Trainings")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSpacing(_LIST_SPACING)
        self.view, self.notice = RunView(jobs), Notice()
        self.run_actions = RunActions(self.list, self.view, jobs, session)
        self._empty = QLabel(_EMPTY, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._empty.setProperty("quiet", True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.view)
        self._arrange()
        self._turn.timeout.connect(self._step)
        self.train.clicked.connect(self.ask)
        self.go_on.clicked.connect(jobs.go_on)
        self.list.currentRowChanged.connect(self._choose)
        self.list.currentRowChanged.connect(self.run_actions.refresh)
        for button in (
            self.view.stop,
            self.view.go,
            self.view.folder,
        ):  # told before what the press brings
            button.pressed.connect(self.notice.clear)
        self.view.duplicate_requested.connect(self._duplicate)
        self.view.use_requested.connect(self.use_requested)
        self.run_actions.said.connect(self.notice.show_notice)
        self.run_actions.failed.connect(self.notice.show_error)
        self.run_actions.renamed.connect(self.select)
        self.run_actions.begun.connect(self.notice.clear)
        jobs.changed.connect(self._fill)
        jobs.changed.connect(self.run_actions.keep_up)
        session.model_changed.connect(self._foresee)
        jobs.failed.connect(self.notice.show_error)
        session.failed.connect(self._tell)

    @property
    def dialog(self) -> "TrainDialog":
        """The dialog, made when it is first wanted."""
        if self._dialog is None:
            from app.pages.train.train_dialog import TrainDialog

            self._dialog = TrainDialog(self._session, self._jobs, self)
            self._dialog.started.connect(self.select)
        return self._dialog

    def ask(self) -> None:
        """Open the dialog."""
        self._open_after(self.dialog.begin)

    def select(self, job: TrainingJob) -> None:
        """Show a training."""
        self._fill()
        if job in self._shown:
            self.list.setCurrentRow(self._shown.index(job))

    def close_down(self) -> None:
        """End what is being measured, for the window goes."""
        self.view.show_job(None)
        if self._dialog:
            self._dialog.estimate.close_down()

    def showEvent(self, event: QShowEvent) -> None:
        """Look for trainings as soon as it is seen."""
        self._jobs.watch()
        super().showEvent(event)

    def _foresee(self) -> None:
        """Find, once a network listens, what would hold the window up in the dialog."""
        if self._dialog is None:
            self._session.run(lambda _e, _s: _prepare(), _nothing, "train", key="help")

    def _tell(self, where: str, sentence: str) -> None:
        if where == "train":
            self.notice.show_error(sentence)

    def _open_after(self, fill: Callable[[], None]) -> None:
        """Open the dialog, then fill it in, each for itself: at once they hold the window up."""
        self._steps = deque([self.dialog.open, fill])
        self._turn.start()

    def _step(self) -> None:
        self._steps.popleft()()
        if not self._steps:
            self._turn.stop()

    def _arrange(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(8, 8, 0, 8)
        column.addWidget(self.train)
        column.addWidget(self.notice)
        column.addWidget(self.go_on)
        column.addWidget(self.list, 1)
        splitter = QSplitter(childrenCollapsible=False)
        splitter.addWidget(left)
        splitter.addWidget(self._stack)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([_LIST_WIDTH, 3 * _LIST_WIDTH])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(splitter)

    def _fill(self) -> None:
        """List the trainings; the chosen one stays chosen."""
        jobs, chosen = self._jobs.all, self.view.job
        self.go_on.setVisible(bool(self._jobs.left_waiting))
        if jobs != self._shown:
            self._shown = list(jobs)
            blocker = QSignalBlocker(self.list)
            self.list.clear()
            for _ in jobs:
                self.list.addItem(QListWidgetItem())
            self.list.setCurrentRow(jobs.index(chosen) if chosen in jobs else -1)
            blocker.unblock()
        for row, job in enumerate(jobs):
            self.list.item(row).setText(_words(job))
            self.list.item(row).setToolTip(plain(str(job.run.folder)))
        if self.list.currentRow() < 0:
            if jobs:
                self.list.setCurrentRow(0)
            else:  # the last one's folder is gone
                self.view.show_job(None)
        self._stack.setCurrentWidget(self.view if jobs else self._empty)

    def _choose(self, row: int) -> None:
        self.view.show_job(self._shown[row] if 0 <= row < len(self._shown) else None)

    def _duplicate(self, job: TrainingJob) -> None:
        if job.recipe:
            self._open_after(partial(self.dialog.fill, job.recipe, job.launch))


def _prepare() -> None:
    """Find what the dialog lists and its form says; the dialog itself is soon imported."""
    recipe_names()
    prepare_help(Recipe)


def _nothing(_found: None) -> None:
    """Take note of nothing: what was found is kept where it is asked for."""


def _words(job: TrainingJob) -> str:
    status = job.status
    steps = f" of {job.recipe.steps:,}" if job.recipe else ""
    step = f", step {status.step:,}{steps}" if status.step else ""
    return f"{job.name}\n{status.progress or f'{status.state}{step}'}"

"""RunView: one training as it goes: its curves, numbers and words, and what can be done with it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.pages.tip import tipped
from app.training.curves import Lineups
from app.training.extension import hindrance
from app.training.jobs import Jobs
from app.training.training_job import TrainingJob
from app.widgets.elided_label import ElidedLabel
from app.widgets.icon_button import IconButton
from app.widgets.notice import Notice
from siamese_core.durations import duration
from siamese_core.training.status import device_words

if TYPE_CHECKING:
    from app.pages.train.loss_plot import LossPlot

LONGER_TIP = "Go on for more steps than it took"
_LOG_HEIGHT = 110
_BEGINNING = "It reads the clips first; with thousands of them that takes minutes."
_LEFT = "It still waited when the window was closed; Go on with the queue starts it in its turn."
_NUMBERS = ("Step", "Best validation", "Time left", "Clips a second", "Memory", "Device")


class RunView(QWidget):
    """Shows the chosen job, and keeps up with it."""

    duplicate_requested = Signal(object)
    use_requested = Signal(object)
    """A checkpoint is to listen: its path."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.job: TrainingJob | None = None
        self.title, self.state, self.notice = ElidedLabel(), QLabel(), Notice()
        self.progress = QLabel(textFormat=Qt.TextFormat.PlainText)
        """How far it is with what is done beside its steps."""
        self.log = QPlainTextEdit(readOnly=True)
        self._logged = ""
        self._plot: LossPlot | None = None
        self.numbers = {name: QLabel(textFormat=Qt.TextFormat.PlainText) for name in _NUMBERS}
        self.stop = IconButton("stop", "Stop after the present step; it can go on", text="Stop")
        self.go = IconButton("play", "Go on from the last checkpoint", text="Resume")
        self.longer = IconButton("train", LONGER_TIP, text="Train longer…")
        self.copy = IconButton(
            "copy", "Train again with other settings", text="Duplicate with changes…"
        )
        self.folder = IconButton("folder", "Show the run's files", text="Open folder")
        self.use = IconButton(
            "star", "Load its best checkpoint and score the line-up", text="Use this model"
        )
        self._arrange()
        self.stop.clicked.connect(self._stop)
        self.go.clicked.connect(self._go)
        self.copy.clicked.connect(self._duplicate)
        self.folder.clicked.connect(self.open_folder)
        self.use.clicked.connect(self._use)

    def show_job(self, job: TrainingJob | None) -> None:
        """Show another training."""
        if self.job is not None:
            self.job.watched = False
            self.job.changed.disconnect(self._refresh)
        self.job = job
        if job is not None:
            job.watched = True
            job.changed.connect(self._refresh)
            self._jobs.look()
            self._refresh()

    def _arrange(self) -> None:
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.title.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.state.setProperty("badge", True)
        self.progress.setProperty("quiet", True)
        self.log.setAccessibleName("Log")
        self.log.setFixedHeight(_LOG_HEIGHT)
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addWidget(self.state)
        head.addWidget(self.progress)
        head.addStretch(1)
        buttons = QHBoxLayout()
        for button in (self.stop, self.go, self.longer, self.use, self.copy, self.folder):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        for row in (head, buttons):
            column.addLayout(row)
        column.addWidget(self.notice)
        column.addLayout(self._number_row())
        self._plot_place = QVBoxLayout()
        column.addLayout(self._plot_place, 1)
        column.addWidget(self.log)

    @property
    def plot(self) -> "LossPlot":
        """The curves; what draws them is imported when the first training is looked at."""
        if self._plot is None:
            from app.pages.train.loss_plot import LossPlot

            self._plot = LossPlot()
            self._plot.setAccessibleName("Curves")
            self._plot_place.addWidget(self._plot)
        return self._plot

    def _number_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(24)
        for name, label in self.numbers.items():
            cell = QFormLayout(rowWrapPolicy=QFormLayout.RowWrapPolicy.WrapAllRows)
            caption = QLabel(name)
            caption.setProperty("quiet", True)
            cell.setVerticalSpacing(0)
            cell.addRow(caption, label)
            row.addLayout(cell)
        row.addStretch(1)
        return row

    def _refresh(self) -> None:
        job = self.job
        if job is None:
            return
        status = job.status
        self.title.setText(job.name)
        self.folder.setToolTip(f"Show the run's files, in {job.run.folder}")
        self.state.setText(status.state)
        self.progress.setText(status.progress)
        words = _LEFT if job in self._jobs.left_waiting else status.sentence
        if words and status.state in ("failed", "broken", "done"):  # not trained longer after all
            self.notice.show_error(words)
        elif words:
            self.notice.show_notice(words)
        else:
            self.notice.clear()
        self._enable(job)
        self._show_numbers(job)
        self.plot.set_curves(job.curves)
        begins = status.state == "running" and not job.curves.steps
        self.log.setPlaceholderText(_BEGINNING if begins else "")
        words = "\n".join([*job.curves.log, job.words]).strip()
        if words != self._logged:  # the editor's own text differs from it, in its line ends say
            self._logged = words
            self.log.setPlainText(words)
            self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())

    def _enable(self, job: TrainingJob) -> None:
        status = job.status
        queued = status.state == "queued"
        self.stop.setEnabled(queued or (status.state == "running" and not status.sentence))
        self.go.setText("Start now" if queued else "Resume")
        self.go.setToolTip(
            "Start it beside what runs on its device" if queued else self._resuming(job)
        )
        self.go.setEnabled(queued or (status.can_resume and job.launch is not None))
        hinders = hindrance(job)
        tipped(self.longer, hinders or LONGER_TIP).setEnabled(not hinders)
        self.copy.setEnabled(job.recipe is not None)
        self.use.setEnabled(job.model is not None)

    def _resuming(self, job: TrainingJob) -> str:
        if job.launch is None:
            return "It was started from the command line; go on there with --resume"
        return "Go on from the last checkpoint"

    def _show_numbers(self, job: TrainingJob) -> None:
        curves, left = job.curves, job.seconds_left
        steps = f" of {job.recipe.steps:,}" if job.recipe else ""
        best, rate, memory = curves.best, curves.clips_per_second, curves.memory
        shown = {
            "Step": f"{job.status.step:,}{steps}",
            "Best validation": _best(*best, curves.lineups) if best else "",
            "Time left": f"{duration(left)} at most" if left is not None else "",
            "Clips a second": _rate(rate) if rate else "",
            "Memory": f"{memory / 1e9:.2f} GB" if memory else "",
            "Device": device_words(curves.device or job.device).removeprefix("the "),
        }
        for name, words in shown.items():
            self.numbers[name].setText(words or "–")

    def _stop(self) -> None:
        if self.job:
            self._jobs.stop(self.job)

    def _go(self) -> None:
        if self.job and self.job.status.state == "queued":
            self.job.start()
        elif self.job:
            self._jobs.resume(self.job)

    def _duplicate(self) -> None:
        if self.job:
            self.duplicate_requested.emit(self.job)

    def open_folder(self) -> None:
        """Show the run's files."""
        if self.job is None:
            return
        folder = self.job.run.folder
        if not folder.is_dir():
            self._jobs.failed.emit(f"{folder} is not there any more.")
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._jobs.failed.emit(f"No program here shows folders; this one is {folder}.")

    def _use(self) -> None:
        if self.job and (model := self.job.model):
            self.use_requested.emit(model)


def _rate(clips_per_second: float) -> str:
    """Say whole clips, and three digits where there are fewer than a hundred."""
    return f"{clips_per_second:,.0f}" if clips_per_second >= 100 else f"{clips_per_second:.3g}"


def _best(accuracy: float, step: int, asked: Lineups | None) -> str:
    words = f"{accuracy:.3f} at step {step:,}"
    return f"{words} ({asked.name})" if asked else words

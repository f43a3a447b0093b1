"""TrainDialog: everything that is decided before a training starts."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.pages.section import Section
from app.pages.tip import tipped
from app.pages.train.corpora_panel import CorporaPanel
from app.pages.train.device_picker import DevicePicker, has_mps
from app.pages.train.estimate_row import EstimateRow
from app.pages.train.recipe_gallery import RecipeGallery
from app.session.session import Session
from app.training.jobs import Jobs
from app.training.run_folder import run_fault
from app.training.training_data import parameter_of
from app.training.training_job import TrainingJob
from app.widgets.fitting_scroll import FittingScroll
from app.widgets.notice import Notice
from app.widgets.params_form import ParamsForm
from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.launch import Launch
from siamese_core.nvml import Gpu
from siamese_core.recipes import Recipe
from siamese_core.training.status import device_words

_SIZE = (1180, 640)
_FIRST = "voice"
_MEND = "Mend the marked parameter of the recipe."
_REFUSED = "Change the folders or the recipe."


class TrainDialog(QDialog):
    """Recipe, corpora and split, device, estimate, run; Start says what is still missing."""

    started = Signal(object)
    """The job of a training that was started, or waits in the queue."""

    def __init__(self, session: Session, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._jobs = session, jobs
        self.setWindowTitle("Train model")
        self.gallery, self.form = RecipeGallery(session.settings), ParamsForm(greys=True)
        self.corpora, self.device = CorporaPanel(session), DevicePicker()
        self.estimate = EstimateRow()
        self.name = tipped(QLineEdit(), "Name of the run: its folder's", "Name")
        self.folder = tipped(QLineEdit(), "Where runs go", "Folder")
        self.browse = tipped(QPushButton("…"), "Choose where runs go", "Choose the runs' folder")
        self.reason = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.fault = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        """Why the run's name or folder cannot be."""
        self.fault.setProperty("wrong", True)
        self.notice = Notice()
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start = self._buttons.addButton("&Start", QDialogButtonBox.ButtonRole.AcceptRole)
        self.start.setEnabled(False)
        self._own_name = ""
        self._recipe: Recipe | None = None
        self._illegal = ""
        """What is wrong first of the recipe's parameters."""
        self._begun = False
        self._wish: tuple[Callable[[], None], Recipe, Launch] | None = None
        """What a button asked for, of which recipe on what, while the folders were looked at."""
        self._arrange()
        self._connect()
        self.folder.setText(str(jobs.folder))
        self.gallery.mark(_FIRST)

    def begin(self) -> None:
        """Propose a recipe, and the last training's folders or the library's, where none is chosen.

        Not done as the dialog is built: both at once would hold the window up.
        """
        self._jobs.find_devices()
        if self._begun:
            return
        self._begun = True
        if self._recipe is None:
            self.gallery.choose(_FIRST)
        if not self.corpora.folders:
            last = [Path(folder) for folder in self._session.settings.training_folders]
            open_now = [folder for folder in self._session.corpora.folders if folder]
            self.corpora.set_folders(last or open_now)
        self._enable()

    def fill(self, recipe: Recipe, launch: Launch | None) -> None:
        """Take up another training's settings, to be changed."""
        self.gallery.take(recipe)
        self.begin()
        if launch:
            self.corpora.set_folders([Path(folder) for folder in launch.data])
            self.corpora.choose_layout(launch.layout)
            self.corpora.sparing.setChecked(launch.leave_out_damaged)
            self.device.choose(launch.device)

    def accept(self) -> None:
        """Start the training, or put it into the queue of its device.

        What is typed counts, be its field left or not; where the folders are looked at by it first,
        the training starts once that is done.
        """
        if not self._is_settled(self.accept) or self._wanting(self._run_fault()):
            return
        assert self._recipe
        launch = self._launch()
        self.notice.clear()
        try:
            job = self._jobs.add(self._recipe, launch, self._run_folder())
        except EarwitnessError as error:
            self.notice.show_error(str(error))
            return
        self._session.settings.training_folders = launch.data
        self._jobs.move_to(self._runs_folder())
        self.estimate.clear()
        super().accept()
        self._own_name = self.name.text()  # it is taken: the next training's is proposed again
        self._name_anew()
        self.started.emit(job)

    def reject(self) -> None:
        """Close it; what is measured, asked for and told is not wanted any more."""
        self._wish = None
        self.notice.clear()
        self.estimate.clear()
        super().reject()

    # How it is built --------------------------------------------------------------------------

    def _arrange(self) -> None:
        self.resize(*_SIZE)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what has the focus within is scrolled to
        scroll.setWidget(self.form)
        self.form.setContentsMargins(0, 0, 10, 0)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addWidget(Section("Recipe", self.gallery), 3)
        columns.addWidget(Section("Its parameters", scroll), 5)
        columns.addWidget(self._right(), 5)
        for label in (self.reason, self.fault, self.corpora.about, self.estimate.words):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        foot = QHBoxLayout()
        foot.addWidget(self.reason, 1)
        foot.addWidget(self._buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(10)
        column.addLayout(columns, 1)
        column.addWidget(self.notice)
        column.addLayout(foot)

    def _right(self) -> QWidget:
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(self.browse)
        rows = QFormLayout()
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.addRow("Name", self.name)
        rows.addRow("Folder", place)
        run = QWidget()
        beside = QVBoxLayout(run)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addLayout(rows)
        beside.addWidget(self.fault)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        column.addWidget(Section("Corpora and split", self.corpora))
        column.addWidget(Section("Device", self.device))
        column.addWidget(Section("Time and memory", self.estimate))
        column.addWidget(Section("Run", run))
        column.addStretch(1)
        scroll = FittingScroll(right)
        scroll.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        return scroll

    def _connect(self) -> None:
        self.gallery.chosen.connect(self._show_recipe)
        self.form.changed.connect(self._take_form)
        self.corpora.changed.connect(self._suit)
        self.corpora.changed.connect(self._fulfil)
        self.corpora.kind.currentIndexChanged.connect(self._forget_estimate)
        self.corpora.sparing.toggled.connect(self._forget_estimate)
        self.device.devices.currentIndexChanged.connect(self._forget_estimate)
        self.estimate.asked.connect(self._measure)
        self.estimate.told.connect(self._enable)
        for field in (self.name, self.folder):
            field.textChanged.connect(self.notice.clear)
            field.textChanged.connect(self._enable)
        self.browse.clicked.connect(self._ask_folder)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._jobs.changed.connect(self._enable)
        self._jobs.devices_found.connect(self._list_devices)

    # What is decided --------------------------------------------------------------------------

    def _show_recipe(self, recipe: Recipe) -> None:
        self.form.set_model(Recipe, recipe)
        self._take(recipe)

    def _take_form(self) -> None:
        try:
            values = self.form.values()
            recipe = values if isinstance(values, Recipe) else None
            if recipe:
                self.gallery.keep(recipe)
            self._take(recipe)
            self._suit()
        except ParameterError as error:
            self._illegal = str(error)
            self._take(None)

    def _take(self, recipe: Recipe | None) -> None:
        self._recipe = recipe
        self._name_anew()
        self.corpora.set_recipe(self._recipe)
        self._forget_estimate()

    def _suit(self) -> None:
        """Mark the field that keeps the recipe from being trained on the folders."""
        parameter = parameter_of(self.corpora.refusal)
        if self._recipe and self.form.is_valid() and parameter:
            self.form.refuse(parameter, self.corpora.refusal)
        self._enable()

    def _is_settled(self, act: Callable[[], None]) -> bool:
        """Take up what is still typed; where the folders are looked at by it, act once they are."""
        try:
            if self.form.values() != self._recipe:
                self._take_form()
        except ParameterError:
            self._take_form()
        self._suit()
        if self._recipe and self.corpora.looking:
            self._wish = act, self._recipe, self._launch()
        return not self.corpora.looking

    def _fulfil(self) -> None:
        """Do what was asked for while the folders were looked at, unless anything changed since."""
        if self._wish is None or self.corpora.looking:
            return
        (act, *asked), self._wish = self._wish, None
        if asked == [self._recipe, self._launch()]:
            act()

    def _forget_estimate(self) -> None:
        self.estimate.clear()
        self._enable()

    def _name_anew(self) -> None:
        """Name the run after the recipe and a free number, unless the person named it."""
        if self._recipe is None or self.name.text() != self._own_name:
            return
        stem, number = self._recipe.name, 1
        while _is_there(self._runs_folder() / f"{stem}-{number}"):
            number += 1
        self._own_name = f"{stem}-{number}"
        self.name.setText(self._own_name)

    def _launch(self) -> Launch:
        folders = tuple(str(folder.absolute()) for folder in self.corpora.folders)
        return Launch(
            data=folders,
            device=self.device.device,
            layout=self.corpora.layout_name,
            leave_out_damaged=self.corpora.sparing.isChecked(),
        )

    def _runs_folder(self) -> Path:
        folder = Path(self.folder.text().strip())
        with suppress(RuntimeError):  # ~ and somebody whom this machine does not know
            folder = folder.expanduser()
        return folder.absolute()

    def _run_folder(self) -> Path:
        return self._runs_folder() / self.name.text().strip()

    def _ask_folder(self) -> None:
        if chosen := QFileDialog.getExistingDirectory(self, "Where runs go", self.folder.text()):
            self.folder.setText(chosen)
            self._name_anew()

    def _list_devices(self, gpus: tuple[Gpu, ...]) -> None:
        self.device.list(gpus, has_mps())

    def _measure(self) -> None:
        if self._is_settled(self._measure) and self._recipe and self.corpora.data:
            self.estimate.measure(self._recipe, self._launch(), self._runs_folder())

    def _wanting(self, run_fault: str) -> str:
        """Say what keeps the training from being started; empty if nothing."""
        if self._recipe is None:
            return self._illegal
        if refusal := self.corpora.refusal:  # which is told where it can be mended
            return _MEND if parameter_of(refusal) else _REFUSED
        if self.corpora.data is None:
            return self.corpora.wanting
        if not self.name.text().strip() or not self.folder.text().strip():
            return "Name the run and its folder."
        return "Mend the name or the folder of the run." if run_fault else ""

    def _run_fault(self) -> str:
        """Say why the run's name or folder cannot be; empty if they can, or one is missing."""
        name = self.name.text().strip()
        if not name or not self.folder.text().strip():
            return ""
        return run_fault(self._runs_folder(), name)

    def _enable(self) -> None:
        if not self.isVisible():  # jobs change often, and a runs' folder may be slow to look at
            return
        fault = self._run_fault()
        wanting = self._wanting(fault)
        self.fault.setText(fault)
        self.fault.setVisible(bool(fault))
        if not self.corpora.looking:  # else as before: a press that left a field would be lost
            self.start.setEnabled(self._begun and not wanting)
            can_measure = self._recipe is not None and self.corpora.data is not None
            self.estimate.button.setEnabled(can_measure or self.estimate.busy)
        busy = [job for job in self._jobs.running if job.device == self.device.device]
        words = wanting or (_queueing(busy[0]) if busy else "")
        self.reason.setText(words if self._begun else "")  # nothing is wanting in what comes

    def showEvent(self, event: QShowEvent) -> None:
        """Say again what is wanting: nobody looked while it was not seen."""
        super().showEvent(event)
        self._enable()

    def keyPressEvent(self, event: object) -> None:
        """Keep Return from starting hours of work while a field is edited."""
        if getattr(event, "key", int)() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)  # type: ignore[arg-type]


def _is_there(folder: Path) -> bool:
    try:
        return folder.exists()
    except OSError:  # a name too long, say
        return False


def _queueing(job: TrainingJob) -> str:
    return f"'{job.name}' runs on {device_words(job.device)}: this training waits until it is done."

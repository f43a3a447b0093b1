"""LongerDialog: how many steps a training that is done takes in all."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.background import Job
from app.errors import sentence
from app.session.session import Session
from app.training.extension import Extension, check_patience
from app.training.training_job import TrainingJob
from app.widgets.params_form import ParamsForm
from app.widgets.plain import plain
from siamese_core.errors import ParameterError
from siamese_core.recipes import Recipe

_SIZE = (520, 240)


class LongerDialog(QDialog):
    """Says below a field why its value cannot be, as the core does; nothing is begun before OK."""

    def __init__(self, session: Session, job: TrainingJob, recipe: Recipe, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Train longer")
        self._session, self._job, self._recipe = session, job, recipe
        self.extension = Extension.present(recipe)
        """What is asked for."""
        self._checking: Job[None] | None = None
        self.form = ParamsForm()
        self.form.set_model(Extension, self.extension)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = buttons.addButton("&Train longer", QDialogButtonBox.ButtonRole.AcceptRole)
        self.ok.setEnabled(False)
        buttons.accepted.connect(self._press)
        buttons.rejected.connect(self.reject)
        took = f"{job.name} took {job.status.step:,} of {recipe.steps:,} steps. How many in all?"
        column = QVBoxLayout(self)
        column.addWidget(QLabel(plain(took), wordWrap=True))
        column.addWidget(self.form, 1)
        column.addWidget(buttons)
        self.resize(*_SIZE)
        self.form.changed.connect(self._take)
        for field in self.form.findChildren(QLineEdit):
            field.textEdited.connect(self._note_typing)

    def reject(self) -> None:
        """Close it; what is still looked at is not wanted."""
        checking, self._checking = self._checking, None
        if checking:
            checking.cancel()
        super().reject()

    def _take(self) -> None:
        """Take what is typed, if it is more than the training was asked for."""
        self.ok.setEnabled(False)
        try:
            values = self.form.values()
        except ParameterError:  # the form says so
            return
        assert isinstance(values, Extension)
        self.extension = values
        faults = values.faults(self._job.run, self._recipe) or self._gains_nothing(values)
        for name, fault in faults.items():
            self.form.refuse(name, fault)
        self.ok.setEnabled(not faults)

    def _gains_nothing(self, values: Extension) -> dict[str, str]:
        """Say below the steps that no further one would be taken, if so."""
        taken, asked = self._job.status.step, self._recipe.steps
        if values != Extension.present(self._recipe) and values.steps > taken:
            return {}
        patience = " or more patience" if taken < asked else ""
        took = f"It took {taken:,} of {asked:,} steps"
        return {"steps": f"{took}; give more than {asked:,}{patience}."}

    def _note_typing(self) -> None:
        """Let what is typed be tried: the field need not be left first."""
        self.ok.setEnabled(True)

    def _press(self) -> None:
        """Take what is still typed, and go on if it leads anywhere."""
        self._take()
        if self.ok.isEnabled():
            self._check()

    def _check(self) -> None:
        """Look on the worker, where that needs torch, whether a step would be taken."""
        self.ok.setEnabled(False)
        run, recipe = self._job.run, self._recipe.override(self.extension.assignments)
        self._checking = self._session.background.run(
            lambda _e, _s: check_patience(run, recipe),
            on_done=lambda _none: self.accept(),
            on_error=self._refuse,
            on_cancelled=self._give_up,
            key="train longer",
        )

    def _give_up(self) -> None:
        if self._checking:
            self._take()

    def _refuse(self, error: Exception) -> None:
        self.form.refuse("patience", sentence(error))
        self._session.escalate(error)

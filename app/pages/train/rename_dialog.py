"""RenameDialog: another name for a training, which is its folder's."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.pages.tip import tipped
from app.training.run_folder import run_fault
from app.training.training_job import TrainingJob
from app.widgets.plain import plain

_WIDTH, _LINES = 480, 3


class RenameDialog(QDialog):
    """Says below the field why a name cannot be, as the dialog that starts trainings does."""

    def __init__(self, job: TrainingJob, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Rename training")
        self._job = job
        self.field = tipped(QLineEdit(job.name), "Name of the run: its folder's", "Name")
        self.fault = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.fault.setProperty("wrong", True)
        self.fault.setAlignment(Qt.AlignmentFlag.AlignTop)
        # Its room is kept free: a dialog does not grow with a wrapped sentence.
        self.fault.setFixedHeight(_LINES * self.fault.fontMetrics().lineSpacing())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = buttons.addButton("&Rename", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(QLabel(plain(f"New name of {job.name}")))
        column.addWidget(self.field)
        column.addWidget(self.fault)
        column.addStretch(1)
        column.addWidget(buttons)
        self.setMinimumWidth(_WIDTH)
        self.field.textChanged.connect(self._enable)
        self.field.selectAll()
        self._enable()

    @property
    def name(self) -> str:
        """What it is to be called."""
        return self.field.text().strip()

    def _enable(self) -> None:
        is_other = self.name not in ("", self._job.name)
        fault = run_fault(self._job.run.folder.parent, self.name) if is_other else ""
        self.fault.setText(fault)
        self.ok.setEnabled(is_other and not fault)

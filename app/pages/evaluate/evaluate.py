"""EvaluatePage: what to measure at the left, what came out at the right."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.evaluations import Evaluations
from app.pages.evaluate.evaluate_form import EvaluateForm
from app.pages.file_dialogs import FileDialogs
from app.widgets.notice import Notice

if TYPE_CHECKING:
    from app.pages.evaluate.evaluate_results import EvaluateResults

_EMPTY = (
    "No evaluation yet.\n\nChoose a model and a corpus at the left, then Evaluate: it draws "
    "line-ups of these classes and counts how often the model finds the right one."
)


class EvaluatePage(QWidget):
    """Results stay until the next ones come."""

    def __init__(self, evaluations: Evaluations, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluations = evaluations
        self.form = EvaluateForm(evaluations)
        self.error, self.notice, self.written = Notice(), Notice(), Notice()
        self._results: EvaluateResults | None = None
        self.empty = QLabel(_EMPTY, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.empty.setProperty("quiet", True)
        self.empty.setContentsMargins(40, 0, 40, 0)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        right = QVBoxLayout()
        right.setContentsMargins(8, 8, 8, 0)
        for notice in (self.error, self.notice, self.written):
            right.addWidget(notice)
        right.addWidget(self.stack, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.form)
        row.addLayout(right, 1)
        evaluations.session.failed.connect(self._tell)
        evaluations.corpus_changed.connect(self.error.clear)
        evaluations.measuring_changed.connect(self._begin)
        evaluations.noticed.connect(self._note)
        evaluations.measured_changed.connect(self._show)
        evaluations.wrote.connect(self.written.show_done)

    @property
    def results(self) -> "EvaluateResults":
        """The figures; what draws them is imported when there are some."""
        if self._results is None:
            from app.pages.evaluate.evaluate_results import EvaluateResults

            self._results = EvaluateResults()
            self._results.opened.connect(self._evaluations.open)
            self._results.export_requested.connect(self.export)
            self.stack.addWidget(self._results)
        return self._results

    def export(self) -> None:
        """Ask for a folder, and write the report there."""
        settings = self._evaluations.session.settings
        if self._evaluations.measured and (folder := FileDialogs(self, settings).report()):
            self.error.clear()
            self.written.clear()
            self._evaluations.export(folder)

    def _begin(self, measuring: bool) -> None:
        if measuring:
            for notice in (self.error, self.notice, self.written):
                notice.clear()

    def _note(self, sentence: str) -> None:
        self.notice.show_notice(" ".join(filter(None, [self.notice.text, sentence])))

    def _show(self) -> None:
        if measured := self._evaluations.measured:
            self.results.show_measured(measured)
            self.stack.setCurrentWidget(self.results)

    def _tell(self, where: str, sentence: str) -> None:
        if where == "evaluate":
            self.error.show_error(sentence)

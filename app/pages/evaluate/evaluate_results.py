"""EvaluateResults: the figures of one evaluation, a tab each, and what can be done with them."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QTabWidget, QVBoxLayout, QWidget

from app.charts import Names, charts_of, percent, tables_of
from app.evaluations import Measured
from app.pages.evaluate.behind_cells import BehindCells
from app.pages.evaluate.figure_panel import FigurePanel
from app.pages.window.model_bar import model_title
from app.widgets.icon_button import IconButton
from app.widgets.matrix_table import Counts
from siamese_core.episodes import Episode
from siamese_core.errors import counted
from siamese_core.interval import OF_THESE_CLIPS
from siamese_core.model_names import model_names
from siamese_core.report.report_words import repeated

if TYPE_CHECKING:
    from siamese_core.evaluation.evaluation import Evaluation

_TITLES = {
    "per_class": "Classes",
    "confusion": "Confusion",
    "sweep": "Accuracy against C",
    "retrieval": "Top k",
    "roc": "Pairs",
    "comparison": "Comparison",
}
_HEARD = (
    " The model heard these classes in training: this is no one-shot accuracy, and says nothing "
    "of classes that it never met."
)
_PARTS = {
    "train": "trains on",
    "validation": "holds out for validation",
    "test": "holds out for the test",
}
"""What a recipe does with the classes of each part of a corpus."""
_LOW = 150
"""The height of a figure with a single interval."""


class EvaluateResults(QWidget):
    """Shows what was measured; tabs of what was not asked for are absent."""

    opened = Signal(object)
    """An episode of the evaluation is to be seen in the line-up."""
    export_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.measured: Measured | None = None
        self.accuracy, self.about = QLabel(), QLabel(wordWrap=True)
        self.copy = IconButton(
            "copy", "Copy the figures as text, as the command line prints them", text="Copy"
        )
        self.export = IconButton(
            "folder", "Write the report, its tables and figures to a folder", text="Export…"
        )
        self.tabs = QTabWidget(documentMode=True)
        drawn = [name for name in _TITLES if name != "confusion"]
        self.panels = {name: FigurePanel(_TITLES[name]) for name in drawn}
        self.confusion = BehindCells("Confusion matrix")
        self.outcomes = BehindCells("Line-ups by who was right")
        self._arrange()
        for cells in (self.confusion, self.outcomes):
            cells.opened.connect(self.opened)
        self.copy.clicked.connect(self._copy)
        self.export.clicked.connect(self.export_requested)

    def show_measured(self, measured: Measured) -> None:
        """Show another evaluation; the tab that was looked at stays, where there is one."""
        self.measured = measured
        names = names_of(measured)
        result = measured.report.evaluation
        self.accuracy.setText(f"{names[0]}: {percent(result.accuracy)}")
        self.about.setText(
            f"{result.ways}-way {result.shots}-shot on {_classes(measured)}, "
            f"{len(result.hits):,} line-ups ({result.runs} a class, {result.protocol}), "
            f"seed {result.seed}. {_caveats(result)}{_HEARD * (measured.report.split == 'train')}"
        )
        self._show_figures(measured, names)
        self._show_confusion(measured)
        self._show_outcomes(measured, names)

    def _arrange(self) -> None:
        font = self.accuracy.font()
        font.setBold(True)
        font.setPointSizeF(1.25 * font.pointSizeF())
        self.accuracy.setFont(font)
        self.about.setProperty("quiet", True)
        for label in (self.accuracy, self.about):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head = QHBoxLayout()
        head.addWidget(self.accuracy, 1)
        head.addWidget(self.copy)
        head.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.about)
        column.addWidget(self.tabs, 1)
        for name, title in _TITLES.items():
            page = self.panels.get(name)
            self.tabs.addTab(_padded(self.confusion) if page is None else page, title)
        self.panels["comparison"].add_below(self.outcomes, _LOW)

    def _show_figures(self, measured: Measured, names: Names) -> None:
        charts = charts_of(measured.report, names)
        tables = tables_of(measured.report, names, measured.tables)
        for place, name in enumerate(_TITLES):
            self.tabs.setTabVisible(place, name in charts or name == "confusion")
            if name in charts:
                self.panels[name].show_figure(charts[name], tables[name])

    def _show_confusion(self, measured: Measured) -> None:
        """Show the matrix, with the ties as a column of their own where there are any."""
        result = measured.report.evaluation
        ties = result.runs - result.confusion.sum(axis=1)
        across = [*result.labels, *(["tie"] if ties.any() else [])]
        counts = np.column_stack([result.confusion, ties])[:, : len(across)]

        def behind(row: int, column: int) -> list[Episode[int]]:
            guesses = (*result.labels, None)
            return result.behind(result.labels[row], guesses[column])

        words, axes = "{0} taken for {1}", ("True class", "Predicted class")
        shown = Counts(result.labels, across, counts, result.runs, words, axes)
        self.confusion.show_counts(shown, measured.corpus, behind)

    def _show_outcomes(self, measured: Measured, names: Names) -> None:
        """Count the line-ups that both, one and neither network has right."""
        result, rival = measured.report.evaluation, measured.report.rival
        if rival is None:
            return
        this, other = result.hits, rival.hits
        cells = {
            "both right": this & other,
            f"only {names[0]}": this & ~other,
            f"only {names[1]}": other & ~this,
            "neither": ~this & ~other,
        }
        groups = list(cells.values())

        def behind(row: int, _column: int) -> list[Episode[int]]:
            return [result.episodes[place] for place in np.flatnonzero(groups[row]).tolist()]

        counts = np.array(groups).sum(axis=1, keepdims=True)
        shown = Counts(list(cells), ["line-ups"], counts, len(this), "{0}")
        self.outcomes.show_counts(shown, measured.corpus, behind)

    def _copy(self) -> None:
        if self.measured:
            QGuiApplication.clipboard().setText(self.measured.words)


def names_of(measured: Measured) -> Names:
    """Return what the network, and the one it is compared with, are called."""
    plan = measured.plan
    if plan.against is None:
        return model_title(plan.model), ""
    this, other = model_title(plan.model), model_title(plan.against)
    if this == other:
        this, other = model_names([plan.model, plan.against])
    return this, other


def _caveats(result: "Evaluation") -> str:
    """Say what the intervals count, and what they are of."""
    return " ".join(filter(None, (repeated(result), OF_THESE_CLIPS)))


def _classes(measured: Measured) -> str:
    """Say which classes were measured, of which corpus."""
    words = f"{counted(len(measured.corpus.classes), 'class', 'classes')} of {measured.corpus.name}"
    if part := _PARTS.get(measured.plan.split):
        return f"the {words} that the model's recipe {part}"
    return f"{words} that were chosen" if measured.plan.classes else f"all {words}"


def _padded(page: QWidget) -> QWidget:
    page.setContentsMargins(8, 8, 8, 8)
    return page

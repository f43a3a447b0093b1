"""FaithfulnessDialog: how far the map on screen can be trusted, as curves and figures."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.explaining.faithfulness import TIPS, charts_of, table_of
from app.explaining.measured_map import WHERE, MeasuredMap
from app.explaining.pair import Pair
from app.pages.explain.method_title import method_title
from app.pages.file_dialogs import FileDialogs
from app.pages.tip import tipped
from app.widgets.chart_view import ChartView
from app.widgets.elided_label import ElidedLabel
from app.widgets.notice import Notice
from app.widgets.value_table import ValueTable
from siamese_core.faithfulness.metrics import ONE_MAP, OWN_PEAK

if TYPE_CHECKING:
    from siamese_core.faithfulness.faithfulness import Faithfulness

_SIZE = (860, 640)
_CURVES_HEIGHT = 210


class FaithfulnessDialog(QDialog):
    """Stays beside the window, so that maps can be changed meanwhile."""

    def __init__(self, pair: Pair, measured: MeasuredMap, parent: QWidget) -> None:
        super().__init__(parent)
        self._pair, self._measured = pair, measured
        self._drawn: Faithfulness | None = None
        self._ask_for = FileDialogs(self, pair.session.settings)
        self.about = ElidedLabel()
        self.state = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.charts = ChartView(), ChartView()
        self.table, self.notice = ValueTable("Figures of faithfulness"), Notice()
        self.button, self.export = QPushButton("Measure"), QPushButton("Export…")
        self.checks = tipped(
            QPushButton("Slow checks too"),
            "Explain the clip again under slight noise and with random weights: twelve more maps",
        )
        tipped(self.export, "Write figures and curves as CSV")
        self.setWindowTitle("Faithfulness of the map")
        self._arrange()
        self._connect()
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Measure the map that is looked at, unless that is done."""
        super().showEvent(event)
        if self._measured.found is None:
            self._measured.measure()
        self._show()

    def _arrange(self) -> None:
        font = self.about.font()
        font.setBold(True)
        self.about.setFont(font)
        self.state.setProperty("quiet", True)
        self.caution = QLabel(ONE_MAP, wordWrap=True)
        self.caution.setProperty("quiet", True)
        curves = QHBoxLayout()
        curves.setSpacing(12)
        self.words = QLabel(wordWrap=True), QLabel(wordWrap=True)
        for words, chart in zip(self.words, self.charts, strict=True):
            chart.setFixedHeight(_CURVES_HEIGHT)
            words.setTextFormat(Qt.TextFormat.PlainText)
            column = QVBoxLayout()
            column.addWidget(words)
            column.addWidget(chart)
            curves.addLayout(column, 1)
        buttons = QHBoxLayout()
        close = QPushButton("Close")
        close.clicked.connect(self.close)
        for button in (self.button, self.checks):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.export)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        for part in (self.about, self.state, self.notice):
            column.addWidget(part)
        column.addLayout(curves)
        column.addWidget(self.table, 1)
        column.addStretch()  # the words stay together while there are no figures yet
        column.addWidget(self.caution)
        column.addLayout(buttons)
        self.resize(*_SIZE)

    def _connect(self) -> None:
        self.button.clicked.connect(self._press)
        self.checks.clicked.connect(self._measure_all)
        self.export.clicked.connect(self._export)
        self._measured.changed.connect(self._show)
        self._measured.wrote.connect(self.notice.show_done)
        self.finished.connect(self._measured.cancel)  # what nobody looks at is not measured
        self._pair.session.failed.connect(self._tell)

    def _press(self) -> None:
        if self._measured.measuring:
            self._measured.cancel()
        else:
            self.notice.clear()
            self._measured.measure()

    def _measure_all(self) -> None:
        self.notice.clear()
        self._measured.measure(checks=True)

    def _export(self) -> None:
        if path := self._ask_for.figures():
            self._measured.export(path)

    def _show(self) -> None:
        measured, explanation = self._measured, self._pair.explanation
        model = self._pair.session.model
        from_peak = model is not None and model.net.levels.reference == "peak"
        self.caution.setText(f"{ONE_MAP} {OWN_PEAK}" if from_peak else ONE_MAP)
        obstacle, found = measured.obstacle, measured.found
        self.button.setText("Cancel" if measured.measuring else "Measure")
        self.button.setEnabled(measured.measuring or not (obstacle or found))
        ready = not (measured.measuring or obstacle or measured.has_checks)
        self.checks.setEnabled(ready)
        self.export.setEnabled(found is not None)
        side = explanation.side if explanation else ""
        method = method_title(explanation.method) if explanation else "No map"
        clip = {"support": "the support clip", "query": "the query", "": ""}[side]
        label = f", class {explanation.support.label}" if explanation else ""
        if explanation and explanation.against:
            label += f" against {explanation.against.label}"
        self.about.setText(f"{method} on {clip}{label}" if clip else method)
        self.state.setText(self._state())
        for part in (*self.charts, self.table, *self.words):
            part.setVisible(found is not None)
        if found is not None and found is not self._drawn:
            self._show_figures(found)

    def _state(self) -> str:
        if self._measured.measuring:
            return "Measuring…"
        if self._measured.found is None:
            return self._measured.obstacle or "Press Measure to measure this map."
        return (
            "Probabilities are those of the line-up's classes; the mask is the highest fifth of "
            "the map. Point at a figure to read what it says."
        )

    def _show_figures(self, found: "Faithfulness") -> None:
        self._drawn = found
        for words, view, chart in zip(self.words, self.charts, charts_of(found), strict=True):
            words.setText(chart.words)
            view.show_chart(chart)
        tips = [f"<qt>{TIPS[name]}</qt>" for name in found.values]
        self.table.show_rows(table_of(found), tips)
        last = self.table.model().columnCount() - 1
        self.table.horizontalHeader().setSectionResizeMode(last, QHeaderView.ResizeMode.Stretch)

    def _tell(self, where: str, sentence: str) -> None:
        if where == WHERE:
            self.notice.show_error(sentence)

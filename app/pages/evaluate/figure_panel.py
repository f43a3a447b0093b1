"""FigurePanel: a sentence, what is drawn, and its values as a table beside it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout, QWidget

from app.charts import Chart, Table
from app.widgets.chart_view import ChartView
from app.widgets.value_table import NamedTable

_SIZES = (400, 310)
"""Of a small laptop's screen; where there is more room, the figure has it."""


class FigurePanel(QWidget):
    """One figure of an evaluation, for the eye and as text."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.words = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.view, self.table = ChartView(), NamedTable(f"{title}: values")
        self.splitter = QSplitter(childrenCollapsible=False)
        self.splitter.addWidget(self.view)
        self.splitter.addWidget(self.table)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.splitter.setSizes(_SIZES)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.words)
        column.addWidget(self.splitter, 1)

    def add_below(self, widget: QWidget, height: int) -> None:
        """Put something below the figure, which needs no more than some height then."""
        for part in (self.view, self.table):
            part.setMaximumHeight(height)
        self._column.addWidget(widget, 1)

    def show_figure(self, chart: Chart, table: Table) -> None:
        """Show another figure."""
        self.words.setText(chart.words)
        self.view.show_chart(chart)
        self.table.show_rows(table)

"""HistoryPanel: the line-ups of this sitting with their outcomes, and the way to each of them."""

from PySide6.QtCore import QModelIndex, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.lineup import Lineup
from app.session import Session
from app.widgets.value_table import ValueTable

_HEAD = ("", "Query", "Outcome")
_EMPTY = "The line-ups of this sitting are listed here. Draw one (Ctrl+R)."


class HistoryPanel(QWidget):
    """A double click or Return goes back to a line-up."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.table = ValueTable("Line-ups of this sitting")
        self._stack = QStackedWidget()
        self._build()
        self.table.activated.connect(self.go_to)
        for signal in (
            session.lineup_changed,
            session.model_changed,
            session.outcomes.changed,
            session.guesses.changed,
        ):
            signal.connect(self._show)
        self._show()

    def go_to(self, index: QModelIndex) -> None:
        """Show the line-up of a row again."""
        self._session.step(index.row() - self._session.history.place)

    def sizeHint(self) -> QSize:
        """Leave the library most of the height."""
        return QSize(214, 200)

    def _build(self) -> None:
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setShowGrid(False)
        empty = QLabel(_EMPTY, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        empty.setProperty("quiet", True)
        self._stack.addWidget(self.table)
        self._stack.addWidget(empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self._stack)

    def _show(self) -> None:
        history = self._session.history
        self._stack.setCurrentIndex(0 if history.lineups else 1)
        rows = [(str(n), *self._words(one)) for n, one in enumerate(history.lineups, 1)]
        self.table.show_rows([_HEAD, *rows], [self._tip(one) for one in history.lineups])
        across = self.table.horizontalHeader()
        for column in (1, 2):
            across.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.table.selectRow(history.place)
        self.table.scrollTo(self.table.model().index(history.place, 0))

    def _words(self, lineup: Lineup) -> tuple[str, str]:
        """Name a line-up by its query, and say how it went."""
        if lineup.query is None:
            return "no query", "–"
        if self._session.guesses.hides(lineup):
            return "?", "to be guessed"
        return lineup.query.path.stem, self._outcome(lineup)

    def _outcome(self, lineup: Lineup) -> str:
        model = self._session.model
        found = self._session.outcomes.of(model.path, lineup) if model else None
        if found is None:
            return "–"
        if found.predicted is None:
            return "tie"
        if found.truth is None:
            return found.predicted
        return "right" if found.right else f"wrong: {found.predicted}"

    def _tip(self, lineup: Lineup) -> str:
        """Say what the row has no room for."""
        shots = f"{len(lineup.classes)} classes, {len(lineup.support)} support clips"
        if lineup.query is None or self._session.guesses.hides(lineup):
            return shots
        return f"{lineup.query.label} · {lineup.query.path.name}\n{shots}\n{self._outcome(lineup)}"

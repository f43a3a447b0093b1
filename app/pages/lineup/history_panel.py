"""HistoryPanel: the line-ups so far with their outcomes, and the way to each of them."""

from collections.abc import Callable, Sequence
from typing import TypeVar, overload

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QMessageBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.lineup.lineup import Lineup
from app.lineup.lineup_history import Places
from app.lineup.outcomes import Outcome
from app.session.session import Session
from app.widgets.value_table import ValueTable
from siamese_core.errors import counted

T = TypeVar("T")
_HEAD = ("", "Query", "Outcome")
_EMPTY = "The line-ups that you have seen are listed here. Draw one (Ctrl+R)."
_NUMBER, _QUERY, _OUTCOME = range(3)
_TOLD = 8
"""Outcomes of one line-up that its tip has room for."""
_MARK = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows


class _Each(Sequence[T]):
    """Something of each line-up, worked out when it is asked for: there can be a thousand."""

    def __init__(self, lineups: Sequence[Lineup], of: Callable[[int], T]) -> None:
        self._count, self._of = len(lineups), of

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self._of(one) for one in range(self._count)[place]]
        return self._of(range(self._count)[place])


class HistoryPanel(QWidget):
    """A double click or Return goes back to a line-up."""

    clear_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.table = ValueTable("Line-ups so far")
        self.clear_action = QAction("C&lear history…", self, enabled=False)
        self.clear_action.setToolTip("Forget the line-ups so far, their outcomes and your guesses")
        self.box: QMessageBox | None = None
        self._stack = QStackedWidget()
        self._build()
        self.table.activated.connect(self.go_to)
        self.table.addAction(self.clear_action)
        self.clear_action.triggered.connect(self.ask_to_clear)
        # A new line-up brings several changes; a thousand rows are written once for all of them.
        self._soon = QTimer(self, interval=0, singleShot=True)
        self._soon.timeout.connect(self._show)
        for signal in (
            session.lineup_changed,
            session.history_changed,
            session.model_changed,
            session.outcomes.changed,
            session.guesses.changed,
        ):
            signal.connect(self._change)
        self._show()

    def go_to(self, index: QModelIndex) -> None:
        """Show the line-up of a row again."""
        self._session.go_to(index.row())

    def ask_to_clear(self) -> None:
        """Forget the line-ups, once that was asked."""
        box = self.box = QMessageBox(self.window())
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Earwitness")
        many = counted(len(self._session.history.lineups), "line-up")
        box.setText(f"Clear the history of {many}?")
        box.setInformativeText(
            "Their outcomes, your guesses and the running accuracy go with it. The line-up on "
            "screen stays."
        )
        self.clear = box.addButton("Clear", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.finished.connect(self._take_answer)
        box.open()

    def _take_answer(self) -> None:
        box, self.box = self.box, None
        if box is not None:
            if box.clickedButton() is self.clear:
                self.clear_requested.emit()
            box.deleteLater()

    def showEvent(self, event: QShowEvent) -> None:
        """List what has come meanwhile."""
        super().showEvent(event)
        self._show()

    def sizeHint(self) -> QSize:
        """Leave the library most of the height."""
        return QSize(214, 200)

    def _build(self) -> None:
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)  # else the one line that there is ends at a space
        self.table.horizontalHeader().sectionResized.connect(self._share_width)
        empty = QLabel(_EMPTY, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        empty.setProperty("quiet", True)
        self._stack.addWidget(self.table)
        self._stack.addWidget(empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self._stack)

    def _change(self) -> None:
        self.clear_action.setEnabled(bool(self._session.history.lineups))
        if self.isVisible():
            self._soon.start()

    def _show(self) -> None:
        history = self._session.history
        self._stack.setCurrentIndex(0 if history.lineups else 1)
        lineups = history.lineups
        rows = _Each(lineups, lambda place: (str(place + 1), *self._words(lineups[place])))
        self.table.show_below(_HEAD, rows, _Each(lineups, lambda place: self._tip(lineups[place])))
        across = self.table.horizontalHeader()
        across.setSectionResizeMode(_OUTCOME, QHeaderView.ResizeMode.Fixed)
        across.setSectionResizeMode(_QUERY, QHeaderView.ResizeMode.Stretch)
        self._share_width(_QUERY)
        self._mark(self.table.model().index(history.place, 0))

    def _mark(self, current: QModelIndex) -> None:
        """Mark where the sitting stands, whichever keys are held: Ctrl is, after Ctrl+R."""
        self.table.selectionModel().setCurrentIndex(current, _MARK)
        self.table.scrollTo(current)

    def _share_width(self, column: int, _before: int = 0, _now: int = 0) -> None:
        """Give outcomes half of the room at most, unless names leave them more."""
        room = self.table.viewport().width() - self.table.columnWidth(_NUMBER)
        names, outcomes = map(self.table.sizeHintForColumn, (_QUERY, _OUTCOME))
        outcomes = max(outcomes, self.table.horizontalHeader().sectionSizeHint(_OUTCOME))
        wanted = min(outcomes, max(room // 2, room - names))
        if column == _QUERY and wanted != self.table.columnWidth(_OUTCOME):
            self.table.horizontalHeader().resizeSection(_OUTCOME, wanted)

    def _words(self, lineup: Lineup) -> tuple[str, str]:
        """Name a line-up by its query, and say how it went."""
        if lineup.query is None:
            return "no query", "–"
        if self._session.guesses.hides(lineup):
            return "?", "to be guessed"
        return lineup.query.path.stem, self._outcome(lineup)

    def _outcome(self, lineup: Lineup) -> str:
        """Say how it went last, and whether it went otherwise with the windows elsewhere."""
        now, *former = dict.fromkeys(words for words, _windows in self._told(lineup)) or ["–"]
        return f"{now}, before: {former[0]}" if former else now

    def _told(self, lineup: Lineup) -> list[tuple[str, Places]]:
        """Say of each place of the windows how it went, the newest first."""
        if (model := self._session.model) is None:
            return []
        found = self._session.outcomes.all_of(model.path, lineup)
        return [(_words_of(outcome), windows) for windows, outcome in [*found.items()][::-1]]

    def _tip(self, lineup: Lineup) -> str:
        """Say what the row has no room for."""
        classes = counted(len(lineup.classes), "class", "classes")
        shots = f"{classes}, {counted(len(lineup.support), 'support clip')}"
        if lineup.query is None or self._session.guesses.hides(lineup):
            return shots
        told = self._told(lineup)
        how = [f"{words}{_where(lineup, windows)}" for words, windows in told[:_TOLD]]
        more = [f"and {len(told) - _TOLD:,} more"] if len(told) > _TOLD else []
        about = f"{lineup.query.label} · {lineup.query.path.name}"
        return "\n".join([about, shots, *(how or ["–"]), *more])


def _words_of(outcome: Outcome) -> str:
    if outcome.predicted is None:
        return "tie"
    if outcome.truth is None:
        return outcome.predicted
    return "right" if outcome.right else f"wrong: {outcome.predicted}"


def _where(lineup: Lineup, windows: Places) -> str:
    """Say where windows were placed by hand."""
    named = (f"{lineup.clips[place].path.name} from {start:.2f} s" for place, start in windows)
    return f", window of {', '.join(named)}" if windows else ""

"""MeasuredMap: how faithful the map on screen is, measured on the worker when it is asked for."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.explaining.faithfulness import measure_map, write_figures
from app.explaining.pair import Pair
from app.newest import Newest
from siamese_core.faithfulness.metrics import obstacle

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation
    from siamese_core.faithfulness.faithfulness import Faithfulness

WHERE = "faithfulness"
"""What its errors belong to."""


class MeasuredMap(QObject):
    """The figures stay until another map is on screen."""

    changed = Signal()
    """Figures came or went, or measuring began or ended."""
    wrote = Signal(str)
    """They were written: a sentence."""

    def __init__(self, pair: Pair) -> None:
        super().__init__(pair)
        self._pair, self._session = pair, pair.session
        self.found: Faithfulness | None = None
        self._of: Explanation | None = None
        self._job: Newest[Faithfulness] = Newest(pair.session.background)
        pair.explanation_changed.connect(self._look)
        pair.mask_changed.connect(self.changed)
        pair.session.changing.connect(self.cancel)

    @property
    def measuring(self) -> bool:
        """Whether a map is being measured."""
        return self._job.running

    @property
    def has_checks(self) -> bool:
        """Whether the slow checks were made too."""
        return self.found is not None and "sensitivity" in self.found.values

    @property
    def obstacle(self) -> str:
        """Why the map on screen cannot be measured: a sentence; empty if it can."""
        explanation, heard = self._pair.explanation, self._session.heard
        if explanation is None or heard is None:
            return "Explain the pair first: it is its map that is measured."
        if known := obstacle(clip.label for clip in heard.lineup.support):
            return known
        if self._pair.known_shown is None:
            return "The map was made by another model; explain the pair again to measure it."
        return ""

    def measure(self, checks: bool = False) -> None:
        """Measure the map on screen; with the slow checks if wanted."""
        session, explanation = self._session, self._pair.explanation
        model, heard, pair = session.model, session.heard, session.pair
        if self._job.running or self.obstacle or not (model and heard and pair and explanation):
            return
        self._job.run(
            partial(measure_map, model, heard, pair[1], explanation, checks),
            on_done=partial(self._take, explanation),
            on_error=self._fail,
            on_cancelled=self.changed.emit,
            title="Measuring the map",
            key=WHERE,
        )
        self.changed.emit()

    def cancel(self) -> None:
        """Measure no further; what was measured before stays."""
        if self._job.cancel():
            self.changed.emit()

    def export(self, path: Path) -> None:
        """Write figures and curves as CSV."""
        if found := self.found:
            self._session.run(
                partial(write_figures, path, found),
                lambda _nothing: self.wrote.emit(f"The figures are in {path}."),
                WHERE,
                write=True,
            )

    def _look(self) -> None:
        """Forget what was measured of another map."""
        if self._pair.explanation is not self._of:
            self.found = self._of = None
            self.cancel()
        self.changed.emit()

    def _take(self, explanation: "Explanation", found: "Faithfulness") -> None:
        self.found, self._of = found, explanation
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self.changed.emit()
        self._session.tell(WHERE, error)

"""MeasuredMask: what the network says of the mask on screen, asked for on the worker."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.explaining.pair import Pair
from app.newest import Newest

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation
    from siamese_core.faithfulness.masked_score import MaskedScore
    from siamese_core.mask.mask import Mask

_PAUSE_MS = 250
"""So long a mask stays as it is before it is measured: a slider that moves is not followed."""


class MeasuredMask(QObject):
    """The answer stays, out of date, until that to the next mask of the same map comes."""

    changed = Signal()
    """An answer came, is out of date, or went."""

    def __init__(self, pair: Pair) -> None:
        super().__init__(pair)
        self._pair, self._session = pair, pair.session
        self.found: MaskedScore | None = None
        self._of: tuple[Explanation | None, Mask | None] = (None, None)
        """What was measured last."""
        self._watched = False
        self._job: Newest[MaskedScore] = Newest(pair.session.background)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._measure)
        for signal in (pair.mask_changed, pair.explanation_changed, pair.session.model_changed):
            signal.connect(self._look)

    @property
    def is_outdated(self) -> bool:
        """Whether the answer is of an earlier mask."""
        return self._of != (self._pair.explanation, self._pair.mask)

    def watch(self, watched: bool) -> None:
        """Measure each mask from now on, or no longer: what nobody looks at is not measured."""
        self._watched = watched
        self._look()

    def _look(self) -> None:
        """Forget what was said of another map, and ask again after a pause."""
        if self.found and (self._of[0] is not self._pair.explanation or not self._pair.known_shown):
            self.found, self._of = None, (None, None)
        if self.is_outdated:
            self._job.cancel()
        wanted = self._watched and self._pair.mask is not None and self.is_outdated
        self._pause.start() if wanted else self._pause.stop()
        self.changed.emit()

    def _measure(self) -> None:
        explanation, mask, model = self._pair.explanation, self._pair.mask, self._session.model
        if not (explanation and mask and model and self._pair.known_shown):
            return
        self._job.run(
            partial(model.score_masked, explanation, mask),
            on_done=partial(self._take, explanation, mask),
            on_error=partial(self._session.tell, "mask"),
            on_cancelled=self._look,
            key="measured mask",
        )

    def _take(self, explanation: "Explanation", mask: "Mask", found: "MaskedScore") -> None:
        self.found, self._of = found, (explanation, mask)
        self.changed.emit()

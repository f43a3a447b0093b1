"""MaskScore: what the network says of the mask on screen, in a line below its controls."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.explaining.measured_mask import MeasuredMask
from app.explaining.pair import Pair
from app.pages.tip import tipped

_SIMILARITY = "its similarity"
_HOW = (
    "What the network says of the pair, {what}: with the mask's part of the {side} log-mel alone, "
    "the rest at the clip's lowest level; with that part taken away; and with all of it. A mask "
    "that holds what counts keeps this high alone, and leaves little of it when it is taken away. "
    "The log-mel is asked, not the sounds that are exported."
)
_NONE = "Kept alone –, removed – (all: –)"


class MaskScore(QLabel):
    """Follows the mask while it is seen; an answer to an earlier mask is dimmed."""

    def __init__(self, pair: Pair, parent: QWidget | None = None) -> None:
        super().__init__(parent, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._pair, self.measured = pair, MeasuredMask(pair)
        self.measured.changed.connect(self._show)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Measure while it is seen."""
        super().showEvent(event)
        self.measured.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Measure no longer."""
        super().hideEvent(event)
        self.measured.watch(False)

    def _show(self) -> None:
        shown, found = self._pair.explanation, self.measured.found
        rival = shown.against if shown else None
        what, side = _SIMILARITY, "explained clip's"
        if shown and rival:
            what = f"the logit of {shown.support.label} less that of {rival.label}"
        if shown:
            side = {"support": "support clip's", "query": "query's"}[shown.side]
        tipped(self, _HOW.format(what=what, side=side))
        self.setEnabled(found is not None and not self.measured.is_outdated)
        if found is None:
            self.setText(_NONE)
            return
        form = "{:+.2f}" if rival else "{:.2f}"
        kept, removed, whole = (form.format(v) for v in (found.kept, found.removed, found.whole))
        words = f"Kept alone {kept}, removed {removed} (all: {whole})"
        self.setText(f"Difference of logits: {words.lower()}" if rival else words)

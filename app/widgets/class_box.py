"""ClassBox: one of a line-up's classes, or none of them."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox

_OWN_CLASS = "The support clip is of this class itself"
_SHORTEST = 6
"""Letters; a class's name may be long, and what is around stays as wide as it is."""


class ClassBox(QComboBox):
    """What was chosen stays so while it is there."""

    chosen = Signal()

    def __init__(self, nothing: str) -> None:
        super().__init__(minimumContentsLength=_SHORTEST)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._nothing = nothing
        self._wanted: str | None = None
        self.currentIndexChanged.connect(self._take)

    @property
    def label(self) -> str | None:
        """The class; None for what stands for none."""
        label = self.currentData()
        return None if label is None else str(label)

    def want(self, label: str | None) -> None:
        """Choose a class once it is offered, without telling."""
        self._wanted = label

    def offer(self, labels: Sequence[str], own: str | None = None) -> None:
        """List classes, of which the support clip's own one cannot be chosen."""
        if labels and self._wanted not in labels:
            self._wanted = None
        with QSignalBlocker(self):
            self.clear()
            self.addItem(self._nothing, None)
            for label in labels:
                self.addItem(label, label)
            if own in labels:
                self._close(self.findData(own))
            self.setCurrentIndex(max(0, self.findData(self._wanted)))

    def _close(self, place: int) -> None:
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        model.item(place).setEnabled(False)
        model.item(place).setToolTip(_OWN_CLASS)

    def _take(self) -> None:
        self._wanted = self.label
        self.chosen.emit()

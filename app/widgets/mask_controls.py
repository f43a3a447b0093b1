"""MaskControls: how a mask is shaped from an attribution, changed live."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSlider, QWidget

from siamese_core.mask import MaskParameters

_STEPS_A_PERCENT = 2
_CHOICES = {
    "sign": {
        "positive": "What raises the similarity",
        "negative": "What lowers it",
        "absolute": "What matters either way",
    },
    "part": {"keep": "Keep only this", "remove": "Remove this"},
    "edge": {"soft": "Soft edges", "hard": "Hard edges"},
}


class MaskControls(QWidget):
    """A slider for the share of the area, and what it is a share of."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parameters = MaskParameters()
        self._share = QSlider(Qt.Orientation.Horizontal)
        self._share.setRange(0, 100 * _STEPS_A_PERCENT)
        self._share.setPageStep(5 * _STEPS_A_PERCENT)
        self._share.setAccessibleName("Share of the area in percent")
        self._share.valueChanged.connect(self._change_share)
        self._percent = QLabel(alignment=Qt.AlignmentFlag.AlignRight)
        self._percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("100.0 %"))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(QLabel("Share"), 0, 0)
        grid.addWidget(self._share, 0, 1)
        grid.addWidget(self._percent, 0, 2)
        self._boxes = {name: self._box(name) for name in _CHOICES}
        for row, (name, box) in enumerate(self._boxes.items(), 1):
            grid.addWidget(QLabel(name.capitalize()), row, 0)
            grid.addWidget(box, row, 1, 1, 2)
        for name, widget in {"share": self._share, **self._boxes}.items():
            widget.setToolTip(MaskParameters.model_fields[name].description or "")
        self.set_parameters(self._parameters)

    def parameters(self) -> MaskParameters:
        """Return how the mask is to be shaped."""
        return self._parameters

    def set_parameters(self, parameters: MaskParameters) -> None:
        """Show parameters, without a signal."""
        self._parameters = parameters
        for widget in (self._share, *self._boxes.values()):
            widget.blockSignals(True)
        self._share.setValue(round(parameters.share * _STEPS_A_PERCENT))
        for name, box in self._boxes.items():
            box.setCurrentIndex(box.findData(getattr(parameters, name)))
        for widget in (self._share, *self._boxes.values()):
            widget.blockSignals(False)
        self._show_share()

    def _box(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name.capitalize())
        for value, words in _CHOICES[name].items():
            box.addItem(words, value)
        box.currentIndexChanged.connect(self._choose)
        return box

    def _choose(self, _index: int) -> None:
        self._change(**{name: box.currentData() for name, box in self._boxes.items()})

    def _change_share(self, steps: int) -> None:
        self._change(share=steps / _STEPS_A_PERCENT)

    def _change(self, **values: Any) -> None:
        self._parameters = MaskParameters.parse(self._parameters.model_dump() | values)
        self._show_share()
        self.changed.emit(self._parameters)

    def _show_share(self) -> None:
        self._percent.setText(f"{self._parameters.share:g} %")

"""MaskControls: how a mask is shaped from an attribution, changed live."""

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSlider, QWidget

from app.widgets.plain import plain
from siamese_core.mask.mask import MaskParameters

_STEPS_A_PERCENT = 2
_SHORTEST = 6
"""Letters; a class's name may be long, and the controls stay as wide as they are."""
_AMOUNTS = {
    "share": ("Share", "Share of the area in percent"),
    "threshold": ("Least", "Least value that is chosen, in percent of the map's largest"),
    "segments": ("How many", "Number of segments"),
    "sign": ("Share", "All of the right sign is chosen"),
}
_DRAWN = (
    "Drawn by hand: {share} of the area is kept. Move this, and the mask is shaped from the map "
    "again; Ctrl+Z brings back what was drawn."
)
_CHOICES = {
    "by": {
        "share": "A share of the area",
        "threshold": "What reaches a threshold",
        "segments": "The first segments",
        "sign": "All of the right sign",
    },
    "sign": {
        "positive": "What raises the similarity",
        "negative": "What lowers it",
        "absolute": "What matters either way",
    },
    "part": {"keep": "Keep only this", "remove": "Remove this"},
    "edge": {"soft": "Soft edges", "hard": "Hard edges"},
}


class MaskControls(QWidget):
    """How much of the map is chosen, and by what; a slider for what can be more or less."""

    changed = Signal(object)
    begun = Signal()
    """What changes now is a step of its own: a choice, or the first of a drag."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parameters = MaskParameters()
        self._segments = 0
        self._drawn: float | None = None
        self._amount = QSlider(Qt.Orientation.Horizontal)
        self._amount.sliderPressed.connect(self.begun)
        self._amount.sliderReleased.connect(self.begun)
        self._amount.valueChanged.connect(self._change_amount)
        self._title, self._percent = QLabel(), QLabel(alignment=Qt.AlignmentFlag.AlignRight)
        self._percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("100.0 %"))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self._title, 1, 0)
        grid.addWidget(self._amount, 1, 1)
        grid.addWidget(self._percent, 1, 2)
        self._boxes = {name: self._box(name) for name in _CHOICES}
        for row, (name, box) in zip((0, 2, 3, 4), self._boxes.items(), strict=True):
            grid.addWidget(QLabel(name.capitalize()), row, 0)
            grid.addWidget(box, row, 1, 1, 2)
            box.setToolTip(MaskParameters.model_fields[name].description or "")
        self.set_segments(0)
        self.set_parameters(self._parameters)

    def parameters(self) -> MaskParameters:
        """Return how the mask is to be shaped."""
        return self._parameters

    def set_parameters(self, parameters: MaskParameters) -> None:
        """Show parameters, without a signal."""
        self._parameters = parameters
        for name, box in self._boxes.items():
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(getattr(parameters, name)))
        self._show_amount()

    def set_drawn(self, kept: float | None) -> None:
        """Say what share of the area a mask keeps that was drawn; None for one of the map."""
        self._drawn = kept
        self._show_amount()

    def set_segments(self, count: int) -> None:
        """Say how many segments the map has; without any, none can be chosen."""
        self._segments = count
        box = self._boxes["by"]
        model = box.model()
        assert isinstance(model, QStandardItemModel)
        model.item(box.findData("segments")).setEnabled(count > 0)
        if not count and self._parameters.by == "segments":
            box.setCurrentIndex(box.findData("share"))
        self._show_amount()

    def set_contrast(self, classes: tuple[str, str] | None) -> None:
        """Say which class a contrast's signs speak for; without one, the similarity's."""
        told = full = _CHOICES["sign"]
        if classes is not None:
            own, rival = classes
            told = told | {"positive": f"For {own}", "negative": f"For {rival}"}
            full = full | {
                "positive": f"What speaks for {own} and against {rival}",
                "negative": f"What speaks for {rival} and against {own}",
            }
        box = self._boxes["sign"]
        for value, words in told.items():
            place = box.findData(value)
            box.setItemText(place, words)
            box.setItemData(place, plain(full[value]), Qt.ItemDataRole.ToolTipRole)

    def _box(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name.capitalize())
        box.setMinimumContentsLength(_SHORTEST)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for value, words in _CHOICES[name].items():
            box.addItem(words, value)
        box.currentIndexChanged.connect(self._choose)
        return box

    def _choose(self, _index: int) -> None:
        self.begun.emit()
        self._change(**{name: box.currentData() for name, box in self._boxes.items()})
        self.begun.emit()

    def _change_amount(self, steps: int) -> None:
        by = self._parameters.by
        self._change(**{by: steps if by == "segments" else steps / _STEPS_A_PERCENT})

    def _change(self, **values: Any) -> None:
        self._parameters = MaskParameters.parse(self._parameters.model_dump() | values)
        self._show_amount()
        self.changed.emit(self._parameters)

    def _show_amount(self) -> None:
        """Have the slider stand for what there can be more or less of."""
        by = self._parameters.by
        steps = 1 if by == "segments" else _STEPS_A_PERCENT
        amount = 0.0 if by == "sign" else float(getattr(self._parameters, by))
        title, meaning = _AMOUNTS[by]
        with QSignalBlocker(self._amount):
            self._amount.setRange(0, self._segments if by == "segments" else 100 * steps)
            self._amount.setPageStep(1 if by == "segments" else 5 * steps)
            self._amount.setValue(round(amount * steps))
        said = {"sign": "", "segments": f"{amount:g}"}.get(by, f"{amount:g} %")
        if self._drawn is not None:  # what the slider stands for is not what is heard
            said = f"{100 * self._drawn:.1f} %"
            title, meaning = "Drawn", _DRAWN.format(share=said)
        self._amount.setEnabled(by != "sign")
        self._amount.setAccessibleName(meaning)
        self._title.setText(title)
        self._percent.setText(said)
        for part in (self._title, self._amount, self._percent):
            part.setToolTip(meaning)

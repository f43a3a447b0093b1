"""Boxes: the widgets in which one parameter stands; what is typed there is what counts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QCompleter,
    QDoubleSpinBox,
    QLineEdit,
    QWidget,
)

from app.widgets.typed_number import ambiguity, read_number

if TYPE_CHECKING:
    _Widget = QWidget
else:
    _Widget = object  # a mixin of widgets can be none itself

_LARGEST_INT = 2**53
"""A box holds whole numbers exactly up to it."""
_LARGEST_FLOAT = 1e60
_DECIMALS = 6
AUTOMATIC = "automatic"
"""What stands where nothing is given and nothing need be."""
_SHORTEST = 6
"""Letters of a choice of names, which may be long."""


class Passed(_Widget):
    """Leaves the wheel to the column around it unless it was chosen by a click or a key."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step, or leave the wheel to what is around it."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceBox(Passed, QComboBox):
    """A choice in a column that can be scrolled."""


class OfferBox(Passed, QComboBox):
    """A line of text beside a list of what it can be; a part of a name finds those that have it."""

    held = Signal()
    """It holds something else."""

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_SHORTEST)
        self.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        if completer := self.completer():
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
        if line := self.lineEdit():
            line.setPlaceholderText(AUTOMATIC)
            line.editingFinished.connect(self._tell)
        self._told: str | None = None
        self.activated.connect(self._tell)
        self.offer(())
        self.set_name(None)

    def offer(self, names: Sequence[str]) -> None:
        """List these below what stands for none; what it holds stays."""
        held = self.name()
        with QSignalBlocker(self):
            self.clear()
            self.addItems([AUTOMATIC, *names])
        self.set_name(held)

    def name(self) -> str | None:
        """Return what it holds; None for nothing."""
        text = self.currentText().strip()
        return None if text in ("", AUTOMATIC) else text

    def set_name(self, name: str | None) -> None:
        """Hold a name, be it listed or not."""
        self._told = name
        with QSignalBlocker(self):
            self.setCurrentIndex(self.findText(name or AUTOMATIC))
            self.setEditText(name or AUTOMATIC)

    def _tell(self) -> None:
        if self._told != self.name():
            self._told = self.name()
            self.held.emit()


class NumberBox(Passed, QDoubleSpinBox):
    """A spin box that shows 0.15, not 0.150000, and in which anything can be typed.

    What it cannot step to stands as it was typed: a finer number, one that is out of range, or
    no number at all. Whether that is legal the parameter model says.

    Parameters
    ----------
    low, high : float
        The range it steps in.
    whole : bool
        Whether it holds whole numbers only.
    """

    held = Signal()
    """It holds something else."""

    def __init__(self, low: float, high: float, whole: bool) -> None:
        super().__init__()
        self._whole = whole
        self._typed: str | None = None
        self._read: float | None = None
        """What was typed as a number, if it is one."""
        self.setDecimals(0 if whole else _DECIMALS)
        largest = _LARGEST_INT if whole else _LARGEST_FLOAT
        self.setRange(max(-largest, low), min(largest, high))
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self.setKeyboardTracking(False)
        self.setAccelerated(True)
        self._told = self.number()
        self.valueChanged.connect(self._tell)
        self.editingFinished.connect(self._tell)

    def number(self) -> float | str:
        """Return the number it shows, be it left or still typed, or the text if that is none."""
        text = self.text()
        if text != self.textFromValue(self.value()):
            number = read_number(text, self._whole, self.locale())
            return text if number is None else number
        if self._typed is None:
            return int(self.value()) if self._whole else self.value()
        return self._typed if self._read is None else self._read

    def fault(self) -> str:
        """Say which two numbers the text may be; empty if it is one, or none."""
        number = self.number()
        return ambiguity(number, self._whole, self.locale()) if isinstance(number, str) else ""

    def setValue(self, value: float) -> None:
        """Hold a number, be it in the range or not."""
        super().setValue(self._keep(_written(value), value))
        self._told = self.number()

    def stepBy(self, steps: int) -> None:
        """Step from the legal number that is nearest to what was typed."""
        self.interpretText()
        self._typed = None
        super().stepBy(steps)
        self._tell()

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Let anything be typed."""
        return QValidator.State.Acceptable, text, place

    def textFromValue(self, value: float) -> str:
        """Show a number, or what was typed where it is none that can be stepped to."""
        return _written(value) if self._typed is None else self._typed

    def valueFromText(self, text: str) -> float:
        """Read what was typed, in whichever way it is written here; what it shows itself stays."""
        if text == self.textFromValue(self.value()):
            return self.value()
        return self._keep(text, read_number(text, self._whole, self.locale()))

    def _keep(self, text: str, number: float | None) -> float:
        """Return the legal number nearest to a text's, and keep the text where no step leads."""
        near = self.value() if number is None else max(self.minimum(), min(self.maximum(), number))
        fits = number == near == round(near, self.decimals())
        self._typed, self._read = (None, None) if fits else (text, number)
        return float(near)

    def _tell(self) -> None:
        if self._told != self.number():
            self._told = self.number()
            self.held.emit()


class NumberLine(QLineEdit):
    """A number, or nothing where none need be given.

    Parameters
    ----------
    whole : bool
        Whether it holds whole numbers only.
    """

    def __init__(self, whole: bool) -> None:
        super().__init__()
        self._whole = whole
        self._shown: tuple[str, float | None] = ("", None)
        self.setPlaceholderText(AUTOMATIC)

    def number(self) -> float | str | None:
        """Return the number, the text if that is none, or nothing."""
        text = self.text().strip()
        if text == self._shown[0]:
            return self._shown[1]
        number = read_number(text, self._whole, self.locale())
        return (text or None) if number is None else number

    def set_number(self, number: float | None) -> None:
        """Hold a number, or nothing."""
        text = "" if number is None else _written(number)
        self._shown = text, number
        self.setText(text)

    def fault(self) -> str:
        """Say which two numbers the text may be; empty if it is one, or none."""
        is_text = isinstance(self.number(), str)
        return ambiguity(self.text(), self._whole, self.locale()) if is_text else ""


def _written(number: float) -> str:
    return repr(number).removesuffix(".0")

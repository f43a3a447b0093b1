"""Editors of single parameters: which widget suits which type, and how it is read."""

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import QSignalBlocker, Qt, Signal, SignalInstance
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QCompleter,
    QDoubleSpinBox,
    QLineEdit,
    QWidget,
)

from siamese_core.attribution.parameters import OfNetwork

if TYPE_CHECKING:
    _Widget = QWidget
else:
    _Widget = object  # a mixin of widgets can be none itself

_LARGEST_INT = 2**53
"""A box holds whole numbers exactly up to it."""
_LARGEST_FLOAT = 1e60
_DECIMALS = 6
_AUTOMATIC = "automatic"
"""What stands where nothing is given and nothing need be."""
_SHORTEST = 6
"""Letters of a choice of names, which may be long."""
_IN_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
"""16,000 would be 16 to some and sixteen thousand to others."""
_UNITS = {
    "ms": "ms",
    "db": "dB",
    "hz": "Hz",
    "mels": "mels",
    "frames": "frames",
    "seconds": "s",
}
_SPOKEN = {
    "rate": "Sampling rate (Hz)",
    "n_fft": "FFT size (samples)",
    "win_length": "Window (samples)",
    "hop": "Hop (samples)",
    "n_mels": "Mel bands",
    "fmin": "Lowest frequency (Hz)",
    "fmax": "Highest frequency (Hz)",
    "seconds": "Clip length (s)",
    "top_db": "Dynamic range (dB)",
    "kernels": "Kernel sizes",
    "batch_norm": "Batch normalisation",
    "dense_norm": "Normalised dense layers",
    "hidden": "Hidden units",
    "dense": "Embedding width",
    "conv_dropout": "Dropout, convolutions",
    "dense_dropout": "Dropout, dense layers",
    "widths": "Channels of each stage",
    "blocks": "Blocks of each stage",
    "embedding": "Embedding width",
    "attention": "Attention width",
    "statistics": "Statistics width",
    "miner": "Triplet mining",
    "pos": "Positive pairs a class",
    "ratio": "Positive : negative",
    "classes": "Classes a batch",
    "strangers": "Clips of negative pairs",
    "schedule": "Rate schedule",
    "decay": "Rate decay",
    "decay_every": "Decay every (steps)",
    "averaging": "Weight averaging",
    "evaluate_every": "Validate every (steps)",
    "patience": "Patience (validations)",
    "ways": "Line-up classes (C)",
    "shots": "Clips a class (K)",
    "episodes": "Line-ups",
    "runs": "Line-ups a class",
    "within_alphabet": "Within an alphabet",
    "sweep": "Accuracy against C",
    "retrieval": "Top k",
    "validation": "Validation classes",
    "test": "Test classes",
    "official": "Official split",
    "speeds": "Playback speeds",
    "formants": "Formant factors",
    "tilt_db": "Spectral tilt (dB)",
    "ripple_db": "Spectral ripple (dB)",
    "mask_mels": "Masked bands (mels)",
    "mask_frames": "Masked time (frames)",
    "noise_db": "Signal to noise (dB)",
    "reverb": "Reverberation",
    "shortest": "Shortest excerpt",
    "turns": "Turns (degrees)",
    "affine": "Affine distortion",
    "of": "Averaged map",
    "absolute": "Size only",
    "positive": "Positive only",
    "sigma": "Smoothing",
    "min_size": "Smallest size",
    "n_segments": "Segments",
    "slic_sigma": "SLIC sigma",
}
"""Names that are made for typing, as a researcher writes them."""


@dataclass(frozen=True)
class Editor:
    """A widget that holds one parameter's value."""

    widget: QWidget
    get: Callable[[], object]
    set: Callable[[Any], None]
    changed: SignalInstance


def editor_of(field: FieldInfo) -> Editor:
    """Build the editor that suits a parameter; a line of text where nothing better does."""
    kind = field.annotation
    if kind is bool:
        box = QCheckBox()
        return Editor(box, box.isChecked, box.setChecked, box.toggled)
    if kind is int or kind is float:
        return _number_editor(field)
    if get_origin(kind) is Literal:
        return _choice_editor(get_args(kind))
    if any(isinstance(part, OfNetwork) for part in field.metadata):
        offers = OfferBox()
        return Editor(offers, offers.name, offers.set_name, offers.held)
    return _text_editor(kind)


def title(name: str) -> str:
    """Write a parameter's name for people: ``feather_ms`` is "Feather (ms)"."""
    if name in _SPOKEN:
        return _SPOKEN[name]
    words = name.split("_")
    unit = _UNITS.get(words[-1]) if len(words) > 1 else None
    spoken = " ".join(words[:-1] if unit else words)
    return spoken[:1].upper() + spoken[1:] + (f" ({unit})" if unit else "")


class _Passed(_Widget):
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


class ChoiceBox(_Passed, QComboBox):
    """A choice in a column that can be scrolled."""


class OfferBox(_Passed, QComboBox):
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
            line.setPlaceholderText(_AUTOMATIC)
            line.editingFinished.connect(self._tell)
        self._told: str | None = None
        self.activated.connect(self._tell)
        self.offer(())
        self.set_name(None)

    def offer(self, names: Sequence[str]) -> None:
        """List these below what stands for none; what it holds stays."""
        held = self.name()
        blocker = QSignalBlocker(self)
        self.clear()
        self.addItems([_AUTOMATIC, *names])
        blocker.unblock()
        self.set_name(held)

    def name(self) -> str | None:
        """Return what it holds; None for nothing."""
        text = self.currentText().strip()
        return None if text in ("", _AUTOMATIC) else text

    def set_name(self, name: str | None) -> None:
        """Hold a name, be it listed or not."""
        self._told = name
        blocker = QSignalBlocker(self)
        self.setCurrentIndex(self.findText(name or _AUTOMATIC))
        self.setEditText(name or _AUTOMATIC)
        blocker.unblock()

    def _tell(self) -> None:
        if self._told != self.name():
            self._told = self.name()
            self.held.emit()


class NumberBox(_Passed, QDoubleSpinBox):
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
        """Return the number it shows, or the text if that is none."""
        if self._typed is None:
            return int(self.value()) if self._whole else self.value()
        number = self._read(self._typed)
        return self._typed if number is None else number

    def setValue(self, value: float) -> None:
        """Hold a number, be it in the range or not."""
        super().setValue(self.valueFromText(_written(value)))
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
        """Read what was typed, and keep it where no step leads to it."""
        number = self._read(text)
        near = self.value() if number is None else max(self.minimum(), min(self.maximum(), number))
        fits = number == near == round(near, self.decimals())
        self._typed = None if fits else text
        return float(near)

    def _read(self, text: str) -> float | None:
        """Read a number as people write it, with a point or a comma; None if it is none."""
        with suppress(ValueError):
            if self._whole:
                return int(text)
            number = float(text if _IN_THOUSANDS.fullmatch(text) else text.replace(",", "."))
            return number if math.isfinite(number) else None
        return None

    def _tell(self) -> None:
        if self._told != self.number():
            self._told = self.number()
            self.held.emit()


def _written(number: float) -> str:
    return repr(number).removesuffix(".0")


def _number_editor(field: FieldInfo) -> Editor:
    box = NumberBox(*_bounds(field), field.annotation is int)
    return Editor(box, box.number, box.setValue, box.held)


def _choice_editor(choices: tuple[object, ...]) -> Editor:
    box = ChoiceBox()
    for choice in choices:
        box.addItem(str(choice), choice)
    return Editor(
        box,
        box.currentData,
        lambda value: box.setCurrentIndex(box.findData(value)),
        box.currentIndexChanged,
    )


def _text_editor(kind: object) -> Editor:
    """Edit several values between commas, or one as text; empty is none where none is legal.

    Where both a number and a list are legal, a comma behind a lone value makes it a list.
    """
    line = QLineEdit()
    members = [plain_type(member) for member in members_of(kind)]
    optional, single = NoneType in members, int in members
    tuples = [member for member in members if get_origin(member) is tuple]
    counts = any(_is_whole(item) for member in tuples for item in get_args(member))
    if optional:
        line.setPlaceholderText(_AUTOMATIC)

    def get() -> object:
        text = line.text().strip()
        if not text and optional:
            return None
        if not tuples or (single and _is_number(text)):
            return text
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return [int(part) if counts and _is_number(part) else part for part in parts]

    def show(value: object) -> None:
        parts = value if isinstance(value, tuple | list) else [] if value is None else [value]
        one_of_several = single and isinstance(value, tuple | list) and len(value) == 1
        line.setText(", ".join(str(part) for part in parts) + "," * one_of_several)
        line.setCursorPosition(0)  # where there is no room for all, its beginning is seen

    return Editor(line, get, show, line.editingFinished)


def members_of(kind: object) -> tuple[object, ...]:
    """Return the types that a union allows, or the one type."""
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def plain_type(kind: object) -> object:
    """Return a type without its annotations."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _is_whole(item: object) -> bool:
    item = plain_type(item)
    is_choice = get_origin(item) is Literal
    return item is int or (is_choice and all(isinstance(value, int) for value in get_args(item)))


def _is_number(text: str) -> bool:
    """Whether a text is a whole number as one writes it: 4, but not 04, which is a name."""
    return text.isdecimal() and str(int(text)) == text


def _bounds(field: FieldInfo) -> tuple[float, float]:
    """Return the legal range; an open end is closed, and the model itself refuses it."""
    low, high = -math.inf, math.inf
    for limit in field.metadata:
        lows = [getattr(limit, name, None) for name in ("ge", "gt")]
        highs = [getattr(limit, name, None) for name in ("le", "lt")]
        low = max([low, *(bound for bound in lows if bound is not None)])
        high = min([high, *(bound for bound in highs if bound is not None)])
    return low, high

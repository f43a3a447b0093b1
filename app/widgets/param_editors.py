"""Editors of single parameters: which widget suits which type, and how it is read."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QSpinBox,
    QWidget,
)

_LARGEST_INT = 2**31 - 1
_LARGEST_FLOAT = 1e60
_DECIMALS = 6
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
    if kind is int:
        return _int_editor(field)
    if kind is float:
        return _float_editor(field)
    if get_origin(kind) is Literal:
        return _choice_editor(get_args(kind))
    return _text_editor(kind)


def title(name: str) -> str:
    """Write a parameter's name for people: ``feather_ms`` is "Feather (ms)"."""
    if name in _SPOKEN:
        return _SPOKEN[name]
    words = name.split("_")
    unit = _UNITS.get(words[-1]) if len(words) > 1 else None
    spoken = " ".join(words[:-1] if unit else words)
    return spoken[:1].upper() + spoken[1:] + (f" ({unit})" if unit else "")


class _FloatBox(QDoubleSpinBox):
    """A spin box that shows 0.15, not 0.150000."""

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "g", _DECIMALS)


def _int_editor(field: FieldInfo) -> Editor:
    low, high = _bounds(field)
    box = QSpinBox()
    box.setRange(
        max(-_LARGEST_INT, math.ceil(low) if low > -math.inf else -_LARGEST_INT),
        min(_LARGEST_INT, math.floor(high) if high < math.inf else _LARGEST_INT),
    )
    return _spin(box)


def _float_editor(field: FieldInfo) -> Editor:
    low, high = _bounds(field)
    box = _FloatBox()
    box.setDecimals(_DECIMALS)
    box.setRange(max(-_LARGEST_FLOAT, low), min(_LARGEST_FLOAT, high))
    return _spin(box)


def _spin(box: QSpinBox | QDoubleSpinBox) -> Editor:
    box.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    box.setKeyboardTracking(False)
    box.setAccelerated(True)
    return Editor(box, box.value, box.setValue, box.valueChanged)


def _choice_editor(choices: tuple[object, ...]) -> Editor:
    box = QComboBox()
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
        line.setPlaceholderText("automatic")

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

"""Editors of single parameters: which widget suits which type, and how it is read."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from app.widgets.boxes import AUTOMATIC, ChoiceBox, NumberBox, NumberLine, OfferBox
from app.widgets.typed_number import read_number
from siamese_core.attribution.parameters import OfNetwork

_TIGHT_COMMA = re.compile(r"\d,\d")
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
    "ways": "Classes (C)",
    "shots": "Shots (K)",
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
    fault: Callable[[], str] = str
    """Says why nobody can tell what was typed; empty if that is clear."""


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
    members = {plain_type(member) for member in members_of(kind)}
    if members <= {int, float, NoneType}:
        line = NumberLine(whole=float not in members)
        return Editor(line, line.number, line.set_number, line.editingFinished, line.fault)
    return _text_editor(kind)


def title(name: str) -> str:
    """Write a parameter's name for people: ``feather_ms`` is "Feather (ms)"."""
    if name in _SPOKEN:
        return _SPOKEN[name]
    words = name.split("_")
    unit = _UNITS.get(words[-1]) if len(words) > 1 else None
    spoken = " ".join(words[:-1] if unit else words)
    return spoken[:1].upper() + spoken[1:] + (f" ({unit})" if unit else "")


def _number_editor(field: FieldInfo) -> Editor:
    box = NumberBox(*_bounds(field), field.annotation is int)
    return Editor(box, box.number, box.setValue, box.held, box.fault)


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

    Where both a number and a list are legal, a comma behind a lone value makes it a list. Fractions
    may also stand between semicolons, and then be written with a comma.
    """
    line = QLineEdit()
    members = [plain_type(member) for member in members_of(kind)]
    optional, single = NoneType in members, int in members
    tuples = [member for member in members if get_origin(member) is tuple]
    items = [item for member in tuples for item in get_args(member)]
    counts, fractions = any(map(_is_whole, items)), float in map(plain_type, items)
    if optional:
        line.setPlaceholderText(AUTOMATIC)

    def get() -> object:
        text = line.text().strip()
        if not text and optional:
            return None
        if not tuples or (single and _is_number(text)):
            return text
        if fractions and ";" in text:
            parts = [part.strip() for part in text.split(";") if part.strip()]
            numbers = [read_number(part, False, line.locale()) for part in parts]
            return [p if n is None else n for p, n in zip(parts, numbers, strict=True)]
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return [int(part) if counts and _is_number(part) else part for part in parts]

    def show(value: object) -> None:
        parts = value if isinstance(value, tuple | list) else [] if value is None else [value]
        one_of_several = single and isinstance(value, tuple | list) and len(value) == 1
        line.setText(", ".join(str(part) for part in parts) + "," * one_of_several)
        line.setCursorPosition(0)  # where there is no room for all, its beginning is seen

    def fault() -> str:
        text, comma = line.text(), line.locale().decimalPoint() == ","
        if not (fractions and comma and _TIGHT_COMMA.search(text)) or ";" in text:
            return ""
        return f"The commas of '{text}' may be decimal ones; write 0.9, 1.1 or 0,9; 1,1."

    return Editor(line, get, show, line.editingFinished, fault)


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

"""MapResult: what made the map on screen, what it says in figures, and whether it is asked for."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.explaining.pair import Pair
from app.lineup.kept_map import request_of
from app.pages.explain.method_title import method_title
from app.widgets.elided_label import ElidedLabel
from siamese_core.attribution.parameters import (
    BackgroundParameters,
    BaselineParameters,
    SmoothGradParameters,
)
from siamese_core.parameters import Parameters

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation

_OTHER = "The form asks for something else; press Explain."
_SIDES = {"support": "the support clip", "query": "the query"}
_WITHOUT_BASELINE = ("saliency", "guided-backpropagation", "deconvolution")
"""Methods that SmoothGrad can average and for which its baseline does not count."""


class MapResult(QWidget):
    """Hidden while there is no map. The line about the form keeps its room, so nothing jumps."""

    def __init__(self, pair: Pair, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair = pair
        self.other = ElidedLabel(mode=Qt.TextElideMode.ElideRight)
        self.words = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        for label in (self.words, self.other):
            label.setProperty("quiet", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.words)
        column.addWidget(self.other)
        pair.explanation_changed.connect(self._show)
        pair.explaining_changed.connect(self._compare)
        pair.asked_changed.connect(self._compare)
        self._show()

    def text(self) -> str:
        """Return what is said of the map."""
        return self.words.text()

    def _show(self) -> None:
        explanation = self._pair.explanation
        self.setVisible(explanation is not None)
        if explanation is not None:
            self.words.setText(map_words(explanation))
        self._compare()

    def _compare(self) -> None:
        """Say whether the form asks for another map than this, and none is being made."""
        pair, explanation, asked = self._pair, self._pair.explanation, self._pair.asked
        other = explanation and asked and asked != request_of(explanation, asked.mask)
        says = (
            other and pair.asks_legally and not pair.explaining
        )  # else a field says what is wrong
        self.other.setText(_OTHER if says else "")


def map_words(explanation: "Explanation") -> str:
    """Say what made a map, and what is to be known of it."""
    attribution = explanation.attribution
    words = [
        f"{method_title(explanation.method)} on {_SIDES[explanation.side]}"
        f"{_layer_words(explanation.parameters)}{_baseline_words(explanation)}.",
        f"Similarity {explanation.similarity:.3f} (logit {explanation.logit:+.2f}).",
    ]
    if explanation.against is not None and explanation.contrast is not None:
        own, rival = explanation.support.label, explanation.against.label
        other = explanation.logit - explanation.contrast
        words.append(f"A contrast: why {own} and not {rival} (logit {other:+.2f}).")
    if attribution.residual is not None:
        words.append(f"Completeness residual {attribution.residual:+.3g}.")
    if attribution.note:
        words.append(attribution.note)
    return " ".join(words)


def _layer_words(parameters: Parameters) -> str:
    """Name the layer that was asked for, of one network alone where there are several."""
    layer = getattr(parameters, "layer", None)
    return f", layer {layer}" if layer else ""


def _baseline_words(explanation: "Explanation") -> str:
    """Name what stood for absence, a twin by its class; nothing where nothing did."""
    names = _baselines(explanation.parameters)
    twin = explanation.twin
    clip = "the other clip" if twin is None else f"the clip of {twin.label}"
    *others, last = [clip if name == "twin" else name for name in names] or [""]
    if not others:
        return f", baseline {last}" if last else ""
    return f", baselines {', '.join(others)} and {last}"


def _baselines(parameters: Parameters) -> tuple[str, ...]:
    match parameters:
        case SmoothGradParameters() if parameters.of in _WITHOUT_BASELINE:
            return ()
        case BaselineParameters():
            return (parameters.baseline,)
        case BackgroundParameters():
            return parameters.baselines
    return ()

"""Units: what the values of a map are counted in (no torch)."""

from siamese_core.attribution.parameters import (
    SegmentParameters,
    SinexParameters,
    SmoothGradParameters,
)
from siamese_core.parameters import Parameters

_UNITS = {
    "saliency": "logits a dB",
    "guided-backpropagation": "",
    "deconvolution": "",
    "grad-cam": "",
    "guided-grad-cam": "",
}
"""Of all maps that are not in logits; none where gradients pass ReLUs by another rule, and where a
layer's own values are shown."""


def unit_of(method: str, parameters: Parameters) -> str:
    """Return the unit of a method's maps, "logits" for instance; empty if they have none."""
    match parameters:
        case SmoothGradParameters():
            unit = _UNITS.get(parameters.of, "logits")
            return f"({unit})²" if unit and parameters.average != "mean" else unit
        case SinexParameters(reference=True):
            return "similarity a cell"
        case SegmentParameters(weight="area"):
            return "logits a cell"
    return _UNITS.get(method, "logits")

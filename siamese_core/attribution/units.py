"""Units: what the values of a map are counted in (no torch)."""

from siamese_core.attribution.methods import METHODS
from siamese_core.attribution.parameters import (
    SegmentParameters,
    SinexParameters,
    SmoothGradParameters,
)
from siamese_core.parameters import Parameters


def unit_of(method: str, parameters: Parameters) -> str:
    """Return the unit of a method's maps, "logits" for instance; empty if they have none."""
    match parameters:
        case SmoothGradParameters():
            unit = METHODS[parameters.of].unit
            return f"({unit})²" if unit and parameters.average != "mean" else unit
        case SinexParameters(reference=True):
            return "similarity a cell"
        case SegmentParameters(weight="area"):
            return "logits a cell"
    return METHODS[method].unit

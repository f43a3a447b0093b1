"""Every method's map has a unit, or is known to have none."""

import pytest

from siamese_core.attribution.methods import METHODS
from siamese_core.attribution.parameters import SmoothGradParameters
from siamese_core.attribution.units import unit_of

UNITLESS = {"guided-backpropagation", "deconvolution", "grad-cam", "guided-grad-cam"}
SLOPES = {"saliency", "smooth-grad"}


@pytest.mark.parametrize("method", METHODS)
def test_maps_are_in_logits_but_slopes_and_what_has_no_unit(method: str) -> None:
    unit = unit_of(method, METHODS[method].parameters())
    assert unit == ("" if method in UNITLESS else "logits a dB" if method in SLOPES else "logits")


@pytest.mark.parametrize(
    ("of", "average", "unit"),
    [
        ("input-x-gradient", "mean", "logits"),
        ("saliency", "variance", "(logits a dB)²"),
        ("integrated-gradients", "mean-square", "(logits)²"),
        ("deconvolution", "variance", ""),
    ],
)
def test_an_averaged_map_has_the_unit_of_what_is_averaged(of: str, average: str, unit: str) -> None:
    parameters = SmoothGradParameters.parse({"of": of, "average": average})
    assert unit_of("smooth-grad", parameters) == unit


@pytest.mark.parametrize("method", ["lime", "sinex", "sinexc"])
def test_segments_can_share_their_part_among_their_cells(method: str) -> None:
    model = METHODS[method].parameters
    assert unit_of(method, model.parse({"weight": "area"})) == "logits a cell"
    if method != "lime":
        assert unit_of(method, model.parse({"reference": True})) == "similarity a cell"

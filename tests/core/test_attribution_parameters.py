"""The methods' settings: legal values, descriptions for a form, and no torch behind them."""

import subprocess
import sys

import pytest

from siamese_core.attribution.methods import DEFAULT_METHOD, METHODS, method_parameters
from siamese_core.attribution.parameters import (
    GradientShapParameters,
    OcclusionParameters,
    SegmentParameters,
    SinexcParameters,
)
from siamese_core.errors import ParameterError
from siamese_core.mask.mask import MaskParameters
from siamese_core.parameters import Parameters


def test_every_method_has_a_function_and_settings_of_its_own() -> None:
    assert len({method.function for method in METHODS.values()}) == len(METHODS)
    assert len({method.parameters for method in METHODS.values()}) == len(METHODS)
    assert DEFAULT_METHOD in METHODS


@pytest.mark.parametrize("model", [*(m.parameters for m in METHODS.values()), MaskParameters])
def test_every_setting_has_a_default_and_a_tooltip(model: type[Parameters]) -> None:
    assert model() == model.parse({})
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_an_unknown_method_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(ParameterError, match=r"'guess' is not an .*saliency, .*, sinexc\."):
        method_parameters("guess")


def test_a_stride_beyond_its_window_is_refused() -> None:
    with pytest.raises(ParameterError, match="a stride must not exceed its window"):
        OcclusionParameters.parse({"height_mels": 3, "stride_mels": 4})


@pytest.mark.parametrize(
    "assignment",
    ["baseline=zero", "alpha=0", "beta=1", "min_size=0", "segmentation=voronoi", "mode=drop"],
)
def test_an_illegal_value_is_named(assignment: str) -> None:
    key, value = assignment.split("=")
    with pytest.raises(ParameterError, match=key) as caught:
        SinexcParameters().override([assignment])
    assert value in str(caught.value)


def test_settings_and_masks_load_neither_torch_nor_captum() -> None:
    code = (
        "import sys, siamese_core.attribution.methods, siamese_core.mask.mask\n"
        "print(sorted({'torch', 'captum', 'librosa', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("model", [m.parameters for m in METHODS.values()])
def test_every_number_has_a_range_and_every_method_a_sentence(model: type[Parameters]) -> None:
    about = (model.__doc__ or "").split("\n\n")[0]
    assert about.endswith(".")
    assert about.count(".") == 1
    for name, field in model.model_fields.items():
        if field.annotation in (int, float):
            limits = {type(limit).__name__ for limit in field.metadata}
            assert limits & {"Ge", "Gt"}, name
            assert limits & {"Le", "Lt"}, name


def test_segments_are_cut_by_the_same_settings_everywhere() -> None:
    for model in (method.parameters for method in METHODS.values()):
        if "segmentation" in model.model_fields:
            assert issubclass(model, SegmentParameters)


def test_several_baselines_are_asked_for_by_name() -> None:
    chosen = GradientShapParameters.parse({"baselines": ["floor", "twin"]})
    assert chosen.baselines == ("floor", "twin")
    with pytest.raises(ParameterError, match="baselines"):
        GradientShapParameters.parse({"baselines": ["floor"]})
    with pytest.raises(ParameterError, match="'zero'"):
        GradientShapParameters.parse({"baselines": ["floor", "zero"]})

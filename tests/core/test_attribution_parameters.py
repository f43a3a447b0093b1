"""The methods' settings: legal values, descriptions for a form, and no torch behind them."""

import subprocess
import sys

import pytest

from siamese_core.attribution.methods import METHODS
from siamese_core.attribution.parameters import (
    DEFAULT_METHOD,
    METHOD_PARAMETERS,
    OcclusionParameters,
    SinexcParameters,
    method_parameters,
)
from siamese_core.errors import ParameterError
from siamese_core.mask import MaskParameters
from siamese_core.parameters import Parameters


def test_every_method_has_a_function_and_its_settings_in_one_order() -> None:
    assert list(METHODS) == list(METHOD_PARAMETERS)
    assert [model for _, model in METHODS.values()] == list(METHOD_PARAMETERS.values())
    assert len({function for function, _ in METHODS.values()}) == len(METHODS)
    assert DEFAULT_METHOD in METHODS


@pytest.mark.parametrize("model", [*METHOD_PARAMETERS.values(), MaskParameters])
def test_every_setting_has_a_default_and_a_tooltip(model: type[Parameters]) -> None:
    assert model() == model.parse({})
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_an_unknown_method_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(ParameterError, match=r"'lime' is no .*saliency, .*, sinexc\."):
        method_parameters("lime")


def test_a_stride_beyond_its_window_is_refused() -> None:
    with pytest.raises(ParameterError, match="a stride must not exceed its window"):
        OcclusionParameters.parse({"height_mels": 3, "stride_mels": 4})


@pytest.mark.parametrize(
    "assignment",
    ["baseline=zero", "alpha=0", "beta=1", "min_size=0", "segmentation=quickshift", "mode=drop"],
)
def test_an_illegal_value_is_named(assignment: str) -> None:
    key, value = assignment.split("=")
    with pytest.raises(ParameterError, match=key) as caught:
        SinexcParameters().override([assignment])
    assert value in str(caught.value)


def test_settings_and_masks_load_neither_torch_nor_captum() -> None:
    code = (
        "import sys, siamese_core.attribution.parameters, siamese_core.mask\n"
        "print(sorted({'torch', 'captum', 'librosa', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

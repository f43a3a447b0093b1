"""Methods that a program of one's own adds: known everywhere, refused in a sentence where unfit."""

import json
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pydantic import Field

from siamese_core.attribution.attribution import Attribution, Subject
from siamese_core.attribution.methods import METHODS, register_method
from siamese_core.attribution.units import unit_of
from siamese_core.card import _known_method
from siamese_core.cli import main
from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.explanation import explain
from siamese_core.faithfulness.parameters import StudyParameters
from siamese_core.parameters import Parameters
from siamese_core.siamese import SiameseNet
from tests.conftest import tone


class LoudParameters(Parameters):
    """Loud cells, whatever the network makes of them."""

    above_db: float = Field(default=0.0, ge=0, le=80, description="Counts from here.")


def loud(subject: Subject, parameters: LoudParameters) -> Attribution:
    levels = subject.log_mel - subject.log_mel.min() - parameters.above_db
    return Attribution(levels.clamp_min(0).cpu().numpy())


@pytest.fixture(autouse=True)
def _methods_as_before() -> Iterator[None]:
    before = dict(METHODS)
    yield
    METHODS.clear()
    METHODS.update(before)


@pytest.fixture
def registered() -> str:
    register_method("loud", loud, LoudParameters, unit="dB")
    return "loud"


def test_it_explains_as_the_programs_own_do(tiny_net: SiameseNet, registered: str) -> None:
    query, support = tone(300), tone(500)
    whole = explain(tiny_net, query, support, registered)
    db = whole.support_map.db
    np.testing.assert_allclose(whole.attribution.values, db - db.min())
    less = explain(tiny_net, query, support, registered, LoudParameters(above_db=20.0))
    assert less.attribution.values.sum() < whole.attribution.values.sum()
    with pytest.raises(ParameterError, match="give LoudParameters"):
        explain(tiny_net, query, support, registered, METHODS["saliency"].parameters())


def test_it_is_listed_measured_and_counted(
    registered: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["methods", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[registered] == {"above_db": 0.0}
    assert registered in StudyParameters().methods
    assert unit_of(registered, LoudParameters()) == "dB"
    assert _known_method(registered) == registered


def test_a_function_can_be_named_by_its_place(tiny_net: SiameseNet) -> None:
    register_method("loud", f"{__name__}:loud", LoudParameters)
    assert explain(tiny_net, tone(300), tone(500), "loud").attribution.values.any()


def test_a_name_that_is_registered_is_replaced_only_if_asked(registered: str) -> None:
    with pytest.raises(ParameterError, match=r"'loud' is registered already; .* replace=True"):
        register_method(registered, loud, LoudParameters)
    register_method(registered, loud, LoudParameters, unit="", replace=True)
    assert METHODS[registered].unit == ""


class Undescribed(Parameters):
    pass


class Demanding(Parameters):
    """A method that must be told how much."""

    much: int


@pytest.mark.parametrize(
    ("name", "function", "parameters", "told"),
    [
        ("saliency", loud, LoudParameters, "'saliency' is a method of the program"),
        ("Loud Cells", loud, LoudParameters, "'Loud Cells' cannot name a method; give small"),
        ("", loud, LoudParameters, "'' cannot name a method"),
        (7, loud, LoudParameters, "7 cannot name a method"),
        ("loud", 3, LoudParameters, "function of 'loud' is 3; give a function"),
        ("loud", "no place", LoudParameters, "is 'no place'; .* 'package.module:name'"),
        ("loud", loud, dict, "settings of 'loud' are <class 'dict'>; give a subclass of Param"),
        ("loud", loud, LoudParameters(), "give a subclass of Parameters"),
        ("loud", loud, Undescribed, "Undescribed has no docstring; give it a sentence"),
        ("loud", loud, Demanding, "settings of 'loud' have no default for much"),
    ],
)
def test_what_is_no_method_is_refused(
    name: str, function: Callable[..., Attribution], parameters: type[Parameters], told: str
) -> None:
    before = dict(METHODS)
    with pytest.raises(ParameterError, match=told):
        register_method(name, function, parameters, replace=True)
    assert before == METHODS


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda values: values, "Method 'wrong' returned an object of the type ndarray; it must"),
        (lambda values: Attribution(values[1:]), r"returned values of shape \(\d+, \d+\); it must"),
        (lambda values: Attribution(values * np.nan), "returned values that are not finite"),
    ],
)
def test_what_is_no_map_is_refused(
    tiny_net: SiameseNet, made: Callable[[np.ndarray], Attribution], told: str
) -> None:
    register_method("wrong", lambda subject, _: made(subject.log_mel.numpy()), LoudParameters)
    with pytest.raises(EarwitnessError, match=told):
        explain(tiny_net, tone(300), tone(500), "wrong")


def test_doubles_are_taken_as_the_single_precision_that_a_map_holds(tiny_net: SiameseNet) -> None:
    register_method(
        "doubles", lambda subject, _: Attribution(subject.log_mel.double().numpy()), LoudParameters
    )
    values = explain(tiny_net, tone(300), tone(500), "doubles").attribution.values
    assert values.dtype == np.float32

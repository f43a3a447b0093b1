"""Legal values in words, for each kind of field; and the sentences of faults that use them."""

import re
from typing import Annotated, Literal

import pytest
from pydantic import Field

from siamese_core.errors import ParameterError
from siamese_core.legal_values import find
from siamese_core.parameters import Parameters
from siamese_core.recipes import Recipe, recipe_from_toml
from tests.conftest import TINY_RECIPE


class _Inner(Parameters):
    kind: Literal["inner"] = "inner"
    depth: int = Field(3, ge=1, le=9)


class _Other(Parameters):
    kind: Literal["other"] = "other"


class _Model(Parameters):
    flag: bool = False
    share: float = Field(20, ge=0, le=100)
    positive: float = Field(1, gt=0)
    chance: float = Field(0.5, gt=0, lt=1)
    rate: float = Field(0.5, gt=0, le=1)
    top: int = Field(3, le=5)
    even: int = Field(2, ge=0, multiple_of=2)
    way: Literal["keep", "remove", "both"] = "keep"
    code: str = Field("a", pattern="^[a-z]$")
    maybe: Annotated[int, Field(ge=2)] | None = None
    pair: tuple[float, float] = (0, 1)
    some: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)] = (1,)
    several: Annotated[tuple[Literal["a", "b"], ...], Field(min_length=2)] = ("a", "b")
    inner: _Inner = _Inner()
    table: Annotated[_Inner | _Other, Field(discriminator="kind")] = _Inner()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("flag", "true or false"),
        ("share", "a number from 0 to 100"),
        ("positive", "a number above 0"),
        ("chance", "a number above 0 and below 1"),
        ("rate", "a number above 0, up to 1"),
        ("top", "a whole number up to 5"),
        ("even", "a whole number from 0 on, a multiple of 2"),
        ("way", "keep, remove or both"),
        ("code", "text of the form [a-z]"),
        ("maybe", "a whole number from 2 on, or nothing"),
        ("pair", "a list of 2 values, each a number"),
        ("some", "a list of at least one, each a whole number from 1 on"),
        ("several", "a list of at least two, each a or b"),
        ("inner", "a table of kind, depth"),
        ("table", "a table of the kind inner or other"),
    ],
)
def test_legal_values_are_said_in_words(name: str, words: str) -> None:
    assert _Model.legal(name) == words


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"share": 101}, "share is 101; give a number from 0 to 100."),
        ({"share": float("nan")}, "share is nan; give a number from 0 to 100."),
        ({"way": "up"}, "way is 'up'; give keep, remove or both."),
        ({"some": [1, 0]}, "some.1 is 0; give a whole number from 1 on."),
        ({"pair": [1]}, "pair is [1]; give a list of 2 values, each a number."),
        ({"maybe": 1}, "maybe is 1; give a whole number from 2 on, or nothing."),
        ({"inner": {"depth": 0}}, "inner.depth is 0; give a whole number from 1 to 9."),
        ({"inner": 3}, "inner is 3; give a table of kind, depth."),
        ({"inner": {"foo": 1}}, "'inner.foo' is not a parameter here; there are: kind, depth."),
        (
            {"table": {"kind": "inner", "foo": 1}},
            "'table.foo' is not a parameter here; there are: kind, depth.",
        ),
        ({"table": {"kind": "third"}}, "table.kind is 'third'; give inner or other."),
        ({"table": {}}, "'table.kind' is missing; give inner or other."),
        (
            None,
            "what stands here is None; give a table of flag, share, positive, chance, rate, top, "
            "even, way, code, maybe, pair, some, several, inner, table.",
        ),
        ({"share": True}, "share is True; give a number from 0 to 100."),
        ({"maybe": False}, "maybe is False; give a whole number from 2 on, or nothing."),
        ({"some": [2, True]}, "some.1 is True; give a whole number from 1 on."),
        (
            {"table": {"kind": "inner", "depth": True}},
            "table.depth is True; give a whole number from 1 to 9.",
        ),
    ],
)
def test_a_fault_is_said_without_a_librarys_words(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(ParameterError) as error:
        _Model.parse(values)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("encoder.foo=1", "'encoder.foo' is not a parameter here; there are: kind, filters, kern"),
        ("encoder.kind=x", "encoder.kind is 'x'; give conv, ensemble, recurrent or resnet"),
        ("input.foo=1", "'input.foo' is not a parameter here; there are: rate, n_fft"),
        (
            "frames_kept=2",
            "'frames_kept' is not a parameter here; did you mean encoder.frames_kept",
        ),
        ("input.n_mels=1", "input.n_mels is 1; give a whole number from 2 to 1024"),
        ("validation=-1", "validation is -1; give a whole number from 0 on, or a list, each text"),
        ("scale=inf", "scale is inf; give a number above 0"),
        ("input=3", "input is 3, but the presets are audiomnist"),
    ],
)
def test_a_recipes_tables_are_named_at_their_own_level(assignment: str, sentence: str) -> None:
    with pytest.raises(ParameterError) as error:
        TINY_RECIPE.override([assignment])
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("embedding", "encoder.embedding"),
        ("encoder.embeding", "encoder.embedding"),
        ("n_mels", "input.n_mels"),
        ("encodr.kind", "encoder"),
        ("augmentaton.reverb", "augmentation"),
        ("net.frames_kept", "encoder.frames_kept"),
        ("augmentation.steps", "steps"),
        ("learning_rat", "learning_rate"),
        ("filters", "encoder.filters (of the kind conv or recurrent) or encoder.member.filters"),
        ("members", "encoder.members (of the kind ensemble)"),
    ],
)
def test_the_parameter_that_was_meant_is_named_first(name: str, near: str) -> None:
    recipe = TINY_RECIPE.override(["encoder.kind=resnet"])
    with pytest.raises(ParameterError) as error:
        recipe.override([f"{name}=1"])
    assert str(error.value).startswith(f"'{name}' is not a parameter here; did you mean {near}")
    assert "? There are: " in str(error.value)


def test_a_recipe_file_says_what_was_meant_as_the_command_line_does() -> None:
    for text, near in (
        ("frames_kept = 2", "encoder.frames_kept (of the kind resnet)"),
        ("[encodr]\nkind = 'conv'", "encoder"),
        ("[encoder]\nkind = 'resnet'\nframes_keep = 1", "encoder.frames_kept?"),
    ):
        with pytest.raises(ParameterError, match=rf"did you mean {re.escape(near)}"):
            recipe_from_toml(f"name = 'a'\ninput = 'voice'\n{text}")


def test_true_and_false_stay_what_they_are_where_they_are_legal() -> None:
    assert _Model.parse({"flag": True}).flag is True
    assert TINY_RECIPE.override(["official=true"]).official is True


def test_another_kind_begins_with_its_own_defaults() -> None:
    recipe = TINY_RECIPE.override(["encoder.kind=resnet", "encoder.embedding=32"])
    assert (recipe.encoder.kind, recipe.encoder.width) == ("resnet", 32)
    same = TINY_RECIPE.override(["encoder.kind=conv"])
    assert same == TINY_RECIPE


def test_a_path_to_nowhere_finds_nothing() -> None:
    schema = Recipe.model_json_schema()
    assert find(schema, ("encoder", "conv", "none")) is None
    assert find(schema, ()) == schema


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,2", (1, 2)), ("[1, 2]", (1, 2)), ("3, 4,5", (3, 4, 5)), ("[7]", (7,)), ("7", (7,))],
)
def test_a_list_is_written_as_toml_or_between_commas(text: str, value: tuple[int, ...]) -> None:
    assert _Model().override([f"some={text}"]).some == value


def test_names_between_commas_are_a_list_where_a_list_is_asked_for() -> None:
    assert TINY_RECIPE.override(["test=04,b"]).test == ("04", "b")
    assert TINY_RECIPE.override(["test=b"]).test == ("b",)
    assert TINY_RECIPE.override(["test=2"]).test == 2
    assert TINY_RECIPE.override(["encoder.filters=8,4"]).encoder.filters == (8, 4)  # type: ignore[union-attr]
    assert TINY_RECIPE.override(["document=one, two"]).document == "one, two"
    with pytest.raises(ParameterError, match=r"some\.1 is 'x'; give a whole number from 1 on"):
        _Model().override(["some=1,x"])
    with pytest.raises(ParameterError, match="some is ''; give a list"):
        _Model().override(["some="])

"""Recipes and parameters: round trips, overrides, and sentences that name the legal values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamese_core.errors import ParameterError
from siamese_core.recipes import Recipe, load_recipe, recipe_from_toml, recipe_names
from tests.conftest import TINY_RECIPE


@pytest.mark.parametrize("name", recipe_names())
def test_every_bundled_recipe_is_legal_and_survives_printing(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name.replace("/", "-")
    assert recipe.document
    assert recipe_from_toml(recipe.to_toml()) == recipe


def test_mnist_net_is_what_the_report_fixes() -> None:
    recipe = load_recipe("mnist-net")
    assert (recipe.pos, recipe.negatives, recipe.steps, recipe.patience) == (2, 2, 5000, 10)
    assert recipe.test == ("04", "56", "55", "27", "46")
    assert (recipe.distance, recipe.loss) == ("squared", "binary-cross-entropy")


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("stepz=3", "'stepz' is not a parameter here; there are: name"),
        ("steps=0", "steps is 0; give a whole number from 1 on"),
        ("steps=many", "steps is 'many'; give a whole number"),
        ("distance=far", "distance is 'far'; give squared, absolute, euclidean or cosine"),
        ("ratio=2:3", "pos 1 at ratio 2:3 gives a broken number"),
        ("encoder.dense=0", "encoder.dense is 0; give a whole number from 1 to 8192"),
        ("encoder.pooling=min", "give max, average or none"),
        ("encoder.filters=[4]", "filters and kernels must name one value a layer, not 1 and 2"),
        ("input=cd", "the presets are audiomnist, esc50, voice"),
        ("steps.more=3", "'steps' holds no others"),
        ("steps", "is not an assignment; write key=value"),
    ],
)
def test_an_illegal_value_is_named_with_what_is_right(assignment: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        TINY_RECIPE.override(["pos=1", assignment])


@pytest.mark.parametrize("width", [4, 7, 12])
def test_widths_that_the_processor_library_cannot_train_are_refused(width: int) -> None:
    with pytest.raises(ParameterError, match="widths"):
        load_recipe("voice").override([f"encoder.widths=[{width}, 16, 16, 16]"])


def test_overrides_reach_inside_tables_and_change_nothing_else() -> None:
    changed = TINY_RECIPE.override(["encoder.dense=32", "name=other", "test=['a', 'b']"])
    assert changed.encoder.dense == 32
    assert changed.test == ("a", "b")
    assert changed.override(["encoder.dense=8", "name=tiny", "test=0"]) == TINY_RECIPE


@given(
    st.builds(
        dict,
        pos=st.integers(1, 6),
        ratio=st.sampled_from(["1:1", "1:2", "1:3"]),
        learning_rate=st.floats(1e-6, 1),
        validation=st.one_of(
            st.integers(0, 9), st.lists(st.text(min_size=1), max_size=3).map(tuple)
        ),
        document=st.text(),
    )
)
def test_any_legal_recipe_survives_printing(values: dict[str, object]) -> None:
    recipe = Recipe.parse({"name": "any", "input": "voice", **values})
    assert recipe_from_toml(recipe.to_toml()) == recipe


@pytest.mark.parametrize("text", ["not toml", "name = 'a'", "", "name = 3"])
def test_text_that_is_no_recipe_gets_a_sentence(text: str) -> None:
    with pytest.raises(ParameterError) as error:
        recipe_from_toml(text)
    assert "\n" not in str(error.value)


def test_an_unknown_recipe_names_those_there_are(tmp_path) -> None:
    with pytest.raises(
        ParameterError, match="There is no recipe 'none'; give a file or one of environment,"
    ):
        load_recipe("none")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ParameterError, match="is not text"):
        load_recipe(str(tmp_path / "bad.toml"))

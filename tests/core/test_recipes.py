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
    assert ".txt" not in recipe.document, "its title, and no file that nobody else has"
    assert recipe_from_toml(recipe.to_toml()) == recipe


def test_mnist_net_is_what_the_report_fixes() -> None:
    recipe = load_recipe("mnist-net")
    assert (recipe.pos, recipe.negatives, recipe.steps, recipe.patience) == (2, 2, 5000, 10)
    assert recipe.test == ("04", "56", "55", "27", "46")
    assert (recipe.distance, recipe.loss) == ("squared", "binary-cross-entropy")


REPORT = "pos ratio steps evaluate_every patience ways shots episodes validation strangers"
FIXED = {
    "esc-net": [4, "1:1", 5000, 100, 10, 5, 1, 300, 5, "shared"],
    "mnist-net": [2, "1:1", 5000, 100, 10, 5, 1, 300, 5, "shared"],
}


@pytest.mark.parametrize("name", FIXED)
def test_the_reports_numbers_are_those_of_its_section_two(name: str) -> None:
    recipe = load_recipe(name)
    assert [getattr(recipe, field) for field in REPORT.split()] == FIXED[name]
    encoder = recipe.encoder.model_dump()
    assert [encoder[field] for field in ("filters", "kernels", "pooling", "dense")] == [
        (64, 32, 12),
        (5, 5, 3),
        "max",
        4096,
    ]
    mel = recipe.mel
    shape = (mel.rate, mel.n_fft, mel.hop, *mel.shape)
    assert shape in {(44100, 4096, 197, 224, 224), (44100, 2048, 512, 128, 431)}


def test_the_other_documents_numbers_are_in_their_recipes() -> None:
    voices = load_recipe("voice-reid")
    assert (voices.learning_rate, 2 * voices.classes, voices.steps) == (0.0001, 64, 150 * 100)
    encoder = voices.encoder.model_dump()
    assert (encoder["kernels"], encoder["conv_dropout"]) == ((3, 3, 3), 0.2)
    assert len(encoder["hidden"]) == 2  # and the embedding: three linear layers
    assert encoder["dense_norm"] == "none"
    speech = load_recipe("speech-embedding")
    assert (speech.margin, speech.learning_rate, 2 * speech.classes) == (1.0, 0.001, 64)
    assert (speech.schedule, speech.steps // speech.evaluate_every) == ("step", 50)
    for name in ("omniglot-contrastive", "omniglot-triplet"):
        glyphs = load_recipe(name).encoder.model_dump()
        assert (glyphs["filters"], glyphs["kernels"], glyphs["dense"]) == ((16, 32), (3, 3), 10)


def test_the_ablations_change_what_table_one_names_and_nothing_else() -> None:
    baseline = load_recipe("omniglot-baseline")
    assert (2 * baseline.classes, baseline.steps, baseline.ways) == (128, 5000, 20)
    variants = [n for n in recipe_names() if n.startswith("omniglot-baseline/")]
    assert len(variants) == 14
    own, plain = baseline.encoder.model_dump(), baseline.model_dump(exclude={"name", "encoder"})
    changed = {}
    for name in variants:
        recipe = load_recipe(name)
        other = recipe.model_dump(exclude={"name", "encoder"})
        encoder = recipe.encoder.model_dump()
        changed[name.partition("/")[2]] = {k for k in plain if other[k] != plain[k]} | {
            k for k in own if encoder[k] != own[k]
        }
    layers = {"filters", "kernels", "dense"}
    assert changed == {
        "dense-128": {"dense"},
        "dense-64": layers,
        "dense-512": {"dense"},
        "conv-256-dense-512": layers,
        "conv-256-dense-1024": layers,
        "no-dropout": {"conv_dropout"},
        "no-l2": {"weight_decay"},
        "no-dropout-no-l2": {"conv_dropout", "weight_decay"},
        "rate-0001": {"learning_rate", "schedule"},
        "rate-001": {"schedule"},
        "rate-01": {"learning_rate", "schedule"},
        "zeros": {"initialisation"},
        "no-batch-norm": {"batch_norm"},
        "mlp": {*layers, "hidden", "dense_norm", "dense_dropout"},
    }


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("stepz=3", r"'stepz' is not a parameter here; did you mean steps\? There are: name"),
        ("steps=0", "steps is 0; give a whole number from 1 to 1000000000"),
        ("steps=many", "steps is 'many'; give a whole number"),
        ("distance=far", "distance is 'far'; give squared, absolute, euclidean or cosine"),
        ("ratio=2:3", "pos 1 at ratio 2:3 gives a broken number"),
        ("ratio=6:4", "give a pos that 3 divides, or another ratio such as 1:1"),
        ("encoder.kernels=[3]", "not 2 and 1; give 2 kernels, or 1 filter"),
        ("encoder.dense=0", "encoder.dense is 0; give a whole number from 1 to 8192"),
        ("encoder.pooling=min", "give max, average or none"),
        ("encoder.filters=[4]", "filters and kernels must name one value a layer, not 1 and 2"),
        ("ratio=1:0", "ratio is '1:0'; give text: two whole numbers such as 1:1, 1:2, 1:3"),
        ("name=Mine", "name is 'Mine'; give text: small letters, digits and hyphens"),
        ("input=cd", "the presets are audiomnist, esc50, voice"),
        ("seed=9223372036854775808", r"give a whole number from 0 on and below 2\*\*63"),
        ("augmentation.noise_db=[50, 10]", "noise_db names the lower ratio first"),
        ("steps.more=3", "'steps' holds no others"),
        ("steps", "is not an assignment; write key=value"),
    ],
)
def test_an_illegal_value_is_named_with_what_is_right(assignment: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        TINY_RECIPE.override(["pos=1", assignment])


@pytest.mark.parametrize("width", [4, 7, 8, 12, 20])
def test_widths_that_the_processor_library_cannot_train_are_refused(width: int) -> None:
    with pytest.raises(ParameterError, match="widths"):
        load_recipe("voice").override([f"encoder.widths=[{width}, 16, 16, 16]"])


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("resnet", {"widths": 16, "blocks": 1}),
        ("conv", {"filters": 1, "kernels": 1}),
        ("recurrent", {"filters": 1}),
    ],
)
def test_more_layers_than_anyone_needs_are_refused(kind: str, fields: dict[str, int]) -> None:
    few = ", ".join(f"{name}={[value] * 8}" for name, value in fields.items())
    TINY_RECIPE.override([f'encoder={{kind="{kind}", {few}}}'])
    for name, value in fields.items():
        with pytest.raises(ParameterError, match=f"{name} is "):
            TINY_RECIPE.override(
                [f'encoder={{kind="{kind}", {few}}}', f"encoder.{name}={[value] * 9}"]
            )


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"steps = {'9' * 5_000}", r"^a number in it has thousands of digits\.$"),
        ("pos = " + "[" * 20_000, r"^its brackets are nested too deeply\.$"),
        ("pos = " + "[" * 300 + "]" * 300, r"^its brackets are nested too deeply\.$"),
    ],
)
def test_what_python_cannot_read_is_refused(tmp_path, text: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        recipe_from_toml(text)
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(ParameterError, match=r"a\.toml cannot be used as a recipe: "):
        load_recipe(str(tmp_path / "a.toml"))


@pytest.mark.parametrize(
    "text", ["7\nx=1", "7\n[tables]", "7\rx=1", "9" * 5_000, "[" * 20_000, "[" * 300 + "]" * 300]
)
def test_an_assignment_that_is_no_value_is_refused_with_its_beginning(text: str) -> None:
    with pytest.raises(ParameterError, match=r"steps is '.*; give a whole number from 1") as caught:
        TINY_RECIPE.override([f"steps={text}"])
    assert repr(text[:50])[:-1] in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_value_of_several_lines_is_one_value() -> None:
    assert TINY_RECIPE.override(["test=['a',\n'b']"]).test == ("a", "b")
    assert TINY_RECIPE.override(["document=one\ntwo = 2"]).document == "one\ntwo = 2"


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


def test_what_has_no_effect_is_known_from_the_values_beside_it() -> None:
    voice = load_recipe("voice")
    assert set(voice.idle()) == {
        "miner",
        "decay",
        "decay_every",
        "encoder.changes",
        "encoder.shrinkage",
        "augmentation.turns",
        "augmentation.affine",
    }
    assert voice.idle()["encoder.shrinkage"] == "whitened is false and statistics is 0"
    for change in ("encoder.whitened=true", "encoder.statistics=8"):
        assert "encoder.shrinkage" not in voice.override([change]).idle()
    glyphs = load_recipe("omniglot-baseline/mlp").idle()
    assert glyphs["encoder.pooling"] == "filters is empty"
    assert glyphs["augmentation.speeds"] == "glyphs have no sound"
    assert not {"augmentation.turns", "decay", "encoder.dense_norm"} & set(glyphs)
    ensemble = voice.override(["encoder.kind=ensemble"])
    assert "encoder.member.shrinkage" in ensemble.idle(), "in a table within a table, too"


def test_what_is_set_without_effect_is_told_and_stays_legal() -> None:
    assignments = ["margin = 0.3", "decay=0.5", "steps=7", "margin=0.4"]
    recipe = load_recipe("mnist-net").override(assignments)
    assert (recipe.margin, recipe.decay) == (0.4, 0.5)
    assert recipe.idle_notices(assignments) == [
        "margin has no effect: loss is binary-cross-entropy, and it counts with contrastive, "
        "triplet or angular-margin.",
        "decay has no effect: schedule is fixed, and it counts with exponential or step.",
    ]
    assert recipe.override(["loss=triplet"]).idle_notices(["margin=1"]) == []


@pytest.mark.parametrize("name", recipe_names())
def test_no_bundled_recipe_sets_what_has_no_effect(name: str) -> None:
    """But a variant, which takes away what its recipe needed the value for."""
    recipe, own = load_recipe(name), load_recipe(name.partition("/")[0])
    usual = Recipe.model_validate({"name": "usual", "input": recipe.input})
    encoder = type(recipe.encoder)()
    for place in recipe.idle():
        *tables, last = place.split(".")
        held, expected = recipe, usual
        for table in tables:
            held = getattr(held, table)
            expected = encoder if table == "encoder" else getattr(expected, table)
        value = getattr(held, last)
        assert value == getattr(expected, last) or ("/" in name and place not in own.idle()), place

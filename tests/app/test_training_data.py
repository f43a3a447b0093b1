"""What a recipe would make of some folders: an impossible training is refused before it starts."""

import shutil
from pathlib import Path

import pytest

from app.training.training_data import look_at, parameter_of
from siamese_core.corpus import read_corpus
from siamese_core.errors import EarwitnessError
from siamese_core.recipes import Recipe
from siamese_core.training.training import train


def test_a_possible_training_is_told(tiny_recipe: Recipe, tone_corpus: Path) -> None:
    data = look_at([tone_corpus], tiny_recipe)
    assert len(data.split.validation) == 2
    assert data.words.startswith("Trains on 7 classes")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("validation=0", "sets 0 classes aside for it; raise 'validation' to 2"),
        ("ways=4", "sets 2 classes aside for it; raise 'validation' to 4 classes, or lower 'ways'"),
        ('test=["rain", "tone1"]', "no class 'rain'; it has .* Name other classes in 'test'"),
        ("test=6", "leave 1, and training needs 2. The recipe says so in 'validation' and 'test'"),
        ("test=1", "A line-up of 1 class cannot be drawn"),
        ("shots=50", "50 shots and a query need 51"),
        ("pos=7", "7 negative pairs a class need 8 classes; there are 7"),
    ],
)
def test_an_impossible_training_is_refused_in_its_own_words(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, change: str, sentence: str
) -> None:
    recipe = tiny_recipe.override([change])
    with pytest.raises(EarwitnessError, match=sentence) as told:
        look_at([tone_corpus], recipe)
    with pytest.raises(EarwitnessError) as refused:
        train(recipe, read_corpus(tone_corpus), tmp_path / "run", device="cpu")
    assert str(told.value) == str(refused.value)


def test_what_is_made_of_each_class_is_told(tiny_recipe: Recipe, tone_corpus: Path) -> None:
    recipe = tiny_recipe.override(["augmentation.speeds=[0.9, 1.0, 1.1]", "classes=32"])
    data = look_at([tone_corpus], recipe)
    assert data.words.startswith("Trains on 7 classes, each in 3 variants (21 in all): tone")
    assert "21 classes can be trained on" in data.notice


@pytest.mark.parametrize(
    ("refusal", "parameter"),
    [
        ("It has no class 'boiling-water'. Name other classes in 'test', or say how many.", "test"),
        ("raise 'validation' to 5, or lower 'ways'.", "validation"),
        ("/test/ways holds no class.", ""),
    ],
)
def test_a_refusal_names_the_parameter_in_quotes(refusal: str, parameter: str) -> None:
    assert parameter_of(refusal) == parameter


def test_one_clip_a_class_is_refused(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    for label in read_corpus(tone_corpus).classes:
        (tmp_path / label).mkdir()
        clip = sorted((tone_corpus / label).iterdir())[0]
        shutil.copy(clip, tmp_path / label)
    with pytest.raises(EarwitnessError, match="has 1 separate recording"):
        look_at([tmp_path], tiny_recipe)

"""Glyphs pass through the same core as log-mels: training, turned classes, alphabets, refusals."""

from pathlib import Path

import numpy as np
import pytest
import torch

from siamese_core.checkpoint import build, load_checkpoint
from siamese_core.corpora.omniglot import GlyphFile
from siamese_core.corpus import Corpus, read_any, read_corpus
from siamese_core.errors import CorpusError, ParameterError
from siamese_core.evaluation.evaluation import evaluate
from siamese_core.glyphspec import GlyphSpec
from siamese_core.pictures import pictures, scaled
from siamese_core.recipes import Recipe, load_recipe, split_as
from siamese_core.training.augmentation import move
from siamese_core.training.run import Run
from siamese_core.training.training import train
from siamese_core.training.training_set import training_set
from tests.conftest import TINY_MEL

RECIPE = Recipe.parse(
    {
        "name": "tiny-glyphs",
        "input": {"kind": "glyph", "size": 14},
        "encoder": {"kind": "conv", "filters": (4, 4), "kernels": (3, 3), "dense": 8},
        "steps": 4,
        "evaluate_every": 2,
        "ways": 3,
        "episodes": 10,
        "validation": 4,
        "official": True,
    }
)


@pytest.fixture(scope="module")
def greek(data: Path) -> Corpus[GlyphFile]:
    """Two alphabets of the training archive and one of the test archive."""
    corpus = read_any(data / "omniglot")
    some = ("Greek/", "Latin/", "Angelic/")
    return corpus.select([label for label in corpus.classes if label.startswith(some)])


def test_glyphs_train_evaluate_and_load_again(greek: Corpus[GlyphFile], tmp_path: Path) -> None:
    train(RECIPE, greek, tmp_path / "run", device="cpu")
    net, card = load_checkpoint(Run(tmp_path / "run").best)
    assert net.spec == GlyphSpec(size=14)
    assert not any(label.startswith("Angelic") for label in card.classes_heard)
    test = greek.select(greek.official.test)
    assert evaluate(net, test, ways=20, runs=1).ways == 20


def test_validation_comes_from_the_training_alphabets(greek: Corpus[GlyphFile]) -> None:
    split = split_as(RECIPE, greek)
    assert len(split.validation) == 4
    assert all(label.split("/")[0] in ("Greek", "Latin") for label in split.validation)
    assert split.test == ()


def test_alphabets_can_be_the_classes(greek: Corpus[GlyphFile], tmp_path: Path) -> None:
    recipe = RECIPE.override(["labels=alphabet", "official=false", "validation=2", "ways=2"])
    with pytest.raises(CorpusError, match="training needs 2"):
        train(recipe, greek, tmp_path / "run", device="cpu")
    assert greek.by_alphabet().classes == ("Angelic", "Greek", "Latin")


def test_turned_glyphs_are_classes_of_their_own(greek: Corpus[GlyphFile]) -> None:
    recipe = RECIPE.override(["augmentation.turns=[0, 90]"])
    clips = training_set(greek.select(greek.classes[:3]), recipe)
    clips.read(lambda _event: None, lambda: False)
    assert len(set(clips.labels)) == 6
    np.testing.assert_array_equal(clips.maps[1], np.rot90(clips.maps[0]))


def test_scaling_keeps_the_share_of_ink() -> None:
    glyph = np.zeros((105, 105), np.float32)
    glyph[30:60, 20:80] = 1
    small = scaled(glyph, 35)
    assert small.shape == (35, 35)
    assert small.mean() == pytest.approx(glyph.mean(), rel=1e-5)
    assert scaled(glyph, 105) is glyph


def test_moving_keeps_most_ink_and_no_movement_changes_nothing() -> None:
    ink = torch.zeros(20, 28, 28)
    ink[:, 10:18, 12:15] = 1
    generator = torch.Generator().manual_seed(0)
    torch.testing.assert_close(move(ink, 0.0, generator), ink, atol=1e-5, rtol=0)
    moved = move(ink, 1.0, generator)
    assert 0.6 < float(moved.sum() / ink.sum()) < 1.6
    assert len({round(float(m.sum()), 4) for m in moved}) > 15


def test_a_network_for_glyphs_refuses_sounds_and_the_other_way_round(
    greek: Corpus[GlyphFile], tone_corpus: Path
) -> None:
    clip = read_corpus(tone_corpus).clips[0]
    with pytest.raises(CorpusError, match="compares glyphs"):
        list(pictures([clip], GlyphSpec()))
    with pytest.raises(CorpusError, match="compares sounds"):
        list(pictures(greek.clips[:1], TINY_MEL))
    with pytest.raises(ParameterError, match="compares glyphs, not sounds"):
        _ = build(RECIPE).mel
    with pytest.raises(ParameterError, match=r"drawn characters, not sounds; .* can be evaluated"):
        _ = load_recipe("omniglot").mel


@pytest.mark.parametrize(("variant", "parameters"), [("mlp", "hidden"), ("dense-64", "dense")])
def test_an_ablation_changes_what_it_names(variant: str, parameters: str) -> None:
    baseline, changed = (
        load_recipe("omniglot-baseline"),
        load_recipe(f"omniglot-baseline/{variant}"),
    )
    assert getattr(changed.encoder, parameters) != getattr(baseline.encoder, parameters)
    assert changed.steps == baseline.steps
    with torch.device("meta"):
        build(changed)


def test_there_are_fourteen_ablations_and_an_unknown_one_is_refused() -> None:
    from siamese_core.recipes import recipe_from_toml, recipe_names

    ablations = [name for name in recipe_names() if name.startswith("omniglot-baseline/")]
    assert len(ablations) == 14
    with pytest.raises(ParameterError, match="no variant 'x' of the recipe; there are y"):
        recipe_from_toml("name = 'a'\ninput = 'voice'\n[variants.y]\npos = 1", "x")

"""Carrying out a plan: which classes are measured, what is told, what is behind a number."""

from pathlib import Path

import numpy as np
import pytest

from siamese_core.assets import asset
from siamese_core.callbacks import Event
from siamese_core.card import Card
from siamese_core.checkpoint import build, save_checkpoint
from siamese_core.corpus import read_corpus
from siamese_core.errors import Cancelled, CheckpointError, ParameterError
from siamese_core.evaluation.evaluation import evaluate
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.recipes import split_as
from siamese_core.report.evaluation_plan import EvaluationPlan, carry_out
from siamese_core.siamese import SiameseNet
from tests.conftest import TINY_RECIPE

FEW = EvaluationParameters.parse({"ways": 3, "runs": 4, "seed": 2})
SWEPT = EvaluationParameters.parse({"runs": 2, "sweep": True})


def test_a_plan_measures_what_evaluate_does_and_keeps_the_line_ups(
    tiny_net: SiameseNet, tiny_checkpoint: Path, tone_corpus: Path
) -> None:
    corpus = read_corpus(tone_corpus)
    plan = EvaluationPlan(tiny_checkpoint, FEW, device="cpu")
    report, part = carry_out(plan, corpus)
    alone = evaluate(tiny_net, corpus, ways=3, runs=4, seed=2)
    assert part is corpus
    assert report.model == "tiny"
    assert (report.evaluation.hits == alone.hits).all()
    result = report.evaluation
    labels = (*result.labels, None)
    behind = [[result.behind(truth, guess) for guess in labels] for truth in result.labels]
    counts = np.array([[len(cell) for cell in row] for row in behind])
    assert (counts[:, :-1] == result.confusion).all()
    assert counts[:, -1].sum() == result.ties
    assert (counts.sum(axis=1) == result.runs).all()
    assert all(episode.truth == "tone1" for cell in behind[1] for episode in cell)


def test_chosen_classes_and_a_rival_on_the_same_line_ups(
    tiny_checkpoint: Path, tone_corpus: Path
) -> None:
    plan = EvaluationPlan(
        tiny_checkpoint, FEW, tiny_checkpoint, classes=("tone1", "tone4", "tone7"), device="cpu"
    )
    report, part = carry_out(plan, read_corpus(tone_corpus))
    assert part.classes == ("tone1", "tone4", "tone7")
    assert report.rival is not None
    assert report.rival.predicted == report.evaluation.predicted
    assert report.rival.episodes == report.evaluation.episodes
    assert report.comparison is not None
    assert report.comparison.difference.mean == 0


def test_a_rival_of_another_kind_is_refused_before_anything_is_measured(
    tiny_checkpoint: Path, tone_corpus: Path
) -> None:
    plan = EvaluationPlan(tiny_checkpoint, FEW, asset("models", "omniglot.safetensors"))
    with pytest.raises(ParameterError, match=r"tiny.*and omniglot.* are not both for sounds"):
        carry_out(plan, read_corpus(tone_corpus))


def test_the_held_out_part_is_measured_and_what_was_heard_is_told(
    tone_corpus: Path, tmp_path: Path
) -> None:
    corpus = read_corpus(tone_corpus)
    recipe = TINY_RECIPE.override(["test=3"])
    split = split_as(recipe, corpus)
    model = tmp_path / "net.safetensors"
    save_checkpoint(model, build(recipe).eval(), Card(recipe, split.train, {}, 1))
    told: list[Event] = []
    plan = EvaluationPlan(model, FEW, split="test", device="cpu")
    report, part = carry_out(plan, corpus, told.append)
    assert part.classes == split.test
    assert report.split == "test"
    assert not [event for event in told if event["event"] == "notice"]
    report, part = carry_out(
        EvaluationPlan(model, SWEPT, split="train", device="cpu"), corpus, told.append
    )
    assert (part.classes, report.split, set(report.sweeps)) == (split.train, "train", {"train"})
    told.clear()
    carry_out(EvaluationPlan(model, FEW, device="cpu"), corpus, told.append)
    (notice,) = [event for event in told if event["event"] == "notice"]
    assert str(notice["sentence"]).startswith("The model heard these classes in training: ")


def test_of_two_models_the_one_that_heard_a_class_is_named(
    tiny_checkpoint: Path, tone_corpus: Path, tmp_path: Path
) -> None:
    corpus, told = read_corpus(tone_corpus), list[Event]()
    heard = Card(TINY_RECIPE, corpus.classes[:1], {}, 1)
    save_checkpoint(tmp_path / "rival.safetensors", build(TINY_RECIPE).eval(), heard)
    plan = EvaluationPlan(tiny_checkpoint, FEW, tmp_path / "rival.safetensors", device="cpu")
    carry_out(plan, corpus, told.append)
    sentences = [str(event["sentence"]) for event in told if event["event"] == "notice"]
    (own,) = (sentence for sentence in sentences if sentence.startswith("rival heard"))
    assert own.endswith(f"in training: {corpus.classes[0]}.")


def test_what_cannot_be_measured_is_one_sentence(
    tiny_checkpoint: Path, tone_corpus: Path, tmp_path: Path
) -> None:
    corpus = read_corpus(tone_corpus)
    strange = EvaluationPlan(tiny_checkpoint, FEW, split="test", device="cpu")
    with pytest.raises(ParameterError, match=r"not trained on .*; name the classes, or give the"):
        carry_out(strange, corpus)
    recipe = TINY_RECIPE.override(["test=['unheard of']"])
    model = tmp_path / "net.safetensors"
    save_checkpoint(model, build(recipe).eval(), Card(recipe, ("a", "b"), {}, 1))
    with pytest.raises(ParameterError, match="not trained on"):
        carry_out(EvaluationPlan(model, FEW, split="test", device="cpu"), corpus)
    joined = Card(recipe, (f"{corpus.name}/a", "b"), {}, 1)
    save_checkpoint(model, build(recipe).eval(), joined)
    with pytest.raises(ParameterError, match="together with another corpus; give all of them"):
        carry_out(EvaluationPlan(model, FEW, split="test", device="cpu"), corpus)
    absent = EvaluationPlan(tiny_checkpoint.with_name("none.safetensors"), FEW, device="cpu")
    with pytest.raises(CheckpointError, match=r"none\.safetensors"):
        carry_out(absent, corpus)
    with pytest.raises(Cancelled, match="Loading the model"):
        carry_out(absent, corpus, should_stop=lambda: True)

"""Batches depend on the seed and the step's number, whoever draws ahead."""

from pathlib import Path

import numpy as np
import pytest
import torch

from siamese_core.corpus import read_corpus
from siamese_core.episodes import PairSampler
from siamese_core.recipes import Recipe
from siamese_core.training.batches import Batch, Batches
from siamese_core.training.training_set import TrainingSet, training_set

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def clips(tiny_recipe: Recipe, tone_corpus: Path) -> TrainingSet:
    clips = training_set(read_corpus(tone_corpus), tiny_recipe)
    clips.read(lambda _event: None, lambda: False)
    return clips


def _batches(clips: TrainingSet, seed: int = 0) -> Batches:
    return Batches(clips, PairSampler(clips.labels, 1, 1, clips.sources), seed, CPU)


def _same(a: Batch, b: Batch) -> bool:
    seeds = (a.dropout, a.variation) == (b.dropout, b.variation)
    return seeds and torch.equal(a.placed, b.placed) and torch.equal(a.targets.left, b.targets.left)


def test_a_step_has_its_batch_in_whatever_order_it_is_asked_for(clips: TrainingSet) -> None:
    with _batches(clips) as forwards, _batches(clips) as jumping:
        first = {step: forwards.take(step) for step in (1, 2, 3)}
        assert all(_same(jumping.take(step), first[step]) for step in (3, 1, 2, 2))
    assert not _same(first[1], first[2])
    with _batches(clips, seed=1) as other:
        assert not _same(other.take(1), first[1])


def test_a_batch_is_what_the_training_set_draws(clips: TrainingSet) -> None:
    with _batches(clips) as batches:
        batch = batches.take(5)
    rng = np.random.default_rng([0, 5])
    assert batch.dropout == rng.integers(2**62)
    pairs = PairSampler(clips.labels, 1, 1, clips.sources).sample(rng)
    expected = clips.batch(pairs.clips, rng, CPU)
    assert torch.equal(clips.vary(batch.placed, batch.variation), expected)
    known = clips.classes[pairs.clips], clips.recordings[pairs.clips]
    for ours, wanted in zip(
        batch.targets, (*known, pairs.left, pairs.right, pairs.target), strict=True
    ):
        np.testing.assert_array_equal(ours, wanted)


def test_all_of_a_batch_for_cuda_is_pinned_ahead(
    clips: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned: list[torch.Tensor] = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: pinned.append(self) or self)
    pairs = PairSampler(clips.labels, 1, 1, clips.sources)
    with Batches(clips, pairs, 0, torch.device("cuda")) as batches:
        batch = batches.take(1)
        wanted = [batch.placed, *batch.targets]
        assert all(any(one is other for other in pinned) for one in wanted)
    placed, targets = batch.on(CPU)
    assert placed is batch.placed
    assert targets.left is batch.targets.left


def test_a_fault_while_drawing_ahead_reaches_who_asks_for_that_step(
    clips: TrainingSet, monkeypatch
) -> None:
    place, calls = clips.place, []

    def fail(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError("second")
        return place(*arguments)

    monkeypatch.setattr(clips, "place", fail)
    with _batches(clips) as batches:
        batches.take(1)
        with pytest.raises(MemoryError, match="second"):
            batches.take(2)

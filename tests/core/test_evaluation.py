"""Evaluations with known answers: a perfect net, one that ties, and intervals by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from siamese_core.corpus import read_corpus
from siamese_core.episodes import EpisodeSampler
from siamese_core.errors import Cancelled, ParameterError
from siamese_core.evaluation import Interval, embed_corpus, evaluate, predict
from siamese_core.scoring import score_episode
from siamese_core.siamese import SiameseNet


class _Centroid(nn.Module):
    """Embeds a map as its spectral centroid: enough to tell tones apart."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weights = (x[:, 0].mean(dim=2) * 2).softmax(dim=1)
        return weights * torch.arange(weights.shape[1])


@pytest.fixture
def good_net(tiny_net: SiameseNet) -> SiameseNet:
    tiny_net.encoder = _Centroid()
    tiny_net.width = tiny_net.mel.n_mels
    tiny_net.head = nn.Linear(tiny_net.width, 1)
    nn.init.constant_(tiny_net.head.weight, -1.0)
    return tiny_net.requires_grad_(False)


def test_interval_is_wilsons() -> None:
    interval = Interval.of(8, 10)
    assert (interval.low, interval.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert Interval.of(10, 10).high == pytest.approx(1)
    assert Interval.of(0, 10).low == pytest.approx(0)


def test_a_good_net_is_right_and_a_blind_one_ties_and_is_never_right(
    good_net: SiameseNet, tone_corpus: Path
) -> None:
    corpus = read_corpus(tone_corpus)
    result = evaluate(good_net, corpus, ways=5, runs=20, seed=1)
    assert result.accuracy.mean > 0.95
    assert result.confusion.sum() == 9 * 20 - result.ties
    nn.init.zeros_(good_net.head.weight)
    blind = evaluate(good_net, corpus, ways=5, runs=20, seed=1)
    assert blind.ties == 180
    assert blind.accuracy.mean == 0
    assert blind.confusion.sum() == 0


def test_embedding_once_predicts_what_scoring_each_episode_predicts(
    tiny_net: SiameseNet, tone_corpus: Path
) -> None:
    corpus = read_corpus(tone_corpus)
    sampler = EpisodeSampler(corpus.labels, 4, 2)
    rng = np.random.default_rng(0)
    episodes = [sampler.sample(rng) for _ in range(12)]
    fast = predict(tiny_net, embed_corpus(tiny_net, corpus, episodes), episodes)
    slow = [
        score_episode(tiny_net, e.map(lambda i: corpus.clips[i].read())).predicted for e in episodes
    ]
    assert fast == slow


def test_confusion_counts_each_class_as_often_as_it_was_asked(
    good_net: SiameseNet, tone_corpus: Path
) -> None:
    result = evaluate(good_net, read_corpus(tone_corpus), runs=10)
    assert result.ways == 9
    plain = result.as_dict()
    assert plain["confusion"]["labels"] == list(result.labels)
    for label, row in zip(result.labels, result.confusion, strict=True):
        assert row[result.labels.index(label)] == round(10 * result.per_class[label])


def test_impossible_or_unwanted_evaluations_stop(tiny_net: SiameseNet, tone_corpus: Path) -> None:
    corpus = read_corpus(tone_corpus)
    with pytest.raises(ParameterError, match="10 ways"):
        evaluate(tiny_net, corpus, ways=10)
    with pytest.raises(Cancelled):
        evaluate(tiny_net, corpus, runs=1, should_stop=lambda: True)

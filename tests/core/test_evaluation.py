"""Evaluations with known answers: a good net, one that ties, and intervals by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from siamese_core.corpus import read_corpus
from siamese_core.encoder.encoder_parameters import ConvParameters
from siamese_core.episodes import Episode, EpisodeSampler, SupportSet
from siamese_core.errors import Cancelled, CheckpointError, ParameterError
from siamese_core.evaluation.embeddings import compare_clips, embed_corpus
from siamese_core.evaluation.evaluation import draw_episodes, evaluate, predict, sweep
from siamese_core.evaluation.retrieval import retrieve
from siamese_core.interval import Interval
from siamese_core.melspec import MelSpec
from siamese_core.scoring import score_episode
from siamese_core.siamese import SiameseNet
from tests.core.points import line_corpus


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


@pytest.mark.parametrize("distance", ["squared", "absolute"])
def test_clips_that_are_heard_alike_tie_whatever_rounding_makes_of_them(distance: str) -> None:
    spec = MelSpec(rate=1000, n_fft=16, hop=8, n_mels=2, seconds=0.012)
    encoder = ConvParameters(filters=(1,), kernels=(1,), dense=128)
    torch.manual_seed(0)
    net = SiameseNet(spec, encoder, distance).eval()
    query, alike, unlike = torch.randn(3, 1, 128)
    for ways in range(2, 40):
        embeddings = torch.cat([query, alike.expand(ways, -1)]).contiguous()
        labels = tuple(str(number) for number in range(ways))
        episode = Episode(0, SupportSet(tuple(range(1, ways + 1)), labels), labels[-1])
        assert predict(net, embeddings, [episode]) == [None]
        corpus = line_corpus("".join(chr(65 + number) * 2 for number in range(ways)))
        everywhere = alike.expand(2 * ways, -1).contiguous()
        assert {share.mean for share in sweep(net, corpus, everywhere, runs=1).values()} == {0}
    # the same shots in another order
    shots = torch.cat([query, alike, unlike, query / 2, unlike, query / 2, alike])
    episode = Episode(0, SupportSet(tuple(range(1, 7)), tuple("aaabbb")), "a")
    assert predict(net, shots, [episode]) == [None]


def test_confusion_counts_each_class_as_often_as_it_was_asked(
    good_net: SiameseNet, tone_corpus: Path
) -> None:
    result = evaluate(good_net, read_corpus(tone_corpus), runs=10)
    assert result.ways == 9
    assert result.hits.shape == (90,)
    for row, label in enumerate(result.labels):
        right = int(result.confusion[row, row])
        assert result.hits[10 * row : 10 * (row + 1)].sum() == right
        assert result.per_class[label] == Interval.of(right, 10)


def test_plain_values_keep_their_names(good_net: SiameseNet, tone_corpus: Path) -> None:
    result = evaluate(good_net, read_corpus(tone_corpus), ways=3, runs=4, seed=7)
    plain = result.as_dict()
    assert plain["accuracy"] == {
        "mean": result.accuracy.mean,
        "low": result.accuracy.low,
        "high": result.accuracy.high,
    }
    assert plain["per_class"] == {name: share.mean for name, share in result.per_class.items()}
    assert plain["confusion"] == {
        "labels": list(result.labels),
        "counts": result.confusion.tolist(),
    }
    assert [plain[name] for name in ("ways", "shots", "runs", "seed")] == [3, 1, 4, 7]
    assert set(plain["per_class_intervals"]["tone0"]) == {"mean", "low", "high"}  # type: ignore[index]


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_mean_and_stays_a_share(counts: tuple[int, int]) -> None:
    interval = Interval.of(*counts)
    assert 0 <= interval.low <= interval.mean <= interval.high <= 1


def test_pairs_score_the_same_in_batches_of_any_size(
    tiny_net: SiameseNet, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = read_corpus(tone_corpus)
    embeddings = embed_corpus(tiny_net, corpus)
    left, right = np.arange(40), np.arange(40)[::-1].copy()
    whole = compare_clips(tiny_net, embeddings, left, right)
    monkeypatch.setattr("siamese_core.evaluation.embeddings._VALUES", 3 * tiny_net.width)
    np.testing.assert_allclose(compare_clips(tiny_net, embeddings, left, right), whole, rtol=1e-6)


def test_known_embeddings_change_nothing_and_no_clip_is_read_again(
    tiny_net: SiameseNet, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = read_corpus(tone_corpus)
    fresh = evaluate(tiny_net, corpus, ways=4, runs=5)
    embeddings = embed_corpus(tiny_net, corpus)
    monkeypatch.setattr("siamese_core.evaluation.embeddings.cached_pictures", None)
    known = evaluate(tiny_net, corpus, ways=4, runs=5, embeddings=embeddings)
    assert (known.confusion == fresh.confusion).all()


@pytest.mark.parametrize("shots", [1, 3])
def test_accuracy_against_c_agrees_with_episodes_of_that_size(
    tiny_net: SiameseNet, tone_corpus: Path, shots: int
) -> None:
    corpus = read_corpus(tone_corpus)
    embeddings = embed_corpus(tiny_net, corpus)
    curve = sweep(tiny_net, corpus, embeddings, shots=shots, runs=40, seed=2)
    assert list(curve) == list(range(2, 10))
    means = [share.mean for share in curve.values()]
    assert means == sorted(means, reverse=True)
    for ways, share in curve.items():
        same = {"ways": ways, "shots": shots, "runs": 40, "seed": 2 if ways == 9 else 5}
        apart = evaluate(tiny_net, corpus, embeddings=embeddings, **same).accuracy
        if ways == 9:
            assert share == apart
        assert share.low <= apart.high
        assert apart.low <= share.high


def test_a_blind_net_hits_at_no_c(good_net: SiameseNet, tone_corpus: Path) -> None:
    nn.init.zeros_(good_net.head.weight)
    corpus = read_corpus(tone_corpus)
    curve = sweep(good_net, corpus, embed_corpus(good_net, corpus), runs=5)
    assert {share.mean for share in curve.values()} == {0}


def test_a_network_that_makes_no_numbers_of_the_clips_is_refused(
    tiny_net: SiameseNet, tone_corpus: Path
) -> None:
    corpus = read_corpus(tone_corpus)
    far = torch.randn(len(corpus.clips), tiny_net.width) * 1e25  # whose squares are none
    for embeddings in (far, torch.full_like(far, torch.nan)):
        for measure in (sweep, retrieve):
            with pytest.raises(CheckpointError, match="logits are no numbers; take another check"):
                measure(tiny_net, corpus, embeddings)
    for weight in tiny_net.encoder.parameters():
        weight.mul_(1e15)
    with pytest.raises(CheckpointError, match="embeddings are no numbers"):
        evaluate(tiny_net, corpus, runs=1)


def test_clips_of_one_recording_never_meet_across_classes() -> None:
    labels = [label for label in "abc" for _ in range(12)]
    sources = [str(i % 12) for i in range(36)]
    sampler = EpisodeSampler(labels, 3, 2, sources)
    for episode in draw_episodes(sampler, 30, seed=0):
        assert len({sources[i] for i in (episode.query, *episode.support.clips)}) == 7


def test_impossible_or_unwanted_evaluations_stop(tiny_net: SiameseNet, tone_corpus: Path) -> None:
    corpus = read_corpus(tone_corpus)
    with pytest.raises(ParameterError, match="line-up of 10 classes"):
        evaluate(tiny_net, corpus, ways=10)
    with pytest.raises(Cancelled):
        evaluate(tiny_net, corpus, runs=1, should_stop=lambda: True)

"""Scores: ranks are 1 to n, shots are averaged, and a tie for first predicts nothing."""

from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import Cancelled
from siamese_core.logmel import LogMel
from siamese_core.scoring import rank, score_episode
from tests.conftest import tone


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=9))
def test_ranks_are_1_to_n_and_follow_the_logits(logits: list[float]) -> None:
    scored = rank(np.array(logits), [f"c{i}" for i in range(len(logits))])
    ranks = [s.rank for s in scored.scores]
    assert sorted(ranks) == list(range(1, len(logits) + 1))
    by_rank = sorted(scored.scores, key=lambda s: s.rank)
    assert [s.logit for s in by_rank] == sorted(logits, reverse=True)
    top, *rest = sorted(logits, reverse=True)
    tied = bool(rest) and top - rest[0] <= 1e-5 * max(map(abs, logits))
    assert (scored.predicted is None) == tied
    assert scored.scores[scored.best].rank == 1


def test_a_class_of_several_shots_has_their_mean_logit() -> None:
    scored = rank(np.array([3.0, 1.0, 2.5]), ["a", "a", "b"])
    assert [(c.label, c.logit) for c in scored.classes] == [("a", 2.0), ("b", 2.5)]
    assert scored.predicted == "b"
    assert scored.best == 2, (
        "the pair shown is of the predicted class, though 'a' has the best clip"
    )


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_shots_of_the_same_logits_tie_in_any_order(logits: list[float], chance: Random) -> None:
    again = chance.sample(logits, len(logits))
    scored = rank(np.array([*logits, *again]), ["a"] * len(logits) + ["b"] * len(logits))
    assert scored.predicted is None


def test_what_rounding_makes_of_equal_logits_is_a_tie_and_a_little_more_is_none() -> None:
    for top in (0.0, 0.3, -7.0, 250.0):
        scale = max(1.0, abs(top))
        assert rank(np.array([top, top - 1e-6 * scale, top - 9]), list("abc")).predicted is None
        assert rank(np.array([top, top - 1e-4 * scale, top - 9]), list("abc")).predicted == "a"


def test_a_network_whose_logits_are_all_small_ties_no_sooner() -> None:
    assert rank(np.array([2e-3, 1.999e-3, -1e-3]), list("abc")).predicted == "a"
    assert rank(np.array([2e-3, 2e-3 - 1e-9, -1e-3]), list("abc")).predicted is None


@pytest.mark.parametrize("size", [1.0, 1e-4])
def test_the_same_clip_as_every_support_is_a_tie_in_batches_of_any_size(
    tiny_net, size: float
) -> None:
    for weight in tiny_net.head.parameters():
        weight.mul_(size)
    query, support = tone(400, 0.3), tone(800, 0.5)
    for ways in (2, 7, 33, 40):  # a processor encodes 32 at once
        labels = tuple(str(number) for number in range(ways))
        episode = Episode(query, SupportSet((support,) * ways, labels))
        assert score_episode(tiny_net, episode).predicted is None


def test_similarity_is_the_logits_sigmoid() -> None:
    scored = rank(np.array([0.0, 800.0, -800.0]), ["a", "b", "c"])
    assert [s.similarity for s in scored.scores] == pytest.approx([0.5, 1.0, 0.0])


def test_an_episode_is_scored_as_the_net_scores_its_pairs(tiny_net) -> None:
    query, *support = [tone(f, s) for f, s in ((400, 0.3), (800, 0.5), (1600, 0.9))]
    episode = Episode(query, SupportSet(tuple(support), ("x", "y")))
    scored = score_episode(tiny_net, episode)
    maps = [torch.from_numpy(LogMel.of(c, tiny_net.mel).db)[None] for c in (query, *support)]
    for score, other in zip(scored.scores, maps[1:], strict=True):
        assert score.logit == pytest.approx(tiny_net(maps[0], other).item(), abs=1e-5)


def test_another_window_of_a_long_clip_has_another_score(tiny_net) -> None:
    query = tone(400, 0.5)
    long = tone(900, 2.0)
    long.samples[8000:] = tone(300, 1.0).samples
    episode = Episode(query, SupportSet((long, query), ("x", "y")))
    scores = [score_episode(tiny_net, episode, starts=[None, s, None]) for s in (0.0, 1.2)]
    assert scores[0].scores[0].logit != scores[1].scores[0].logit
    assert scores[0].scores[1] == scores[1].scores[1] or scores[0].predicted != scores[1].predicted


def test_scoring_can_be_cancelled(tiny_net) -> None:
    episode = Episode(tone(400), SupportSet((tone(500),), ("x",)))
    with pytest.raises(Cancelled):
        score_episode(tiny_net, episode, should_stop=lambda: True)

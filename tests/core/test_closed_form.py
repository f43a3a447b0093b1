"""The calibration of a head, with answers known beforehand."""

import numpy as np
import pytest
import torch

from siamese_core.checkpoint import build
from siamese_core.episodes import Episode, EpisodeSampler, SupportSet
from siamese_core.training.closed_form import calibrate
from tests.conftest import TINY_RECIPE


def _episodes(count: int, seed: int = 0) -> tuple[torch.Tensor, list[Episode[int]]]:
    """Unit vectors of two classes near two axes, and pairs of them."""
    rng = np.random.default_rng(seed)
    angles = rng.normal(0, 0.4, count) + np.repeat([0.0, 1.2], count // 2)
    embeddings = torch.from_numpy(np.stack([np.cos(angles), np.sin(angles)], 1)).float()
    episodes = []
    for _ in range(400):
        query, own = rng.choice(count // 2, 2, replace=False)
        other = int(rng.integers(count // 2, count))
        episodes.append(Episode(int(query), SupportSet((int(own), other), ("a", "b")), "a"))
    return embeddings, episodes


def test_a_calibrated_head_is_right_at_a_half_and_as_sure_as_it_may_be() -> None:
    recipe = TINY_RECIPE.override(["distance=cosine"])
    net = build(recipe).eval()
    embeddings, episodes = _episodes(60)
    with torch.no_grad():
        net.head.weight.fill_(1.0)
        net.head.bias.fill_(9.0)  # everything is alike: no use
    calibrate(net, embeddings, episodes)
    left = torch.tensor([e.query for e in episodes for _ in range(2)])
    right = torch.tensor([c for e in episodes for c in e.support.clips])
    target = torch.tensor([1.0, 0.0]).repeat(len(episodes))
    with torch.no_grad():
        odds = net.compare(embeddings[left], embeddings[right]).sigmoid()
    assert net.head.weight.item() > 0
    assert float(((odds > 0.5) == (target > 0.5)).float().mean()) > 0.85
    assert float(odds.mean()) == pytest.approx(0.5, abs=0.01)


def test_classes_that_are_told_apart_perfectly_leave_a_finite_head() -> None:
    net = build(TINY_RECIPE.override(["distance=cosine"])).eval()
    embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    calibrate(net, embeddings, [Episode(0, SupportSet((1, 2), ("a", "b")), "a")])
    assert bool(torch.isfinite(net.head.weight).all())
    assert bool(torch.isfinite(net.head.bias).all())


def test_a_head_that_chance_would_turn_round_is_left_as_it_is() -> None:
    turned = 0
    for seed in range(20):
        net = build(TINY_RECIPE.override(["distance=cosine"])).eval()
        before = net.head.weight.item(), net.head.bias.item()
        rng, labels = np.random.default_rng(seed), [str(i // 10) for i in range(50)]
        embeddings = torch.from_numpy(rng.normal(size=(50, 16))).float()
        sampler = EpisodeSampler(labels, 5)
        calibrate(net, embeddings, [sampler.sample(rng) for _ in range(100)])
        assert net.head.weight.item() > 0
        turned += (net.head.weight.item(), net.head.bias.item()) == before
    assert 0 < turned < 20, "some fits were turned round, and some were not"


def test_a_distance_stays_one() -> None:
    net = build(TINY_RECIPE.override(["distance=euclidean"])).eval()
    embeddings, episodes = _episodes(60)
    calibrate(net, embeddings, episodes)
    assert net.head.weight.item() < 0
    assert net.head.bias.item() > 0


def test_a_head_that_weighs_nothing_is_left_as_it_is() -> None:
    net = build(TINY_RECIPE.override(["distance=cosine"])).eval()
    torch.nn.init.zeros_(net.head.weight)
    embeddings, episodes = _episodes(10)
    calibrate(net, embeddings, episodes)
    assert (net.head.weight.item(), net.head.bias.item()) == (0, -5)


def test_a_head_on_many_numbers_is_left_as_it_is() -> None:
    net = build(TINY_RECIPE).eval()
    before = net.head.weight.clone()
    embeddings, episodes = _episodes(10)
    calibrate(net, embeddings, episodes)
    assert torch.equal(net.head.weight, before)

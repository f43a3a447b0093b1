"""Averages of weights and the calibration of a head, with answers known beforehand."""

from pathlib import Path

import numpy as np
import pytest
import torch

from siamese_core.averaging import average, calibrate, copy_of
from siamese_core.checkpoint import build, load_checkpoint
from siamese_core.corpus import read_corpus
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import Cancelled
from siamese_core.training import train
from siamese_core.training_set import training_set
from tests.conftest import TINY_RECIPE
from tests.core.test_whitening import TWO_PARTS


def test_an_average_keeps_its_share_and_forgets_faster_at_first() -> None:
    net = build(TWO_PARTS)
    averaged = copy_of(net)
    weight = averaged.head.weight.clone()
    with torch.no_grad():
        net.head.weight.add_(1.0)
    average(averaged, net, 0.9, 10_000)
    assert torch.allclose(averaged.head.weight, weight + 0.1, atol=1e-6)
    average(averaged, net, 0.9, 1)  # keeps 1 / 11 in the first step
    assert torch.allclose(averaged.head.weight, weight + 1 - 0.9 / 11, atol=1e-6)


def test_what_was_fitted_in_closed_form_is_not_averaged() -> None:
    net = build(TWO_PARTS)
    averaged = copy_of(net)
    averaged.encoder.whitenings[1].mean.fill_(5.0)  # type: ignore[index, union-attr]
    average(averaged, net, 0.5, 100)
    assert float(averaged.encoder.whitenings[1].mean.mean()) == 5.0  # type: ignore[index, union-attr]


def test_counters_are_copied_and_running_statistics_averaged() -> None:
    net = build(TWO_PARTS)
    averaged = copy_of(net)
    net.train().embed(torch.randn(4, *TWO_PARTS.mel.shape))
    average(averaged, net, 0.5, 1000)
    pairs = [(averaged.state_dict()[n], t) for n, t in net.state_dict().items() if "num_batc" in n]
    assert pairs
    assert all(int(a) == int(b) == 1 for a, b in pairs)


def test_all_weights_are_blended_at_once_and_as_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net, blend, calls = build(TWO_PARTS), torch._foreach_lerp_, []
    averaged = copy_of(net)
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(torch.randn_like(weight))
    wanted = {
        name: old.lerp(new, 1 - 0.9)
        for (name, old), new in zip(averaged.named_parameters(), net.parameters(), strict=True)
    }
    monkeypatch.setattr(torch, "_foreach_lerp_", lambda *all_: calls.append(1) or blend(*all_))
    average(averaged, net, 0.9, 10_000)
    assert len(calls) == 1
    assert all(torch.equal(weight, wanted[name]) for name, weight in averaged.named_parameters())


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


def test_a_head_on_many_numbers_is_left_as_it_is() -> None:
    net = build(TINY_RECIPE).eval()
    before = net.head.weight.clone()
    embeddings, episodes = _episodes(10)
    calibrate(net, embeddings, episodes)
    assert torch.equal(net.head.weight, before)


def test_a_training_with_an_average_and_whitening_resumes_bit_for_bit(
    tmp_path: Path, tone_corpus: Path
) -> None:
    recipe = TWO_PARTS.override(["averaging=0.9", "steps=6", "evaluate_every=3", "episodes=10"])
    corpus, steps = read_corpus(tone_corpus), []

    def count(event: dict[str, object]) -> None:
        steps.extend([event["step"]] if event["event"] == "step" else [])

    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    train(recipe, corpus, whole, device="cpu")
    with pytest.raises(Cancelled):
        train(
            recipe,
            corpus,
            stopped,
            device="cpu",
            on_event=count,
            should_stop=lambda: len(steps) >= 4,
        )
    train(recipe, corpus, stopped, device="cpu", resume=True)
    for name in ("best", "last"):
        mine, theirs = (
            load_checkpoint(folder / f"{name}.safetensors")[0] for folder in (whole, stopped)
        )
        for a, b in zip(mine.state_dict().values(), theirs.state_dict().values(), strict=True):
            assert torch.equal(a, b)
    whitening = mine.encoder.whitenings[0]  # type: ignore[index, union-attr]
    assert not torch.equal(whitening.matrix, torch.eye(6))


def test_validating_more_often_trains_no_other_net(tmp_path: Path, tone_corpus: Path) -> None:
    corpus = read_corpus(tone_corpus)
    curves = []
    for every in (2, 6):
        recipe = TWO_PARTS.override(["averaging=0", "steps=6", f"evaluate_every={every}"])
        events: list[dict[str, object]] = []
        train(recipe, corpus, tmp_path / str(every), device="cpu", on_event=events.append)
        curves.append([event["loss"] for event in events if event["event"] == "step"])
    assert len(curves[0]) == 6
    assert curves[0] == curves[1]


def test_plain_files_are_cut_and_placed_but_not_varied(tone_corpus: Path) -> None:
    loud = TWO_PARTS.override(["augmentation.tilt_db=40", "augmentation.noise_db=[0, 1]"])
    sets = [training_set(read_corpus(tone_corpus), recipe) for recipe in (TWO_PARTS, loud)]
    maps = []
    for clips in sets:
        clips.read(lambda _event: None, lambda: False)
        maps.append(clips.plain(np.arange(4), np.random.default_rng(0), torch.device("cpu")))
    assert torch.equal(*maps)
    varied = sets[1].batch(np.arange(4), np.random.default_rng(0), torch.device("cpu"))
    assert not torch.allclose(varied, maps[1])

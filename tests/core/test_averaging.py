"""Averages of weights and the calibration of a head, with answers known beforehand."""

from pathlib import Path

import numpy as np
import pytest
import torch

from siamese_core.checkpoint import build, load_checkpoint
from siamese_core.corpus import read_corpus
from siamese_core.errors import Cancelled
from siamese_core.training.averaging import average, copy_of
from siamese_core.training.training import train
from siamese_core.training.training_set import training_set
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

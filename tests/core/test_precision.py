"""Precision: what a training computes in is the recipe's choice, and bfloat16 changes little."""

from pathlib import Path

import numpy as np
import pytest
import torch

from siamese_core.corpus import read_corpus
from siamese_core.devices import autocast
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from siamese_core.training.training import train


@pytest.mark.parametrize(
    ("device", "precision", "narrow"),
    [
        ("cpu", "auto", False),
        ("cpu", "single", False),
        ("cpu", "bfloat16", True),
        ("mps", "auto", False),
    ],
)
def test_the_processor_computes_in_bfloat16_only_where_it_is_asked_to(
    device: str, precision: str, narrow: bool
) -> None:
    with autocast(torch.device(device), precision):
        assert torch.is_autocast_enabled(device) is narrow


@pytest.mark.cuda
@pytest.mark.parametrize(("precision", "narrow"), [("auto", True), ("single", False)])
def test_a_cuda_device_computes_in_bfloat16_by_itself(precision: str, narrow: bool) -> None:
    with autocast(torch.device("cuda"), precision):
        assert torch.is_autocast_enabled("cuda") is narrow


@pytest.mark.parametrize(("card", "narrow"), [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_a_card_that_only_emulates_bfloat16_keeps_single_precision(
    card: tuple[int, int], narrow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: card)
    monkeypatch.setattr(torch, "autocast", lambda _device, _dtype, enabled: enabled)
    assert autocast(torch.device("cuda")) is narrow
    assert autocast(torch.device("cuda"), "bfloat16") is True


def test_a_training_in_bfloat16_follows_the_curve_of_single_precision(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    losses = {}
    for name, precision in (("a", "single"), ("b", "bfloat16"), ("c", "bfloat16")):
        recipe = tiny_recipe.override([f"precision={precision}"])
        train(recipe, read_corpus(tone_corpus), tmp_path / name, device="cpu")
        events = Run(tmp_path / name).read_events()
        losses[name] = [event["loss"] for event in events if event["event"] == "step"]
    assert losses["b"] == losses["c"]
    assert losses["b"] != losses["a"]
    np.testing.assert_allclose(losses["b"][:5], losses["a"][:5], rtol=0.05)
    assert Run(tmp_path / "b").best.read_bytes()

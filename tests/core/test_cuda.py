"""On a CUDA device the same training runs, in bf16 and TF32, on batches that were pinned ahead."""

from pathlib import Path

import numpy as np
import pytest
import torch

from siamese_core.corpus import read_corpus
from siamese_core.devices import peak_bytes, resolve_device, tensor_floats
from siamese_core.encoder.gru import GRU
from siamese_core.episodes import PairSampler
from siamese_core.recipes import Recipe
from siamese_core.training.batches import Batches
from siamese_core.training.run import Run
from siamese_core.training.training import train
from siamese_core.training.training_set import training_set
from tests.core.test_voices import WITHIN

pytestmark = pytest.mark.cuda
GPU = "cuda"
VARIED = ["augmentation.noise_db=[10, 30]", "augmentation.mask_mels=4", "augmentation.reverb=0.3"]


def _losses(run: Run) -> list[float]:
    return [e["loss"] for e in run.read_events() if e["event"] == "step"]


@pytest.mark.parametrize("batch_norm", ["true", "false"])
def test_a_training_on_cuda_follows_the_curve_of_the_processor(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, batch_norm: str
) -> None:
    recipe = tiny_recipe.override([f"encoder.batch_norm={batch_norm}"])
    runs = {}
    for device in ("cpu", GPU):
        train(recipe, read_corpus(tone_corpus), tmp_path / device, device=device)
        runs[device] = Run(tmp_path / device)
    np.testing.assert_allclose(_losses(runs[GPU])[:5], _losses(runs["cpu"])[:5], rtol=0.05)
    step = next(e for e in runs[GPU].read_events() if e["event"] == "step")
    assert 0 < step["memory"] < torch.cuda.get_device_properties(0).total_memory


def test_a_stopped_training_goes_on_from_its_state(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    corpus, run = read_corpus(tone_corpus), Run(tmp_path / "run")
    train(tiny_recipe.override(["steps=10"]), corpus, run.folder, device=GPU)
    run.recipe.write_text(tiny_recipe.to_toml())
    train(tiny_recipe, corpus, run.folder, device=GPU, resume=True)
    assert len(_losses(run)) == 20


def test_batches_are_pinned_and_varied_on_the_device(
    tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    clips = training_set(read_corpus(tone_corpus), tiny_recipe.override(VARIED))
    clips.read(lambda _event: None, lambda: False)
    pairs = PairSampler(clips.labels, 1, 1, clips.sources)
    with Batches(clips, pairs, 0, torch.device(GPU)) as batches:
        batch = batches.take(1)
    assert all(values.is_pinned() for values in (batch.placed, *batch.targets))
    placed, _targets = batch.on(torch.device(GPU))
    maps = clips.vary(placed, batch.variation)
    assert maps.is_cuda
    assert torch.isfinite(maps).all()


def test_products_are_coarse_only_meanwhile() -> None:
    device = resolve_device(GPU)
    a, b = torch.randn(2, 512, 512).to(device)
    with tensor_floats(device):
        coarse = a @ b
    exact = (a.double() @ b.double()).float()
    errors = [float((product - exact).abs().max()) for product in (coarse, a @ b)]
    assert errors[1] < 1e-3 < errors[0]
    assert peak_bytes(device) is not None


def test_a_recurrent_net_has_a_gradient_outside_training() -> None:
    gru = GRU(3, 4, batch_first=True).to(GPU).eval()
    steps = torch.randn(2, 5, 3, device=GPU, requires_grad=True)
    gru(steps)[0].sum().backward()
    assert steps.grad is not None
    with torch.inference_mode():
        torch.testing.assert_close(gru(steps)[0], gru.cpu()(steps.cpu())[0].to(GPU))


def test_log_mels_computed_on_the_device_are_the_processors(
    tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    recipe = tiny_recipe.override(
        ["augmentation.speeds=[0.9, 1]", "augmentation.formants=[1, 1.1]"]
    )
    maps = {}
    for device in ("cpu", GPU):
        clips = training_set(read_corpus(tone_corpus), recipe)
        clips.device = torch.device(device)
        clips.read(lambda _event: None, lambda: False)
        maps[device] = clips.maps
    for own, other, label in zip(maps[GPU], maps["cpu"], clips.labels, strict=True):
        # a slower clip is silent at the top, where the envelope holds single precision's rounding
        rtol = 1e-3 if label.endswith(", 1") else WITHIN
        np.testing.assert_allclose(own, other, rtol=rtol, atol=1e-6 * other.max())

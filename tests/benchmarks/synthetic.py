"""Synthetic clips and log-mels: sound enough for a benchmark, on any machine."""

import numpy as np
import torch
from numpy.typing import NDArray

from siamese_core.audio import Clip
from siamese_core.checkpoint import build
from siamese_core.recipes import Recipe, load_recipe
from siamese_core.siamese import SiameseNet
from tests.benchmarks.plan import Plan

_SMALL = {
    "input": {"rate": 8000, "n_fft": 256, "hop": 64, "n_mels": 32, "seconds": 0.5},
    "encoder": {"kind": "conv", "filters": (8, 8, 4), "kernels": (5, 5, 3), "dense": 16},
}


def voice(rng: np.random.Generator, rate: int, seconds: float) -> Clip:
    """A buzz with a few harmonics in noise, as loud as a voice and never the same."""
    time = np.arange(round(seconds * rate)) / rate
    harmonics = np.arange(1, 12)[:, None] * rng.uniform(90, 250)
    buzz = (rng.uniform(0, 1, (11, 1)) * np.sin(2 * np.pi * harmonics * time)).sum(axis=0)
    samples = 0.05 * np.sin(np.pi * time / seconds) * buzz + rng.normal(0, 0.003, len(time))
    return Clip(samples.clip(-1, 1).astype(np.float32), rate)


def log_mels(count: int, shape: tuple[int, int], seed: int = 0) -> NDArray[np.float32]:
    """Maps of noise between -70 and 0 dB, for what only needs numbers of the right size."""
    rng = np.random.default_rng(seed)
    return rng.uniform(-70, 0, (count, *shape)).astype(np.float32)


def mnist_recipe(plan: Plan) -> Recipe:
    """The report's recipe, made small for tests of values."""
    recipe = load_recipe("mnist-net")
    small = Recipe.parse({**recipe.model_dump(), **_SMALL})
    return plan.of(recipe, recipe, small)


def mnist_net(plan: Plan) -> SiameseNet:
    """The report's network, untrained, ready to score."""
    torch.manual_seed(0)
    return build(mnist_recipe(plan)).to(plan.device).eval().requires_grad_(False)

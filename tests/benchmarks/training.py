"""A training step of the report's network: each distinct clip once, against each pair as two."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from siamese_core.checkpoint import build
from siamese_core.devices import autocast
from siamese_core.episodes import PairBatch, PairSampler
from siamese_core.recipes import Recipe
from siamese_core.siamese import SiameseNet
from siamese_core.training.objectives import Objective, Targets, optimizer_of
from tests.benchmarks import references
from tests.benchmarks.machine import matrix_rate, operations
from tests.benchmarks.plan import Plan
from tests.benchmarks.result import Result, times_faster
from tests.benchmarks.synthetic import log_mels, mnist_recipe

_CLIPS_A_CLASS = 20


def training_step(plan: Plan) -> Iterator[Result]:
    """Time a step of Adam on one batch of Algorithm 2, from log-mels to new weights."""
    classes = plan.of(50 if plan.device.type == "cuda" else 10, 3, 3)
    batch = _batch(classes)
    net, step = _step(plan, batch)
    plain, reference = _plain_step(plan, net, batch)
    first = step(), reference()
    slopes = _gradient_difference(net, plain)
    timing = plan.side_by_side(step, reference, plan.of(3, 2, 1))
    encoded = 2 * len(batch.target)
    yield Result(
        "training step, mnist-net",
        "s",
        timing.ours,
        timing.reference,
        times_faster(4),
        abs(first[0] - first[1]),
        f"{classes} classes: {len(batch.target)} pairs, {len(batch.clips)} clips to encode against "
        f"{encoded}; equal within: the loss (gradients, of their norm: {slopes:.1e})",
    )
    yield _rate(plan, step)
    if plan.device.type == "cpu":
        yield _in_bfloat16(plan, batch)


def _in_bfloat16(plan: Plan, batch: PairBatch) -> Result:
    """Time the same step as `Recipe.precision` bfloat16 has it, against single precision."""
    (_, narrow), (_, single) = (_step(plan, batch, name) for name in ("bfloat16", "single"))
    timing = plan.side_by_side(narrow, single, plan.of(3, 2, 1))
    return Result(
        "training step, mnist-net, in bfloat16",
        "s",
        timing.ours,
        timing.reference,
        note="reference: the same step in single precision; faster only where the processor has "
        f"AMX; the loss differs by {abs(timing.our_value - timing.reference_value):.1e}",
    )


def _batch(classes: int) -> PairBatch:
    """Draw pairs from many classes, of which some are in the batch, as the recipe has it."""
    labels = [f"{number:02}" for number in range(50) for _ in range(_CLIPS_A_CLASS)]
    sampler = PairSampler(labels, 2, 2, classes=classes, shared=True)
    return sampler.sample(np.random.default_rng(0))


def _step(plan: Plan, batch: PairBatch, precision: str = "auto") -> tuple[SiameseNet, "_Step"]:
    torch.manual_seed(0)
    recipe = mnist_recipe(plan).override([f"precision={precision}"])
    net = build(recipe).to(plan.device).train()
    return net, _Step(net, recipe, batch)


class _Step:
    """What the program's trainer does with a batch."""

    def __init__(self, net: SiameseNet, recipe: Recipe, batch: PairBatch) -> None:
        self.net, self.precision = net, recipe.precision
        numbers, classes = np.unique(batch.clips // _CLIPS_A_CLASS, return_inverse=True)
        self.objective = Objective(recipe, len(numbers), recipe.encoder.learned)
        self.objective.to(net.device)
        self.maps = _maps(net, batch)
        clips = np.arange(len(classes))
        arrays = (classes, clips, batch.left, batch.right, batch.target)
        self.targets = Targets(*(_on(net, array) for array in arrays))
        self.optimizer = optimizer_of([net, self.objective], recipe)

    def __call__(self) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        with autocast(self.maps.device, self.precision):
            embeddings = self.net.embed(self.maps)
        loss, _ = self.objective(self.net, embeddings.float(), self.targets)
        loss.backward()
        self.optimizer.step()
        return float(loss.item())


def _plain_step(
    plan: Plan, net: SiameseNet, batch: PairBatch
) -> tuple[references.PlainNet, "_PlainStep"]:
    plain = references.PlainNet.of(net)
    return plain, _PlainStep(plain, _maps(net, batch), batch)


class _PlainStep:
    """What the documents' code does with the same batch."""

    def __init__(self, plain: references.PlainNet, maps: Tensor, batch: PairBatch) -> None:
        for weight in plain.weights:
            weight.requires_grad_()
        self.plain = plain
        self.left = maps[torch.from_numpy(batch.left).to(maps.device)]
        self.right = maps[torch.from_numpy(batch.right).to(maps.device)]
        self.target = torch.from_numpy(batch.target).to(maps.device)
        self.optimizer = torch.optim.Adam(plain.weights, lr=1e-4)

    def __call__(self) -> float:
        return references.train_step(self.plain, self.optimizer, self.left, self.right, self.target)


def _gradient_difference(net: SiameseNet, plain: references.PlainNet) -> float:
    """Compare the gradients of the first step: norm of the difference over the norm."""
    layers = [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    ours = [w.grad.flatten() for m in layers for w in m.parameters() if w.grad is not None]
    theirs = [w.grad.flatten() for w in plain.weights if w.grad is not None]
    difference = torch.cat(ours) - torch.cat(theirs)
    return float(difference.norm() / torch.cat(theirs).norm())


def _rate(plan: Plan, step: _Step) -> Result:
    """Say what share of the chip's matrix rate a step uses."""
    rate = operations(step) / plan.seconds(step)
    return Result(
        "matrix rate in use, training step",
        "of 1",
        rate / matrix_rate(plan),
        note=f"{rate / 1e9:.3g} billion operations a second, against a large matrix product's",
    )


def _maps(net: SiameseNet, batch: PairBatch) -> Tensor:
    return torch.from_numpy(log_mels(len(batch.clips), net.spec.shape)).to(net.device)


def _on(net: SiameseNet, values: np.ndarray[tuple[int], np.dtype[np.generic]]) -> Tensor:
    return torch.from_numpy(values).to(net.device)

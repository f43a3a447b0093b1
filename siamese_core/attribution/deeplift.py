"""DeepLIFT (Captum), with the rules that this program's networks need beside Captum's own."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from captum.attr import DeepLift, DeepLiftShap
from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR, nonlinear
from torch import Tensor, nn

from siamese_core.attribution.attribution import Attribution, Subject, Watched
from siamese_core.attribution.gradients import attribute
from siamese_core.attribution.parameters import DeepLiftParameters, DeepLiftShapParameters
from siamese_core.encoder.encoder import AttentiveStatistics, LevelStatistics, Product, UnitLength
from siamese_core.encoder.whitening import Whitening
from siamese_core.errors import ParameterError
from siamese_core.losses import Absolute, CosineSimilarity, EuclideanDistance, Square

SUPPORTED_NON_LINEAR.update({Square: nonlinear, Absolute: nonlinear})

_STEPS = 32
_FINER = 4
"""Times as many points, where a map misses too much with those."""
JOINING: dict[type[nn.Module], int] = {
    Product: 2,  # its slope is linear on the way, which two points integrate exactly
    AttentiveStatistics: _STEPS,
    LevelStatistics: _STEPS,
    UnitLength: _STEPS,
    Whitening: _STEPS,
    CosineSimilarity: _STEPS,
    EuclideanDistance: _STEPS,
    nn.RNNBase: _STEPS,
}
"""Modules that multiply or mix several inputs, for which the rescale rule says nothing, and the
points at which each one's gradient is taken."""

_MISSED = 0.02
"""Share of the logit's change that a map may miss and still be shown, and as many logits more."""


def deeplift(subject: Subject, parameters: DeepLiftParameters) -> Attribution:
    """Hand the logit's change from the baseline back through the network, in logits.

    Shrikumar et al. 2017, rescale rule. A module that joins several inputs (a product, a softmax, a
    length that is brought to one, a cosine, a recurrent layer) is passed by its mean Jacobian on
    the straight way from the baseline to the clip: on one input that is the rescale rule, and it
    is as complete (Chen et al. 2022, generalised rescale rule; over several inputs the way of
    Sundararajan et al. 2017, inside that module alone).

    Raises
    ------
    ParameterError
        If the map misses the logit's change: the score then does something that no rule covers, or
        bends so sharply that the points on the way miss it.
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    baseline = subject.baseline(parameters.baseline)
    return _lifted(Lift, "deeplift", subject, baseline.unsqueeze(0))


def deeplift_shap(subject: Subject, parameters: DeepLiftShapParameters) -> Attribution:
    """Average DeepLIFT over several baselines, in logits (Lundberg and Lee 2017).

    Raises
    ------
    ParameterError
        If the map misses the logit's change: the score then does something that no rule covers, or
        bends so sharply that the points on the way miss it.
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    baselines = torch.stack([subject.baseline(name) for name in parameters.baselines])
    return _lifted(LiftShap, "deeplift-shap", subject, baselines)


class Lift(DeepLift):  # type: ignore[misc]
    """Captum's DeepLIFT that passes joining modules whole, and neighbours one after the other."""

    def __init__(self, model: nn.Module, finer: int = 1) -> None:
        super().__init__(model)
        self._finer = finer
        joining = [module for module in model.modules() if isinstance(module, tuple(JOINING))]
        self._inner = {inner for module in joining for inner in module.modules()} - {*joining}

    def _register_hooks(self, module: nn.Module, attribute_to_layer_input: bool = True) -> None:
        if isinstance(module, tuple(JOINING)):
            self.forward_handles.append(Passing(module, self._finer))
        elif module not in self._inner:
            super()._register_hooks(module, attribute_to_layer_input)
            self.forward_handles.append(module.register_forward_hook(_apart))


class LiftShap(Lift, DeepLiftShap):  # type: ignore[misc]
    """The same over several baselines."""


def _apart(_module: nn.Module, _inputs: object, out: Tensor) -> Tensor:
    """Part a module's output from the next one's input.

    Captum hooks both; on one tensor the output's hook would run first and miss the gradient that
    the next module's rule puts in its place: a max-pooling after a ReLU then breaks the sum.
    """
    return out.clone()


class Passing:
    """Makes a module hand its gradient back by its mean Jacobian, until it is removed."""

    def __init__(self, module: nn.Module, finer: int) -> None:
        self._module, plain = module, module.forward
        points = next(number for kind, number in JOINING.items() if isinstance(module, kind))
        steps = finer * points
        if isinstance(module, nn.RNNBase):
            module.forward = lambda x: (_joined(lambda y: plain(y)[0], steps, x), None)
        else:
            module.forward = partial(_joined, plain, steps)

    def remove(self) -> None:
        """Give the module its own gradient back."""
        del self._module.forward


class MeanJacobian(torch.autograd.Function):
    """A function of (clip, baseline) batches whose gradient is its mean one between the two."""

    @staticmethod
    def forward(ctx: Any, function: Callable[..., Tensor], steps: int, *inputs: Tensor) -> Tensor:
        """Apply the function."""
        ctx.function, ctx.steps = function, steps
        ctx.save_for_backward(*inputs)
        return function(*inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Integrate the gradient on the straight way from the baseline's half to the clip's."""
        halves = [tensor.chunk(2) for tensor in ctx.saved_tensors]
        given = gradients[0].chunk(2)[0]
        sums = [torch.zeros_like(clip) for clip, _ in halves]
        for node, weight in _way(ctx.steps):
            points = [
                (base + node * (clip - base)).detach().requires_grad_() for clip, base in halves
            ]
            with torch.enable_grad():
                out = ctx.function(*points)
            found = torch.autograd.grad(out, points, given)
            sums = [s + weight * one for s, one in zip(sums, found, strict=True)]
        return None, None, *(torch.cat([total, total]) for total in sums)


def _way(steps: int) -> list[tuple[float, float]]:
    """Return nodes and weights on the way from baseline (0) to clip (1), by Gauss and Legendre.

    They crowd at the baseline: it is often constant in time, where a standard deviation over time
    starts as steeply as a root.
    """
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    roots = (nodes + 1) / 2
    return list(zip((roots**2).tolist(), (roots * weights).tolist(), strict=True))


def _joined(function: Callable[..., Tensor], steps: int, *inputs: Tensor) -> Tensor:
    out: Tensor = MeanJacobian.apply(function, steps, *inputs)  # type: ignore[no-untyped-call]
    return out


def _lifted(build: type[Lift], name: str, subject: Subject, baselines: Tensor) -> Attribution:
    for finer in (1, _FINER):
        method = build(Watched(subject, 2 * len(baselines)), finer)
        values = attribute(method, subject.log_mel, baselines=baselines)
        residual = subject.residual(values, *baselines)
        change = float(values.sum()) - residual
        if abs(residual) <= _MISSED * (1 + abs(change)):
            return Attribution(values.float().numpy(), residual=residual)
    raise ParameterError(
        f"'{name}' does not follow this network exactly enough here: its map would miss "
        f"{abs(residual):.2g} of a change of {abs(change):.2g} logits; take integrated-gradients."
    )

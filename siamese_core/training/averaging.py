"""Averaging: the net that a training keeps, smoother than the one that it steps."""

from copy import deepcopy

import torch
from torch import Tensor

from siamese_core.encoder.whitening import Whitening
from siamese_core.siamese import SiameseNet

_WARM = 10.0
"""Steps after which the average begins to forget slowly."""


def average(averaged: SiameseNet, net: SiameseNet, share: float, step: int) -> None:
    """Move the exponential moving average of a net's weights on by one step.

    Averages generalise better than the last weights (Polyak and Juditsky 1992).

    Parameters
    ----------
    averaged : SiameseNet
        Changed in place. What was fitted to it in closed form stays.
    net : SiameseNet
    share : float
        How much of the average is kept; less in the first steps.
    step : int
        From 1 on.
    """
    kept = min(share, step / (step + _WARM))
    old, new = _stepped(averaged), _stepped(net)
    weights = [one for one in old if one.is_floating_point()]
    others = [one for one in new if one.is_floating_point()]
    with torch.no_grad():
        torch._foreach_lerp_(weights, others, 1 - kept)  # one by one keeps a GPU waiting
        for counter, other in zip(old, new, strict=True):
            if not counter.is_floating_point():
                counter.copy_(other)


def copy_of(net: SiameseNet) -> SiameseNet:
    """Return a copy of a net, ready to score."""
    return deepcopy(net).eval().requires_grad_(False)


def _stepped(net: SiameseNet) -> list[Tensor]:
    """Return weights, running statistics and counters, but nothing fitted in closed form."""
    modules = [module for module in net.modules() if not isinstance(module, Whitening)]
    return [
        tensor
        for module in modules
        for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False))
    ]

"""Folded: a score with the same weights and values, quicker, for methods that need no gradients.

A batch norm after a convolution is a part of that convolution, once training is over; without
hooks, the end of a residual block is two passes over its map instead of three.
"""

from copy import copy

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from siamese_core.attribution.quick.recalling import with_children
from siamese_core.encoder.encoder import (
    EnsembleEncoder,
    ResidualBlock,
    ResNetEncoder,
    SqueezeExcitation,
)
from siamese_core.siamese import OneSidedScore


def folded(score: nn.Module) -> nn.Module:
    """Return a score that shares its weights, equal but for rounding; the same one if none is."""
    if not isinstance(score, OneSidedScore) or score.encoder.training:
        return score
    encoder = _folded(score.encoder)
    return score if encoder is score.encoder else with_children(score, encoder=encoder)


class FoldedBlock(ResidualBlock):
    """A residual block without batch norms, for maps that nobody else looks at."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, inputs, height, width) to (batch, outputs, height / stride, ...)."""
        found: Tensor = self.body[:-1](x)
        squeeze = self.body[-1]
        assert isinstance(squeeze, SqueezeExcitation)
        return torch.addcmul(self.shortcut(x), found, squeeze.weights(found)).relu_()


def _folded(encoder: nn.Module) -> nn.Module:
    match encoder:
        case EnsembleEncoder():
            members = nn.ModuleList(_folded(member) for member in encoder.members)
            return with_children(encoder, members=members)
        case ResNetEncoder():
            first, norm, active, *blocks = encoder.stages
            stages = _joined(first, norm), active, *(_block(block) for block in blocks)
            return with_children(encoder, stages=nn.Sequential(*stages))
    return encoder


def _block(block: nn.Module) -> nn.Module:
    assert isinstance(block, ResidualBlock)
    first, norm, active, second, last_norm, squeeze = block.body
    body = _joined(first, norm), active, _joined(second, last_norm), squeeze
    shortcut = block.shortcut
    if isinstance(shortcut, nn.Sequential):
        shortcut = _joined(*shortcut)
    found = with_children(block, body=nn.Sequential(*body), shortcut=shortcut)
    found.__class__ = FoldedBlock
    return found


def _joined(convolution: nn.Module, norm: nn.Module) -> nn.Module:
    """Return a convolution that does what the batch norm behind it did."""
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    weight, bias = fuse_conv_bn_weights(
        convolution.weight,
        convolution.bias,
        norm.running_mean,
        norm.running_var,
        norm.eps,
        norm.weight,
        norm.bias,
    )
    joined = copy(convolution)
    joined._parameters = {"weight": weight, "bias": bias}
    return joined

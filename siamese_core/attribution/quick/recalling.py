"""Recalling: an encoder with the same weights whose first layers know what they make already."""

from collections.abc import Callable, Iterable
from copy import copy
from typing import Protocol, Self, TypeVar

from torch import Tensor, nn

from siamese_core.encoder.encoder import ConvEncoder, EnsembleEncoder, ResidualBlock, ResNetEncoder
from siamese_core.siamese import OneSidedScore


class Known(Protocol):
    """What is known of a layer's output; at first, of the input."""

    def heard(self, gain: Tensor, offset: Tensor) -> Self:
        """Return the input as a member of an ensemble hears it."""

    def through(self, layers: Iterable[nn.Module]) -> Self:
        """Return what layers make of it that see a cell's surroundings alone."""


K = TypeVar("K", bound=Known)


def recalling(
    encoder: nn.Module,
    known: K,
    recall: Callable[[K], nn.Module],
    opened: Callable[[ResidualBlock, K], nn.Module] | None = None,
) -> nn.Module:
    """Return an encoder that recalls its layers up to the first that sees the whole map.

    ``recall`` makes the module that stands for the layers; ``opened``, where that is quicker, the
    one that stands for the first residual block and all before it, of which it is told.
    """
    match encoder:
        case EnsembleEncoder():
            gained = zip(encoder.members, encoder.gains, encoder.offsets, strict=True)
            members = (
                recalling(member, known.heard(gain, offset), recall, opened)
                for member, gain, offset in gained
            )
            return with_children(encoder, members=nn.ModuleList(members))
        case ResNetEncoder():
            stages = list(encoder.stages)
            first = next(n for n, one in enumerate(stages) if isinstance(one, ResidualBlock))
            stem = known.through(stages[:first])
            block = stages[first]
            assert isinstance(block, ResidualBlock)
            if opened is None:
                stages[: first + 1] = [recall(stem), _opened(block, stem, recall)]
            else:
                stages[: first + 1] = [opened(block, stem)]
            return with_children(encoder, stages=nn.Sequential(*stages))
    layers = list(encoder.children())
    flat = next(n for n, layer in enumerate(layers) if isinstance(layer, nn.Flatten))
    return nn.Sequential(recall(known.through(layers[:flat])), *layers[flat:])


def recalls(score: object) -> bool:
    """Whether a score's first layers can be recalled: they see a cell's surroundings alone."""
    if not isinstance(score, OneSidedScore) or score.levels.reference != "fixed":
        return False
    return all(map(_is_local, _members(score.encoder)))


def is_residual(encoder: nn.Module) -> bool:
    """Whether an encoder is a residual network, or an ensemble of nothing else."""
    return all(isinstance(member, ResNetEncoder) for member in _members(encoder))


def geometry(layer: nn.Module) -> tuple[int, int, int, int]:
    """Return a layer's kernel size, its stride, and the zeros before and after the map."""
    if not isinstance(layer, nn.Conv2d):
        return 2, 2, 0, 0
    size, stride = layer.kernel_size[0], layer.stride[0]
    if layer.padding == "same":
        return size, stride, (size - 1) // 2, size // 2
    return size, stride, int(layer.padding[0]), int(layer.padding[0])


def with_children(module: nn.Module, **children: nn.Module) -> nn.Module:
    """Return a module with other children of these names, and all else shared."""
    again = copy(module)
    again._modules = {**module._modules, **children}
    return again


def _opened(block: ResidualBlock, stem: K, recall: Callable[[K], nn.Module]) -> nn.Module:
    """Return a residual block that recalls all before its squeeze, which sees whole maps."""
    *local, squeeze = block.body
    return with_children(block, body=nn.Sequential(recall(stem.through(local)), squeeze))


def _members(encoder: nn.Module) -> Iterable[nn.Module]:
    return encoder.members if isinstance(encoder, EnsembleEncoder) else [encoder]


def _is_local(encoder: nn.Module) -> bool:
    if isinstance(encoder, ConvEncoder):
        return isinstance(encoder[0], nn.Conv2d)  # else it is a perceptron
    return isinstance(encoder, ResNetEncoder)

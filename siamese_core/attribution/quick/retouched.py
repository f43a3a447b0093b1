"""RetouchedScore: maps that differ from one in small boxes, for networks that squeeze.

Weights for whole channels, learned from the whole map, come early in a residual network, so that a
box changes everything behind them. Before them only its surroundings change, and all boxes of a
batch are computed at once. A map that does not differ at all has its logit already.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from siamese_core.attribution.quick.recalling import geometry, recalling
from siamese_core.encoder.encoder import ResidualBlock, SqueezeExcitation
from siamese_core.siamese import OneSidedScore

_MOST = 0.25
"""Share of a map that the boxes may cover; beyond it, whole maps are encoded no slower."""


class RetouchedScore:
    """The score, equal to the score itself but for rounding.

    Parameters
    ----------
    score : OneSidedScore
        Over an encoder that `is_residual`.
    base : Tensor, shape (n_mels, n_frames)
        The map that others are told apart from.
    """

    def __init__(self, score: OneSidedScore, base: Tensor) -> None:
        self._score, self._base = score, base
        self._redrawn: list[_RedrawnBlock] = []
        with torch.inference_mode():
            self._logit: Tensor = score(base.unsqueeze(0))
            untouched = Untouched.of(score.levels(base.unsqueeze(0)))
            self._encoder = recalling(score.encoder, untouched, _never, self._redraw)

    def __call__(self, maps: Tensor) -> Tensor:
        """Score maps (batch, n_mels, n_frames): logits (batch,)."""
        differs = maps != self._base
        touched = differs.flatten(1).any(dim=1)
        logits = self._logit.repeat(len(maps))
        if touched.any():
            logits[touched] = self._scored(maps[touched], Spots.of(differs[touched]))
        return logits

    def _scored(self, maps: Tensor, spots: "Spots") -> Tensor:
        """Score maps that differ in some spots."""
        if spots.area > _MOST * self._base.numel():
            whole: Tensor = self._score(maps)
            return whole
        levels = self._score.levels(maps)
        for redrawn in self._redrawn:
            redrawn.given = levels, spots
        return self._score.compare(self._encoder(levels))

    def _redraw(self, block: ResidualBlock, stem: "Untouched") -> "_RedrawnBlock":
        self._redrawn.append(_RedrawnBlock(block, stem))
        return self._redrawn[-1]


@dataclass(frozen=True)
class Spots:
    """One box a map, all of one size: its rows (batch, height) and its columns (batch, width).

    Some may lie outside the map.
    """

    rows: Tensor
    columns: Tensor

    @classmethod
    def of(cls, differs: Tensor) -> "Spots":
        """Find boxes around the cells that are set in bool maps (batch, rows, columns)."""
        return cls(_span(differs.any(dim=2)), _span(differs.any(dim=1)))

    @property
    def area(self) -> int:
        """Cells in each."""
        return self.rows.shape[1] * self.columns.shape[1]

    def seen(self, layer: nn.Conv2d) -> tuple["Spots", "Spots"]:
        """Return what a convolution makes of the boxes, and all that it then looks at."""
        size, stride, before, _ = geometry(layer)
        sides = [_reached(side, size, stride, before) for side in (self.rows, self.columns)]
        (made, looked), (made_across, looked_across) = sides
        return Spots(made, made_across), Spots(looked, looked_across)

    def inside(self, shape: tuple[int, int]) -> Tensor:
        """Tell which cells lie inside a map: bool (batch, height, width)."""
        rows, columns = shape
        within = (self.rows >= 0) & (self.rows < rows)
        return within[:, :, None] & ((self.columns >= 0) & (self.columns < columns))[:, None]

    def cut(self, whole: Tensor) -> Tensor:
        """Cut the boxes out of maps (batch or 1, channels, rows, columns), zeros around them."""
        shape = whole.shape[2], whole.shape[3]
        number = torch.arange(len(self.rows))[:, None, None] if len(whole) > 1 else 0
        rows = self.rows.clamp(0, shape[0] - 1)[:, :, None]
        columns = self.columns.clamp(0, shape[1] - 1)[:, None]
        found = whole.permute(0, 2, 3, 1)[number, rows, columns]
        return (found * self.inside(shape)[..., None]).permute(0, 3, 1, 2)

    def laid_over(self, around: "Spots", whole: Tensor, patches: Tensor) -> Tensor:
        """Cut larger boxes ``around`` these out of a map, and lay patches over it in these."""
        windows = around.cut(whole)
        top, left = self.rows[0, 0] - around.rows[0, 0], self.columns[0, 0] - around.columns[0, 0]
        height, width = patches.shape[2:]
        inside = self.inside((whole.shape[2], whole.shape[3]))[:, None]
        windows[:, :, top : top + height, left : left + width] = patches * inside
        return windows

    def paste(self, maps: Tensor, patches: Tensor) -> None:
        """Lay patches (batch, channels, height, width) into maps (batch, channels, ...)."""
        number, row, column = self.inside((maps.shape[2], maps.shape[3])).nonzero(as_tuple=True)
        cells = patches.permute(0, 2, 3, 1)[number, row, column]
        places = number, self.rows[number, row], self.columns[number, column]
        maps.permute(0, 2, 3, 1)[places] = cells


@dataclass(frozen=True, eq=False)
class Untouched:
    """What layers make of the base, each output of shape (1, channels, rows, columns).

    Parameters
    ----------
    layers : tuple of nn.Module
        The first one is a convolution, and only that one has a stride.
    outputs : tuple of Tensor
        The input, and what each layer makes of it.
    gain, offset : Tensor
        How the levels are heard.
    """

    layers: tuple[nn.Module, ...]
    outputs: tuple[Tensor, ...]
    gain: Tensor
    offset: Tensor

    @classmethod
    def of(cls, levels: Tensor) -> "Untouched":
        """Return the input: the base's levels, (1, 1, rows, columns)."""
        return cls((), (levels,), torch.ones(()), torch.zeros(()))

    def heard(self, gain: Tensor, offset: Tensor) -> "Untouched":
        """Return the input as a member of an ensemble hears it."""
        return Untouched((), (self.outputs[0] * gain + offset,), gain, offset)

    def through(self, layers: Iterable[nn.Module]) -> "Untouched":
        """Return what convolutions and layers that look at each cell alone make of it."""
        known = self
        for layer in layers:
            outputs = (*known.outputs, layer(known.outputs[-1]))
            known = replace(known, layers=(*known.layers, layer), outputs=outputs)
        return known

    def redrawn(self, patches: Tensor, spots: Spots, first: int = 0) -> tuple[Tensor, Spots]:
        """Return what the layers from the ``first`` on make of what differs in spots, and where.

        The first layer of all is given whole maps, as they are heard; the others, patches.
        """
        for layer, whole in list(zip(self.layers, self.outputs[:-1], strict=True))[first:]:
            if not isinstance(layer, nn.Conv2d):
                patches = layer(patches)
                continue
            made, seen = spots.seen(layer)
            if whole is self.outputs[0]:
                windows = seen.cut(patches)
            else:
                windows = spots.laid_over(seen, whole, patches)
            patches = functional.conv2d(windows, layer.weight, layer.bias, layer.stride)
            spots = made
        return patches, spots


class _RedrawnBlock(nn.Module):
    """The first residual block and all before it, for the levels and spots that it is given.

    The squeeze weighs whole channels, so that every cell changes; but beyond the spots by the
    weights alone, which is one pass over the base.
    """

    given: tuple[Tensor, Spots]

    def __init__(self, block: ResidualBlock, stem: Untouched) -> None:
        super().__init__()
        *local, squeeze = block.body
        assert isinstance(squeeze, SqueezeExcitation)
        assert isinstance(block.shortcut, nn.Identity)
        self.gate, self._stem, self._whole = squeeze.gate, stem, stem.through(local)
        self._mean = self._whole.outputs[-1].mean(dim=(2, 3))

    def forward(self, _: Tensor) -> Tensor:
        """Return the output (batch, channels, rows, columns)."""
        levels, spots = self.given
        heard = levels * self._stem.gain + self._stem.offset
        short, seen = self._stem.redrawn(heard, spots)
        found, spots = self._whole.redrawn(short, seen, len(self._stem.layers))
        base, body = self._stem.outputs[-1], self._whole.outputs[-1]
        inside = spots.inside((body.shape[2], body.shape[3]))[:, None]
        change = ((found - spots.cut(body)) * inside).sum(dim=(2, 3))
        weights = self.gate(self._mean + change / body[0, 0].numel())[:, :, None, None]
        shape = (len(found), *body.shape[1:])
        out = torch.empty_like(body.expand(shape), memory_format=torch.channels_last)
        torch.addcmul(base, body, weights, out=out).relu_()
        short = seen.laid_over(spots, base, short)
        spots.paste(out, torch.addcmul(short, found, weights).relu_())
        return out


def _never(_: Untouched) -> nn.Module:
    raise AssertionError("a network without residual blocks is scored box by box")


def _span(differs: Tensor) -> Tensor:
    """Return rows from the first that is set, as many as any map needs: (batch, height)."""
    first = differs.int().argmax(dim=1)
    last = differs.shape[1] - differs.flip(1).int().argmax(dim=1)
    return first[:, None] + torch.arange(int((last - first).max()))


def _reached(rows: Tensor, size: int, stride: int, before: int) -> tuple[Tensor, Tensor]:
    """Return the rows that a convolution makes otherwise, and those that it looks at for them."""
    first = -((size - 1 - before - rows[:, :1]) // stride)  # rounded up
    made = first + torch.arange((rows.shape[1] + size - 2) // stride + 1)
    looked = first * stride - before + torch.arange((made.shape[1] - 1) * stride + size)
    return made, looked

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

from siamese_core.attribution.recalling import geometry, recalling
from siamese_core.siamese import OneSidedScore

_MOST = 0.25
"""Share of a map that the boxes may cover; beyond it, whole maps are encoded no slower."""


class RetouchedScore:
    """The score, equal to the score itself but for rounding.

    Parameters
    ----------
    score : OneSidedScore
        Over a `ResNetEncoder`, or an ensemble of them.
    base : Tensor, shape (n_mels, n_frames)
        The map that others are told apart from.
    """

    def __init__(self, score: OneSidedScore, base: Tensor) -> None:
        self._score, self._base = score, base
        self._redrawn: list[_Redrawn] = []
        with torch.inference_mode():
            self._logit: Tensor = score(base.unsqueeze(0))
            untouched = Untouched.of(score.levels(base.unsqueeze(0)))
            self._encoder = recalling(score.encoder, untouched, self._redraw)

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

    def _redraw(self, untouched: "Untouched") -> "_Redrawn":
        self._redrawn.append(_Redrawn(untouched))
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

    def pasted(self, whole: Tensor, patches: Tensor) -> Tensor:
        """Lay patches (batch, channels, height, width) over copies of a map (1, channels, ...)."""
        copies = whole.permute(0, 2, 3, 1).repeat(len(patches), 1, 1, 1)
        number, row, column = self.inside((whole.shape[2], whole.shape[3])).nonzero(as_tuple=True)
        cells = patches.permute(0, 2, 3, 1)[number, row, column]
        copies[number, self.rows[number, row], self.columns[number, column]] = cells
        return copies.permute(0, 3, 1, 2)  # channels last in memory


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

    def redrawn(self, levels: Tensor, spots: Spots) -> Tensor:
        """Return what the layers make of levels that differ in some spots alone."""
        patches = heard = levels * self.gain + self.offset
        for layer, whole in zip(self.layers, self.outputs[:-1], strict=True):
            if not isinstance(layer, nn.Conv2d):
                patches = layer(patches)
                continue
            made, seen = spots.seen(layer)
            if whole is self.outputs[0]:
                windows = seen.cut(heard)
            else:
                windows = spots.laid_over(seen, whole, patches)
            patches = functional.conv2d(windows, layer.weight, layer.bias, layer.stride)
            spots = made
        return spots.pasted(self.outputs[-1], patches)


class _Redrawn(nn.Module):
    """Layers that compute what a box changes, for the levels and spots that it is given."""

    given: tuple[Tensor, Spots]

    def __init__(self, untouched: Untouched) -> None:
        super().__init__()
        self._untouched = untouched

    def forward(self, _: Tensor) -> Tensor:
        """Return the output (batch, channels, rows, columns)."""
        return self._untouched.redrawn(*self.given)


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

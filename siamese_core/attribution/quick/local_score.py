"""LocalScore: maps that differ from one in a small box alone, scored from what the box changes.

A segment alone on the baseline leaves most of every layer as it is for the baseline: outside the
box that the segment can reach, a convolution's output is known already.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from siamese_core.attribution.quick.recalling import geometry
from siamese_core.siamese import OneSidedScore

BATCH = 64
"""Maps worth being scored at once: little lies between layers, and dense layers like many rows."""
_MOST = 0.5
"""Share of a map that a box may cover; beyond it, a whole map is encoded no slower."""
_SLAB = 256
"""Units of a dense layer that a core takes at once: some 30 rows against 4096 units are done in two
thirds of the time, since cores then need not wait for each other."""


class LocalScore:
    """The score of a net of convolutions, pooling and dense layers, box by box.

    Equal to the score itself but for rounding. What lies behind the convolutions is computed for a
    batch at once.

    Parameters
    ----------
    score : OneSidedScore
        Over a `ConvEncoder`.
    base : Tensor, shape (n_mels, n_frames)
        The map that others are told apart from.
    """

    def __init__(self, score: OneSidedScore, base: Tensor) -> None:
        self._score = score
        layers = list(score.encoder.children())
        flat = next(n for n, layer in enumerate(layers) if isinstance(layer, nn.Flatten))
        self._layers, self._dense = nn.Sequential(*layers[:flat]), nn.Sequential(*layers[flat:])
        with torch.inference_mode():
            self._levels: Tensor = score.levels(base.unsqueeze(0))
            self._seen, self._features = _backdrop(self._layers, self._levels)

    def __call__(self, maps: Tensor) -> Tensor:
        """Score maps (batch, n_mels, n_frames): logits (batch,)."""
        levels = self._score.levels(maps)
        boxes = Box.around((levels != self._levels).squeeze(1))
        features = self._features.repeat(len(maps), 1, 1, 1)
        each = zip(torch.split(features, 1), torch.split(levels, 1), boxes, strict=True)
        for whole, one, box in each:
            if box.area > _MOST * one.numel():
                whole[:] = self._layers(one)
            elif box.area:
                self._encode(one, box, whole)
        embeddings = features
        for layer in self._dense:
            embeddings = _in_slabs(layer, embeddings)
        return self._score.compare(embeddings)

    def _encode(self, levels: Tensor, box: "Box", features: Tensor) -> None:
        """Write into features (1, channels, rows, columns) what a changed box of levels makes."""
        patch, seen = levels[..., *box.slices], iter(self._seen)
        for layer in self._layers:
            if isinstance(layer, nn.Conv2d):
                patch, box = _convolved(layer, next(seen), patch, box)
            else:
                patch, box = layer(patch), box.halved if _pools(layer) else box
        features[..., *box.slices] = patch


@dataclass(frozen=True)
class Box:
    """A rectangle of cells: rows from ``top`` to ``bottom``, columns from ``left`` to ``right``."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def around(cls, changed: Tensor) -> "list[Box]":
        """Return the smallest boxes around the cells that are set, bool (batch, rows, columns)."""
        rows, columns = changed.any(dim=2).tolist(), changed.any(dim=1).tolist()
        return [cls(*_span(*sides)) for sides in zip(rows, columns, strict=True)]

    @property
    def area(self) -> int:
        """Cells in it."""
        return (self.bottom - self.top) * (self.right - self.left)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def grown(self, before: int, after: int) -> "Box":
        """Return the box with so many more cells above and left, and below and right."""
        return Box(self.top - before, self.bottom + after, self.left - before, self.right + after)

    @property
    def paired(self) -> "Box":
        """The box with every pair of rows and of columns that it holds a part of."""
        return Box(
            self.top // 2 * 2, -(-self.bottom // 2) * 2, self.left // 2 * 2, -(-self.right // 2) * 2
        )

    @property
    def halved(self) -> "Box":
        """The box after pooling by 2; a last odd row or column is left out, as pooling does."""
        return Box(self.top // 2, self.bottom // 2, self.left // 2, self.right // 2)

    def within(self, whole: Tensor) -> "Box":
        """Return the part of the box that lies in a map (1, channels, rows, columns)."""
        rows, columns = whole.shape[2:]
        return Box(
            max(0, self.top), min(rows, self.bottom), max(0, self.left), min(columns, self.right)
        )


def _convolved(layer: nn.Conv2d, whole: Tensor, patch: Tensor, box: Box) -> tuple[Tensor, Box]:
    """Convolve what a changed patch can reach; around the map are zeros ('same' padding)."""
    _, _, before, after = geometry(layer)
    # In whole pairs, so that pooling needs no cell beside them; and never an odd last cell alone,
    # of which pooling would leave nothing.
    out = box.grown(max(1, after), max(1, before)).paired.within(whole)
    window = _window(whole, out.grown(before, after), patch, box)
    return functional.conv2d(window, layer.weight, layer.bias), out


def _in_slabs(layer: nn.Module, x: Tensor) -> Tensor:
    """Apply a layer to rows (batch, inputs); a large dense one in slabs of its units."""
    if not isinstance(layer, nn.Linear) or layer.out_features % _SLAB or x.device.type != "cpu":
        found: Tensor = layer(x)
        return found
    slabs = layer.weight.reshape(-1, _SLAB, layer.in_features)
    bias = layer.bias.reshape(-1, 1, _SLAB)
    rows = x.expand(len(slabs), *x.shape)
    return torch.baddbmm(bias, rows, slabs.transpose(1, 2)).transpose(0, 1).flatten(1)


def _backdrop(layers: nn.Sequential, levels: Tensor) -> tuple[list[Tensor], Tensor]:
    """Return what each convolution sees of the base, (1, 1, rows, columns), and what comes out.

    A base of one level everywhere is encoded as a small map of that level: all that a large one
    has more of is cells that no edge can reach, which are all alike.
    """
    spare = _spare(layers, levels)
    x = levels[..., : levels.shape[2] - spare[0], : levels.shape[3] - spare[1]]
    seen = []
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            seen.append(_stretched(x, spare))
        elif _pools(layer):
            spare = spare[0] // 2, spare[1] // 2
        x = layer(x)
    return seen, _stretched(x, spare)


def _spare(layers: nn.Sequential, levels: Tensor) -> tuple[int, int]:
    """Return how many rows and columns a map of one level can do without; else none."""
    if bool((levels != levels[0, 0, 0, 0]).any()):
        return 0, 0
    scale, reach = 1, 0
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            reach += scale * (layer.kernel_size[0] // 2)
        scale *= 2 if _pools(layer) else 1
    # cells of the last layer that begin within reach of an edge, at both edges, and one more
    least = 2 * reach + 4 * scale
    rows, columns = (max(0, side - least) // scale * scale for side in levels.shape[2:])
    return rows, columns


def _stretched(x: Tensor, spare: tuple[int, int]) -> Tensor:
    """Repeat the middle of a map (1, channels, rows, columns) so many times; channels last."""
    if not any(spare):
        return x
    places = [_repeating(side, more) for side, more in zip(x.shape[2:], spare, strict=True)]
    return x.permute(0, 2, 3, 1)[:, places[0][:, None], places[1]].permute(0, 3, 1, 2)


def _repeating(side: int, more: int) -> Tensor:
    places = torch.arange(side + more)
    return torch.maximum(places - more, places.clamp_max(side // 2))


def _pools(layer: nn.Module) -> bool:
    return isinstance(layer, nn.MaxPool2d | nn.AvgPool2d)


def _window(whole: Tensor, seen: Box, patch: Tensor, box: Box) -> Tensor:
    """Cut ``seen`` out of a map, zeros around it, with a patch laid over its own box.

    Channels last in memory: pooling by 2 is ten times as fast then.
    """
    inner = seen.within(whole)
    height, width = seen.bottom - seen.top, seen.right - seen.left
    window = whole.new_zeros(1, height, width, whole.shape[1]).permute(0, 3, 1, 2)
    for part, place in ((whole[..., *inner.slices], inner), (patch, box)):
        top, left = place.top - seen.top, place.left - seen.left
        rows, columns = part.shape[2:]
        window[..., max(0, top) : top + rows, max(0, left) : left + columns] = part[
            ..., max(0, -top) : height - top, max(0, -left) : width - left
        ]
    return window


def _span(*sides: list[bool]) -> Iterator[int]:
    """Return where the first one set lies on each side, and where the last one ends."""
    for side in sides:
        some = any(side)
        yield side.index(True) if some else 0
        yield len(side) - side[::-1].index(True) if some else 0

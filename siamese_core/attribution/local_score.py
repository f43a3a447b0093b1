"""LocalScore: maps that differ from one in a small box alone, scored from what the box changes.

A segment alone on the baseline leaves most of every layer as it is for the baseline: outside the
box that the segment can reach, a convolution's output is known already.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from siamese_core.attribution.recalling import recalls
from siamese_core.attribution.retouched import RetouchedScore
from siamese_core.encoder import ConvEncoder
from siamese_core.siamese import OneSidedScore

Score = Callable[[Tensor], Tensor]
"""From maps (batch, n_mels, n_frames) to logits (batch,)."""

BATCH = 64
"""Maps worth being scored at once: little lies between layers, and dense layers like many rows."""
_MOST = 0.5
"""Share of a map that a box may cover; beyond it, a whole map is encoded no slower."""


def near(score: Score, base: Tensor, *, small: bool = False) -> Score:
    """Return a score that is quicker for maps that differ little from ``base``, if there is one.

    Parameters
    ----------
    score : callable
    base : Tensor, shape (n_mels, n_frames)
    small : bool
        Whether what differs is small, in many maps; else a residual network is left alone.
    """
    if not isinstance(score, OneSidedScore) or not recalls(score):
        return score
    if small and base.device.type != "cpu":
        return score  # a GPU has scored many whole maps by the time that the boxes are laid out
    if isinstance(score.encoder, ConvEncoder):
        return LocalScore(score, base)
    return RetouchedScore(score, base) if small else score


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
            outputs = [score.levels(base.unsqueeze(0))]
            for layer in self._layers:
                outputs.append(layer(outputs[-1]))
        self._before = [output[0] for output in outputs[:-1]]
        self._features = outputs[-1]

    def __call__(self, maps: Tensor) -> Tensor:
        """Score maps (batch, n_mels, n_frames): logits (batch,)."""
        levels = self._score.levels(maps)
        boxes = [Box.of((one != self._before[0]).any(dim=0)) for one in levels]
        features = self._features.repeat(len(maps), 1, 1, 1)
        for whole, one, box in zip(features, levels, boxes, strict=True):
            if box.area > _MOST * one.numel():
                whole[:] = self._layers(one.unsqueeze(0)).squeeze(0)
            elif box.area:
                self._encode(one, box, whole)
        embeddings: Tensor = self._dense(features)
        return self._score.compare(embeddings)

    def _encode(self, levels: Tensor, box: "Box", features: Tensor) -> None:
        """Write into features (channels, rows, columns) what a changed box of levels makes."""
        patch = levels[:, *box.slices]
        for layer, whole in zip(self._layers, self._before, strict=True):
            if isinstance(layer, nn.Conv2d):
                patch, box = _convolved(layer, whole, patch, box)
            elif isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
                patch, box = _pooled(layer, whole, patch, box)
            else:
                patch = layer(patch.unsqueeze(0)).squeeze(0)
        features[:, *box.slices] = patch


@dataclass(frozen=True)
class Box:
    """A rectangle of cells: rows from ``top`` to ``bottom``, columns from ``left`` to ``right``."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def of(cls, changed: Tensor) -> "Box":
        """Return the smallest box around the cells of a map, bool (rows, columns), that are set."""
        if not bool(changed.any()):
            return cls(0, 0, 0, 0)
        rows, columns = changed.any(dim=1).nonzero(), changed.any(dim=0).nonzero()
        return cls(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)

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

    def within(self, whole: Tensor) -> "Box":
        """Return the part of the box that lies in a map (channels, rows, columns)."""
        _, rows, columns = whole.shape
        return Box(
            max(0, self.top), min(rows, self.bottom), max(0, self.left), min(columns, self.right)
        )


def _convolved(layer: nn.Conv2d, whole: Tensor, patch: Tensor, box: Box) -> tuple[Tensor, Box]:
    """Convolve what a changed patch can reach; around the map are zeros ('same' padding)."""
    (size, _) = layer.kernel_size
    before = (size - 1) // 2
    after = size - 1 - before
    out = box.grown(after, before).within(whole)
    seen = out.grown(before, after)
    window = _window(whole, seen, patch, box)
    return functional.conv2d(window.unsqueeze(0), layer.weight, layer.bias).squeeze(0), out


def _pooled(layer: nn.Module, whole: Tensor, patch: Tensor, box: Box) -> tuple[Tensor, Box]:
    """Pool by 2; an odd last row or column is left out, as the layer does."""
    _, rows, columns = whole.shape
    out = Box(
        box.top // 2,
        min(rows // 2, -(-box.bottom // 2)),
        box.left // 2,
        min(columns // 2, -(-box.right // 2)),
    )
    seen = Box(2 * out.top, 2 * out.bottom, 2 * out.left, 2 * out.right)
    window = _window(whole, seen, patch, box)
    return layer(window.unsqueeze(0)).squeeze(0), out


def _window(whole: Tensor, seen: Box, patch: Tensor, box: Box) -> Tensor:
    """Cut ``seen`` out of a map, zeros around it, with a patch laid over its own box."""
    inner = seen.within(whole)
    window = whole.new_zeros(len(whole), seen.bottom - seen.top, seen.right - seen.left)
    for part, place in ((whole[:, *inner.slices], inner), (patch, box)):
        top, left = place.top - seen.top, place.left - seen.left
        rows, columns = part.shape[1:]
        window[:, max(0, top) : top + rows, max(0, left) : left + columns] = part[
            :,
            max(0, -top) : window.shape[1] - top,
            max(0, -left) : window.shape[2] - left,
        ]
    return window

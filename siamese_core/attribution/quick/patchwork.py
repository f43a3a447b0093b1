"""Patchwork: coalitions of segments, scored without computing the same patch twice.

A cell of a network's first layers sees few segments. However many coalitions there are, few of them
differ within its sight: it is computed once for each of those and looked up for the rest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from siamese_core.attribution.attribution import Subject
from siamese_core.attribution.quick.recalling import geometry, recalling, recalls
from siamese_core.attribution.segments import Segments
from siamese_core.siamese import OneSidedScore

Ints = NDArray[np.int64]

_MOST_SEGMENTS = 62
"""A coalition is then one integer, a bit for each segment."""
_LEAST = 3
"""Coalitions a segment, at least: for fewer, whole maps or their changed boxes are no slower."""
_MOST_SHARE = 0.1
"""Of the cells of a layer in all coalitions, how many may have to be computed: where cells see many
segments, most coalitions differ in every place."""
_MOST_NUMBERS = 1 << 25
"""In one table: 128 MiB."""
_AT_ONCE = 1 << 21
"""Numbers gathered at once, so that they stay in a processor's cache."""


class Crowded(Exception):  # noqa: N818 - nothing is wrong, only nothing is won
    """Cells see so many segments that too few coalitions agree anywhere."""


class Patchwork:
    """The logits of coalitions: the clip where a segment is kept, the baseline elsewhere.

    Equal to the score's but for rounding. The score's first layers, up to the first that looks at
    the whole map, recall their output from a `Sheet`.

    Parameters
    ----------
    subject : Subject
        Whose score is a `OneSidedScore` over convolutions.
    baseline : Tensor, shape (n_mels, n_frames)
    segments : ndarray of int, shape (n_mels, n_frames)
    kept : Tensor of bool, shape (n, segments)
        The coalitions.

    Raises
    ------
    Crowded
        If it would be no quicker.
    """

    def __init__(
        self, subject: Subject, baseline: Tensor, segments: Segments, kept: Tensor
    ) -> None:
        assert isinstance(subject.score, OneSidedScore)
        self._score = subject.score
        self._recalls: list[Recall] = []
        with torch.inference_mode():
            levels = self._score.levels(torch.stack([baseline, subject.log_mel]))
            sheet = Sheet.of(levels, segments, kept)
            self._encoder = recalling(self._score.encoder, sheet, self._recall)

    def __call__(self, maps: Tensor, part: slice) -> Tensor:
        """Score some of the coalitions, their maps (batch, n_mels, n_frames): logits (batch,)."""
        for recall in self._recalls:
            recall.part = part
        return self._score.compare(self._encoder(self._score.levels(maps)))

    def _recall(self, sheet: "Sheet") -> "Recall":
        self._recalls.append(Recall(sheet))
        return self._recalls[-1]


def patchwork(
    subject: Subject, baseline: Tensor, segments: Segments, kept: Tensor
) -> Patchwork | None:
    """Return a quicker way to score many coalitions, if there is one (see `Patchwork`)."""
    count = kept.shape[1]
    many = len(kept) >= _LEAST * count and count <= _MOST_SEGMENTS
    # a GPU has scored them by the time that the sheets are laid out
    if not many or subject.log_mel.device.type != "cpu" or not recalls(subject.score):
        return None
    try:
        return Patchwork(subject, baseline, segments, kept)
    except Crowded:
        return None


@dataclass(frozen=True, eq=False)
class Sheet:
    """What a layer makes of each cell, for each combination of the segments that the cell sees.

    Cells see one of few sets of segments, their group. Row ``start[cell] + rank[n, group[cell]]``
    of the table is what coalition n has there.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the layer's output.
    bits : ndarray of int, shape (n,)
        The coalitions: bit s says whether segment s is kept.
    sees : ndarray of int, shape (cells,)
        Which segments a cell sees, in the same bits.
    group, start : ndarray of int, shape (cells,)
    rank : ndarray of int, shape (n, groups)
    table : Tensor, shape (rows, channels)
    """

    shape: tuple[int, int]
    bits: Ints
    sees: Ints
    group: Ints
    start: Ints
    rank: Ints
    table: Tensor

    @classmethod
    def of(cls, levels: Tensor, segments: Segments, kept: Tensor) -> "Sheet":
        """Return the input: levels (2, 1, rows, columns) of baseline and clip."""
        ranks = kept.numpy().astype(np.int64)
        bits = ranks @ (1 << np.arange(ranks.shape[1]))
        groups = segments.ravel()
        start = 2 * np.arange(segments.size)
        table = levels.flatten(1).T.reshape(-1, 1)
        return cls(segments.shape, bits, 1 << groups, groups, start, ranks, table)

    def heard(self, gain: Tensor, offset: Tensor) -> "Sheet":
        """Return the input as a member of an ensemble hears it."""
        return replace(self, table=self.table * gain + offset)

    def through(self, layers: Iterable[nn.Module]) -> "Sheet":
        """Return what convolutions, pooling and layers that look at each cell alone make of it.

        Raises
        ------
        Crowded
            If it would be no quicker.
        """
        sheet = self
        for layer in layers:
            if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
                sheet = sheet._gathered(layer)
            else:
                table = layer(sheet.table[:, :, None, None]).flatten(1)
                sheet = replace(sheet, table=table)
        return sheet

    def at(self, part: slice) -> Tensor:
        """Return the layer's output for some coalitions: (batch, channels, rows, columns)."""
        ranks = self.rank[part]
        rows = torch.from_numpy((self.start + ranks[:, self.group]).ravel())
        found = self.table.index_select(0, rows).reshape(len(ranks), *self.shape, -1)
        return found.permute(0, 3, 1, 2)  # channels last in memory

    def _gathered(self, layer: nn.Module) -> "Sheet":
        """Return what a layer makes of it that looks at several cells at once."""
        taps, shape = self._taps(layer)
        sees = np.bitwise_or.reduce(np.append(self.sees, 0)[taps], axis=1)
        masks, group = np.unique(sees, return_inverse=True)
        found = [np.unique(self.bits & m, return_index=True, return_inverse=True) for m in masks]
        counts = np.array([len(values) for values, _, _ in found])[group]
        channels = layer.out_channels if isinstance(layer, nn.Conv2d) else self.table.shape[1]
        most = min(_MOST_SHARE * len(self.bits) * len(group), _MOST_NUMBERS / channels)
        if counts.sum() > most:
            raise Crowded
        cells = np.repeat(np.arange(len(group)), counts)
        # any coalition that shows the cell the same segments
        examples = np.concatenate([found[number][1] for number in group])
        seen = self._seen(taps, cells, examples)
        table = torch.cat([_applied(layer, some) for some in seen])
        rank = np.stack([inverse for _, _, inverse in found], axis=1)
        return Sheet(shape, self.bits, sees, group, np.cumsum(counts) - counts, rank, table)

    def _taps(self, layer: nn.Module) -> tuple[Ints, tuple[int, int]]:
        """Return the cells that each cell of the next layer sees, (cells, taps), and its shape.

        -1 is outside the map.
        """
        size, stride, before, after = geometry(layer)
        cells = np.arange(self.shape[0] * self.shape[1]).reshape(self.shape)
        around = np.pad(cells, (before, after), constant_values=-1)
        windows = sliding_window_view(around, (size, size))[::stride, ::stride]
        rows, columns = windows.shape[:2]
        return windows.reshape(-1, size * size), (rows, columns)

    def _seen(self, taps: Ints, cells: Ints, coalitions: Ints) -> Iterator[Tensor]:
        """Gather what cells of the next layer see in coalitions: (some, taps, channels)."""
        outside = len(self.table)
        table = torch.cat([self.table, self.table.new_zeros(1, self.table.shape[1])])
        step = max(1, _AT_ONCE // (taps.shape[1] * table.shape[1]))
        for first in range(0, len(cells), step):
            some = taps[cells[first : first + step]]
            ranks = self.rank[coalitions[first : first + step, None], self.group[some]]
            yield table[torch.from_numpy(np.where(some < 0, outside, self.start[some] + ranks))]


class Recall(nn.Module):
    """A layer that knows its output for the coalitions ``part`` already."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self._sheet, self.part = sheet, slice(0)

    def forward(self, _: Tensor) -> Tensor:
        """Return the output (batch, channels, rows, columns)."""
        return self._sheet.at(self.part)


def _applied(layer: nn.Module, seen: Tensor) -> Tensor:
    """Apply a convolution or pooling to what cells see, (cells, taps, channels)."""
    if isinstance(layer, nn.Conv2d):
        kernels = layer.weight.permute(0, 2, 3, 1).flatten(1)
        return functional.linear(seen.flatten(1), kernels, layer.bias)
    return seen.amax(dim=1) if isinstance(layer, nn.MaxPool2d) else seen.mean(dim=1)

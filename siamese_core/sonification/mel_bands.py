"""MelBands: the mel filterbank as what it is, two neighbouring bands a bin."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from siamese_core.logmel import mel_filterbank
from siamese_core.melspec import MelSpec


@dataclass(frozen=True, eq=False)
class MelBands:
    """The non-zero weights of a Slaney filterbank: its triangles overlap two at a time.

    Several times faster than the dense matrix, with the same values. On the CPU, in float32.

    Parameters
    ----------
    lower, upper : Tensor of int64, shape (n_bins,)
        The two bands that cover each bin.
    falling, rising : Tensor, shape (n_bins, 1)
        Their weights at that bin; 0 where a band does not reach it.
    n_mels : int
    """

    lower: Tensor
    upper: Tensor
    falling: Tensor
    rising: Tensor
    n_mels: int

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, mel: MelSpec) -> "MelBands":
        """Return the bands of a MelSpec."""
        filters = mel_filterbank(mel)
        lower = (filters > 0).byte().argmax(dim=0)
        upper = (lower + 1).clamp_max(mel.n_mels - 1)
        falling, rising = (filters.gather(0, band[None]).T for band in (lower, upper))
        rising = torch.where((upper > lower)[:, None], rising, 0)
        return cls(lower, upper, falling.contiguous(), rising.contiguous(), mel.n_mels)

    def collect(self, power: Tensor) -> Tensor:
        """Sum power (..., n_bins, n_frames) into bands (..., n_mels, n_frames)."""
        bands = power.new_zeros(*power.shape[:-2], self.n_mels, power.shape[-1])
        bands.index_add_(-2, self.lower, power * self.falling)
        return bands.index_add_(-2, self.upper, power * self.rising)

    def spread(self, bands: Tensor) -> Tensor:
        """Give each bin its bands' values by their weights: the transpose of `collect`."""
        below, above = bands.index_select(-2, self.lower), bands.index_select(-2, self.upper)
        return torch.addcmul(below * self.falling, above, self.rising)

    def lift(self, gains: Tensor) -> Tensor:
        """Average gains (..., n_mels, n_frames) over the bands that cover each bin.

        Bins that no band covers (DC, Nyquist) take the nearest covered bin's gain: otherwise a
        mask of ones would take something away.
        """
        weights = self.falling + self.rising
        lifted = self.spread(gains) / weights.clamp_min(torch.finfo(weights.dtype).tiny)
        return lifted.index_select(-2, self._nearest_covered)

    @property
    def _nearest_covered(self) -> Tensor:
        covered = (self.falling + self.rising)[:, 0].nonzero()[:, 0]
        places = torch.arange(len(self.lower))
        after = torch.searchsorted(covered, places).clamp(1, len(covered) - 1)
        is_before = places - covered[after - 1] <= covered[after] - places
        return covered[torch.where(is_before, after - 1, after)]

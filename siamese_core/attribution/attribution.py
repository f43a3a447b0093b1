"""Attribution: the signed map that a method returns, and the Subject that it is asked about."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress

_SILENCE_DB = -80.0
_BATCH = 64
_BATCH_CELLS = 1 << 20
"""Cells of one batch of maps: bounds memory, 20 maps of 224 x 224."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each cell of a log-mel does to the logit.

    Parameters
    ----------
    values : ndarray of float32, shape (n_mels, n_frames)
        Signed: positive raises the similarity.
    segments : ndarray of int, shape (n_mels, n_frames), optional
        Which segment, 0 to n - 1, each cell belongs to, where the method works on segments.
    residual : float, optional
        By how much a complete method misses its sum: sum of the values minus the change of the
        logit from the baseline to the clip.
    note : str, optional
        A sentence that the map needs beside it.
    """

    values: NDArray[np.float32]
    segments: NDArray[np.int64] | None = None
    residual: float | None = None
    note: str | None = None


@dataclass(frozen=True, eq=False)
class Subject:
    """What a method explains: why a score gives one log-mel its logit.

    Parameters
    ----------
    score : nn.Module
        Maps log-mels in dB, shape (batch, n_mels, n_frames), to logits (batch,); usually a
        `siamese.OneSidedScore`.
    log_mel : Tensor, shape (n_mels, n_frames)
        In dB, on the score's device.
    own : slice
        The frames of the clip itself, not of the zeros around it.
    seed : int
        For methods that draw.
    """

    score: nn.Module
    log_mel: Tensor
    own: slice = field(default_factory=lambda: slice(None))
    seed: int = 0
    on_event: OnEvent = ignore
    should_stop: ShouldStop = never

    @property
    def batch(self) -> int:
        """How many maps are scored at once."""
        return max(1, min(_BATCH, _BATCH_CELLS // self.log_mel.numel()))

    def baseline(self, name: str) -> Tensor:
        """Return the map, shape (n_mels, n_frames), that stands for absence.

        ``floor`` is the clip's lowest level, ``silence`` -80 dB, ``mean`` each band's mean level
        over the clip's own frames.
        """
        if name == "mean":
            return self.log_mel[:, self.own].mean(dim=1, keepdim=True).expand_as(self.log_mel)
        level = _SILENCE_DB if name == "silence" else float(self.log_mel.min())
        return torch.full_like(self.log_mel, level)

    def progress(self, done: int, total: int) -> None:
        """Report progress; raises Cancelled if the person asked to stop."""
        progress(self.on_event, self.should_stop, "Explaining", min(done, total), total)

    def logit(self, log_mel: Tensor) -> float:
        """Score one map."""
        with torch.inference_mode():
            return float(self.score(log_mel.unsqueeze(0)))

    def batches(self, total: int) -> Iterator[slice]:
        """Yield slices that share ``total`` maps into batches, reporting progress before each."""
        for first in range(0, total, self.batch):
            self.progress(first, total)
            yield slice(first, first + self.batch)


class Watched(nn.Module):
    """The subject's score, reporting progress each time that a library calls it.

    Captum knows no callbacks; every call is a chance to report and to stop.

    Parameters
    ----------
    subject : Subject
    total : int
        Maps that will be scored in all.
    """

    def __init__(self, subject: Subject, total: int) -> None:
        super().__init__()
        self.score, self._subject = subject.score, subject
        self._done, self._total = 0, total

    def forward(self, maps: Tensor) -> Tensor:
        """Score maps (batch, n_mels, n_frames): logits (batch,)."""
        self._subject.progress(self._done, self._total)
        self._done += len(maps)
        logits: Tensor = self.score(maps)
        return logits

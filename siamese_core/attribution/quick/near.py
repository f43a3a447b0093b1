"""Near: the score that is quickest for maps that differ little from one."""

from collections.abc import Callable

from torch import Tensor

from siamese_core.attribution.quick.local_score import LocalScore
from siamese_core.attribution.quick.recalling import is_residual, recalls
from siamese_core.attribution.quick.retouched import RetouchedScore
from siamese_core.encoder.encoder import ConvEncoder
from siamese_core.siamese import OneSidedScore

Score = Callable[[Tensor], Tensor]
"""From maps (batch, n_mels, n_frames) to logits (batch,)."""


def near(score: Score, base: Tensor, *, small: bool = False) -> Score:
    """Return a score that is quicker for maps that differ little from ``base``, if there is one.

    Parameters
    ----------
    score : callable
    base : Tensor, shape (n_mels, n_frames)
    small : bool
        Whether what differs is small, in many maps; else a residual network is left alone.
    """
    if base.device.type != "cpu":
        return score  # a GPU has scored many whole maps by the time that the boxes are laid out
    if not isinstance(score, OneSidedScore) or not recalls(score):
        return score
    if isinstance(score.encoder, ConvEncoder):
        return LocalScore(score, base)
    return RetouchedScore(score, base) if small and is_residual(score.encoder) else score

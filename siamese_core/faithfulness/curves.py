"""Curves: how a prediction goes while cells are removed or restored in a map's order."""

from dataclasses import dataclass

import numpy as np

from siamese_core.callbacks import ShouldStop, never
from siamese_core.faithfulness.episode_score import EpisodeScore
from siamese_core.faithfulness.metrics import Floats
from siamese_core.logmel import LogMel
from siamese_core.mask.mask import MaskParameters, shape_mask

STEPS = 20


@dataclass(frozen=True, eq=False)
class Curves:
    """The predicted class's probability against the fraction of the clip's cells (pixels).

    Reading a curve backwards gives its counterpart in the reverse order: removing the last cells
    first is restoring the first cells, seen from the end. So deletion in reverse order is
    ``insertion[::-1]``, insertion in reverse order is ``deletion[::-1]``, and one random order
    serves for both: it has one area.

    Parameters
    ----------
    fractions : ndarray, shape (n_points,)
        From 0 to 1: of all cells of the clip's own frames, removed or restored so far.
    deletion : ndarray, shape (n_points,)
        The highest attributions are replaced by the clip's floor first.
    insertion : ndarray, shape (n_points,)
        The highest attributions are restored first, to a clip all of floor.
    random : ndarray, shape (n_points,)
        Insertion in a random order; backwards, deletion in one.
    """

    fractions: Floats
    deletion: Floats
    insertion: Floats
    random: Floats

    @property
    def areas(self) -> dict[str, float]:
        """The area below each curve, by trapezoids."""
        return {
            name: float(np.trapezoid(getattr(self, name), self.fractions))
            for name in ("deletion", "insertion", "random")
        }

    def as_dict(self) -> dict[str, list[float]]:
        """Return plain values."""
        return {name: values.tolist() for name, values in vars(self).items()}


def ordered_curves(
    lineup: EpisodeScore, values: Floats, seed: int = 0, should_stop: ShouldStop = never
) -> Curves:
    """Remove and restore cells in the order of an attribution (Petsiuk et al. 2018).

    Among equals the order is that of `mask.shape_mask`, so that the first s percent are the cells
    that a mask of that share keeps.

    Parameters
    ----------
    values : ndarray, shape (n_mels, n_frames)
        An attribution on the line-up's open clip.
    seed : int
        Of the random order.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so.
    """
    noise = np.random.default_rng(seed).permutation(values.size).reshape(values.shape)
    first, shuffled = (_nested(order, lineup.log_mel) for order in (values, noise.astype(float)))
    gains = np.concatenate([first, 1 - first[1:-1], shuffled[1:-1]])
    own = lineup.probabilities(gains, should_stop)[:, lineup.own]
    insertion, removed, random = np.split(own, [STEPS + 1, 2 * STEPS])
    ends = insertion[[0, -1]]
    return Curves(
        np.linspace(0, 1, STEPS + 1),
        np.concatenate([ends[1:], removed, ends[:1]]),
        insertion,
        np.concatenate([ends[:1], random, ends[1:]]),
    )


def _nested(values: Floats, seen: LogMel) -> Floats:
    """Keep the first 0 to 100 % of the cells, one step after the other."""
    shares = (
        MaskParameters(share=100 * step / STEPS, edge="hard", sign="positive")
        for step in range(STEPS + 1)
    )
    masks = [shape_mask(values, seen.mel, seen.start, seen.duration, share) for share in shares]
    return np.stack([mask.values for mask in masks]).astype(np.float64)

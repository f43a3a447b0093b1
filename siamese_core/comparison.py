"""Comparison: two networks on the same episodes, and how sure their difference is."""

from dataclasses import asdict, dataclass

import numpy as np

from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.errors import ParameterError
from siamese_core.evaluation import Evaluation, Interval

_RESAMPLES = 10_000
_DRAWS = 2**16
"""Classes drawn again between two looks at whether to stop."""


@dataclass(frozen=True)
class Comparison:
    """How much more accurate one network is than another.

    Parameters
    ----------
    difference : Interval
        Its accuracy minus the other's, with the paired bootstrap's percentile interval.
    other : Interval
        The other's accuracy.
    gained, lost : int
        Episodes that only this one, and only the other, has right.
    """

    difference: Interval
    other: Interval
    gained: int
    lost: int

    def as_dict(self) -> dict[str, object]:
        """Return plain values."""
        return asdict(self)


def compare_evaluations(
    this: Evaluation,
    other: Evaluation,
    seed: int = 0,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Comparison:
    """Compare two evaluations of the same seeded episodes.

    Episodes are drawn again with replacement, each with both outcomes, within each query class
    (Efron and Tibshirani 1993, chapter 13). The interval is that of more episodes from these
    clips; other speakers would vary more.

    Raises
    ------
    ParameterError
        If the evaluations were not made on the same episodes.
    Cancelled
        If ``should_stop`` says so.
    """
    if _drawing(this) != _drawing(other):
        raise ParameterError(
            "The evaluations were made on different episodes; "
            "compare two of the same classes, ways, shots, runs and seed."
        )
    gained, lost = this.hits & ~other.hits, other.hits & ~this.hits
    per_class = np.stack([gained, lost, gained == lost]).reshape(3, len(this.labels), -1)
    rng, shares = np.random.default_rng(seed), per_class.mean(axis=2).T
    step, sums = max(1, _DRAWS // len(shares)), []
    for first in range(0, _RESAMPLES, step):
        progress(on_event, should_stop, "Comparing both networks", first, _RESAMPLES)
        size = (min(step, _RESAMPLES - first), len(shares))
        sums.append(rng.multinomial(this.runs, shares, size).sum(axis=1))
    up, down = np.concatenate(sums)[:, :2].T
    low, high = np.quantile((up - down) / len(this.hits), [0.025, 0.975])
    mean = float(gained.mean() - lost.mean())
    return Comparison(
        Interval(mean, float(low), float(high)), other.accuracy, int(gained.sum()), int(lost.sum())
    )


def _drawing(evaluation: Evaluation) -> tuple[object, ...]:
    e = evaluation
    return e.labels, e.ways, e.shots, e.runs, e.seed, len(e.hits)

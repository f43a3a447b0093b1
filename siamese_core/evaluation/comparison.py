"""Comparison: two networks on the same episodes, and how sure their difference is."""

from dataclasses import asdict, dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from siamese_core.errors import ParameterError
from siamese_core.evaluation.evaluation import Evaluation
from siamese_core.interval import KIND, Interval

_RESAMPLES = 10_000
BOOTSTRAP = f"paired bootstrap, percentiles of {_RESAMPLES:,} resamples"
NEWCOMBE = "Newcombe's hybrid score for paired proportions"
_FEW = 5
"""Episodes gained, or lost, below which the bootstrap's interval is too narrow."""

Hits = NDArray[np.bool_]


@dataclass(frozen=True)
class Comparison:
    """How much more accurate one network is than another.

    Parameters
    ----------
    difference : Interval
        Its accuracy minus the other's, with the paired bootstrap's percentile interval, or
        Newcombe's (`compare_evaluations`).
    other : Interval
        The other's accuracy.
    gained, lost : int
        Episodes that only this one, and only the other, has right.
    method : str
        How the difference's interval was made: `BOOTSTRAP` or `NEWCOMBE`.
    """

    difference: Interval
    other: Interval
    gained: int
    lost: int
    method: str

    def as_dict(self) -> dict[str, object]:
        """Return plain values; ``interval`` is the kind of the difference's."""
        plain = asdict(self)
        return plain | {"interval": {"level": KIND["level"], "method": plain.pop("method")}}


def compare_evaluations(this: Evaluation, other: Evaluation, seed: int = 0) -> Comparison:
    """Compare two evaluations of the same seeded episodes.

    Episodes are drawn again with replacement, each with both outcomes (Efron and Tibshirani 1993,
    chapter 13), whatever their class: within classes that each differ alike, nothing would vary.
    The interval is that of more episodes from these clips (`interval.OF_THESE_CLIPS`).

    Where few episodes differ one of the two ways, what is drawn again differs too little: of four
    gained and none lost among 500 the bootstrap's interval leaves out 0, at a p of 0.125 of
    McNemar's test. With fewer than five gained, or lost, the interval is therefore Newcombe's
    hybrid score interval for paired proportions (1998, Statistics in Medicine 17, 2635-2650,
    method 10). From five on the bootstrap's is still somewhat narrow. A repeated episode tells
    nothing new: only as many are counted, and drawn again, as are different.

    Raises
    ------
    ParameterError
        If the evaluations were not made on the same episodes.
    """
    if _drawing(this) != _drawing(other):
        raise ParameterError(
            "The evaluations were made on different episodes; "
            "compare two of the same clips, protocol, classes, ways, shots, runs and seed."
        )
    gained, lost = this.hits & ~other.hits, other.hits & ~this.hits
    count, up, down = len(this.hits), int(gained.sum()), int(lost.sum())
    known = this.different
    few = min(up, down) * known < _FEW * count
    shares = np.array([up, down, count - up - down]) / count
    ends = (
        _score_ends(this.hits, other.hits, known) if few else _bootstrap_ends(shares, known, seed)
    )
    difference = Interval((up - down) / count, *ends)
    return Comparison(difference, other.accuracy, up, down, NEWCOMBE if few else BOOTSTRAP)


def _bootstrap_ends(shares: NDArray[np.float64], count: int, seed: int) -> tuple[float, float]:
    drawn = np.random.default_rng(seed).multinomial(count, shares, _RESAMPLES)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / count, [0.025, 0.975])
    return float(low), float(high)


def _score_ends(this: Hits, other: Hits, known: int) -> tuple[float, float]:
    """Return the ends of Newcombe's interval, from Wilson's of each share and their correlation."""
    one, two = (Interval.of(int(hits.sum()), len(hits), known) for hits in (this, other))
    (both, up), (down, neither) = (
        [int((a & b).sum()) for b in (other, ~other)] for a in (this, ~this)
    )
    product = both * neither - up * down
    # a half of one count in the table, which holds ``known`` of them
    half = len(this) ** 2 / known / 2
    corrected = max(product - half, 0) if product > 0 else product
    margins = (both + up) * (down + neither) * (both + down) * (up + neither)
    phi = corrected / sqrt(margins) if margins else 0.0

    def reach(a: float, b: float) -> float:
        return sqrt(a * a - 2 * phi * a * b + b * b)

    difference = one.mean - two.mean
    return (
        difference - reach(one.mean - one.low, two.high - two.mean),
        difference + reach(one.high - one.mean, two.mean - two.low),
    )


def _drawing(evaluation: Evaluation) -> tuple[object, ...]:
    e = evaluation
    drawn = tuple(e.episodes)
    return e.protocol, e.labels, e.ways, e.shots, e.runs, e.seed, len(e.hits), drawn

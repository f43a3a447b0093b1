"""Summary: a study's numbers, each with its 95 % interval, method by method."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from siamese_core.callbacks import Event
from siamese_core.faithfulness.metrics import METRICS, Floats, Metric
from siamese_core.interval import Interval

CURVES = ("deletion", "insertion", "random")
_RESAMPLES = 10_000


@dataclass(frozen=True, eq=False)
class Summary:
    """What a study found of one method.

    Parameters
    ----------
    method : str
    maps : int
        Episodes whose map was measured.
    metrics : dict of str to Interval
        By key of `METRICS`; only what was defined for some map. The ends are NaN where `bootstrap`
        gives none.
    known : dict of str to int
        By key of ``metrics``: of how many maps it was measured; some are of the first few alone.
    seconds : float
        Median time that a map took, on the machines that made them; NaN if there is none.
    fractions : ndarray, shape (n_points,)
        Of the cells, for the curves.
    curves : dict of str to ndarray, shape (3, n_points)
        Mean, low and high of the curves of `CURVES`; empty if there is no map.
    refused : str
        Why the network cannot carry the method in some episodes; empty if it always can.
    """

    method: str
    maps: int
    metrics: dict[str, Interval]
    known: dict[str, int]
    seconds: float
    fractions: Floats
    curves: dict[str, Floats]
    refused: str

    def as_dict(self) -> dict[str, object]:
        """Return plain values, without the curves; None for what is not known."""
        return {
            "method": self.method,
            "maps": self.maps,
            "metrics": {
                name: {**_plain(found), "maps": self.known[name]}
                for name, found in self.metrics.items()
            },
            "seconds": self.seconds if self.maps else None,
            "refused": self.refused or None,
        }


def summarise(events: Sequence[Event]) -> list[Summary]:
    """Summarise a study's lines, method by method in the order of their first line."""
    methods = dict.fromkeys(str(event["method"]) for event in events)
    return [_summary(name, [e for e in events if e["method"] == name]) for name in methods]


def bootstrap(values: Floats) -> Floats:
    """Return the mean over the first axis, and the ends of its 95 % interval: shape (3, ...).

    The percentile interval of 10,000 resamples of the maps with replacement (Efron and Tibshirani
    1993, chapter 13), always the same ones. It is that of more episodes from these clips. Both ends
    are NaN where it can say nothing: of one map, or of maps that all agree.
    """
    count, mean = len(values), values.mean(axis=0)
    if (values == values[0]).all():
        return np.stack([mean, *np.full((2, *mean.shape), np.nan)])
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), _RESAMPLES)
    low, high = np.quantile(drawn @ values / count, [0.025, 0.975], axis=0)
    return np.stack([mean, low, high])


def interval(metric: Metric, values: Floats) -> Interval:
    """Estimate a metric's mean: by Wilson's interval where it is a share of the maps."""
    if not metric.hit:
        return Interval(*bootstrap(values).tolist())
    share = Interval.of(int((values > 0).sum()), len(values))
    return Interval(*(metric.hit * end for end in (share.mean, share.low, share.high)))


def _plain(found: Interval) -> dict[str, float | None]:
    return {end: None if np.isnan(value) else value for end, value in asdict(found).items()}


def _summary(method: str, events: Sequence[Event]) -> Summary:
    maps: list[dict[str, dict[str, list[float]]]] = [dict(e) for e in events if "values" in e]
    metrics, known = {}, {}
    for name, metric in METRICS.items():
        values = np.array([m["values"].get(name) for m in maps], float)
        if (defined := values[np.isfinite(values)]).size:
            metrics[name], known[name] = interval(metric, defined), defined.size
    return Summary(
        method,
        len(maps),
        metrics,
        known,
        float(np.median([m["seconds"] for m in maps])) if maps else np.nan,
        np.array(maps[0]["curves"]["fractions"] if maps else []),
        {n: bootstrap(np.array([m["curves"][n] for m in maps])) for n in CURVES if maps},
        next((str(e["refused"]) for e in events if "refused" in e), ""),
    )

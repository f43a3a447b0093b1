"""Faithfulness: all that was measured of one map."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np

from siamese_core.callbacks import ShouldStop, never
from siamese_core.errors import ParameterError
from siamese_core.explanation import Explanation
from siamese_core.faithfulness.checks import map_infidelity, map_sensitivity, randomisation
from siamese_core.faithfulness.curves import Curves, ordered_curves
from siamese_core.faithfulness.episode_score import EpisodeScore
from siamese_core.faithfulness.metrics import (
    METRICS,
    ONE_MAP,
    map_scores,
    masked_scores,
    obstacle,
)
from siamese_core.siamese import SiameseNet


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """How far a map can be trusted. Several metrics can disagree: read none of them alone.

    Parameters
    ----------
    values : dict of str to float
        By key of `METRICS`; NaN where a number is not defined. What was not measured is absent.
    curves : Curves
    """

    values: dict[str, float]
    curves: Curves

    def words(self) -> Iterator[str]:
        """Lay the numbers out for people, line by line."""
        yield "Faithfulness of the predicted pair's map"
        for name, value in self.values.items():
            metric = METRICS[name]
            better = f" ({metric.better} is better)" if metric.better else ""
            said = f"{value:z.3f}" if isfinite(value) else "not defined"
            yield f"{metric.title:<15}{said:>11}  {metric.meaning}{better}"
        yield ONE_MAP

    def as_dict(self) -> dict[str, object]:
        """Return plain values; None where a number is not defined."""
        plain = {name: value if isfinite(value) else None for name, value in self.values.items()}
        return {"values": plain, "curves": self.curves.as_dict()}


def measure(
    net: SiameseNet,
    lineup: EpisodeScore,
    explanation: Explanation,
    *,
    checks: bool = True,
    seed: int = 0,
    should_stop: ShouldStop = never,
) -> Faithfulness:
    """Measure a map in every way that there is.

    The mask that is kept and removed is the one that a person hears first (`mask.DEFAULTS`: the
    highest fifth of the clip's cells, soft at its edges), applied to the log-mel in dB above the
    clip's floor. Probabilities are the softmax over the line-up's class logits; the class is the
    explained pair's. Infidelity and sensitivity ask the score that the map explains: the pair's
    logit, or the contrast.

    Parameters
    ----------
    net : SiameseNet
    lineup : EpisodeScore
        Of the episode that the pair belongs to, open at the explained clip.
    explanation : Explanation
    checks : bool
        Whether to measure also what needs maps of noisy clips and random nets: sensitivity and
        randomisation cost twelve more maps.
    seed : int
        Of the random order, the rectangles, the noise and the random weights; the methods that
        draw get it too.

    Raises
    ------
    ParameterError
        If the line-up has one class only (`metrics.obstacle`).
    EarwitnessError
        If the memory does not suffice for a single map.
    Cancelled
        If ``should_stop`` says so.
    """
    if known := obstacle(lineup.classes):
        raise ParameterError(known)
    values = explanation.attribution.values.astype(np.float64)
    found = measure_quickly(lineup, explanation, should_stop)
    curves = ordered_curves(lineup, values, seed, should_stop)
    twin, rival = explanation.twin_map, explanation.rival_map
    subject = lineup.subject(seed, should_stop, twin, rival)
    found |= {**curves.areas, "infidelity": map_infidelity(subject, values)}
    if checks:
        method, parameters = explanation.method, explanation.parameters
        found["sensitivity"] = map_sensitivity(subject, method, parameters, values)
        found |= randomisation(net, explanation, seed, should_stop)
    return Faithfulness({name: found[name] for name in METRICS if name in found}, curves)


def measure_quickly(
    lineup: EpisodeScore, explanation: Explanation, should_stop: ShouldStop = never
) -> dict[str, float]:
    """Measure what three looks at the line-up and the map itself tell, as `measure` does.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so.
    """
    seen, mask = explanation.explained_map, explanation.mask().values
    gains = np.stack([np.ones_like(mask), mask, 1 - mask]).astype(np.float64)
    whole, kept, removed = lineup.class_logits(gains, should_stop)
    own = seen.own_frames
    values = explanation.attribution.values[:, own].astype(np.float64)
    return {
        **masked_scores(whole, kept, removed, lineup.own),
        **map_scores(values, seen.db[:, own].astype(np.float64)),
    }

"""The formulas of faithfulness on plain numbers (no torch), and METRICS, which names them all."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from siamese_core.ties import leaders, rounding

Floats = NDArray[np.float64]

_EPSILON = 1e-10
_SMALLEST = 1e-7
"""Added to each magnitude before the Gini index, so that an empty map has one."""
_DOUBLE = 1e-12
"""What double precision makes of equal log odds, whose logits may be as small as they like."""
_ACTIVITY_MARGIN = 15.9
"""dB between the level of a clip's active frames and the threshold below which it is silent."""


@dataclass(frozen=True)
class Metric:
    """What a number says.

    Parameters
    ----------
    title : str
        As papers print it.
    meaning : str
        In a few words.
    better : {"higher", "lower", ""}
        The end that speaks for a map; empty where neither does.
    group : str
        The table that it stands in.
    hit : float
        Where a map either has it or has not: what having it counts; not having it counts 0, so that
        the mean is a share of the maps. 0 for any other number.
    """

    title: str
    meaning: str
    better: Literal["higher", "lower", ""]
    group: str
    hit: float = 0.0


_KEPT = "A mask of the map kept, and removed"
_ORDER = "Cells removed and restored in the map's order"
_MAP = "The map itself"
_CHECKS = "Perturbed and randomised"

METRICS: dict[str, Metric] = {
    "ai": Metric(
        "AI %", "average increase: kept, the class is more likely", "higher", _KEPT, 100.0
    ),
    "ad": Metric("AD %", "average drop of the class's probability, kept", "lower", _KEPT),
    "ag": Metric("AG %", "average gain of the class's probability, kept", "higher", _KEPT),
    "ff": Metric("FF", "drop of the class's probability, removed", "higher", _KEPT),
    "fid_in": Metric("Fid-In", "kept, the prediction stays", "higher", _KEPT, 1.0),
    "deletion": Metric("deletion", "area while the map's first cells go first", "lower", _ORDER),
    "insertion": Metric(
        "insertion",
        "area while they come first; in reverse order, each is the other",
        "higher",
        _ORDER,
    ),
    "random": Metric("random order", "either area in a random order", "", _ORDER),
    "sps": Metric("SPS", "sparseness: Gini index of the magnitudes", "higher", _MAP),
    "comp": Metric("COMP", "complexity: entropy of the magnitudes, nats", "lower", _MAP),
    "silence": Metric("silence", "share of positive attribution in silent frames", "", _MAP),
    "silent_area": Metric("silent area", "share of the clip's frames that are silent", "", _MAP),
    "infidelity": Metric("infidelity", "squared error of predicted changes", "lower", _CHECKS),
    "sensitivity": Metric("sensitivity", "largest change under slight noise", "lower", _CHECKS),
    "random_head": Metric(
        "random head", "rank correlation with the map of a random head", "", _CHECKS
    ),
    "random_encoder": Metric(
        "random encoder", "rank correlation with the map of a wholly random net", "", _CHECKS
    ),
}
"""Key -> what it says, in the order of the tables."""

DISAGREE = (
    "Several metrics can rank methods in opposite ways, and none of them is the truth: read them "
    "together, with their intervals."
)
"""To be said of many maps."""

ONE_MAP = (
    "These figures are of one map. They can rank methods in opposite ways, and none of them is the "
    "truth: read them together, and trust what holds over many pairs (earwitness faithfulness "
    "measures those, with intervals)."
)

OWN_PEAK = (
    "Levels are measured from the whole clip's loudest cell, as in its map: hiding that cell turns "
    "nothing else up."
)
"""To be said where the network measures levels from each map's peak (`explanation.OwnPeak`)."""


def obstacle(labels: Iterable[str]) -> str:
    """Say why no map of a line-up of these classes can be measured; empty if one can."""
    if len({*labels}) > 1:
        return ""
    return "The line-up has one class only, which is then always certain; add another one."


def masked_scores(whole: Floats, kept: Floats, removed: Floats, own: int) -> dict[str, float]:
    """Compare what a line-up says before and after a mask: AI, AD, AG, FF and Fid-In.

    With p the probabilities of the whole clip, o of what the mask keeps, q of what it leaves, and c
    the predicted class: AI 100 [p_c < o_c]; AD 100 relu(p_c - o_c) / (p_c + eps); AG
    100 relu(o_c - p_c) / (1 - p_c + eps); FF p_c - q_c; Fid-In [c alone is the largest of o]
    (Paissan et al. 2024, whose tables give their means). What is equal but for rounding (`ties`) is
    no increase and a tie.

    Parameters
    ----------
    whole, kept, removed : ndarray, shape (n_classes,)
        Class logits; the probabilities are their softmax.
    own : int
        The predicted class.
    """
    before, after, without = (_log_odds(one, own) for one in (whole, kept, removed))
    p, o, q = (float(np.exp(-np.logaddexp(0, -odds))) for odds in (before, after, without))
    return {
        "ai": 100.0 * float(after > before + _margin(whole, kept)),
        "ad": 100 * max(0.0, p - o) / (p + _EPSILON),
        "ag": 100 * max(0.0, o - p) / (1 - p + _EPSILON),
        "ff": p - q,
        "fid_in": float(leaders(kept, rounding(kept)) == own),
    }


def _margin(whole: Floats, kept: Floats) -> float:
    """Return by how much rounding may raise log odds: that of the larger row, and double's own."""
    return max(_DOUBLE, float(rounding(np.concatenate([whole, kept]))[0]))


def sparseness(values: Floats) -> float:
    """Return SPS, the Gini index of the magnitudes (Chalasani et al. 2020).

    sum (2 i - n - 1) a_i / (n sum a), with a = abs(values) + 1e-7 in ascending order: 0 where all
    cells weigh the same, 1 - 1 / n where one holds everything.
    """
    ascending = np.sort(np.abs(values), axis=None) + _SMALLEST
    count = len(ascending)
    weights = 2 * np.arange(1, count + 1) - count - 1
    return float(weights @ ascending / (count * ascending.sum()))


def complexity(values: Floats) -> float:
    """Return COMP, the entropy of the magnitudes in nats (Bhatt et al. 2020).

    - sum p ln(p + 1e-12) with p = abs(values) / sum abs(values): at most ln n, so that only maps of
      one size compare. NaN for an empty map.
    """
    total = np.abs(values).sum()
    if not total:
        return np.nan
    share = np.abs(values) / total
    return float(-(share * np.log(share + 1e-12)).sum())


def active_frames(db: Floats) -> NDArray[np.bool_]:
    """Find the frames of a log-mel that are not silent, bool (n_frames,).

    The activity threshold lies 15.9 dB below the mean power of the frames above it: the margin and
    the mutual definition of ITU-T P.56, on the summed power of a frame's mel bands in place of its
    envelope. So a steady clip is all active, however faint; and room and microphone noise counts as
    silence wherever the sound itself stands out from it.

    Parameters
    ----------
    db : ndarray, shape (n_mels, n_frames)
        Of the clip's own frames.
    """
    power = (10.0 ** (db.astype(np.float64) / 10)).sum(axis=0)
    active = np.ones(len(power), bool)
    while True:
        narrower = power >= power[active].mean() * 10 ** (-_ACTIVITY_MARGIN / 10)
        if narrower.sum() >= active.sum():
            return active
        active = narrower


def silence_scores(values: Floats, db: Floats) -> dict[str, float]:
    """Return the share of positive attribution in silent frames, beside the share of such frames.

    Equal shares mean that the map does not care; NaN where nothing is positive.

    Parameters
    ----------
    values, db : ndarray, shape (n_mels, n_frames)
        Attribution and log-mel of the clip's own frames.
    """
    silent = ~active_frames(db)
    positive = np.maximum(values, 0)
    total = positive.sum()
    share = float(positive[:, silent].sum() / total) if total else np.nan
    return {"silence": share, "silent_area": float(silent.mean())}


def rank_correlation(a: Floats, b: Floats) -> float:
    """Return Spearman's rank correlation of two maps; NaN where one is constant."""
    ranks = [_ranks(values) for values in (a, b)]
    x, y = (rank - rank.mean() for rank in ranks)
    scale = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / scale) if scale else np.nan


def map_scores(values: Floats, db: Floats) -> dict[str, float]:
    """Return what the map alone tells, over the clip's own frames (n_mels, n_frames)."""
    own = {"sps": sparseness(values), "comp": complexity(values)}
    return own | silence_scores(values, db)


def _log_odds(logits: Floats, own: int) -> float:
    """Return the logarithm of a class's odds, whose sigmoid is its softmax."""
    return float(logits[own] - np.logaddexp.reduce(np.delete(logits, own)))


def _ranks(values: Floats) -> Floats:
    """Rank all cells from 1, equals sharing the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts - 1) / 2)[inverse.ravel()]
    return ranks

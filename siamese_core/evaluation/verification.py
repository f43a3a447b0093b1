"""Verification: are two clips of one class? Pair accuracy, ROC and equal error rate.

002_3413a999b827c9d7.txt prints accuracy and confusion matrix of pairs, 003_4987202d1af1409d.txt
accuracy and equal error rate.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.episodes import Indices, Pair, PairSampler
from siamese_core.errors import ParameterError
from siamese_core.evaluation.embeddings import compare_clips
from siamese_core.interval import Interval
from siamese_core.siamese import SiameseNet

_PATIENCE = 2
"""Times as many pairs as are wanted that are drawn; what repeats leave open is picked from all."""
PAIR_KINDS = ("same", "different")
"""What two clips can be, and be said to be: rows and columns of a confusion matrix of pairs."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Roc:
    """The receiver operating characteristic: one point a threshold, from strict to lenient.

    Parameters
    ----------
    thresholds : ndarray, shape (n_points,)
        Logits from which on a pair is accepted; the first is infinite and accepts none.
    false_accepts, true_accepts : ndarray, shape (n_points,)
        Share of the different, and of the same, pairs that are accepted.
    """

    thresholds: Floats
    false_accepts: Floats
    true_accepts: Floats

    @classmethod
    def of(cls, logits: Floats, same: Flags) -> "Roc":
        """Sweep the threshold over the logits of pairs; equal logits make one point."""
        thresholds, counts = np.unique(logits, return_inverse=True)
        # one column a threshold, the strictest first
        same_at = np.bincount(counts[same], minlength=len(thresholds))[::-1]
        different_at = np.bincount(counts[~same], minlength=len(thresholds))[::-1]
        return cls(
            np.concatenate([[np.inf], thresholds[::-1]]),
            np.concatenate([[0.0], np.cumsum(different_at) / (~same).sum()]),
            np.concatenate([[0.0], np.cumsum(same_at) / same.sum()]),
        )

    @property
    def area(self) -> float:
        """Area below the curve: 0.5 by chance, 1 at best."""
        return float(np.trapezoid(self.true_accepts, self.false_accepts))

    @property
    def equal_error(self) -> tuple[float, float]:
        """The rate at which as many are wrongly accepted as refused, and its threshold.

        Both lie between two points where none is exact, on the straight line between them.
        """
        excess = self.false_accepts + self.true_accepts - 1  # rises from -1 to 1
        after = int(np.argmax(excess >= 0))
        share = -excess[after - 1] / (excess[after] - excess[after - 1])
        rate, threshold = (
            (1 - share) * column[after - 1] + share * column[after]
            for column in (self.false_accepts, np.minimum(self.thresholds, self.thresholds[1]))
        )
        return float(rate), float(threshold)


@dataclass(frozen=True, eq=False)
class Verification:
    """How well single pairs are told apart.

    Parameters
    ----------
    accuracy : Interval
        Pairs on the right side of a similarity of one half (logit 0), which itself is wrong.
    confusion : ndarray of int, shape (2, 2)
        Rows: same, different; columns: said the same, said different.
    roc : Roc
    pairs, seed : int
    asked : int
        How many pairs were asked for: more than ``pairs`` where the clips make fewer.
    """

    accuracy: Interval
    confusion: Indices
    roc: Roc
    pairs: int
    seed: int
    asked: int

    def as_dict(self) -> dict[str, object]:
        """Return plain values; the curve itself is a table of its own."""
        rate, threshold = self.roc.equal_error
        return {
            "pairs": self.pairs,
            "asked": self.asked,
            "seed": self.seed,
            "accuracy": asdict(self.accuracy),
            "confusion": {"labels": list(PAIR_KINDS), "counts": self.confusion.tolist()},
            "area": self.roc.area,
            "equal_error_rate": rate,
            "equal_error_logit": threshold,
        }


def verify(
    net: SiameseNet,
    corpus: Corpus[LabelledFile],
    embeddings: Tensor,
    *,
    pairs: int = 2000,
    seed: int = 0,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Verification:
    """Score random pairs, half of one class and half of two.

    Parameters
    ----------
    embeddings : Tensor, shape (n_clips, width)
        Of the whole corpus.
    pairs, seed : int
        How many, an even number, and the seed of their drawing. No pair is drawn twice, so
        that few clips make fewer (`draw_pairs`).

    Raises
    ------
    ParameterError
        If ``pairs`` is odd or less than 2, or the corpus does not allow such pairs.
    Cancelled
        If ``should_stop`` says so.
    """
    left, right, same = draw_pairs(corpus, pairs, seed, on_event, should_stop)
    logits = compare_clips(net, embeddings, left, right, on_event, should_stop)
    return judge(logits, same, seed, pairs)


def judge(logits: Floats, same: Flags, seed: int = 0, asked: int | None = None) -> Verification:
    """Measure how well logits tell pairs that are the ``same`` from those that are not."""
    confusion = np.array(
        [[(logits[kind] > 0).sum(), (logits[kind] < 0).sum()] for kind in (same, ~same)], np.int64
    )
    accuracy = Interval.of(int(np.trace(confusion)), len(same))
    roc = Roc.of(logits, same)
    return Verification(accuracy, confusion, roc, len(same), seed, asked or len(same))


def draw_pairs(
    corpus: Corpus[LabelledFile],
    count: int,
    seed: int,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> tuple[Indices, Indices, Flags]:
    """Draw pairs of clips (left, right, whether of one class), half of them of one class.

    Each anchor is paired with a clip of its class and one of another, and every class has as many
    anchors as the others while it has pairs left; no two clips are of one recording. No pair is
    drawn twice: of ``count`` there are at most twice as many as of the rarer kind exist.
    """
    if count < 2 or count % 2:
        raise ParameterError(f"{count} pairs were asked for; an even number from 2 is possible.")
    sampler = PairSampler(corpus.labels, pos=1, negatives=1, sources=corpus.sources)
    rng = np.random.default_rng(seed)
    half = min(count // 2, *_count_pairs(corpus))
    drawn: dict[bool, dict[tuple[int, int], Pair]] = {True: {}, False: {}}
    for _ in range(0, _PATIENCE * half, sampler.classes):
        done = sum(min(len(pairs), half) for pairs in drawn.values())
        if done == 2 * half:
            break
        progress(on_event, should_stop, "Drawing pairs", done, 2 * half)
        batch = sampler.sample(rng)
        sides = batch.clips[batch.left].tolist(), batch.clips[batch.right].tolist()
        for a, b, target in zip(*sides, batch.target.tolist(), strict=True):
            drawn[target > 0.5].setdefault((min(a, b), max(a, b)), (a, b, target))
    for same, pairs in drawn.items():
        if len(pairs) < half:
            rest = [(a, b) for a, b in _all_pairs(corpus, same) if (a, b) not in pairs]
            for place in rng.permutation(len(rest))[: half - len(pairs)]:
                pairs[rest[place]] = (*rest[place], float(same))
    kinds = (list(pairs.values())[:half] for pairs in drawn.values())
    # an anchor's two pairs follow each other, so that any even number of them is balanced
    left, right, target = zip(
        *(pair for two in zip(*kinds, strict=True) for pair in two), strict=True
    )
    return np.array(left), np.array(right), np.array(target) > 0.5


def _count_pairs(corpus: Corpus[LabelledFile]) -> tuple[int, int]:
    """Count the pairs of one class, and of two, whose clips are of different recordings."""

    def apart(groups: Indices) -> int:
        """Count pairs within groups, but for those of one recording there."""
        within = np.unique(groups, return_counts=True)[1]
        met = np.unique(np.stack([groups, sources]), axis=1, return_counts=True)[1]
        return int((within**2).sum() - (met**2).sum()) // 2

    sources, labels = (
        np.unique(names, return_inverse=True)[1] for names in (corpus.sources, corpus.labels)
    )
    same = apart(labels)
    return same, apart(np.zeros_like(labels)) - same


def _all_pairs(corpus: Corpus[LabelledFile], same: bool) -> Iterator[tuple[int, int]]:
    """Yield every pair of one kind whose clips are of different recordings."""
    labels, sources = np.array(corpus.labels), np.array(corpus.sources)
    for a in range(len(labels)):
        fits = ((labels[a + 1 :] == labels[a]) == same) & (sources[a + 1 :] != sources[a])
        for b in np.flatnonzero(fits).tolist():
            yield a, a + 1 + b

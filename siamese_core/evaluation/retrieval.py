"""Retrieval: a clip's own class among the k nearest clips, and among the k nearest classes.

000_56fa5abae8c69969.txt prints "Top 1, 3, 5, 10 score" and does not say of what. All its figures
are whole counts of 960, so they are shares of queries; whether clips or people were ranked stays
open. Both are measured here, apart, each beside what chance gives.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.episodes import Indices
from siamese_core.errors import ParameterError
from siamese_core.evaluation.embeddings import compare_clips
from siamese_core.interval import Interval
from siamese_core.siamese import SiameseNet
from siamese_core.ties import as_high, rounding

DEPTHS = (1, 3, 5, 10)
_PAIRS = 2**20
"""Pairs compared between two events."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class TopK:
    """One top-k score.

    Parameters
    ----------
    k : int
    share : Interval
        Queries with a hit among the k nearest.
    chance : float
        What a random order would give.
    """

    k: int
    share: Interval
    chance: float

    def as_dict(self) -> dict[str, float]:
        """Return plain values, all side by side."""
        return {"k": self.k, **asdict(self.share), "chance": self.chance}


@dataclass(frozen=True)
class Retrieval:
    """Top-k scores; every clip of a corpus is the query once.

    Parameters
    ----------
    queries : int
    clips : tuple of TopK
        A hit: at least one of the k nearest clips is of the query's class.
    classes : tuple of TopK
        A hit: the query's class is one of the k nearest, by the mean logit of a class's clips.
        Only for k below the number of classes, from where on everything is a hit.
    """

    queries: int
    clips: tuple[TopK, ...]
    classes: tuple[TopK, ...]

    def as_dict(self) -> dict[str, object]:
        """Return plain values."""
        return {
            "queries": self.queries,
            "clips": [top.as_dict() for top in self.clips],
            "classes": [top.as_dict() for top in self.classes],
        }


def retrieve(
    net: SiameseNet,
    corpus: Corpus[LabelledFile],
    embeddings: Tensor,
    *,
    depths: Sequence[int] = DEPTHS,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Retrieval:
    """Rank all other clips, and all classes, by each clip in turn.

    Clips of the query's own recording are left out. A tie (`ties`) counts against the query: what
    is as near as the best right answer stands before it.

    Parameters
    ----------
    embeddings : Tensor, shape (n_clips, width)
        Of the whole corpus.
    depths : sequence of int
        The values of k.

    Raises
    ------
    ParameterError
        If a class has clips of one recording only.
    Cancelled
        If ``should_stop`` says so.
    """
    place = {label: number for number, label in enumerate(corpus.classes)}
    classes = np.array([place[label] for label in corpus.labels])
    sources = np.unique(corpus.sources, return_inverse=True)[1]
    right, others, rivals = _choices(classes, sources)
    if not right.all():
        lone = corpus.labels[int(right.argmin())]
        raise ParameterError(f"Class '{lone}' has 1 separate recording; retrieval needs 2.")
    everyone = np.arange(len(classes))
    by_clip, by_class = np.empty_like(everyone), np.empty_like(everyone)
    step = max(1, _PAIRS // len(everyone))
    for first in range(0, len(everyone), step):
        progress(on_event, should_stop, "Retrieval", first, len(everyone))
        some = everyone[first : first + step]
        left, opposite = np.repeat(some, len(everyone)), np.tile(everyone, len(some))
        logits = compare_clips(net, embeddings, left, opposite, ignore, should_stop)
        logits = logits.reshape(len(some), -1)
        apart = sources[some, None] != sources
        by_clip[some] = clip_ranks(logits, apart, classes[some, None] == classes)
        by_class[some] = class_ranks(logits, apart, classes, classes[some])
    return Retrieval(
        len(everyone),
        tuple(_top(by_clip, k, _chance(right, others, k)) for k in depths),
        tuple(
            _top(by_class, k, _chance(np.ones_like(rivals), rivals, k))
            for k in depths
            if k < len(corpus.classes)
        ),
    )


def clip_ranks(logits: Floats, apart: Flags, same: Flags) -> Indices:
    """Find the place of the first clip of the query's class, from 1.

    Parameters
    ----------
    logits : ndarray, shape (n_queries, n_clips)
    apart : ndarray of bool, shape (n_queries, n_clips)
        Whether the clip is of another recording than the query.
    same : ndarray of bool, shape (n_queries, n_clips)
        Whether it is of the query's class.
    """
    best = np.where(apart & same, logits, -np.inf).max(axis=1, keepdims=True)
    before: Indices = (apart & ~same & as_high(logits, best, rounding(logits))).sum(axis=1)
    return before + 1


def class_ranks(logits: Floats, apart: Flags, classes: Indices, own: Indices) -> Indices:
    """Find the place of the query's class among all, by mean logit, from 1.

    Parameters
    ----------
    logits, apart : ndarray, shape (n_queries, n_clips)
        As for `clip_ranks`.
    classes : ndarray of int, shape (n_clips,)
        Class of each clip.
    own : ndarray of int, shape (n_queries,)
        Class of each query.
    """
    members = np.eye(classes.max() + 1)[classes]
    counts = apart @ members
    sums = np.where(apart, logits, 0) @ members
    means = np.divide(sums, counts, out=np.full_like(sums, -np.inf), where=counts > 0)
    best = np.take_along_axis(means, own[:, None], axis=1)
    places: Indices = as_high(means, best, rounding(logits)).sum(axis=1)
    return places


def _choices(classes: Indices, sources: Indices) -> tuple[Indices, Indices, Indices]:
    """Count for each query the right clips, all clips and all classes of other recordings."""
    table = np.zeros((classes.max() + 1, sources.max() + 1), np.int64)
    np.add.at(table, (classes, sources), 1)
    elsewhere = table.sum(axis=1, keepdims=True) - table
    right = elsewhere[classes, sources]
    return right, elsewhere.sum(axis=0)[sources], (elsewhere > 0).sum(axis=0)[sources]


def _chance(right: Indices, pool: Indices, k: int) -> float:
    """Probability that ``k`` of ``pool``, drawn at random, hold one of ``right`` (mean)."""
    drawn = np.arange(k)[:, None]
    misses = np.clip((pool - right - drawn) / np.maximum(pool - drawn, 1), 0, None)
    return float(1 - misses.prod(axis=0).mean())


def _top(ranks: Indices, k: int, chance: float) -> TopK:
    return TopK(k, Interval.of(int((ranks <= k).sum()), len(ranks)), chance)

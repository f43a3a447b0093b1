"""Evaluation: C-way K-shot accuracy with its interval, per class, and the confusion matrix.

Algorithm 3 of 001_f88acf4202fc317d.txt, except that each clip is embedded once for all episodes
and that a tie for first is never a hit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.corpus import Corpus
from siamese_core.episodes import Episode, EpisodeSampler
from siamese_core.logmel import LogMel
from siamese_core.scoring import embed_maps, rank
from siamese_core.siamese import SiameseNet

_CHUNK = 64
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Interval:
    """A share with its 95 % Wilson score interval (Wilson 1927)."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, hits: int, trials: int) -> "Interval":
        """Estimate a share from ``hits`` of ``trials``."""
        share, z2 = hits / trials, _Z95**2
        centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
        half = _Z95 * sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
        return cls(share, max(0.0, centre - half), min(1.0, centre + half))


@dataclass(frozen=True)
class Evaluation:
    """The outcome of many episodes.

    Parameters
    ----------
    accuracy : Interval
        Episodes whose predicted class is the query's.
    per_class : dict of str to float
        The same for each query class.
    labels : tuple of str
        The classes, the order of ``confusion``.
    confusion : ndarray of int, shape (n_classes, n_classes)
        Rows: the query's class; columns: the predicted class.
    ties : int
        Episodes with a tie for first: never a hit, in no column.
    ways, shots, runs, seed : int
        Size of the episodes, number of them a class, and seed.
    """

    accuracy: Interval
    per_class: dict[str, float]
    labels: tuple[str, ...]
    confusion: NDArray[np.int64]
    ties: int
    ways: int
    shots: int
    runs: int
    seed: int

    def as_dict(self) -> dict[str, object]:
        """Return plain values, as `earwitness evaluate --json` prints them."""
        return {
            "accuracy": {
                "mean": self.accuracy.mean,
                "low": self.accuracy.low,
                "high": self.accuracy.high,
            },
            "per_class": self.per_class,
            "confusion": {"labels": list(self.labels), "counts": self.confusion.tolist()},
            "ties": self.ties,
            "ways": self.ways,
            "shots": self.shots,
            "runs": self.runs,
            "seed": self.seed,
        }


def evaluate(
    net: SiameseNet,
    corpus: Corpus,
    *,
    ways: int | None = None,
    shots: int = 1,
    runs: int = 300,
    seed: int = 0,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Evaluation:
    """Measure one-shot accuracy on the classes of a corpus.

    Parameters
    ----------
    net : SiameseNet
    corpus : Corpus
        Classes that the network was not trained on.
    ways : int, optional
        Classes in a support set; all if None.
    shots, runs, seed : int
        Support clips a class, episodes for each query class, seed of their drawing.

    Raises
    ------
    ParameterError
        If such episodes cannot be drawn from the corpus.
    AudioError
        If a clip cannot be read.
    Cancelled
        If ``should_stop`` says so.
    """
    sampler = EpisodeSampler(corpus.labels, ways, shots, corpus.sources)
    rng = np.random.default_rng(seed)
    episodes = [sampler.sample(rng, label) for label in sampler.classes for _ in range(runs)]
    embeddings = embed_corpus(net, corpus, episodes, on_event, should_stop)
    predicted = predict(net, embeddings, episodes)
    return tally(episodes, predicted, sampler, runs, seed)


def embed_corpus(
    net: SiameseNet,
    corpus: Corpus,
    episodes: Sequence[Episode[int]],
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Tensor:
    """Encode every clip that the episodes use, once: shape (n_clips, width), unused rows zero."""
    used = sorted({i for e in episodes for i in (e.query, *e.support.clips)})
    embeddings = torch.zeros(len(corpus.clips), net.width, device=net.device)
    for first in range(0, len(used), _CHUNK):
        progress(on_event, should_stop, "Embedding", first, len(used))
        chunk = used[first : first + _CHUNK]
        maps = [LogMel.of(corpus.clips[i].read(), net.mel) for i in chunk]
        embeddings[torch.tensor(chunk, device=net.device)] = embed_maps(net, maps)
    return embeddings


def predict(
    net: SiameseNet, embeddings: Tensor, episodes: Sequence[Episode[int]]
) -> list[str | None]:
    """Predict the query's class in each episode; None on a tie for first."""
    queries = torch.tensor([e.query for e in episodes], device=embeddings.device)
    support = torch.tensor([e.support.clips for e in episodes], device=embeddings.device)
    with torch.inference_mode():
        logits = torch.cat(
            [
                net.compare(embeddings[q].repeat_interleave(s.shape[1], 0), embeddings[s.flatten()])
                for q, s in zip(torch.split(queries, 512), torch.split(support, 512), strict=True)
            ]
        )
    table = logits.view(support.shape).cpu().double().numpy()
    return [rank(row, e.support.labels).predicted for row, e in zip(table, episodes, strict=True)]


def tally(
    episodes: Sequence[Episode[int]],
    predicted: Sequence[str | None],
    sampler: EpisodeSampler,
    runs: int,
    seed: int,
) -> Evaluation:
    """Count hits, ties and confusions."""
    labels = sampler.classes
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    for episode, guess in zip(episodes, predicted, strict=True):
        if guess is not None and episode.truth is not None:
            confusion[labels.index(episode.truth), labels.index(guess)] += 1
    asked = {label: sum(e.truth == label for e in episodes) for label in labels}
    return Evaluation(
        accuracy=Interval.of(int(np.trace(confusion)), len(episodes)),
        per_class={
            label: float(confusion[i, i] / asked[label])
            for i, label in enumerate(labels)
            if asked[label]
        },
        labels=labels,
        confusion=confusion,
        ties=sum(guess is None for guess in predicted),
        ways=sampler.ways,
        shots=sampler.shots,
        runs=runs,
        seed=seed,
    )

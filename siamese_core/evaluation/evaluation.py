"""Evaluation: C-way K-shot accuracy with its interval, per class, confused, and against C.

Algorithm 3 of 001_f88acf4202fc317d.txt, except that each clip is embedded once for all episodes
and that a tie for first is never a hit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from siamese_core.alphabets import AlphabetSampler
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress, stop_if_asked
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.episodes import Episode, EpisodeSampler, Indices
from siamese_core.evaluation.embeddings import embed_corpus, support_logits
from siamese_core.interval import Interval
from siamese_core.map_file import Map
from siamese_core.siamese import SiameseNet
from siamese_core.ties import as_high, leaders, rounding

_EPISODE_PAIRS = 2**16
"""Pairs of a group of episodes that are compared at once."""

Sampler: TypeAlias = EpisodeSampler | AlphabetSampler


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The outcome of many episodes.

    Parameters
    ----------
    accuracy : Interval
        Episodes whose predicted class is the query's; the interval is that of more episodes from
        these clips, not of other speakers (`interval.OF_THESE_CLIPS`).
    per_class : dict of str to Interval
        The same for each query class.
    labels : tuple of str
        The classes, the order of ``confusion``.
    confusion : ndarray of int, shape (n_classes, n_classes)
        Rows: the query's class; columns: the predicted class.
    hits : ndarray of bool, shape (n_episodes,)
        Whether each episode was right, in the order they were drawn.
    ties : int
        Episodes with a tie for first: never a hit, in no column.
    different : int
        Episodes that are no repetition of another: the trials that the intervals count.
    ways, shots, runs, seed : int
        Size of the episodes, number of them a class, and seed.
    protocol : str
        What the episodes were drawn from.
    episodes : sequence of Episode
        Of indices into the corpus, in the order they were drawn.
    predicted : sequence of str or None
        The predicted class of each; None on a tie for first.
    """

    accuracy: Interval
    per_class: dict[str, Interval]
    labels: tuple[str, ...]
    confusion: Indices
    hits: NDArray[np.bool_]
    ties: int
    different: int
    ways: int
    shots: int
    runs: int
    seed: int
    protocol: str = EpisodeSampler.protocol
    episodes: Sequence[Episode[int]] = ()
    predicted: Sequence[str | None] = ()

    def behind(self, truth: str, predicted: str | None) -> list[Episode[int]]:
        """Return the episodes that one number of ``confusion`` counts; the ties if None."""
        pairs = zip(self.episodes, self.predicted, strict=True)
        return [e for e, guess in pairs if e.truth == truth and guess == predicted]

    def as_dict(self) -> dict[str, object]:
        """Return plain values, as `earwitness evaluate --json` prints them."""
        return {
            "accuracy": asdict(self.accuracy),
            "per_class": {label: share.mean for label, share in self.per_class.items()},
            "per_class_intervals": {label: asdict(s) for label, s in self.per_class.items()},
            "confusion": {"labels": list(self.labels), "counts": self.confusion.tolist()},
            "ties": self.ties,
            "different": self.different,
            "ways": self.ways,
            "shots": self.shots,
            "runs": self.runs,
            "seed": self.seed,
            "protocol": self.protocol,
        }


def evaluate(
    net: SiameseNet,
    corpus: Corpus[LabelledFile],
    *,
    ways: int | None = None,
    shots: int = 1,
    runs: int = 300,
    seed: int = 0,
    within_alphabet: bool = False,
    embeddings: Tensor | None = None,
    pictures: Sequence[Map] | None = None,
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
    within_alphabet : bool
        Whether `AlphabetSampler` draws the episodes.
    embeddings : Tensor, shape (n_clips, width), optional
        Of the whole corpus, where `embed_corpus` made them already.
    pictures : sequence of ndarray, optional
        As for `embed_corpus`.

    Raises
    ------
    ParameterError, CorpusError
        If such episodes cannot be drawn from the corpus.
    AudioError
        If a clip cannot be read.
    CheckpointError
        If the network makes embeddings or logits of them that are not finite.
    Cancelled
        If ``should_stop`` says so.
    """
    sampler = episode_sampler(corpus, ways, shots, within_alphabet)
    episodes = draw_episodes(sampler, runs, seed, on_event, should_stop)
    if embeddings is None:
        embeddings = embed_corpus(net, corpus, episodes, on_event, should_stop, pictures)
    predicted = predict(net, embeddings, episodes, on_event, should_stop)
    return tally(episodes, predicted, sampler, runs, seed)


def sweep(
    net: SiameseNet,
    corpus: Corpus[LabelledFile],
    embeddings: Tensor,
    *,
    shots: int = 1,
    runs: int = 300,
    seed: int = 0,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> dict[int, Interval]:
    """Measure accuracy against C, from 2 to all classes (figure 2.6 of 001_f88acf4202fc317d.txt).

    Line-ups of all classes are scored once. Those of C classes are the query's class and the
    first C - 1 others of each, whose order is random; so every C is asked the same queries, and
    its curve never rises.

    Parameters
    ----------
    embeddings : Tensor, shape (n_clips, width)
        Of the whole corpus.

    Returns
    -------
    dict of int to Interval
        C -> accuracy; at all classes that of `evaluate`.

    Raises
    ------
    ParameterError
        If such episodes cannot be drawn from the corpus.
    Cancelled
        If ``should_stop`` says so.
    """
    sampler = EpisodeSampler(corpus.labels, None, shots, corpus.sources)
    episodes = draw_episodes(sampler, runs, seed, on_event, should_stop)
    hits = np.zeros(sampler.ways - 1, np.int64)
    scored = _class_logits(net, embeddings, episodes, "Accuracy against C", on_event, should_stop)
    for some, means, margin in scored:
        is_own = np.array([[c == e.truth for c in e.support.classes] for e in some])
        nearest_other = np.maximum.accumulate(means[~is_own].reshape(len(some), -1), axis=1)
        hits += (~as_high(nearest_other, means[is_own][:, None], margin)).sum(axis=0)
    different = [_distinct(column) for column in line_up_keys(episodes).T]
    return {
        ways: Interval.of(int(right), len(episodes), known)
        for ways, (right, known) in enumerate(zip(hits, different, strict=True), start=2)
    }


def episode_sampler(
    corpus: Corpus[LabelledFile], ways: int | None, shots: int, within_alphabet: bool
) -> Sampler:
    """Return what draws the episodes of an evaluation.

    Raises
    ------
    ParameterError
        If such episodes cannot be drawn from the corpus.
    CorpusError
        If they are to be drawn within an alphabet and the corpus has none.
    """
    if within_alphabet:
        return AlphabetSampler(corpus.glyphs, ways, shots)
    return EpisodeSampler(corpus.labels, ways, shots, corpus.sources)


def draw_episodes(
    sampler: Sampler,
    runs: int,
    seed: int,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> list[Episode[int]]:
    """Draw ``runs`` episodes for each query class, class by class."""
    rng = np.random.default_rng(seed)
    episodes = []
    for number, label in enumerate(sampler.classes):
        progress(on_event, should_stop, "Drawing line-ups", number, len(sampler.classes))
        for _ in range(runs):
            stop_if_asked(should_stop, "Drawing line-ups")
            episodes.append(sampler.sample(rng, label))
    return episodes


def predict(
    net: SiameseNet,
    embeddings: Tensor,
    episodes: Sequence[Episode[int]],
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> list[str | None]:
    """Predict the query's class in each episode; None on a tie for first (`ties`).

    Parameters
    ----------
    episodes : sequence of Episode
        Of one size, the shots of a class side by side, as samplers draw them.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so.
    """
    predicted: list[str | None] = []
    scored = _class_logits(net, embeddings, episodes, "Scoring", on_event, should_stop)
    for some, means, margin in scored:
        classes = (e.support.classes for e in some)
        places = leaders(means, margin).tolist()
        predicted += [None if p < 0 else c[p] for c, p in zip(classes, places, strict=True)]
    return predicted


def tally(
    episodes: Sequence[Episode[int]],
    predicted: Sequence[str | None],
    sampler: Sampler,
    runs: int,
    seed: int,
) -> Evaluation:
    """Count hits, ties and confusions."""
    labels = sampler.classes
    place = {label: number for number, label in enumerate(labels)}
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    for episode, guess in zip(episodes, predicted, strict=True):
        assert episode.truth is not None
        if guess is not None:
            confusion[place[episode.truth], place[guess]] += 1
    # each class is asked ``runs`` times, one after the other
    keys = line_up_keys(episodes)[:, -1].reshape(len(labels), runs)
    different = [_distinct(row) for row in keys]
    hits = [guess == e.truth for guess, e in zip(predicted, episodes, strict=True)]
    return Evaluation(
        accuracy=Interval.of(sum(hits), len(hits), sum(different)),
        per_class={
            label: Interval.of(int(confusion[i, i]), runs, different[i])
            for i, label in enumerate(labels)
        },
        labels=labels,
        confusion=confusion,
        hits=np.array(hits),
        ties=sum(guess is None for guess in predicted),
        different=sum(different),
        ways=sampler.ways,
        shots=sampler.shots,
        runs=runs,
        seed=seed,
        protocol=sampler.protocol,
        episodes=episodes,
        predicted=predicted,
    )


def accuracy_of(episodes: Sequence[Episode[int]], predicted: Sequence[str | None]) -> Interval:
    """Return the share of episodes, all of one size, whose predicted class is the query's.

    Its interval counts those that are no repetition of another: few clips make few of them.
    """
    hits = sum(guess == e.truth for guess, e in zip(predicted, episodes, strict=True))
    return Interval.of(hits, len(episodes), _distinct(line_up_keys(episodes)[:, -1]))


def line_up_keys(episodes: Sequence[Episode[int]]) -> NDArray[np.uint64]:
    """Name line-ups by what they compare: those of one key differ in the order of clips only.

    Each clip has one random word as a query and one in a support set, and a key is their sum
    (Zobrist 1970, for places of chessmen).

    Parameters
    ----------
    episodes : sequence of Episode
        Of one size, as for `predict`.

    Returns
    -------
    ndarray of uint64, shape (n_episodes, C - 1)
        Of the query's class and the first 1 to C - 1 others: the last column's are the whole ones.
    """
    queries = np.array([e.query for e in episodes])
    clips = np.array([e.support.clips for e in episodes])
    is_own = np.array([[c == e.truth for c in e.support.classes] for e in episodes])
    words = np.random.default_rng(0).integers(
        2**64, size=(2, max(queries.max(), clips.max()) + 1), dtype=np.uint64
    )
    sums = words[1][clips].reshape(*is_own.shape, -1).sum(axis=2)
    others = sums[~is_own].reshape(len(episodes), -1).cumsum(axis=1)
    keys: NDArray[np.uint64] = (words[0][queries] + sums[is_own])[:, None] + others
    return keys


def _distinct(keys: NDArray[np.uint64]) -> int:
    return len(np.unique(keys))


def _class_logits(
    net: SiameseNet,
    embeddings: Tensor,
    episodes: Sequence[Episode[int]],
    title: str,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> Iterator[tuple[Sequence[Episode[int]], NDArray[np.float64], NDArray[np.float64]]]:
    """Score some episodes at a time: with their classes' mean logits (n, C) and rounding (n, 1)."""
    clips, classes = len(episodes[0].support.clips), len(episodes[0].support.classes)
    step = max(1, _EPISODE_PAIRS // clips)
    for first in range(0, len(episodes), step):
        progress(on_event, should_stop, title, first, len(episodes))
        some = episodes[first : first + step]
        logits = support_logits(net, embeddings, some, should_stop).reshape(len(some), -1)
        yield some, logits.reshape(len(some), classes, -1).mean(axis=2), rounding(logits)

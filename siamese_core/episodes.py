"""Episodes, support sets and pair batches: what is compared with what, drawn with a seed.

Samplers draw indices into a corpus and refuse an impossible wish when they are built. Clips cut
from one recording (`Corpus.sources`) never meet. 001_f88acf4202fc317d.txt, section 1.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from siamese_core.errors import ParameterError, counted

C = TypeVar("C")
D = TypeVar("D")
Indices = NDArray[np.int64]
Pair = tuple[int, int, float]
"""Two indices into a corpus, and 1 where both clips are of one class, else 0."""
Recordings = dict[str, list[int]]
"""Source -> the clips of one class that were cut from it."""
_MOST_TRIES = 100
"""Draws of an episode until one is found in which no recording is heard twice."""


@dataclass(frozen=True)
class SupportSet(Generic[C]):
    """The clips that a query is compared with; a repeated label makes several shots of a class."""

    clips: tuple[C, ...]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.clips) != len(self.labels) or not self.clips:
            raise ParameterError(
                f"A support set needs one label a clip and at least one clip, "
                f"not {len(self.clips)} clips and {len(self.labels)} labels."
            )

    @property
    def classes(self) -> tuple[str, ...]:
        """The different labels, in the order of their first clip."""
        return tuple(dict.fromkeys(self.labels))


@dataclass(frozen=True)
class Episode(Generic[C]):
    """A voice line-up: one query and C x K support clips.

    Parameters
    ----------
    query : C
        A clip, a clip's file or its index in a corpus.
    support : SupportSet
    truth : str, optional
        The query's class, where it is known.
    """

    query: C
    support: SupportSet[C]
    truth: str | None = None

    def map(self, function: Callable[[C], D]) -> "Episode[D]":
        """Return the episode with ``function`` applied to each of its clips."""
        clips = tuple(function(clip) for clip in self.support.clips)
        return Episode(function(self.query), SupportSet(clips, self.support.labels), self.truth)


class EpisodeSampler:
    """Draws C-way K-shot episodes (Algorithm 4), the positive at a random place.

    Parameters
    ----------
    labels, sources : sequence of str
        Class and recording of each clip of a corpus; each clip its own recording if None.
    ways : int, optional
        Number of classes C in the support set; all of them if None.
    shots : int
        Support clips a class, K.

    Raises
    ------
    ParameterError
        If there are fewer classes than ``ways``, or a class has too few separate recordings for
        a query and ``shots`` support clips.
    """

    protocol = "random classes"

    def __init__(
        self,
        labels: Sequence[str],
        ways: int | None = None,
        shots: int = 1,
        sources: Sequence[str] | None = None,
    ) -> None:
        self._sources = _apart(labels) if sources is None else sources
        self._by_class = _group(labels, self._sources)
        self.classes = tuple(self._by_class)
        self._places = {label: place for place, label in enumerate(self.classes)}
        self.ways = len(self.classes) if ways is None else ways
        self.shots = shots
        check_drawable({name: len(each) for name, each in self._by_class.items()}, ways, shots)

    def sample(self, rng: np.random.Generator, query_class: str | None = None) -> Episode[int]:
        """Draw one episode, no two clips of it from one recording.

        Parameters
        ----------
        rng : numpy.random.Generator
        query_class : str, optional
            The query's class; a random one if None.

        Returns
        -------
        Episode of int
            Indices into the corpus.

        Raises
        ------
        ParameterError
            If there is no such class, or its episodes would hear one recording in two classes.
        """
        classes = self.classes
        truth = classes[rng.integers(len(classes))] if query_class is None else query_class
        if truth not in self._by_class:
            raise ParameterError(f"There is no class '{truth}' to draw a query from.")
        for _ in range(_MOST_TRIES):
            others = _others(rng, classes, self._places[truth], self.ways - 1)
            if members := self._members(rng, truth, others):
                break
        else:
            raise ParameterError(
                f"No line-up of {self.ways} classes and {counted(self.shots, 'shot')} around "
                f"'{truth}' was found in which every clip is of another recording; "
                "ask for fewer classes or shots, or add clips."
            )
        query = members[truth].pop(0)
        order = [list(members)[i] for i in rng.permutation(len(members))]
        clips = tuple(clip for label in order for clip in members[label])
        labels = tuple(label for label in order for _ in members[label])
        return Episode(query, SupportSet(clips, labels), truth)

    def _members(
        self, rng: np.random.Generator, truth: str, others: Sequence[str]
    ) -> dict[str, list[int]]:
        """Draw the clips of each class, the query first; none where a class has too few left."""
        members = {truth: _draw(rng, self._by_class[truth], self.shots + 1)}
        met = {self._sources[clip] for clip in members[truth]}
        for label in others:
            if len(_free(self._by_class[label], met)) < self.shots:
                return {}
            members[label] = _draw(rng, self._by_class[label], self.shots, met)
            met.update(self._sources[clip] for clip in members[label])
        return members


@dataclass(frozen=True)
class PairBatch:
    """Pairs that share clips, so that each distinct clip is encoded once.

    Parameters
    ----------
    clips : ndarray of int, shape (n_clips,)
        Distinct indices into the corpus.
    left, right : ndarray of int, shape (n_pairs,)
        Positions in ``clips``.
    target : ndarray of float32, shape (n_pairs,)
        1 where both are of one class, else 0.
    """

    clips: Indices
    left: Indices
    right: Indices
    target: NDArray[np.float32]


class PairSampler:
    """Draws training batches (Algorithm 2): per class one anchor, ``pos`` positives, negatives.

    Parameters
    ----------
    labels, sources : sequence of str
        Class and recording of each clip of a corpus; each clip its own recording if None.
    pos : int
        Positive pairs a class.
    negatives : int
        Negative pairs a class, each with another class: ``pos`` times the ratio.
    classes : int, optional
        Anchor classes drawn into a batch; all if None.
    shared : bool
        Whether the negatives are clips that other anchors' positive pairs hold already, so that
        fewer are encoded. Each pair is as likely as if they were drawn anew; a batch holds fewer
        clips.

    Raises
    ------
    ParameterError
        If a class has too few separate recordings or there are too few other classes.
    """

    def __init__(
        self,
        labels: Sequence[str],
        pos: int,
        negatives: int,
        sources: Sequence[str] | None = None,
        classes: int | None = None,
        shared: bool = False,
    ) -> None:
        self._shared = shared
        self._sources = _apart(labels) if sources is None else sources
        self._by_class = _group(labels, self._sources)
        self.pos, self.negatives = pos, negatives
        self.classes = min(classes or len(self._by_class), len(self._by_class))
        if pos < 1 or negatives < 1:
            raise ParameterError(f"pos {pos} and negatives {negatives} must both be at least 1.")
        met = self.classes if shared else len(self._by_class)
        if met <= negatives:
            raise ParameterError(
                f"{counted(negatives, 'negative pair')} a class need {negatives + 1} classes; "
                f"there {'is' if met == 1 else 'are'} {met}."
            )
        for label, recordings in self._by_class.items():
            if len(recordings) < pos + 1:
                wanted = f"{counted(pos, 'positive pair')} a class"
                raise _scarce(label, len(recordings), wanted, pos + 1)

    def sample(self, rng: np.random.Generator) -> PairBatch:
        """Draw one batch: classes x (pos + negatives) pairs."""
        names = list(self._by_class)
        chosen = [names[i] for i in rng.choice(len(names), self.classes, replace=False)]
        pairs = self._sharing(chosen, rng) if self._shared else self._anew(chosen, rng)
        table = np.array([pair[:2] for pair in pairs], np.int64)
        clips, places = np.unique(table, return_inverse=True)
        places = places.reshape(table.shape)
        target = np.array([pair[2] for pair in pairs], np.float32)
        return PairBatch(clips, places[:, 0], places[:, 1], target)

    def _anew(self, chosen: list[str], rng: np.random.Generator) -> list[Pair]:
        """Draw for each class an anchor, its positives, and clips of other classes."""
        pairs: list[Pair] = []
        names = list(self._by_class)
        for label in chosen:
            anchor, *positives = _draw(rng, self._by_class[label], self.pos + 1)
            pairs += [(anchor, positive, 1.0) for positive in positives]
            for other in _others(rng, names, names.index(label), self.negatives):
                pairs.append((anchor, self._stranger(anchor, other, rng), 0.0))
        return pairs

    def _sharing(self, chosen: list[str], rng: np.random.Generator) -> list[Pair]:
        """Draw an anchor and positives of each class, then negatives among all of these."""
        drawn = {label: _draw(rng, self._by_class[label], self.pos + 1) for label in chosen}
        pairs: list[Pair] = []
        for place, (anchor, *positives) in enumerate(drawn.values()):
            pairs += [(anchor, positive, 1.0) for positive in positives]
            for other in _others(rng, chosen, place, self.negatives):
                free = [c for c in drawn[other] if self._sources[c] != self._sources[anchor]]
                stranger = int(rng.choice(free)) if free else self._stranger(anchor, other, rng)
                pairs.append((anchor, stranger, 0.0))
        return pairs

    def _stranger(self, anchor: int, label: str, rng: np.random.Generator) -> int:
        """Draw a clip of another class, not of the anchor's recording."""
        free = _free(self._by_class[label], {self._sources[anchor]})
        return int(rng.choice(free[rng.integers(len(free))]))


def count_recordings(labels: Sequence[str], sources: Sequence[str]) -> dict[str, int]:
    """Count the separate recordings of each class of a corpus; the classes are sorted."""
    return {label: len(recordings) for label, recordings in _group(labels, sources).items()}


def check_drawable(recordings: Mapping[str, int], ways: int | None, shots: int) -> None:
    """Refuse episodes that an `EpisodeSampler` cannot draw, by the counts alone.

    Parameters
    ----------
    recordings : mapping of str to int
        As `count_recordings` counts them.
    ways, shots
        As in `EpisodeSampler`.

    Raises
    ------
    ParameterError
        Where `EpisodeSampler` raises it.
    """
    most = len(recordings)
    wanted = most if ways is None else ways
    if not 2 <= wanted <= most:
        raise ParameterError(
            f"A line-up of {counted(wanted, 'class', 'classes')} cannot be drawn from "
            f"{counted(most, 'class', 'classes')}; {_possible(most)}."
        )
    if shots < 1:
        raise ParameterError(f"{shots} shots cannot be drawn; ask for 1 or more.")
    for label, count in recordings.items():
        if count < shots + 1:
            raise _scarce(label, count, f"{counted(shots, 'shot')} and a query", shots + 1)


def _possible(most: int) -> str:
    if most < 2:
        return "give a corpus of 2 classes or more"
    return "2 are possible" if most == 2 else f"2 to {most} are possible"


def _scarce(label: str, count: int, wanted: str, needed: int) -> ParameterError:
    return ParameterError(
        f"Class '{label}' has {counted(count, 'separate recording')}; {wanted} need {needed}: "
        "add clips to it, or leave its folder out."
    )


def _others(rng: np.random.Generator, classes: Sequence[str], place: int, count: int) -> list[str]:
    """Draw ``count`` different classes, none of them the one at ``place``."""
    others = rng.choice(len(classes) - 1, count, replace=False)
    return [classes[other + (other >= place)] for other in others]


def _draw(
    rng: np.random.Generator, recordings: Recordings, count: int, met: Collection[str] = ()
) -> list[int]:
    """Draw one clip each of ``count`` recordings, none of them one that was ``met`` already."""
    free = _free(recordings, met)
    chosen = rng.choice(len(free), count, replace=False)
    return [int(rng.choice(free[i])) for i in chosen]


def _free(recordings: Recordings, met: Collection[str]) -> list[list[int]]:
    return [clips for source, clips in recordings.items() if source not in met]


def _apart(labels: Sequence[str]) -> list[str]:
    """Name a recording of its own for each clip."""
    return [str(index) for index in range(len(labels))]


def _group(labels: Sequence[str], sources: Sequence[str]) -> dict[str, Recordings]:
    """Group clip indices by class, then by the recording they were cut from."""
    groups: dict[str, Recordings] = {}
    for index, (label, source) in enumerate(zip(labels, sources, strict=True)):
        groups.setdefault(label, {}).setdefault(source, []).append(index)
    return {label: groups[label] for label in sorted(groups)}

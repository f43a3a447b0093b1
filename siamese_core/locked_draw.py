"""Episodes around locked clips: what a person keeps stays in its place, the rest is drawn."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import numpy as np

from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.episodes import Episode, SupportSet, check_drawable, count_recordings
from siamese_core.errors import ParameterError, counted

T = TypeVar("T")
F = TypeVar("F", bound=LabelledFile)
Pool = dict[str, dict[str, list[F]]]
"""Class -> source -> the clips of that class that were cut from it."""


def draw_around(
    corpus: Corpus[F],
    ways: int,
    shots: int,
    rng: np.random.Generator,
    query: F | None = None,
    support: Mapping[int, F] | None = None,
) -> Episode[F]:
    """Draw a C-way K-shot episode around locked clips.

    As in `EpisodeSampler`, no drawn clip shares its recording with another clip of the episode, and
    the query is of any class of the support set, at random.

    Parameters
    ----------
    corpus : Corpus
    ways, shots : int
        Classes C, and support clips a class K, with those that are locked.
    rng : numpy.random.Generator
    query : LabelledFile, optional
        The locked query; its class joins the support set. Drawn if None.
    support : mapping of int to LabelledFile, optional
        The locked support clips by their place, which they keep as far as there is such a place.

    Raises
    ------
    ParameterError
        If the corpus cannot give such episodes, or the locked clips leave no room for one.
    """
    check_drawable(count_recordings(corpus.labels, corpus.sources), ways, shots)
    places = support or {}
    held: dict[str, dict[int, F]] = {}
    for place in sorted(places):
        held.setdefault(places[place].label, {})[place] = places[place]
    wanted = list(dict.fromkeys([*held, *([query.label] if query else [])]))
    _check_room(wanted, held, ways, shots)
    pool: Pool[F] = {}
    for clip in corpus.clips:
        pool.setdefault(clip.label, {}).setdefault(clip.source, []).append(clip)
    strangers = [label for label in corpus.classes if label not in wanted]
    joined = _some(rng, strangers, ways - len(wanted), "other class", "other classes")
    classes = [*wanted, *joined]
    if query is None:
        query = _draw_query(rng, pool, classes, places.values())
    met = {query.source, *(clip.source for clip in places.values())}
    members: dict[str, list[F]] = {}
    for label in classes:
        members[label] = _fill(rng, pool, label, held.get(label, {}), shots, met)
        met.update(clip.source for clip in members[label])
    wishes = [(label, min(clips) // shots) for label, clips in held.items()]
    rest = [label for label in classes if label not in held]
    order = _seated(wishes, [rest[i] for i in rng.permutation(len(rest))], ways)
    clips = tuple(clip for label in order for clip in members[label])
    return Episode(query, SupportSet(clips, tuple(clip.label for clip in clips)), query.label)


def _check_room(
    wanted: Sequence[str], held: Mapping[str, Collection[object]], ways: int, shots: int
) -> None:
    if len(wanted) > ways:
        raise ParameterError(
            f"The locked clips are of {len(wanted)} classes, and a line-up of {ways} has no room "
            "for them; unlock one, or ask for more classes."
        )
    for label, clips in held.items():
        if len(clips) > shots:
            raise ParameterError(
                f"{len(clips)} clips of class '{label}' are locked, and a line-up of "
                f"{counted(shots, 'shot')} has no room for them; unlock one, or ask for more shots."
            )


def _draw_query(
    rng: np.random.Generator, pool: Pool[F], classes: Sequence[str], held: Collection[F]
) -> F:
    """Draw a query of one of the classes that have a recording apart from the locked clips."""
    met = {clip.source for clip in held}
    free = [recordings for label in classes if (recordings := _free(pool, label, met))]
    if not free:
        raise ParameterError(
            "Every clip that could be the query is of a locked clip's recording; unlock one."
        )
    recordings = free[int(rng.integers(len(free)))]
    return _one(rng, recordings[int(rng.integers(len(recordings)))])


def _fill(
    rng: np.random.Generator,
    pool: Pool[F],
    label: str,
    held: Mapping[int, F],
    shots: int,
    met: Collection[str],
) -> list[F]:
    """Draw what a class lacks, each of a recording of its own and of none that was met already."""
    what = f"recording of class '{label}'", f"recordings of class '{label}'"
    recordings = _some(rng, _free(pool, label, met), shots - len(held), *what)
    wishes = [(clip, place % shots) for place, clip in held.items()]
    return _seated(wishes, [_one(rng, clips) for clips in recordings], shots)


def _free(pool: Pool[F], label: str, met: Collection[str]) -> list[list[F]]:
    return [clips for source, clips in pool.get(label, {}).items() if source not in met]


def _some(
    rng: np.random.Generator, among: Sequence[T], count: int, one: str, several: str
) -> list[T]:
    """Draw ``count`` different ones; raise ParameterError if there are fewer."""
    if count > len(among):
        raise ParameterError(
            f"Beside the locked clips the line-up needs {counted(count, one, several)}, and there "
            f"are {len(among)}; unlock a clip, or ask for a smaller line-up."
        )
    return [among[i] for i in rng.choice(len(among), count, replace=False)] if count else []


def _one(rng: np.random.Generator, clips: Sequence[F]) -> F:
    return clips[int(rng.integers(len(clips)))]


def _seated(wishes: Sequence[tuple[T, int]], rest: Sequence[T], count: int) -> list[T]:
    """Give each its wished place where it is free, and the remaining places to the others."""
    seats: dict[int, T] = {}
    waiting = []
    for item, wish in wishes:
        if wish < count and wish not in seats:
            seats[wish] = item
        else:
            waiting.append(item)
    others = iter([*waiting, *rest])
    return [seats[place] if place in seats else next(others) for place in range(count)]

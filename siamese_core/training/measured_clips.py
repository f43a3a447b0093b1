"""MeasuredClips: what a training validates and tests on, read once, before its first step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

from siamese_core.callbacks import OnEvent, ShouldStop, ignore, progress
from siamese_core.computed_maps import made_in_threads
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.errors import Cancelled
from siamese_core.evaluation.embeddings import clips_of
from siamese_core.evaluation.evaluation import draw_episodes
from siamese_core.logmel_cache import cached_pictures, damaged, fault_of
from siamese_core.map_file import Map
from siamese_core.recipes import Recipe
from siamese_core.training.ranks import Ranks
from siamese_core.training.training_plan import TrainingPlan

Item = TypeVar("Item")
_WHOLE, _DAMAGED, _STOPPED = range(3)
"""What the process that reads tells the others of a clip, or of the reading."""


@dataclass(frozen=True, eq=False)
class MeasuredClips:
    """What validation and test hear, as it was when the training began.

    Parameters
    ----------
    validated, tested : sequence of ndarray
        What the network sees of the clips that their episodes use (`embeddings.clips_of`); nothing
        in a process that does not measure.
    damaged : set of int
        The places in ``plan.files`` of those that cannot be read, used or not.
    """

    validated: Sequence[Map] = ()
    tested: Sequence[Map] = ()
    damaged: frozenset[int] = frozenset()


def read_measured(
    plan: TrainingPlan,
    recipe: Recipe,
    digests: Sequence[bytes],
    *,
    ranks: Ranks,
    on_event: OnEvent,
    should_stop: ShouldStop,
    beside: Path | None = None,
) -> MeasuredClips:
    """Read every clip that is measured by, where it is measured; all ranks know the damaged ones.

    Parameters
    ----------
    plan : TrainingPlan
    recipe : Recipe
    digests : sequence of bytes
        Of each of ``plan.files``.
    ranks : Ranks
    beside : Path, optional
        As for `logmel_cache.cached_maps`.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so, in all ranks.
    """
    first, total = len(plan.clips.files), len(plan.files)
    if not ranks.leads:
        return MeasuredClips(damaged=_marked(ranks.agree([_WHOLE] * (total - first)), first))
    try:
        clips = _read(plan, recipe, digests, on_event, should_stop, beside)
    except Cancelled:
        ranks.agree([_STOPPED] * (total - first))
        raise
    ranks.agree([_DAMAGED if n in clips.damaged else _WHOLE for n in range(first, total)])
    return clips


def unreadable(
    files: Sequence[LabelledFile], on_event: OnEvent, should_stop: ShouldStop
) -> set[int]:
    """Read files for nothing but to know that they can be; return the places of those that cannot.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so.
    """
    tell = partial(progress, on_event, should_stop, "Reading clips")
    faults = made_in_threads(files, partial(map, fault_of), tell)
    return {place for place, fault in enumerate(faults) if fault}


def _read(
    plan: TrainingPlan,
    recipe: Recipe,
    digests: Sequence[bytes],
    on_event: OnEvent,
    should_stop: ShouldStop,
    beside: Path | None,
) -> MeasuredClips:
    """Keep the maps of what is used; of the rest, which may be much more, none."""
    parts = _used(plan, recipe, should_stop)
    maps, lost = [], set[int]()
    for places in parts:
        files, known = _at(plan.files, places), _at(digests, places)
        seen = cached_pictures(
            files, recipe.input, on_event, should_stop, beside=beside, digests=known, spares=True
        )
        lost |= set(_at(places, damaged(files, seen)))
        maps.append(seen)
    rest = sorted(set(range(len(plan.clips.files), len(plan.files))) - set(chain(*parts)))
    lost |= set(_at(rest, unreadable(_at(plan.files, rest), on_event, should_stop)))
    validated, tested = maps
    return MeasuredClips(validated, tested, frozenset(lost))


def _used(plan: TrainingPlan, recipe: Recipe, should_stop: ShouldStop) -> tuple[list[int], ...]:
    """Find the places in ``plan.files`` of what validation and test use."""
    runs, seed = recipe.episodes, recipe.seed
    tests = draw_episodes(plan.tests, runs, seed, ignore, should_stop) if plan.tests else ()
    validated = len(plan.clips.files)
    tested = validated + len(plan.validation.clips)
    drawn = (validated, plan.validation_episodes(recipe)), (tested, tests)
    return tuple([first + n for n in clips_of(episodes)] for first, episodes in drawn)


def _marked(told: Sequence[float], first: int) -> frozenset[int]:
    if _STOPPED in told:
        raise Cancelled("Reading clips")
    return frozenset(first + n for n, mark in enumerate(told) if mark == _DAMAGED)


def _at(items: Sequence[Item], places: Iterable[int]) -> list[Item]:
    return [items[place] for place in places]

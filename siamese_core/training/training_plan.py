"""Training plan: what a recipe would train, validate and test on, told before a sound is read."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus, Split
from siamese_core.episodes import Episode, EpisodeSampler, PairSampler
from siamese_core.errors import CorpusError, ParameterError, counted
from siamese_core.recipes import Recipe, split_as
from siamese_core.training.training_set import TrainingSet, training_set


@dataclass(frozen=True, eq=False)
class TrainingPlan:
    """The parts of a split corpus, and what draws from them.

    Parameters
    ----------
    split : Split
    validation, test : Corpus
        Parts that have no recording in common.
    clips : TrainingSet
        The training classes' files, not read yet.
    episodes : EpisodeSampler
        Draws from ``validation``.
    pairs : PairSampler
        Draws from ``clips``.
    tests : EpisodeSampler, optional
        Draws from ``test``; None where nothing is tested.
    """

    split: Split
    validation: Corpus[LabelledFile]
    test: Corpus[LabelledFile]
    clips: TrainingSet
    episodes: EpisodeSampler
    pairs: PairSampler
    tests: EpisodeSampler | None

    @cached_property
    def files(self) -> tuple[LabelledFile, ...]:
        """All that a training reads: to train, to validate and to test."""
        return (*self.clips.files, *self.validation.clips, *self.test.clips)

    def validation_episodes(self, recipe: Recipe) -> list[Episode[int]]:
        """Draw what each validation is: always the same."""
        rng = np.random.default_rng(recipe.seed)
        return [self.episodes.sample(rng) for _ in range(recipe.episodes)]


def plan_training(recipe: Recipe, corpus: Corpus[LabelledFile]) -> TrainingPlan:
    """Split a corpus as a recipe says; an impossible training is refused now, not after hours.

    Raises
    ------
    EarwitnessError
        If the corpus has too few classes, or a class too few recordings, for the recipe.
    """
    corpus = corpus.by_alphabet() if recipe.labels == "alphabet" else corpus
    split = _split(recipe, corpus)
    test = corpus.select(split.test)
    validation = corpus.select(split.validation).apart_from(test)
    if (aside := len(split.validation)) < recipe.ways:
        raise ParameterError(
            f"The recipe validates by line-ups of {recipe.ways} classes and sets "
            f"{counted(aside, 'class', 'classes')} aside for it; raise 'validation' to "
            f"{counted(recipe.ways, 'class', 'classes')}, or lower 'ways'."
        )
    training = corpus.select(split.train).apart_from(validation).apart_from(test)
    return _drawing(recipe, split, validation, test, training_set(training, recipe))


def _split(recipe: Recipe, corpus: Corpus[LabelledFile]) -> Split:
    """Split a corpus; where that cannot be, say which of the recipe's parameters is to change."""
    try:
        return split_as(recipe, corpus)
    except CorpusError as error:
        parts = {"validation": recipe.validation, "test": recipe.test}
        for part, asked in parts.items():
            if not isinstance(asked, int) and not all(_is_there(name, corpus) for name in asked):
                raise CorpusError(
                    f"{error} Name other classes in '{part}', or say how many."
                ) from error
        raise CorpusError(f"{error} The recipe says so in 'validation' and 'test'.") from error


def _is_there(name: str, corpus: Corpus[LabelledFile]) -> bool:
    below = name.endswith("/") and any(label.startswith(name) for label in corpus.classes)
    return below or name in corpus.classes


def plan_without(plan: TrainingPlan, recipe: Recipe, lost: Collection[int]) -> TrainingPlan:
    """Leave some files out of a plan; each class stays in the part that it is in.

    Parameters
    ----------
    lost : collection of int
        Their places in ``plan.files``.

    Raises
    ------
    EarwitnessError
        If a class has too few recordings left; it is named.
    """
    if not lost:
        return plan
    kept = [file for place, file in enumerate(plan.files) if place not in lost]
    if gone := sorted({file.label for file in plan.files} - {file.label for file in kept}):
        raise CorpusError(
            f"Of class '{gone[0]}' no clip can be read; restore them, or leave its folder out."
        )
    trained = len(plan.clips.files)
    validated = trained + len(plan.validation.clips)
    validation, test = (
        replace(part, clips=tuple(f for n, f in enumerate(part.clips, first) if n not in lost))
        for part, first in ((plan.validation, trained), (plan.test, validated))
    )
    return _drawing(recipe, plan.split, validation, test, plan.clips.without(lost))


def _drawing(
    recipe: Recipe,
    split: Split,
    validation: Corpus[LabelledFile],
    test: Corpus[LabelledFile],
    clips: TrainingSet,
) -> TrainingPlan:
    """Join the parts and what draws from them, which refuses what it cannot draw."""
    episodes = _episodes(recipe, validation, recipe.ways)
    tests = None
    if split.test:
        _episodes(recipe, test, len(split.test))  # refuses a class of which too little is left
        tests = _episodes(recipe, test, min(recipe.ways, len(split.test)))
    return TrainingPlan(split, validation, test, clips, episodes, _pairs(recipe, clips), tests)


def _episodes(recipe: Recipe, corpus: Corpus[LabelledFile], ways: int) -> EpisodeSampler:
    return EpisodeSampler(corpus.labels, ways, recipe.shots, corpus.sources)


def _pairs(recipe: Recipe, clips: TrainingSet) -> PairSampler:
    shared = recipe.strangers == "shared"
    try:
        return PairSampler(
            clips.labels, recipe.pos, recipe.negatives, clips.sources, recipe.classes, shared
        )
    except ParameterError:
        labels, sources = ([getattr(f, of) for f in clips.files] for of in ("label", "source"))
        PairSampler(labels, recipe.pos, 1, sources)  # names a class with too few, not its view
        raise

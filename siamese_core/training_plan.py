"""Training plan: what a recipe would train, validate and test on, told before a sound is read."""

from dataclasses import dataclass

from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus, Split
from siamese_core.episodes import EpisodeSampler, PairSampler
from siamese_core.errors import ParameterError, counted
from siamese_core.recipes import Recipe, split_as
from siamese_core.training_set import TrainingSet, training_set


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
    """

    split: Split
    validation: Corpus[LabelledFile]
    test: Corpus[LabelledFile]
    clips: TrainingSet
    episodes: EpisodeSampler
    pairs: PairSampler


def plan_training(recipe: Recipe, corpus: Corpus[LabelledFile]) -> TrainingPlan:
    """Split a corpus as a recipe says; an impossible training is refused now, not after hours.

    Raises
    ------
    EarwitnessError
        If the corpus has too few classes, or a class too few recordings, for the recipe.
    """
    corpus = corpus.by_alphabet() if recipe.labels == "alphabet" else corpus
    split = split_as(recipe, corpus)
    test = corpus.select(split.test)
    validation = corpus.select(split.validation).apart_from(test)
    if (aside := len(split.validation)) < recipe.ways:
        raise ParameterError(
            f"The recipe validates by line-ups of {recipe.ways} classes and sets "
            f"{counted(aside, 'class', 'classes')} aside for it; raise validation to "
            f"{recipe.ways}, or lower ways."
        )
    episodes = _episodes(recipe, validation, recipe.ways)
    if split.test:
        _episodes(recipe, test, len(split.test))
    training = corpus.select(split.train).apart_from(validation).apart_from(test)
    clips = training_set(training, recipe)
    return TrainingPlan(split, validation, test, clips, episodes, _pairs(recipe, clips))


def _episodes(recipe: Recipe, corpus: Corpus[LabelledFile], ways: int) -> EpisodeSampler:
    return EpisodeSampler(corpus.labels, ways, recipe.shots, corpus.sources)


def _pairs(recipe: Recipe, clips: TrainingSet) -> PairSampler:
    shared = recipe.strangers == "shared"
    return PairSampler(
        clips.labels, recipe.pos, recipe.negatives, clips.sources, recipe.classes, shared
    )

"""TrainingData: what a recipe would make of some folders, found out on the worker."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from siamese_core.commands.train import batch_notice
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpora.layouts import ALL_LAYOUTS, LAYOUTS
from siamese_core.corpus import Corpus, Split, join, read_any
from siamese_core.errors import CorpusError, counted
from siamese_core.melspec import MelSpec
from siamese_core.recipes import Recipe

_MOST_CLASSES = 12


@dataclass(frozen=True)
class TrainingData:
    """What is recognised, and what will be held out."""

    recognised: tuple[str, ...]
    """Of each folder, a line."""
    split: Split
    variants: int = 1
    """How many classes are made of each that is trained on: at other speeds, say."""
    notice: str = ""
    """What a person should know; empty if nothing."""

    @property
    def words(self) -> str:
        """Say which classes are trained on and which are held out."""
        train, validation, test = self.split.train, self.split.validation, self.split.test
        classes = counted(len(train), "class", "classes")
        if self.variants > 1:
            classes += f", each in {self.variants} variants ({self.variants * len(train):,} in all)"
        lines = [f"Trains on {classes}: {_some(train)}."]
        lines += [f"Held out for validation: {_some(validation)}."] if validation else []
        lines += [f"Held out for the test: {_some(test)}."] if test else []
        return "\n".join(lines)


def parameter_of(refusal: str) -> str:
    """Return the recipe's parameter that a refusal names in quotes; empty if it names none."""
    named = re.findall(r"'(\w+)'", refusal)
    return next((name for name in named if name in Recipe.model_fields), "")


def look_at(folders: Sequence[Path], recipe: Recipe, layout: str | None = None) -> TrainingData:
    """Open folders as the training would, and split their classes.

    Parameters
    ----------
    folders : sequence of Path
    recipe : Recipe
    layout : str, optional
        How all of them are laid out; recognised of each if None.

    Raises
    ------
    EarwitnessError
        If a folder cannot be read, or the recipe cannot be trained on it.
    """
    from siamese_core.training.training_plan import plan_training

    corpora = [read_any(folder, layout) for folder in folders]
    corpus = join(corpora)
    hears = isinstance(recipe.input, MelSpec)
    for folder, part in zip(folders, corpora, strict=True):
        if (part.layout in LAYOUTS) != hears:
            wanted = "sound" if hears else "Omniglot's glyphs"
            raise CorpusError(f"{folder} does not hold {wanted}, which this recipe is for.")
    lines = tuple(_line(f, c) for f, c in zip(folders, corpora, strict=True))
    plan = plan_training(recipe, corpus)
    notice = batch_notice(recipe, corpus) or ""
    return TrainingData(lines, plan.split, len(plan.clips.views), notice)


def _line(folder: Path, corpus: Corpus[LabelledFile]) -> str:
    layout = ALL_LAYOUTS[corpus.layout]
    classes = counted(len(corpus.classes), "class", "classes")
    return f"{folder.name}: {layout.title}, {classes}, {counted(len(corpus.clips), 'file')}"


def _some(classes: Sequence[str]) -> str:
    more = f" and {len(classes) - _MOST_CLASSES} more" if len(classes) > _MOST_CLASSES else ""
    return ", ".join(classes[:_MOST_CLASSES]) + more

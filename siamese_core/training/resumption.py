"""Resumption: what a run is held against before it goes on, so that it goes on as it began."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field

from siamese_core.callbacks import Event
from siamese_core.card import read_card
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Split
from siamese_core.errors import Advice, CheckpointError, ParameterError, TrainingError, counted
from siamese_core.parameters import Parameters
from siamese_core.recipes import Recipe
from siamese_core.training.run import EXTENDABLE, Run
from siamese_core.training.training_state import TrainingState, read_state


class LeftOut(Parameters):
    """A clip that could not be read when a training began.

    Parameters
    ----------
    place : int
        Among all files of the plan.
    path, reason : str
        Where it lay, and what was wrong with it.
    label : str
        Its class; empty where an older version noted none.
    """

    place: Annotated[int, Field(ge=0)]
    path: str
    reason: str
    label: str = ""

    def is_of(self, file: LabelledFile) -> bool:
        """Whether a file may be it, in whatever folder the corpus is now."""
        return file.path.name == Path(self.path).name and self.label in ("", file.label)


class _Left(Parameters):
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class Resumption:
    """What is known of a training that is to go on.

    Parameters
    ----------
    folder : Path
    state : TrainingState, optional
        Where it stands; None if no state was saved: then nothing is trained, and it begins now.
    event : mapping
        The first one that it told, of its beginning; empty if it begins now, or that is lost.
    left_out : tuple of LeftOut
    content : str
        Digest of the clips that it was trained on; empty if none is known.
    """

    folder: Path
    state: TrainingState | None = None
    event: Event = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    content: str = ""

    def check_recipe(self, run: Run, recipe: Recipe) -> None:
        """Look whether the run's checkpoints were trained by the recipe that goes on.

        The run's recipe.toml is a text that anyone can change; each checkpoint holds its own. One
        that cannot be read is passed over.

        Raises
        ------
        TrainingError
            If one was trained by another recipe, but for what may be extended.
        """
        for path in (run.last, run.best):
            with suppress(CheckpointError):
                own = read_card(path).recipe
                for name in set(Recipe.model_fields) - {"document", *EXTENDABLE}:
                    if getattr(own, name) != getattr(recipe, name):
                        raise TrainingError(
                            f"{path} was trained with another {name} than {run.recipe} tells; "
                            "restore that file, or train anew in another folder."
                        )

    def thread_notice(self, threads: int) -> str:
        """Say that a processor will add up in another order; nothing where it will not."""
        before = self.event.get("threads")
        if self.state is None or before in (None, threads):
            return ""
        return (
            f"The training began with {before} threads and goes on with {threads}; set "
            f"OMP_NUM_THREADS={before} for the same losses bit for bit."
        )

    def check_patience(self, recipe: Recipe) -> None:
        """Look whether a training that is asked for more steps would take any.

        Raises
        ------
        TrainingError
            If it has ended since validation gained no more.
        """
        if self.state is not None and self.state.ended(recipe) == "patience":
            raise TrainingError(
                f"{self.folder} ended at step {self.state.step} because "
                f"{counted(self.state.stale, 'validation')} gained nothing",
                Advice.RAISE_PATIENCE,
            )

    @property
    def has_begun(self) -> bool:
        """Whether anything is trained that a change would contradict."""
        return self.state is not None

    def still_left_out(self, files: Sequence[LabelledFile]) -> dict[int, LeftOut]:
        """Find what was left out by its place among the files; what is gone, needs no leaving out.

        Where one is gone, those after it stand one place nearer.
        """
        found: dict[int, LeftOut] = {}
        for number, one in enumerate(sorted(self.left_out, key=lambda one: one.place)):
            place = one.place - (number - len(found))
            if place < len(files) and one.is_of(files[place]):
                found[place] = one
        return found

    def check_clips(self, split: Split, clips: int) -> None:
        """Look whether a training would go on with the clips that it began with, by their names.

        Parameters
        ----------
        split : Split
        clips : int
            How many it would train on.

        Raises
        ------
        TrainingError
            If a class would change its part, or training clips came or went.
        """
        before = self.event.get("split")
        if not isinstance(before, dict) or not all(map(_are_names, before.values())):
            return
        for part, classes in asdict(split).items():
            if other := sorted(set(before.get(part, ())) ^ set(classes)):
                raise TrainingError(
                    f"{self.folder} began with other classes for {part}: '{other[0]}' differs; "
                    "resume with the corpus that it began with."
                )
        if self.event.get("clips") != clips:
            raise TrainingError(
                f"{self.folder} began with {self.event.get('clips')} training clips, not {clips}; "
                "resume with the corpus that it began with."
            )

    def check_content(self, content: str) -> None:
        """Look whether the clips sound as they did; an older version's training is believed.

        Raises
        ------
        TrainingError
        """
        if self.content and self.content != content:
            raise TrainingError(
                f"{self.folder} was trained on clips with other content or in another order; "
                "resume with the clips that it began with, or train anew in another folder."
            )


def resumption_of(run: Run) -> Resumption:
    """Read what a run's folder tells of its training so far.

    Raises
    ------
    TrainingError
        If its events or its state cannot be read, or are damaged.
    """
    if not run.state.exists():
        return Resumption(run.folder)
    state, heard = read_state(run.state)
    began = run.first_event("started") or {}
    if (told := heard.get("left_out")) is not None:
        left_out = _parsed(run.state, told)
    else:  # of an older version
        left_out = _parsed(run.events, began.get("left_out", []))
    return Resumption(run.folder, state, began, left_out, heard.get("content", ""))


def _parsed(file: Path, told: object) -> tuple[LeftOut, ...]:
    """Check what was left out, as JSON or its values."""
    try:
        values = json.loads(told) if isinstance(told, str) else told
        return _Left.parse({"left_out": values}).left_out
    except (ParameterError, ValueError) as error:
        raise TrainingError(f"{file} is damaged: {error}") from error


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)

"""Resumption: what a run is held against before it goes on, so that it goes on as it began."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from siamese_core.callbacks import Event
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Split
from siamese_core.errors import TrainingError, counted
from siamese_core.recipes import Recipe
from siamese_core.run import Run
from siamese_core.training_state import TrainingState, read_state


@dataclass(frozen=True)
class LeftOut:
    """A clip that could not be read when a training began.

    Parameters
    ----------
    place : int
        Among all files of the plan.
    path, reason : str
        Where it lay, and what was wrong with it.
    """

    place: int
    path: str
    reason: str


@dataclass(frozen=True)
class Resumption:
    """What is known of a training that is to go on.

    Parameters
    ----------
    folder : Path
    event : mapping, optional
        The first one that it told, of its beginning.
    left_out : tuple of LeftOut, optional
        None if it never began: then it begins now.
    state : TrainingState, optional
        Where it stands; None if no state was saved.
    content : str
        Digest of the clips that it was trained on; empty if none is known.
    """

    folder: Path
    event: Event
    left_out: tuple[LeftOut, ...] | None
    state: TrainingState | None
    content: str

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
                f"{counted(self.state.stale, 'validation')} gained nothing; raise patience above "
                f"that, too (--set patience=N)."
            )

    def check_files(self, files: Sequence[LabelledFile]) -> None:
        """Look whether what was left out stands where it stood.

        Raises
        ------
        TrainingError
        """
        for one in self.left_out or ():
            if one.place >= len(files) or files[one.place].path.name != Path(one.path).name:
                raise TrainingError(
                    f"{self.folder} began without {one.path}, which is not where it was in the "
                    "corpus; resume with the corpus that it began with."
                )

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
                f"{self.folder} was trained on clips with other content under the same names; "
                "resume with the clips that it began with, or train anew in another folder."
            )


def resumption_of(run: Run) -> Resumption:
    """Read what a run's folder tells of its training so far.

    Raises
    ------
    TrainingError
        If its events or its state cannot be read.
    """
    began = run.first_event("started")
    state, content = read_state(run.state) if run.state.exists() else (None, "")
    left_out = None if began is None and state is None else _left_out(began or {})
    return Resumption(run.folder, began or {}, left_out, state, content)


def _left_out(began: Event) -> tuple[LeftOut, ...]:
    told = began.get("left_out")
    found = map(_one_left_out, told if isinstance(told, list) else [])
    return tuple(one for one in found if one is not None)


def _one_left_out(value: object) -> LeftOut | None:
    if not isinstance(value, Mapping):
        return None
    place, path, reason = (value.get(name) for name in ("place", "path", "reason"))
    if not (isinstance(place, int) and isinstance(path, str) and isinstance(reason, str)):
        return None
    return LeftOut(place, path, reason)


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)

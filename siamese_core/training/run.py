"""Run: the folder of one training. The folder is the truth; whoever reads it knows all."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siamese_core.callbacks import Event
from siamese_core.errors import Advice, ParameterError, TrainingError
from siamese_core.event_file import append_event, each_event, step_of, write_events
from siamese_core.files import is_unfinished, reading, tail, write_text
from siamese_core.lock import holder_number, is_held
from siamese_core.recipes import Recipe, recipe_from_toml
from siamese_core.training.held_folder import LOCK, held_folder
from siamese_core.training.schedules import SPREAD

EXTENDABLE = ("steps", "patience")
"""What of its recipe a run can be asked more of: no step so far would have been another."""
CURVES = "curves"
"""The name, without its ending, of the pictures of a run's course."""
_OF_MAPS = (".npy", ".json", ".lock")
"""The endings of what `logmel_cache` keeps."""
_PROGRESS = b'{"event": "progress"'
"""How what `run_progress` notes begins."""


@dataclass(frozen=True)
class Run:
    """A folder with recipe.toml, events.jsonl, best and last checkpoint, report.json.

    Parameters
    ----------
    folder : Path
    """

    folder: Path

    @property
    def recipe(self) -> Path:
        """What is trained, as TOML."""
        return self.folder / "recipe.toml"

    @property
    def best(self) -> Path:
        """The checkpoint of the best validation so far."""
        return self.folder / "best.safetensors"

    @property
    def last(self) -> Path:
        """The newest checkpoint."""
        return self.folder / "last.safetensors"

    @property
    def state(self) -> Path:
        """Everything that a resumed training needs, in one file so that it is never torn."""
        return self.folder / "state.safetensors"

    @property
    def events(self) -> Path:
        """One JSON object a line, appended as the training goes."""
        return self.folder / "events.jsonl"

    @property
    def report(self) -> Path:
        """The outcome, written at the end."""
        return self.folder / "report.json"

    @property
    def launch(self) -> Path:
        """What starts its process again (`Launch`), where the window started it."""
        return self.folder / "job.json"

    @property
    def words(self) -> Path:
        """What that process said on stderr; it holds the file as long as it lives."""
        return self.folder / "stderr.txt"

    @property
    def stop(self) -> Path:
        """A file that asks the training to stop after its present step."""
        return self.folder / "stop"

    @property
    def progress(self) -> Path:
        """How far its process is with reading clips, say: one JSON object a line, the last counts.

        Apart from events.jsonl, which a training that has not begun does not have.
        """
        return self.folder / "progress.jsonl"

    @property
    def log_mels(self) -> Path:
        """A folder of maps for which the person's cache folder has no room."""
        return self.folder / "log-mels"

    @property
    def is_held(self) -> bool:
        """Whether a living process trains here, or is about to."""
        return self.is_taken or is_held(self.words)

    @property
    def is_taken(self) -> bool:
        """Whether a living process trains here; one that is about to does not look at `stop`."""
        return is_held(self._lock)

    @property
    def holder(self) -> int | None:
        """The number of the process that trains here, if it is known."""
        return holder_number(self._lock)

    def ask_to_stop(self) -> None:
        """Ask the training to stop after its present step; it can be resumed."""
        write_text(self.stop, "")

    def stop_asked(self) -> bool:
        """Whether the training was asked to stop."""
        return self.stop.exists()

    def check(self, recipe: Recipe, resume: bool, raised: Collection[str] = ()) -> None:
        """Look whether a recipe's training can begin here, or go on.

        Parameters
        ----------
        raised : collection of str
            Of `EXTENDABLE`: what may be more than the run was asked for.

        Raises
        ------
        TrainingError
            If the folder holds a training already, or holds none to resume, or another recipe's.
        """
        if not resume:
            if any(file.exists() for file in (self.events, self.state, self.best, self.last)):
                raise TrainingError(
                    f"{self.folder} holds a training already; resume it or name another folder."
                )
            if foreign := next(self._foreign(), None):
                raise TrainingError(
                    f"{self.folder} already holds another {foreign.name}; name another folder."
                )
            return
        if not self.recipe.exists():
            raise TrainingError(
                f"{self.folder} does not hold a training to resume", Advice.BEGIN_ANEW
            )
        own = self.read_recipe()
        for name in raised:
            self._check_raised(name, own, recipe)
        # What a recipe follows changes no step: an older run may say it in other words.
        alike = ("document", *raised)
        as_asked = own.model_copy(update={name: getattr(recipe, name) for name in alike})
        if other := _difference(as_asked, recipe):
            more = any(other.startswith(f"{name} = ") for name in EXTENDABLE)
            reason = f"{self.folder} was trained with {other}"
            if more:
                raise TrainingError(reason, Advice.RAISE_MORE)
            raise TrainingError(f"{reason}; resume with its own.")

    def _check_raised(self, name: str, own: Recipe, asked: Recipe) -> None:
        before, now = getattr(own, name), getattr(asked, name)
        if now < before:
            raise TrainingError(
                f"{self.folder} was trained with {name} = {before}; give {before} or more to go on "
                f"with it, not {now}."
            )
        if name == "steps" and now > before and own.schedule in SPREAD and self.state.exists():
            raise TrainingError(
                f"{self.folder} follows a {own.schedule} schedule, whose learning rates are spread "
                f"over its {before} steps, so that those taken do not fit {now}; train anew in "
                "another folder."
            )

    def begin(self, recipe: Recipe) -> None:
        """Write the recipe: from now on there is a training to resume.

        The outcome of one that was asked less is an outcome no more.
        """
        with suppress(OSError):  # of a new run there is none
            self.report.unlink()
        write_text(self.recipe, recipe.to_toml())

    def append(self, event: Event) -> None:
        """Add an event to events.jsonl."""
        append_event(self.events, event)

    def read_words(self) -> str:
        """Read the last whole lines of what its process said on stderr; empty if it said nothing.

        A library's warning at each step makes megabytes of it.
        """
        try:
            return tail(self.words)
        except OSError:
            return ""

    def forget_progress(self) -> None:
        """Remove what was noted of a part that is over."""
        with suppress(OSError):
            self.progress.unlink()

    def rewind(self, step: int, validated: int) -> None:
        """Drop what a training resumed from ``step`` will tell again, and a line torn by a kill.

        Parameters
        ----------
        validated : int
            Step of the last validation that the resumed training knows of.
        """
        kept = [e for e in self.read_events() if step_of(e) <= step and _remains(e, validated)]
        write_events(self.events, kept)

    def read_events(self) -> list[Event]:
        """Read the events so far; a torn line is left out.

        Raises
        ------
        TrainingError
            If the file cannot be read.
        """
        return list(each_event(self.events))

    def first_event(self, kind: str) -> Event | None:
        """Read the first event of a kind, which need not read a long training's all."""
        return next((e for e in each_event(self.events) if e.get("event") == kind), None)

    @contextmanager
    def lock(self, check: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold the folder for this process (`held_folder`), and forget what another one was asked.

        Whoever starts a process that holds `words` has removed an older request to stop; one that
        is here is meant for this process.
        """
        with held_folder(self.folder, check):
            if not is_held(self.words):
                self._forget_stop()
            self.forget_progress()
            try:
                yield
            finally:
                self._forget_stop()
                self.forget_progress()

    def wrote(self, file: Path) -> bool:
        """Whether a training writes a file of that name, or `log_mels`: `file` is in the folder."""
        if file == self.log_mels and file.is_dir() and not file.is_symlink():
            return all(one.suffix in _OF_MAPS for one in file.iterdir())
        own = {self.recipe, self.best, self.last, self.state, self.events, self.report}
        own |= {self.launch, self.words, self.stop, self.progress, self._lock, *self._pictures}
        is_file = file.is_symlink() or not file.is_dir()
        return is_file and (file in own or is_unfinished(file))

    def remove(self, file: Path) -> None:
        """Remove what a training `wrote`.

        Raises
        ------
        OSError
            If the system refuses.
        """
        if file != self.log_mels or file.is_symlink():
            file.unlink()
            return
        for one in file.iterdir():
            one.unlink()
        file.rmdir()

    def _foreign(self) -> Iterator[Path]:
        """Yield files that no run writes before its first event, but that this one would replace.

        A recipe that a run wrote may be there: of one that waits, or was killed before it began.
        """
        yield from (file for file in (self.report, *self._pictures) if file.exists())
        if self.stop.exists() and self.stop.stat().st_size:  # a run's own is empty
            yield self.stop
        if self.progress.exists() and not self._is_progress():
            yield self.progress
        if self.recipe.exists():
            written = _read_text(self.recipe)
            with suppress(ParameterError):
                if recipe_from_toml(written).to_toml() == written:
                    return
            yield self.recipe

    def _is_progress(self) -> bool:
        """Whether a killed process of this program left `progress`, however short it was cut."""
        with reading(self.progress, TrainingError), self.progress.open("rb") as lines:
            return _PROGRESS.startswith(lines.read(len(_PROGRESS)))

    def _forget_stop(self) -> None:
        with suppress(OSError):
            self.stop.unlink()

    @property
    def _lock(self) -> Path:
        return self.folder / LOCK

    @property
    def _pictures(self) -> tuple[Path, ...]:
        return tuple(self.folder / f"{CURVES}{suffix}" for suffix in (".png", ".svg"))

    def read_recipe(self) -> Recipe:
        """Read what is trained.

        Raises
        ------
        TrainingError
            If the file is missing, or not a recipe.
        """
        try:
            return recipe_from_toml(_read_text(self.recipe))
        except ParameterError as error:
            raise TrainingError(f"{self.recipe} cannot be used: {error}") from error


def _remains(event: Event, validated: int) -> bool:
    kind = event.get("event")
    return kind != "finished" and (kind != "validation" or step_of(event) <= validated)


def _read_text(file: Path) -> str:
    with reading(file, TrainingError):
        return file.read_text(encoding="utf-8")


def _difference(own: Recipe, other: Recipe) -> str:
    """Say which value of a recipe is another in the other one; nothing if none is."""
    mine, theirs = (dict(_flat(r.model_dump(mode="json", exclude_none=True))) for r in (own, other))
    for key in {**mine, **theirs}:
        if mine.get(key) != theirs.get(key):
            return f"{key} = {mine.get(key, 'nothing')}, not {theirs.get(key, 'nothing')}"
    return ""


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield the values of nested tables, each under its dotted key."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value

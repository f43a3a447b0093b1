"""Run: the folder of one training. The folder is the truth; whoever reads it knows all."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from siamese_core.callbacks import Event
from siamese_core.errors import TrainingError
from siamese_core.files import reason, write_text
from siamese_core.recipes import Recipe, recipe_from_toml


@dataclass(frozen=True)
class Run:
    """A folder with recipe.toml, events.jsonl, best and last checkpoint, report.json.

    Parameters
    ----------
    folder : Path
    """

    folder: Path

    @property
    def best(self) -> Path:
        """The checkpoint of the best validation so far."""
        return self.folder / "best.safetensors"

    @property
    def last(self) -> Path:
        """The checkpoint of the last validation."""
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

    def begin(self, recipe: Recipe, resume: bool) -> None:
        """Make the folder and write the recipe, or check that a resumed one is the same.

        Raises
        ------
        TrainingError
            If the folder holds a training already, or holds none to resume, or another recipe's.
        """
        file = self.folder / "recipe.toml"
        if not resume:
            if file.exists():
                raise TrainingError(
                    f"{self.folder} holds a training already; resume it or name another folder."
                )
            write_text(file, recipe.to_toml())
            return
        if not file.exists():
            raise TrainingError(f"{self.folder} holds no training to resume.")
        if recipe_from_toml(file.read_text(encoding="utf-8")) != recipe:
            raise TrainingError(
                f"{self.folder} was trained with another recipe; resume with its own."
            )

    def append(self, event: Event) -> None:
        """Add an event to events.jsonl."""
        try:
            with self.events.open("a", encoding="utf-8") as file:
                file.write(json.dumps(event) + "\n")
        except OSError as error:
            raise TrainingError(f"{self.events} cannot be written: {reason(error)}.") from error

    def rewind(self, step: int) -> None:
        """Drop the events after ``step``, and a line torn by a kill, before resuming from it."""
        kept = [json.dumps(event) for event in self.read_events() if _step(event) <= step]
        write_text(self.events, "".join(f"{line}\n" for line in kept))

    def read_events(self) -> list[Event]:
        """Read the events so far; a torn last line is left out."""
        if not self.events.exists():
            return []
        events = []
        for line in self.events.read_text(encoding="utf-8").splitlines():
            try:
                events.append(json.loads(line))
            except ValueError:
                continue
        return events

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process.

        Raises
        ------
        TrainingError
            If a living process holds it.
        """
        file = self.folder / "lock"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if (owner := _living_owner(file)) is not None:
                raise TrainingError(f"{self.folder} is in use by process {owner}; wait or stop it.")
            write_text(file, json.dumps({"pid": os.getpid(), "started": _started(os.getpid())}))
        except OSError as error:
            raise TrainingError(f"{self.folder} cannot be used: {reason(error)}.") from error
        try:
            yield
        finally:
            file.unlink(missing_ok=True)
            with suppress(OSError):  # refused unless empty: nothing was begun in it
                self.folder.rmdir()


def _step(event: Event) -> int:
    step = event.get("step", 0)
    return step if isinstance(step, int) else 0


def _living_owner(lock: Path) -> int | None:
    """Return the process that holds the lock, None if it is gone or its number was reused."""
    try:
        owner: Mapping[str, object] = json.loads(lock.read_text(encoding="utf-8"))
        pid = int(str(owner["pid"]))
        started = owner["started"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return pid if started is not None and _started(pid) == started else None


def _started(pid: int) -> str | None:
    """Return when a process started, in the system's own words; None if it does not run."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        return stat.read_text().rpartition(")")[2].split()[19]
    try:
        os.kill(pid, 0)
    except OSError:
        return None
    return "running"

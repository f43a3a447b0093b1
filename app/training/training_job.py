"""TrainingJob: one run's folder as the window watches it, and what can be asked of it."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.training.child import start_training
from app.training.curves import Curves, Portion
from siamese_core.errors import EarwitnessError, TrainingError
from siamese_core.files import reason
from siamese_core.launch import Launch, load_launch
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from siamese_core.training.status import Status, status_of

_PATIENCE_MS = 5000
"""What a training gets to stop by itself, and then again before it is killed."""
_STEPS_OF_PATIENCE = 3
"""A slow training's patience: as long as that many of its steps."""


Found = tuple[Recipe | None, Launch | None, Status]


@dataclass(frozen=True)
class Look:
    """What was seen in a run's folder, on whichever thread."""

    status: Status
    portion: Portion | None
    words: str
    model: Path | None
    recipe: Recipe | None
    """Read anew where a training began, or went on, for it may be asked for more steps."""


class TrainingJob(QObject):
    """Its process is detached: this only starts it, asks it to stop, and reads its folder.

    ``found`` is what its folder says of how it was started (`find`).
    """

    changed = Signal()
    """Its status, or its curves."""

    def __init__(self, run: Run, found: Found, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run, self.curves = run, Curves(run.events, found[0])
        self.watched = False
        """Whether its curves are looked at."""
        self.recipe, self.launch, self.status = found
        self.words = ""
        """The end of what its process said on stderr."""
        self.model: Path | None = None
        """Its best checkpoint, if there is one."""
        self.looks_taken = 0
        """How often the folder was looked at: what was seen before the last time is outdated."""
        self._process: subprocess.Popen[bytes] | None = None
        self._impatience = QTimer(self, singleShot=True)
        self._impatience.timeout.connect(self._press)
        self._is_last_warning = False

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.run.folder.name

    @property
    def device(self) -> str:
        """Where it trains, or is to train."""
        return self.launch.device if self.launch else self.curves.device

    @property
    def seconds_left(self) -> float | None:
        """Until all steps are done, at its present speed."""
        speed = self.curves.seconds_per_step
        if self.recipe is None or speed is None or self.status.state != "running":
            return None
        return speed * (self.recipe.steps - self.status.step)

    def look(self) -> Look:
        """Read the folder, on any thread; nothing changes before `take`."""
        watches = self.watched or self.status.state == "running"
        portion = self.curves.read() if watches else None
        model = self.run.best if self.run.best.exists() else None
        recipe = _recipe(self.run) if portion and portion.begins else None
        status, words = status_of(self.run), self.run.read_words()
        return Look(status, portion, words, model, recipe)

    def take(self, look: Look) -> None:
        """Take what was seen."""
        self.looks_taken += 1
        if self._process and self._process.poll() is not None:
            self._process = None
        if look.status.state != "running":
            self._impatience.stop()
        if look.portion:
            self.curves.take(look.portion)
        before = (self.recipe, self.status, self.words, self.model)
        self.recipe = look.recipe or self.recipe
        self.status, self.words, self.model = look.status, look.words, look.model
        if look.portion or before != (self.recipe, self.status, self.words, self.model):
            self.changed.emit()

    def poll(self) -> None:
        """Look at the folder now, for something was just done to it."""
        self.take(self.look())

    def wait_in_queue(self, asked: float, more: tuple[str, ...] = ()) -> None:
        """Stand in the queue of its device, to go on; for ``more`` than it did (`Launch.more`)."""
        self._remember(waiting=True, asked=asked, more=more)
        self.poll()

    def start(self) -> None:
        """Start its process, or go on from its last checkpoint."""
        if self.launch is None:
            return
        resume = self.run.events.exists() or self.run.state.exists()
        try:
            self._remember(waiting=False)
            self.run.stop.unlink(missing_ok=True)
            self._process = start_training(self.run, self.launch, resume)
        except BlockingIOError:  # another window was faster
            pass
        except OSError as error:
            self._fail(f"The training could not be started: {reason(error)}.")
            return
        except EarwitnessError as error:
            self._fail(str(error))
            return
        self.poll()

    def stop(self) -> None:
        """Take it out of the queue, or ask it to stop after its present step; then press."""
        if self.status.state == "queued":
            self._remember(waiting=False)
        elif self.status.state == "running":
            starts = self._process is not None and not self.run.is_taken
            with suppress(EarwitnessError):  # a full disk: then it is pressed at once
                self.run.ask_to_stop()
            self._is_last_warning = False
            self._impatience.start(self._patience if self.run.stop_asked() else 0)
            if starts:  # it does not look at the file yet, and Windows forgets it (`Run.lock`)
                self._press()
        self.poll()

    def let_go(self) -> None:
        """Leave its process to itself."""
        self._impatience.stop()
        if self._process and self._process.poll() is None:
            self._process.returncode = 0  # nobody here waits for it any more
        self._process = None

    @property
    def _patience(self) -> int:
        slow = _STEPS_OF_PATIENCE * (self.curves.seconds_per_step or 0.0)
        return max(_PATIENCE_MS, round(1000 * slow))

    def _press(self) -> None:
        """Terminate what did not stop when it was asked; kill what did not end then."""
        number = self._process.pid if self._process else self.run.holder
        if number is None or status_of(self.run).state != "running":
            return
        with suppress(EarwitnessError):  # one that was only starting forgot what it was asked
            self.run.ask_to_stop()
        hard = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL
        with suppress(ProcessLookupError, PermissionError):
            os.kill(number, hard if self._is_last_warning else signal.SIGTERM)
        if not self._is_last_warning:
            self._is_last_warning = True
            self._impatience.start(self._patience)
        self.poll()

    def _remember(self, **changes: object) -> None:
        if self.launch is not None:
            self.launch = self.launch.model_copy(update=changes)
            self.launch.save(self.run.launch)

    def _fail(self, sentence: str) -> None:
        """Say why it could not even be started, in its folder too if that can be written."""
        with suppress(OSError):
            self.run.words.write_text(f"earwitness: {sentence}\n", encoding="utf-8")
        self.status = Status("failed", sentence, self.status.step)
        self.changed.emit()


def find(run: Run) -> Found:
    """Read how a run was started, and what became of it."""
    try:
        return run.read_recipe(), load_launch(run.launch), status_of(run)
    except TrainingError:
        return None, None, status_of(run)


def _recipe(run: Run) -> Recipe | None:
    with suppress(TrainingError):
        return run.read_recipe()
    return None

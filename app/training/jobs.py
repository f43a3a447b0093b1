"""Jobs: every training in the runs folders, and the queue of each device."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from app.errors import sentence
from app.settings import Settings, own_folder
from app.training.run_folder import folder_fault, rename
from app.training.training_job import Found, Look, TrainingJob, find
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.errors import EarwitnessError, TrainingError
from siamese_core.files import reason, write_text
from siamese_core.launch import Launch
from siamese_core.nvml import nvidia_devices
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run

_INTERVAL_MS = 500
_SELDOM = 10
"""Of so many looks one goes to trainings at rest, and to folders that are new."""

Survey = tuple[list[tuple[TrainingJob, int, Look | None]], dict[Run, Found]]
"""What was seen of each training, after how many looks; and trainings that are new.

Nothing is seen of one whose folder is gone.
"""


class Jobs(QObject):
    """Found again in the runs folders whenever the window opens; one a device runs at a time."""

    changed = Signal()
    """A training was added, or its status is another."""
    failed = Signal(str)
    """What could not be done: a sentence."""
    devices_found = Signal(object)
    """The NVIDIA devices of this machine, and what is free of them now."""

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.all: list[TrainingJob] = []
        """The newest first."""
        self._born: WeakKeyDictionary[TrainingJob, float] = WeakKeyDictionary()
        self._asked_for: set[Run] = set()
        """What was put into the queue here; what waits since an earlier window is not started."""
        self._looks = 0
        self._looking = False
        self._background = Background(self, "trainings")
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self.look)

    @property
    def folder(self) -> Path:
        """Where new runs go."""
        return Path(self.settings.runs_folder or own_folder() / "runs").absolute()

    @property
    def folders(self) -> list[Path]:
        """Where runs are looked for: where new ones go, and where earlier ones went."""
        earlier = [Path(folder) for folder in self.settings.recent_runs_folders]
        return list(dict.fromkeys([self.folder, *earlier]))

    @property
    def running(self) -> list[TrainingJob]:
        """Those that have a process."""
        return [job for job in self.all if job.status.state == "running"]

    @property
    def waiting(self) -> list[TrainingJob]:
        """Those that will be started in their turn."""
        return [job for job in self._queued if job.run in self._asked_for]

    @property
    def left_waiting(self) -> list[TrainingJob]:
        """Those that an earlier window left in the queue: they wait till `go_on`."""
        return [job for job in self._queued if job.run not in self._asked_for]

    @property
    def _queued(self) -> list[TrainingJob]:
        return [job for job in self.all if job.status.state == "queued"]

    def go_on(self) -> None:
        """Go on with the queue of an earlier window, too."""
        left = self.left_waiting
        self._asked_for |= {job.run for job in left}
        self._start_next()
        for job in left:
            job.changed.emit()

    def watch(self) -> None:
        """Find the trainings, and keep looking at them."""
        if not self._timer.isActive():
            self._timer.start()
            self._looks = 0
            self.look()

    def look(self) -> None:
        """Look at what runs and waits, now and then at the others; start whose turn it is."""
        if self._looking:
            return
        active = [j for j in self.all if j.watched or j.status.state in ("running", "queued")]
        seldom = self._looks % _SELDOM == 0
        seen = [(job, job.looks_taken) for job in (self.all if seldom else active)]
        folders, known = self.folders, {job.run for job in self.all}

        def survey(_on_event: OnEvent, _should_stop: ShouldStop) -> Survey:
            looks = [(job, taken, _look_at(job)) for job, taken in seen]
            return looks, _runs_in(folders, known) if seldom else {}

        self._looking = True
        self._looks += 1
        self._background.run(survey, on_done=self._take_survey, on_error=self._give_up)

    def find_devices(self) -> None:
        """Ask the driver what is free, on the worker: waking a driver takes its time."""
        self._background.run(
            lambda _e, _s: nvidia_devices(),
            on_done=self.devices_found.emit,
            on_error=self._tell,
            key="devices",
        )

    def move_to(self, folder: Path) -> None:
        """Let new runs go to another folder; the trainings of the present one stay listed."""
        for one in (self.folder, folder):
            self.settings.remember_runs_folder(str(one))
        self.settings.runs_folder = str(folder)

    def add(self, recipe: Recipe, launch: Launch, folder: Path) -> TrainingJob:
        """Make a run's folder and put its training into the queue.

        Raises
        ------
        EarwitnessError
            If the folder is taken, or cannot be written.
        """
        if fault := folder_fault(folder):
            raise TrainingError(fault)
        run = Run(folder)
        waiting = launch.model_copy(update={"waiting": True, "asked": time.time()})
        _write(run, recipe, waiting)
        self._asked_for.add(run)
        self._forget({run})
        self._take({run: find(run)})
        self.watch()
        self._start_next()
        return next(job for job in self.all if job.run == run)

    def resume(self, job: TrainingJob, more: tuple[str, ...] = ()) -> None:
        """Let a training go on, when its device is free; for ``more`` than it did."""
        self._asked_for.add(job.run)
        try:
            job.wait_in_queue(time.time(), more)
        except EarwitnessError as error:
            self.failed.emit(str(error))
        self._start_next()

    def stop(self, job: TrainingJob) -> None:
        """Stop a training, or take it out of the queue."""
        try:
            job.stop()
        except EarwitnessError as error:
            self.failed.emit(str(error))

    def rename(self, job: TrainingJob, name: str) -> TrainingJob:
        """Give a training another name, which is its folder's; its job is another one then.

        Raises
        ------
        EarwitnessError
            If it still lives, or the name cannot be had.
        """
        run = rename(job, name)
        self._forget({job.run})
        self._take({run: find(run)})
        return next(job for job in self.all if job.run == run)

    def forget(self, job: TrainingJob) -> None:
        """Forget a training that was thrown away."""
        self._forget({job.run})
        self.changed.emit()

    def let_go(self, stop: bool = False) -> None:
        """Leave all trainings to themselves; ask those that run to stop first if so wanted."""
        self._timer.stop()
        self._background.shutdown()
        for job in self.all:
            if stop and job.status.state == "running":
                self.stop(job)
            job.let_go()

    def _start_next(self) -> None:
        """Start the first in the queue of each device on which none runs."""
        taken = {job.device for job in self.running}
        for job in sorted(self.waiting, key=_asked):
            if job.device not in taken:
                taken.add(job.device)
                job.start()

    def _take_survey(self, survey: "Survey") -> None:
        """Take what was seen, but of what was looked at since."""
        self._looking = False
        looks, runs = survey
        current = [(j, look) for j, n, look in looks if j in self.all and j.looks_taken == n]
        for job, look in current:
            if look:
                job.take(look)
        if gone := {job.run for job, look in current if look is None}:
            self._forget(gone)
            self.changed.emit()
        self._take(runs)
        self._start_next()
        if any(look and look.portion and look.portion.more for _, _, look in looks):
            self.look()

    def _give_up(self, error: Exception) -> None:
        self._looking = False
        self._tell(error)

    def _tell(self, error: Exception) -> None:
        self.failed.emit(sentence(error))

    def _forget(self, runs: set[Run]) -> None:
        """Forget trainings whose folders are gone, or are to hold others."""
        gone = [job for job in self.all if job.run in runs]
        self.all = [job for job in self.all if job not in gone]
        for job in gone:
            job.let_go()
            job.deleteLater()

    def _take(self, runs: Mapping[Run, Found]) -> None:
        known = {job.run for job in self.all}
        jobs = [TrainingJob(run, found, self) for run, found in runs.items() if run not in known]
        for job in jobs:
            job.changed.connect(self.changed)
        if jobs:
            self._born |= {job: _born(job) for job in jobs}
            self.all = sorted([*self.all, *jobs], key=self._born.__getitem__, reverse=True)
            self.changed.emit()


def _look_at(job: TrainingJob) -> Look | None:
    """Look at a training; None if its folder is gone."""
    try:
        job.run.folder.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:  # its disk does not answer now
        pass
    return job.look()


def _runs_in(folders: list[Path], known: set[Run]) -> dict[Run, Found]:
    """Find the trainings in folders that are not yet known."""
    runs = [Run(path) for folder in folders for path in _folders_in(folder)]
    return {run: find(run) for run in runs if run not in known and _is_run(run)}


def _folders_in(folder: Path) -> list[Path]:
    try:
        return [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")]
    except OSError:
        return []


def _is_run(run: Run) -> bool:
    """Whether a folder holds a training, or what is left of one."""
    return any(file.exists() for file in (run.recipe, run.events, run.launch))


def _write(run: Run, recipe: Recipe, launch: Launch) -> None:
    """Write what a training begins with, all of it or nothing.

    Raises
    ------
    EarwitnessError
        If it cannot be written.
    """
    try:
        run.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{run.folder} cannot be made: {reason(error)}.") from error
    try:
        write_text(run.recipe, recipe.to_toml())
        launch.save(run.launch)
    except EarwitnessError:
        with suppress(OSError):
            run.recipe.unlink(missing_ok=True)
            run.folder.rmdir()
        raise


def _asked(job: TrainingJob) -> float:
    return job.launch.asked if job.launch else 0.0


def _born(job: TrainingJob) -> float:
    """Return when a training was first asked for, as far as it is known."""
    try:
        return job.run.recipe.stat().st_mtime
    except OSError:
        return 0.0

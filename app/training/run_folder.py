"""RunFolder: what a training's folder may be called, and how it is renamed, kept or thrown away."""

import json
import os
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QFile

from app.training.training_job import TrainingJob
from siamese_core.errors import EarwitnessError, ParameterError, TrainingError
from siamese_core.files import reason
from siamese_core.launch import load_launch
from siamese_core.recipes import recipe_from_toml
from siamese_core.training.run import Run

_LONGEST_NAME = 100
"""Characters of a run's name; what a folder's may have differs between systems."""
_LONGEST_EVENT = 1 << 24
"""Bytes of the first event, which names every class."""


def _name_fault(name: str) -> str:
    """Say why a training cannot have a name, which is its folder's; empty if it can."""
    if len(name) > _LONGEST_NAME:
        return f"The run's name has {len(name):,} characters; use {_LONGEST_NAME} or fewer."
    if Path(name).name != name and name != "..":
        return f"'{name}' leads to another folder; leave out the slash: Folder says where runs go."
    if name.startswith("."):
        return f"'{name}' cannot name a run; begin with something other than a full stop."
    return "" if name.isprintable() else f"{name!r} cannot name a run; use letters and digits."


def folder_fault(folder: Path) -> str:
    """Say why a new training cannot go into a folder, which need not be there; empty if it can."""
    try:
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not nearest.is_dir():
            return f"{nearest} is a file; name another folder for the run."
        if not os.access(nearest, os.W_OK | os.X_OK):
            return f"{nearest} cannot be written to; name another folder for the run."
        if nearest == folder and any(folder.iterdir()):
            return f"{folder} is not empty; name another folder for the run."
    except OSError as error:
        return f"{folder} cannot be used: {reason(error)}."
    return ""


def run_fault(folder: Path, name: str) -> str:
    """Say why a run of that name cannot be in a folder; empty if it can."""
    return _name_fault(name) or folder_fault(folder / name)


def hindrance(job: TrainingJob) -> str:
    """Say why a training's folder is left as it is; empty if it may be renamed or thrown away."""
    folder = job.run.folder
    if job.status.state == "queued":
        return "It waits in the queue; stop it first."
    if job.status.state == "running" or job.run.is_held:
        return "It still runs; stop it first."
    if folder.is_symlink():
        return f"{folder} is a link to another folder; look after it with your file manager."
    if not _is_marked(job.run):
        return f"{folder} was not written by this program; look after it with your file manager."
    return ""


def rename(job: TrainingJob, name: str) -> Run:
    """Give a training's folder another name.

    Raises
    ------
    EarwitnessError
        If it may not be renamed, or the name cannot be had.
    """
    folder = job.run.folder
    _check(job)
    if fault := run_fault(folder.parent, name):
        raise TrainingError(fault)
    try:
        return Run(folder.rename(folder.parent / name))
    except OSError as error:
        raise TrainingError(f"{folder} cannot be renamed: {reason(error)}.") from error


def moved(path: Path, before: Path, after: Path) -> Path:
    """Return where a file is since a folder was renamed."""
    return after / path.relative_to(before) if path.is_relative_to(before) else path


def move_to_trash(job: TrainingJob) -> bool:
    """Move a training's folder to the system's trash; say whether that could be done.

    Raises
    ------
    EarwitnessError
        If it may not be removed.
    """
    _check(job)
    return QFile(str(job.run.folder)).moveToTrash()


def delete(job: TrainingJob) -> None:
    """Delete what the program wrote of a training, and its folder if nothing else is in it.

    Raises
    ------
    EarwitnessError
        If it may not be removed, or the system refuses.
    """
    _check(job)
    folder = job.run.folder
    try:
        own = [file for file in folder.iterdir() if job.run.wrote(file)]
        marks = job.run.launch, job.run.events, job.run.recipe
        for file in sorted(own, key=marks.__contains__):  # last what the folder is known by
            job.run.remove(file)
        if not any(folder.iterdir()):
            folder.rmdir()
    except OSError as error:
        raise TrainingError(f"{folder} cannot be deleted: {reason(error)}.") from error


def strangers(run: Run) -> list[str]:
    """Return what else lies in a training's folder: names of files that no training writes."""
    with suppress(OSError):
        return sorted(file.name for file in run.folder.iterdir() if not run.wrote(file))
    return []


def _check(job: TrainingJob) -> None:
    if why := hindrance(job):
        raise TrainingError(why)


def _is_marked(run: Run) -> bool:
    """Whether the program wrote a folder: its launch, its first event, or its way of a recipe."""
    with suppress(EarwitnessError):
        if load_launch(run.launch):
            return True
    with suppress(OSError, ValueError, RecursionError), run.events.open("rb") as events:
        first = json.loads(events.readline(_LONGEST_EVENT))
        if isinstance(first, dict) and first.get("event") == "started":
            return True
    with suppress(OSError, UnicodeDecodeError, ParameterError):
        written = run.recipe.read_text(encoding="utf-8")
        return recipe_from_toml(written).to_toml() == written
    return False

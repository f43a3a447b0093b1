"""Child: the program's own command line, started in a process of its own."""

import os
import subprocess
import sys

from app.training.advice import FOR_WINDOW
from siamese_core.launch import Launch
from siamese_core.lock import hold
from siamese_core.training.run import Run


def command(*arguments: str) -> list[str]:
    """Return the command that runs a verb; a frozen program is its own interpreter."""
    own = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]
    return [*own, *arguments]


def training_arguments(run: Run, launch: Launch) -> list[str]:
    """Return what `earwitness` is called with to train a run."""
    data = [word for folder in launch.data for word in ("--data", folder)]
    layout = [] if launch.layout is None else ["--layout", launch.layout]
    sparing = ["--leave-out-damaged"] if launch.leave_out_damaged else []
    places = ["--recipe", str(run.recipe), *data, *layout, "--out", str(run.folder)]
    return ["train", "--json", *places, "--device", launch.device, *sparing]


def resuming_arguments(launch: Launch) -> list[str]:
    """Return what a run goes on with that has begun already."""
    return ["--resume", *(word for more in launch.more for word in ("--set", more))]


def environment() -> dict[str, str]:
    """Return a child's: this process's, with CUDA's devices numbered as NVML does."""
    return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", **os.environ, FOR_WINDOW: "1"}


def start_training(run: Run, launch: Launch, resume: bool) -> "subprocess.Popen[bytes]":
    """Start a detached process that trains and outlives this one; its words go to a file.

    It holds that file from its first moment, long before it can hold the run itself.

    Raises
    ------
    BlockingIOError
        If another process trains the run already.
    OSError
        If it cannot be started.
    """
    arguments = [*training_arguments(run, launch), *(resuming_arguments(launch) if resume else [])]
    with run.words.open("ab") as words:
        hold(words.fileno())
        words.truncate(0)
        return subprocess.Popen(
            command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=words,
            env=environment(),
            start_new_session=True,
            creationflags=_detached(),
        )


def _detached() -> int:
    """Return what Windows needs for a process without a console that outlives its parent."""
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0

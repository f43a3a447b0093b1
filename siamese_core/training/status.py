"""Status: what has become of a training, read from its folder alone (no torch)."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from siamese_core.errors import TrainingError
from siamese_core.event_file import last_event, last_lines, step_of
from siamese_core.launch import Launch, load_launch
from siamese_core.training.run import Run
from siamese_core.training.run_progress import progress_words

State = Literal["queued", "running", "done", "stopped", "failed", "broken"]

_SAID = "earwitness: "
"""How the command line begins the sentence it ends with."""
_CANCELLED = "was cancelled."


@dataclass(frozen=True)
class Status:
    """What has become of a training.

    Parameters
    ----------
    state : str
        queued, running, done, stopped (it was asked to), failed, or broken (an unreadable folder).
    sentence : str
        What a person should know about it; empty if nothing. Of one that is done: why it could not
        be trained longer.
    step : int
        The last one that was told.
    progress : str
        How far it is with what is done beside its steps; empty if nothing is.
    """

    state: State
    sentence: str = ""
    step: int = 0
    progress: str = ""

    @property
    def can_resume(self) -> bool:
        """Whether it can go on from its last checkpoint."""
        return self.state in ("stopped", "failed")


def status_of(run: Run) -> Status:
    """Read what has become of a run; whatever its folder holds, it raises nothing."""
    if run.is_held:
        return _running(run)
    try:
        run.read_recipe()
        launch = load_launch(run.launch)
        last = last_event(run.events)
        words = last_words(run.words)
    except TrainingError as error:
        return Status("broken", str(error))
    step, is_done = step_of(last), last.get("event") == "finished"
    if launch and launch.waiting and (launch.more or not is_done):
        then = ", and is trained longer then" * is_done
        device = device_words(launch.device)
        return Status("queued", f"It waits until {device} is free{then}.", step)
    if is_done:
        return Status("done", _hindrance(launch, words), step)
    return _ended(run, words, step)


def _hindrance(launch: Launch | None, words: str | None) -> str:
    """Say why one that is done was not trained longer, if it was asked for more."""
    if launch and launch.more and words and not words.endswith(_CANCELLED):
        return words
    return ""


def _running(run: Run) -> Status:
    """Say how far it is: it runs, whatever has become of its files."""
    step, progress, damage = 0, "", ""
    with suppress(TrainingError):  # what cannot be read is not missed
        progress = progress_words(last_event(run.progress))
    with suppress(TrainingError):
        step = step_of(last_event(run.events))
    try:
        run.read_recipe()
    except TrainingError as error:
        damage = str(error)
    stops = "It is stopping." if progress else "It stops after its present step."
    said = (stops * run.stop_asked(), damage)
    return Status("running", " ".join(filter(None, said)), step, progress)


def _ended(run: Run, words: str | None, step: int) -> Status:
    """Say why a training that is not done has no process any more."""
    where = f"at step {step}" if step else "before its first step"
    if words and not words.endswith(_CANCELLED):  # a fault, though it was asked to stop meanwhile
        return Status("failed", words, step)
    was_launched = run.words.exists()
    if words or run.stop_asked() or not was_launched:
        return Status("stopped", f"It stopped {where}.", step)
    return Status("failed", f"It ended without a word (killed?) {where}.", step)


def device_words(name: str) -> str:
    """Name a device within a sentence."""
    return {"auto": "the device", "cpu": "the CPU", "mps": "the Apple GPU"}.get(name, name)


def last_words(words: Path) -> str | None:
    """Read what a process ended with (`ending`); None if it said nothing of the kind.

    Raises
    ------
    TrainingError
        If the file cannot be read.
    """
    return ending(last_lines(words))


def ending(text: str) -> str | None:
    """Return the sentence, or the exception, at the end of what a process said on stderr."""
    lines = [line for line in text.splitlines() if line.strip()]
    said = [line for line in lines if line.startswith(_SAID)]
    if said:
        return said[-1].removeprefix(_SAID)
    if any(line.startswith("Traceback ") for line in lines):
        return f"Something unexpected happened: {lines[-1].rstrip('.')}."
    return None

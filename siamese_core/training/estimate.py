"""Estimate: how long a training will take and with how much memory, from a few real steps."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeAlias

from siamese_core.callbacks import Event, OnEvent, ShouldStop, ignore, never, progress
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.devices import peak_bytes, resolve_device
from siamese_core.durations import duration
from siamese_core.errors import ParameterError, TrainingError
from siamese_core.files import TEMPORARY, reason
from siamese_core.recipes import Recipe
from siamese_core.training.ranks import processes
from siamese_core.training.training import train

STEPS = 5
"""Steps that are taken; the first is slower and does not count."""
_MEASURED = ("started", "step", "validation")

Stamp: TypeAlias = tuple[object, float]
"""The kind of an event, and when it came."""


@dataclass(frozen=True)
class Estimate:
    """What a training needs.

    Parameters
    ----------
    seconds_per_step : float
    seconds_per_validation : float
        With what is saved before and after it.
    seconds_around : float
        To read the clips and to test.
    seconds : float
        All of it; less if validation gains no more before all steps are done, or the clips' maps
        are in the cache by then.
    bytes : int, optional
        The most memory in use (`peak_bytes`).
    device : str
    """

    seconds_per_step: float
    seconds_per_validation: float
    seconds_around: float
    seconds: float
    bytes: int | None
    device: str

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        memory = "" if self.bytes is None else f", {self.bytes / 1e9:.1f} GB of memory"
        place = "this CPU" if self.device == "cpu" else self.device
        return f"About {duration(self.seconds)} on {place} at most{memory}."

    def as_dict(self) -> dict[str, object]:
        """Return plain values, the sentence among them."""
        return {**asdict(self), "sentence": self.sentence}


def estimate(
    recipe: Recipe,
    corpus: Corpus[LabelledFile],
    beside: Path,
    device: str = "auto",
    leave_out_damaged: bool = False,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Estimate:
    """Train for a few steps, validate and test, in a folder that goes again.

    Parameters
    ----------
    beside : Path
        Folder in which that folder is made.
    leave_out_damaged : bool
        Whether to go on without clips that cannot be read, as `train` then does.

    Raises
    ------
    ParameterError
        If torchrun started several processes, whose parts are not measured.
    EarwitnessError
        As `train` does.
    """
    if (size := processes()) > 1:
        raise ParameterError(
            f"WORLD_SIZE is {size}, and an estimate is of one process; start it without torchrun."
        )
    began, stamps = time.time(), list[Stamp]()

    def follow(event: Event) -> None:
        if event["event"] == "progress":
            on_event(event)
        elif event["event"] in _MEASURED:
            done = sum(kind in _MEASURED for kind, _ in stamps)
            progress(on_event, should_stop, "Measuring", done, STEPS + 1)
        stamps.append((event["event"], time.time()))

    few = recipe.model_copy(update={"steps": STEPS, "evaluate_every": STEPS})
    try:
        beside.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=TEMPORARY, dir=beside) as folder:
            train(
                few,
                corpus,
                Path(folder) / "run",
                device=device,
                leave_out_damaged=leave_out_damaged,
                on_event=follow,
                should_stop=should_stop,
            )
            tested = time.time()
    except OSError as error:
        raise TrainingError(f"{beside} cannot be written: {reason(error)}.") from error
    place = resolve_device(device)
    reading, step, validation, testing = _spans(began, stamps, tested)
    around = reading + testing
    validations = ceil(recipe.steps / recipe.evaluate_every)
    seconds = recipe.steps * step + validations * validation + around
    return Estimate(step, validation, around, seconds, peak_bytes(place), str(place))


def _spans(began: float, stamps: Sequence[Stamp], tested: float) -> tuple[float, ...]:
    """Return the seconds to read, of a step, of the validation with its saving, and of the test."""
    kinds, times = zip(*stamps, strict=True)
    steps = [when for kind, when in stamps if kind == "step"]
    saved = times[kinds.index("validation") + 1]  # what comes first after it tells of it
    step = median(after - before for before, after in pairwise(steps))
    return times[kinds.index("started")] - began, step, saved - steps[-1], tested - saved

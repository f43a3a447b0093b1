"""Estimate: how long a training will take and with how much memory, from a few real steps."""

from dataclasses import asdict, dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from siamese_core.callbacks import Event, OnEvent, ShouldStop, ignore, never, progress
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.devices import peak_bytes, resolve_device
from siamese_core.durations import duration
from siamese_core.errors import TrainingError
from siamese_core.files import TEMPORARY, reason
from siamese_core.recipes import Recipe
from siamese_core.training import train

STEPS = 5
"""Steps that are taken; the first is slower and does not count."""


class _MeasuredError(Exception):
    """All that is wanted is known."""


@dataclass(frozen=True)
class Estimate:
    """What a training needs.

    Parameters
    ----------
    seconds_per_step, seconds_per_validation : float
    seconds : float
        All steps with their validations; less if validation gains no more before.
    bytes : int, optional
        The most memory in use (`peak_bytes`).
    device : str
    """

    seconds_per_step: float
    seconds_per_validation: float
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
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Estimate:
    """Train for a few steps and a validation, in a folder that goes again.

    Parameters
    ----------
    beside : Path
        Folder in which that folder is made.

    Raises
    ------
    EarwitnessError
        As `train` does.
    """
    times: list[float] = []

    def follow(event: Event) -> None:
        if event["event"] == "progress":
            on_event(event)
        elif event["event"] in ("started", "step", "validation"):
            times.append(float(str(event["time"])))
            progress(on_event, should_stop, "Measuring", len(times) - 1, STEPS + 1)
        if event["event"] == "validation":
            raise _MeasuredError

    few = recipe.model_copy(update={"steps": STEPS, "evaluate_every": STEPS})
    try:
        beside.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=TEMPORARY, dir=beside) as folder:
            train(few, corpus, Path(folder) / "run", device=device, on_event=follow,
                  should_stop=should_stop)  # fmt: skip
    except _MeasuredError:
        pass
    except OSError as error:
        raise TrainingError(f"{beside} cannot be written: {reason(error)}.") from error
    place = resolve_device(device)
    gaps = [after - before for before, after in pairwise(times)]
    step, validation = median(gaps[1:STEPS]), gaps[STEPS]
    seconds = recipe.steps * step + ceil(recipe.steps / recipe.evaluate_every) * validation
    return Estimate(step, validation, seconds, peak_bytes(place), str(place))

"""Curves: what the events of a training tell, read on as the file grows."""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from siamese_core.recipes import Recipe

_PORTION = 1 << 17
"""Bytes that are read at once, so that the first of them are soon seen."""
_RECENT = 100
"""Steps that the speed is told of."""


class Portion(NamedTuple):
    """What was read of a file of events, not yet taken."""

    state: tuple[int, int, bytes]
    """Identity of the file, how far it has been read, and a line that is not yet whole."""
    events: Sequence[Mapping[str, Any]]
    anew: bool
    """Whether the file is another one than before: of a resumed training."""
    more: bool
    """Whether the file holds more, to be read at once."""

    @property
    def begins(self) -> bool:
        """Whether a training began there, or went on."""
        return any(event.get("event") == "started" for event in self.events)


class Lineups(NamedTuple):
    """The line-ups that an accuracy is of."""

    ways: int
    shots: int

    @property
    def name(self) -> str:
        """Name them as papers do."""
        return f"{self.ways}-way {self.shots}-shot"

    @property
    def words(self) -> str:
        """Name them, and say which share of them a guess has right."""
        return f"{self.name}, chance {1 / self.ways:.3f}"


class Curves:
    """Loss and accuracies of a training so far.

    ``file`` is the run's events.jsonl; the recipe says of which line-ups the validation is.
    """

    def __init__(self, file: Path, recipe: Recipe | None = None) -> None:
        self._file = file
        self.lineups = Lineups(recipe.ways, recipe.shots) if recipe else None
        """What validation draws, if that is known."""
        self._state = (0, 0, b"")
        self._clear()

    @property
    def seconds_per_step(self) -> float | None:
        """Of late, validations included."""
        times = self._times[-_RECENT:]
        return (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else None

    def read(self) -> Portion | None:
        """Read what was appended, at most a portion, on any thread; None if there is nothing."""
        identity, place, torn = self._state
        try:
            with self._file.open("rb") as file:
                about = os.fstat(file.fileno())
                anew = about.st_ino != identity or about.st_size < place
                if anew:
                    place, torn = 0, b""
                file.seek(place)
                read = file.read(_PORTION)
        except OSError:
            return None
        *lines, torn = (torn + read).split(b"\n")
        events = [event for line in lines if isinstance(event := _parsed(line), dict)]
        end = place + len(read)
        portion = Portion((about.st_ino, end, torn), events, anew, more=end < about.st_size)
        return portion if read or anew else None

    def take(self, portion: Portion) -> None:
        """Take what was read last."""
        self._state = portion.state
        if portion.anew:
            self._clear()
        for event in portion.events:
            with suppress(ValueError, KeyError, TypeError):
                self._take(event)

    def _clear(self) -> None:
        self.steps: list[int] = []
        self.loss: list[float] = []
        self.accuracy: list[float] = []
        self.validated: list[int] = []
        self.means: list[float] = []
        self.lows: list[float] = []
        self.highs: list[float] = []
        self.best: tuple[float, int] | None = None
        """Best validation accuracy, and its step."""
        self.clips_per_second: float | None = None
        self.memory: int | None = None
        self.device = ""
        self.split: Mapping[str, Any] = {}
        self.log: list[str] = []
        self._times: list[float] = []

    def _take(self, event: Mapping[str, Any]) -> None:
        kind = event["event"]
        if kind == "step":
            self._take_step(event)
        elif kind == "validation":
            self._take_validation(event)
        elif kind == "started":
            self.device, self.split = event["device"], event["split"]
            self._times = []
            began = f"goes on from step {event['step']}" if event["step"] else "begins"
            self.log.append(
                f"Training {began} on {self.device}: {event['clips']:,} clips, "
                f"{event['parameters']:,} parameters."
            )
        elif kind == "finished":
            self._take_end(event)

    def _take_step(self, event: Mapping[str, Any]) -> None:
        step, loss, accuracy = event["step"], float(event["loss"]), float(event["accuracy"])
        self.steps.append(step)
        self.loss.append(loss)
        self.accuracy.append(accuracy)
        self.clips_per_second, self.memory = event["clips_per_second"], event["memory"]
        self._times.append(event["time"])

    def _take_validation(self, event: Mapping[str, Any]) -> None:
        share = event["accuracy"]
        mean, low, high = (float(share[name]) for name in ("mean", "low", "high"))
        self.validated.append(event["step"])
        self.means.append(mean)
        self.lows.append(low)
        self.highs.append(high)
        self.best = event["best"], event["best_step"]
        self.log.append(f"Step {event['step']}: validation accuracy {_told(share, self.lineups)}.")

    def _take_end(self, event: Mapping[str, Any]) -> None:
        why = "all steps are done" if event["ended"] == "steps" else "validation gained no more"
        self.log.append(f"Ended after step {event['step']}: {why}.")
        if event["test"]:
            test = event["test"]
            asked = Lineups(test["ways"], test["shots"]) if "ways" in test else None
            self.log.append(f"Test accuracy {_told(test['accuracy'], asked)}.")


def _told(share: Mapping[str, float], asked: Lineups | None) -> str:
    words = f"{share['mean']:.3f} ({share['low']:.3f} to {share['high']:.3f})"
    return f"{words}, {asked.words}" if asked else words


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None

"""Curves: what the events of a training tell, read on as the file grows."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_PORTION = 1 << 17
"""Bytes that are read at once: a few milliseconds of the window's thread."""
_RECENT = 100
"""Steps that the speed is told of."""


class Curves:
    """Loss and accuracies of a training so far.

    Parameters
    ----------
    file : Path
        The run's events.jsonl.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read: tuple[int, int] = (0, 0)
        """Identity of the file, and how far it has been read."""
        self._torn = b""
        self._clear()

    @property
    def seconds_per_step(self) -> float | None:
        """Of late, validations included."""
        times = self._times[-_RECENT:]
        return (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else None

    def read_on(self) -> bool:
        """Read what was appended, at most a portion; whether there was anything."""
        try:
            with self._file.open("rb") as file:
                return self._read_portion(file)
        except OSError:
            return False

    def _read_portion(self, file: Any) -> bool:
        about = Path(self._file).stat()
        identity, place = self._read
        if about.st_ino != identity or about.st_size < place:  # written anew by a resumed training
            identity, place, self._torn = about.st_ino, 0, b""
            self._clear()
        file.seek(place)
        portion = file.read(_PORTION)
        self._read = (identity, place + len(portion))
        *lines, self._torn = (self._torn + portion).split(b"\n")
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):
                self._take(json.loads(line))
        return bool(portion)

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
        self.log.append(
            f"Step {event['step']}: validation accuracy {mean:.3f} ({low:.3f} to {high:.3f})."
        )

    def _take_end(self, event: Mapping[str, Any]) -> None:
        why = "all steps are done" if event["ended"] == "steps" else "validation gained no more"
        self.log.append(f"Ended after step {event['step']}: {why}.")
        if event["test"]:
            share = event["test"]["accuracy"]
            self.log.append(
                f"Test accuracy {share['mean']:.3f} ({share['low']:.3f} to {share['high']:.3f})."
            )

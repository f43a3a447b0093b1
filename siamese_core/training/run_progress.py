"""RunProgress: how far a run is with what comes before its steps and after them (no torch)."""

import json
import time
from contextlib import suppress

from siamese_core.callbacks import Event, OnEvent
from siamese_core.training.run import Run

_SPACING = 0.5
"""Seconds between two notes: as often as a window looks."""


class RunProgress:
    """Passes events on, and notes in the run's folder how far a long part of it is.

    Parameters
    ----------
    run : Run
    on_event : callable
    """

    def __init__(self, run: Run, on_event: OnEvent) -> None:
        self._run, self._on_event = run, on_event
        self._noted = -_SPACING

    def __call__(self, event: Event) -> None:
        """Note progress now and then, and forget it as soon as there is something else to tell."""
        if event["event"] == "progress":
            self._note(event)
        elif event["event"] != "notice":
            self._run.forget_progress()
        self._on_event(event)

    def _note(self, event: Event) -> None:
        now = time.monotonic()
        if now < self._noted + _SPACING:
            return
        self._noted = now
        # Not synchronised with the disk, which the maps that are being made keep busy.
        with suppress(OSError), self._run.progress.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")


def progress_words(event: Event) -> str:
    """Say how far it is: "Reading clips: 1,200 of 30,000"; nothing of what is not progress."""
    what, done, total = (event.get(name) for name in ("what", "done", "total"))
    if not (isinstance(what, str) and isinstance(done, int) and isinstance(total, int)):
        return ""
    return f"{what}: {done:,} of {total:,}"

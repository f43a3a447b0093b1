"""Heart: a heartbeat on the window's thread, and a twin beside it that tells why one is late.

Between two beats, what counts is the thread's own computing, and the time in which it did not go
on although it could have: the twin, a thread that only sleeps and beats, was let through at the
time, so neither a busy processor nor a busy interpreter held both up.
"""

import faulthandler
import itertools
import re
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, QTimer

Act = Callable[[], object]

BEAT, PUNCTUAL = 0.005, 0.02
"""Seconds between two beats, and of the twin's that came without a hindrance."""
LATE = 0.025
"""From so many seconds on, it is looked where the thread is."""


class Moment(NamedTuple):
    """Seconds of the window's thread: on the wall, computing, and waiting for a processor."""

    wall: float
    computed: float
    queued: float

    @classmethod
    def now(cls) -> "Moment":
        file = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")  # Linux only
        queued = int(file.read_text().split()[1]) / 1e9 if file.is_file() else 0.0
        return cls(time.perf_counter(), time.thread_time(), queued)


class Heart(QObject):
    """Beats on the window's thread; its twin beats beside it, and looks where a late one is."""

    def __init__(self) -> None:
        super().__init__()
        self._beats: list[Moment] = []
        self._twin: list[float] = []
        self._watching = False
        self.culprits: set[str] = set()
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(1000 * BEAT))
        self._timer.timeout.connect(self._beat)

    def watch(self, act: Act) -> list[float]:
        """Return for how long the thread was held up between each two beats while it acted."""
        self._beats, self._twin, self._watching = [Moment.now()], [time.perf_counter()], True
        self.culprits = set()
        twin = threading.Thread(target=self._beat_beside, args=[threading.get_ident()])
        twin.start()
        self._timer.start()
        try:
            act()
        finally:
            self._timer.stop()
            self._beat()
            self._watching = False
            twin.join()
        return [self._held(*pair) for pair in itertools.pairwise(self._beats)]

    def _beat(self) -> None:
        self._beats.append(Moment.now())

    def _beat_beside(self, thread: int) -> None:
        while self._watching:
            time.sleep(BEAT)
            self._twin.append(time.perf_counter())
            if self._twin[-1] - self._beats[-1].wall > LATE:
                self.culprits |= set(_whereabouts(thread)[:1])

    def _held(self, before: Moment, after: Moment) -> float:
        pause = Moment(*(b - a for a, b in zip(before, after, strict=True)))
        inside = [beat for beat in self._twin if before.wall <= beat <= after.wall]
        free = sum(b - a for a, b in itertools.pairwise(inside) if b - a <= PUNCTUAL)
        return max(pause.computed, free - pause.queued)


def _whereabouts(thread: int) -> list[str]:
    """Return the program's lines that a thread is at, the innermost first.

    faulthandler reads them as they are. Frames asked for from beside (`sys._current_frames`) while
    their thread runs made CPython 3.11.7 crash, within a minute of being asked for all the time.
    """
    with tempfile.TemporaryFile("w+") as file:
        faulthandler.dump_traceback(file)
        file.seek(0)
        stacks = file.read().split("\n\n")
    stack = next((s for s in stacks if f"{thread:#018x}" in s.partition("\n")[0]), "")
    lines = re.findall(r'File "(.+)", line (\d+) in', stack)
    return [f"{Path(path).name}:{line}" for path, line in lines if f"{Path('/app/')}" in path]

"""Background: one worker thread; what it brings arrives on the window's thread.

A worker imports nothing of PySide, of pyqtgraph and of the window's own modules. PySide enters each
class into a table when it first meets it, and Qt, on the window's thread, looks up classes there
without Python's lock: met by a worker, one start in twenty ended in a crash (PySide 6.11).
"""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypedDict, TypeVar, Unpack

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot

from siamese_core.callbacks import Event, OnEvent, ShouldStop, ignore
from siamese_core.errors import Cancelled

T = TypeVar("T")
Deliver = Callable[[], None]

EVENT_SPACING = 1 / 30
"""Seconds between two progress events of a job that reach the window."""
TURN = 0.001
"""Seconds after which a worker lets the window have the interpreter, which Qt asks for often."""


def nothing() -> None:
    """Receive the end of a cancelled job and do nothing with it."""


class Options(TypedDict, total=False):
    """What may be asked of a `Job` besides its outcome."""

    on_event: OnEvent
    on_cancelled: Callable[[], None]
    title: str
    key: str | None
    keep: bool
    write: bool
    awaited: bool


@dataclass(eq=False)
class Job(Generic[T]):
    """A piece of work that was asked for; it ends in exactly one of its three outcomes."""

    function: Callable[[OnEvent, ShouldStop], T]
    on_done: Callable[[T], None]
    on_error: Callable[[Exception], None]
    on_event: OnEvent = ignore
    on_cancelled: Callable[[], None] = nothing
    title: str = ""
    key: str | None = None
    keep: bool = False
    """Whether it is done even if all work is cancelled: an open window needs it."""
    write: bool = False
    """Whether it is done even as the window closes, too: what was asked to be written."""
    awaited: bool = False
    """Whether a person is asked before it is cancelled as the window closes."""
    failed: bool = False
    withdraw: Callable[["Job[T]"], None] = field(default=lambda _job: None, repr=False)
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to stop; if so, ``on_done`` and ``on_error`` never come."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask it to stop; a job that still waits never starts."""
        self._stop.set()
        self.withdraw(self)


class Background(QObject):
    """One worker thread, first come, first served.

    Every callback runs on the window's thread, through a queued signal. A job ends in exactly one
    of ``on_done``, ``on_error`` and ``on_cancelled``; the last also where it was replaced.
    """

    busy_changed = Signal(bool)
    progress = Signal(str, int, int)
    """Title, done, total; 0 of 0 when a job starts."""
    _arrived = Signal()

    def __init__(self, parent: QObject | None = None, name: str = "background") -> None:
        super().__init__(parent)
        sys.setswitchinterval(TURN)
        self._queue: deque[Job[Any]] = deque()
        # Deliveries wait here and not in Qt's events, which would free them while Qt is locked.
        self._deliveries: deque[tuple[Deliver, bool]] = deque()
        self._running: Job[Any] | None = None
        self._wake = threading.Condition()
        self._closed = False
        self._pending: list[Job[Any]] = []
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        # A window that is never closed must not keep the process from ending.
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()
        if application := QCoreApplication.instance():
            application.aboutToQuit.connect(self.shutdown)

    @property
    def busy(self) -> bool:
        """Whether a job runs, waits, or has not yet told its outcome."""
        return bool(self._pending)

    @property
    def awaited(self) -> list[Job[Any]]:
        """The jobs of which a person is asked before they are cancelled."""
        return [job for job in self._pending if job.awaited and not job.cancelled]

    def run(
        self,
        function: Callable[[OnEvent, ShouldStop], T],
        *,
        on_done: Callable[[T], None],
        on_error: Callable[[Exception], None],
        **options: Unpack[Options],
    ) -> Job[T]:
        """Queue ``function``; a waiting job with the same ``key`` is replaced by this one.

        `Job` says what each option means.
        """
        job = Job(function, on_done, on_error, withdraw=self._withdraw, **options)
        if self._closed:
            job.cancel()
            return job
        for waiting in self._waiting(job.key):
            waiting.cancel()
        with self._wake:
            self._queue.append(job)
            self._wake.notify()
        self._expect([*self._pending, job])
        return job

    def cancel_all(self) -> None:
        """Cancel every job that has not yet told its outcome, but for those to keep or write."""
        for job in [*self._pending]:
            if not (job.keep or job.write):
                job.cancel()

    @Slot()
    def shutdown(self) -> None:
        """Cancel all but what is to be written, and join the thread; no callback arrives later."""
        self._closed = True
        for job in [*self._pending]:
            if not job.write:
                job.cancel()
        self.finish()

    def finish(self) -> None:
        """Let what waits be done, and join the thread; what was to be written tells its end now."""
        self._closed = True
        with self._wake:
            self._wake.notify()
        self._thread.join()
        written = [call for call, write in self._deliveries if write]
        self._deliveries.clear()
        for call in written:
            call()

    def _waiting(self, key: str | None) -> list[Job[Any]]:
        with self._wake:
            return [job for job in self._queue if key is not None and job.key == key]

    def _withdraw(self, job: Job[Any]) -> None:
        """Take a cancelled job out of the queue, so that it need not wait to tell its end."""
        with self._wake:
            if job not in self._queue:
                return
            self._queue.remove(job)
        self._hand_over(partial(self._finish, job, nothing))

    def _work(self) -> None:
        while self._take():
            self._perform()

    def _take(self) -> bool:
        with self._wake:
            self._running = None
            self._wake.wait_for(lambda: self._queue or self._closed)
            if self._queue:
                self._running = self._queue.popleft()
            return self._running is not None

    def _perform(self) -> None:
        """Run the taken job; a method of its own, so that nothing keeps its result alive."""
        job = self._running
        if job is None:
            return
        self._hand_over(partial(self.progress.emit, job.title, 0, 0))
        self._hand_over(partial(self._finish, job, self._outcome(job)), job.write)

    def _outcome(self, job: Job[Any]) -> Deliver:
        if job.cancelled:
            return job.on_cancelled
        try:
            events = _Throttle(partial(self._send, job))
            return partial(job.on_done, job.function(events, lambda: job.cancelled))
        except Cancelled:
            return job.on_cancelled
        except Exception as error:
            job.failed = True
            return partial(job.on_error, error)
        except BaseException as error:  # a panic in a Rust extension is no Exception
            job.failed = True
            return partial(job.on_error, RuntimeError(f"{type(error).__name__}: {error}"))

    def _send(self, job: Job[Any], event: Event) -> None:
        self._hand_over(partial(self._report, job, event))

    def _report(self, job: Job[Any], event: Event) -> None:
        if job.cancelled:
            return
        if event.get("event") == "progress":
            title = job.title or str(event.get("what", ""))
            self.progress.emit(title, event.get("done", 0), event.get("total", 0))
        job.on_event(event)

    def _finish(self, job: Job[Any], outcome: Deliver) -> None:
        try:
            (job.on_cancelled if job.cancelled else outcome)()
        finally:
            self._expect([other for other in self._pending if other is not job])

    def _hand_over(self, call: Deliver, write: bool = False) -> None:
        """Have something done on the window's thread, after a write even while closing."""
        self._deliveries.append((call, write))
        self._arrived.emit()

    @Slot()
    def _deliver(self) -> None:
        """Do one thing for each signal: what comes next may be painted in between."""
        if not self._closed and self._deliveries:
            call, _write = self._deliveries.popleft()
            call()

    def _expect(self, jobs: list[Job[Any]]) -> None:
        was_busy = self.busy
        self._pending = jobs
        if self.busy != was_busy:
            self.busy_changed.emit(self.busy)


class _Throttle:
    """Hands events on: every kind at once, but progress only now and then, and always its end."""

    def __init__(self, send: OnEvent) -> None:
        self._send = send
        self._last = float("-inf")

    def __call__(self, event: Event) -> None:
        now = time.monotonic()
        if event.get("event") == "progress" and event.get("done") != event.get("total"):
            if now - self._last < EVENT_SPACING:
                return
            self._last = now
        self._send(event)

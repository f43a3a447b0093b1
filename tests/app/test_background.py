"""The worker thread: order, outcomes, cancel, replacement, errors, and that it always ends."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from app.background import Background, Job
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.errors import AudioError


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    before = set(threading.enumerate())
    made = Background()
    yield made
    made.shutdown()
    left = [t for t in set(threading.enumerate()) - before if t.name == "background"]
    assert not left, f"a thread was left behind: {left}"


class Seen:
    """What a job told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.threads: set[QThread] = set()

    def teller(self, kind: str) -> Callable[..., None]:
        def tell(*values: Any) -> None:
            self.threads.add(QThread.currentThread())
            self.told.append((kind, *values))

        return tell

    def run(self, background: Background, work: Callable[..., Any], **options: Any) -> Job[Any]:
        return background.run(
            work,
            on_done=self.teller("done"),
            on_error=self.teller("error"),
            on_cancelled=self.teller("cancelled"),
            **options,
        )


class Gate:
    """Work that holds the thread until the test lets it go."""

    def __init__(self) -> None:
        self.begun, self.opened = threading.Event(), threading.Event()

    def __call__(self, on_event: OnEvent, should_stop: ShouldStop) -> str:
        self.begun.set()
        while not self.opened.wait(0.01):
            progress(on_event, should_stop, "Holding", 0, 1)
        return "gate"


def idle(qtbot: QtBot, background: Background) -> None:
    qtbot.waitUntil(lambda: not background.busy, timeout=5000)


def test_a_result_arrives_on_the_windows_thread(qtbot: QtBot, background: Background) -> None:
    seen = Seen()
    worker: list[int] = []

    def work(on_event: OnEvent, should_stop: ShouldStop) -> int:
        worker.append(threading.get_ident())
        return 42

    seen.run(background, work)
    assert seen.told == []
    idle(qtbot, background)
    assert seen.told == [("done", 42)]
    assert seen.threads == {QThread.currentThread()}
    assert worker[0] != threading.get_ident()


def test_jobs_run_in_their_order_on_one_thread(qtbot: QtBot, background: Background) -> None:
    seen = Seen()
    order: list[tuple[int, int]] = []
    for number in range(20):
        seen.run(background, lambda e, s, n=number: order.append((n, threading.get_ident())))
    idle(qtbot, background)
    assert [n for n, _ in order] == list(range(20))
    assert len({thread for _, thread in order}) == 1
    assert len(seen.told) == 20


def test_an_error_is_told_and_the_thread_lives(qtbot: QtBot, background: Background) -> None:
    seen = Seen()
    fault = AudioError("x.wav is empty.")

    def work(on_event: OnEvent, should_stop: ShouldStop) -> None:
        raise fault

    def panic(on_event: OnEvent, should_stop: ShouldStop) -> None:
        raise SystemExit(3)

    seen.run(background, work)
    seen.run(background, panic)
    seen.run(background, lambda e, s: "after")
    idle(qtbot, background)
    assert seen.told[0] == ("error", fault)
    assert "SystemExit" in str(seen.told[1][1])
    assert isinstance(seen.told[1][1], Exception)
    assert seen.told[2] == ("done", "after")


def test_an_exception_in_a_receiver_leaves_all_in_order(
    qtbot: QtBot, background: Background
) -> None:
    def receive(_value: object) -> None:
        raise ZeroDivisionError("the receiver's own fault")

    with qtbot.capture_exceptions() as caught:
        background.run(lambda e, s: 1, on_done=receive, on_error=receive)
        idle(qtbot, background)
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]
    seen = Seen()
    seen.run(background, lambda e, s: 2)
    idle(qtbot, background)
    assert seen.told == [("done", 2)]


def test_cancelling_ends_a_running_job_as_cancelled(qtbot: QtBot, background: Background) -> None:
    seen, gate = Seen(), Gate()
    job = seen.run(background, gate)
    assert gate.begun.wait(5)
    job.cancel()
    idle(qtbot, background)
    assert seen.told == [("cancelled",)]


def test_a_result_that_is_ready_is_dropped_after_cancel(
    qtbot: QtBot, background: Background
) -> None:
    seen, ended = Seen(), threading.Event()
    job = seen.run(background, lambda e, s: ended.set())
    assert ended.wait(5)
    job.cancel()
    idle(qtbot, background)
    assert seen.told == [("cancelled",)]


def test_cancelling_all_reaches_a_result_that_is_ready_and_a_job_that_waits(
    qtbot: QtBot, background: Background
) -> None:
    seen, ended, gate = Seen(), threading.Event(), Gate()
    seen.run(background, lambda e, s: ended.set())
    assert ended.wait(5)
    seen.run(background, gate)
    assert gate.begun.wait(5), "the first has ended, and could not tell it yet"
    seen.run(background, lambda e, s: "never")
    background.cancel_all()
    idle(qtbot, background)
    assert seen.told == [("cancelled",)] * 3


def test_a_waiting_job_that_is_cancelled_never_starts(qtbot: QtBot, background: Background) -> None:
    seen, gate, started = Seen(), Gate(), []
    seen.run(background, gate)
    waiting = seen.run(background, lambda e, s: started.append(1))
    waiting.cancel()
    qtbot.waitUntil(lambda: seen.told == [("cancelled",)])
    gate.opened.set()
    idle(qtbot, background)
    assert not started
    assert seen.told == [("cancelled",), ("done", "gate")]


def test_a_newer_job_replaces_a_waiting_one_of_its_key(
    qtbot: QtBot, background: Background
) -> None:
    seen, gate, started = Seen(), Gate(), []
    seen.run(background, gate, key="mask")
    assert gate.begun.wait(5)
    for number in range(5):
        seen.run(background, lambda e, s, n=number: started.append(n), key="mask")
    seen.run(background, lambda e, s: started.append("other"), key="other")
    gate.opened.set()
    idle(qtbot, background)
    assert started == [4, "other"]
    assert seen.told.count(("cancelled",)) == 4
    assert ("done", "gate") in seen.told


def test_busy_is_told_once_for_a_burst(qtbot: QtBot, background: Background) -> None:
    told: list[bool] = []
    background.busy_changed.connect(told.append)
    for _ in range(3):
        Seen().run(background, lambda e, s: None)
    assert background.busy
    idle(qtbot, background)
    assert told == [True, False]


def test_progress_is_thinned_but_its_end_and_other_events_arrive(
    qtbot: QtBot, background: Background
) -> None:
    bars: list[tuple[str, int, int]] = []
    events: list[dict[str, object]] = []
    background.progress.connect(lambda *values: bars.append(values))

    def work(on_event: OnEvent, should_stop: ShouldStop) -> None:
        for done in range(2001):
            progress(on_event, should_stop, "Counting", done, 2000)
        on_event({"event": "half-way", "what": "kept"})

    Seen().run(background, work, title="Explaining", on_event=events.append)
    idle(qtbot, background)
    assert bars[0] == ("Explaining", 0, 0)
    assert bars[-1] == ("Explaining", 2000, 2000)
    assert len(bars) < 500
    assert events[-1] == {"event": "half-way", "what": "kept"}


def test_shutdown_cancels_joins_and_lets_nothing_through(qtbot: QtBot) -> None:
    background, seen, gate = Background(), Seen(), Gate()
    seen.run(background, gate)
    seen.run(background, lambda e, s: "never")
    assert gate.begun.wait(5)
    background.shutdown()
    qtbot.wait(20)
    assert seen.told == []
    assert not any(t.name == "background" for t in threading.enumerate())
    assert seen.run(background, lambda e, s: "late").cancelled
    background.shutdown()


def test_finish_does_what_waits_and_lets_nothing_through(qtbot: QtBot) -> None:
    background, seen, done = Background(), Seen(), []
    for number in range(3):
        seen.run(background, lambda e, s, number=number: done.append(number))
    background.finish()
    qtbot.wait(20)
    assert done == [0, 1, 2]
    assert seen.told == []
    assert seen.run(background, lambda e, s: "late").cancelled
    background.finish()


@pytest.mark.parametrize("kind", ["keep", "write"])
def test_a_job_to_keep_or_to_write_is_done_though_all_is_cancelled(
    qtbot: QtBot, background: Background, kind: str
) -> None:
    seen, gate = Seen(), Gate()
    seen.run(background, gate)
    seen.run(background, lambda e, s: kind, **{kind: True})
    assert gate.begun.wait(5)
    background.cancel_all()
    idle(qtbot, background)
    assert seen.told == [("cancelled",), ("done", kind)]


def test_shutdown_does_what_is_to_be_written_and_tells_its_end(qtbot: QtBot) -> None:
    background, seen, gate = Background(), Seen(), Gate()
    done: list[str] = []
    seen.run(background, gate)
    seen.run(background, lambda e, s: done.append("kept"), keep=True)
    seen.run(background, lambda e, s: 1 / 0, write=True)
    seen.run(background, lambda e, s: "written", write=True)
    assert gate.begun.wait(5)
    background.shutdown()
    assert [kind for kind, _ in seen.told] == ["error", "done"]
    assert seen.threads == {QThread.currentThread()}
    assert done == [], "only an open window needs it"
    qtbot.wait(20)
    assert len(seen.told) == 2

"""The window's thread never computes and never waits, whatever is done: a heartbeat is its witness.

Of several tries one without a stall is enough, for what a slot does is done in each of them.
"""

import gc
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from siamese_core.audio import Clip, resample, write
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from tests.app.conftest import RecordingSink, choose_method, settle
from tests.app.heart import Act, Heart
from tests.app.training_states import write_run

STALL, DRAWINGS = 0.05, 5
"""Seconds that are too long; where even drawing the window is slow, so many times of that."""
TRIES = 3
MANY, STEPS = 30_000, 4_900
PATIENCE_MS = 60_000


def stalls(qtbot: QtBot, window: MainWindow, limit: float, act: Act) -> str:
    """Say what held the window up while something was done; nothing if a try was without."""

    def whole() -> None:
        act()
        settle(qtbot, window)

    heart, told = Heart(), ""
    for _ in range(TRIES):
        late = [held for held in heart.watch(whole) if held > limit]
        if not late:
            return ""
        where = ", ".join(sorted(heart.culprits)) or "Qt"
        told = (
            f"{len(late)} stalls over {limit:.3f} s, the longest of {max(late):.3f} s, in {where}"
        )
    return told


class SlowSink(RecordingSink):
    """A device of a rate that nothing is recorded at."""

    def rate_for(self, _wanted: int) -> int:
        return 16_000


@pytest.fixture
def sink() -> RecordingSink:
    return SlowSink()


@pytest.fixture
def warm(qtbot: QtBot, window: MainWindow) -> Iterator[MainWindow]:
    """The window once everything that is imported late has been."""
    window.explain.method.explain()
    settle(qtbot, window)
    assert len(window.pair.sounds) == 4
    gc.collect()
    gc.freeze()  # what other tests have left behind would lengthen each collection
    yield window
    gc.unfreeze()


@pytest.fixture
def limit(qtbot: QtBot, warm: MainWindow) -> float:
    """What is a stall here, by what laying out and drawing the whole window anew takes."""
    size = warm.size()

    def draw() -> None:
        warm.resize(size.width() - (warm.width() == size.width()), size.height())
        warm.session.select(((warm.session.selected or 0) + 1) % 3)
        settle(qtbot, warm)

    drawing = median(max(Heart().watch(draw)) for _ in range(2 * TRIES))
    return max(STALL, DRAWINGS * drawing)


def test_the_heart_names_the_line_that_holds_the_thread(qtbot: QtBot) -> None:
    heart = Heart()

    def named() -> bool:
        return any(line.startswith("test_watchdog.py:") for line in tuple(heart.culprits))

    def hold() -> None:
        given_up = time.perf_counter() + PATIENCE_MS / 1000
        while not named() and time.perf_counter() < given_up:
            sum(range(1000))

    heart.watch(hold)
    assert named()


def test_explaining_and_sonifying_hold_nothing_up(
    qtbot: QtBot, warm: MainWindow, limit: float
) -> None:
    box = warm.explain.method.method
    box.setCurrentIndex(box.findData("sinexc"))
    assert stalls(qtbot, warm, limit, warm.explain.method.explain) == ""
    assert len(warm.pair.sounds) == 4


def test_shaping_the_mask_holds_nothing_up(qtbot: QtBot, warm: MainWindow, limit: float) -> None:
    def drag() -> None:
        for value in range(0, 200, 20):
            warm.explain.mask_controls._amount.setValue(value)
            qtbot.wait(20)

    assert stalls(qtbot, warm, limit, drag) == ""


def test_a_long_clip_holds_nothing_up(
    qtbot: QtBot, warm: MainWindow, limit: float, tmp_path: Path
) -> None:
    session, path = warm.session, tmp_path / "long" / "ten-minutes.wav"
    noise = np.random.default_rng(0).normal(0, 0.05, 600 * 8000).astype(np.float32)
    write(Clip(noise, 8000), path)
    clip = ClipFile(path, "long", "long")

    def listen() -> None:
        for step in (session.audition, lambda c: session.put(0, c), session.audition):
            step(clip)
            settle(qtbot, warm)
        session.move_window(clip, 100.0 if session.starts.get(clip) != 100.0 else 200.0)
        settle(qtbot, warm)
        session.audition(clip)

    assert stalls(qtbot, warm, limit, listen) == ""
    assert "ten-minutes.wav lasts 10.0 minutes" in warm.lineup.notice.text


def test_opening_a_corpus_holds_nothing_up(
    qtbot: QtBot, warm: MainWindow, limit: float, tone_corpus: Path, tmp_path: Path
) -> None:
    for number in range(MANY):
        file = tmp_path / "many" / f"class {number % 60}" / f"{number}.wav"
        if number < 60:
            file.parent.mkdir(parents=True)
        file.touch()

    def open_both() -> None:
        warm.session.open_corpus(tmp_path / "many")
        qtbot.waitUntil(lambda: f"{MANY:,}" in warm.library._count.text(), timeout=PATIENCE_MS)
        warm.session.open_corpus(tone_corpus)

    assert stalls(qtbot, warm, limit, open_both) == ""


def test_looking_at_trainings_holds_nothing_up(
    qtbot: QtBot, warm: MainWindow, limit: float
) -> None:
    for name in ("one", "other"):
        write_run(Path(warm.settings.runs_folder) / name, STEPS, "done")

    def look() -> None:
        warm.pages.setCurrentWidget(warm.train)
        qtbot.waitUntil(lambda: len(warm.jobs.all) == 2, timeout=PATIENCE_MS)
        for job in warm.jobs.all:
            warm.train.select(job)
            qtbot.waitUntil(lambda job=job: len(job.curves.steps) == STEPS, timeout=PATIENCE_MS)  # type: ignore[misc]

    assert stalls(qtbot, warm, limit, look) == ""


def test_opening_the_train_dialog_holds_nothing_up(
    qtbot: QtBot, warm: MainWindow, limit: float
) -> None:
    def open_anew() -> None:
        if old := warm.train._dialog:
            old.reject()
            old.deleteLater()
            warm.train._dialog = None
        warm.train_model()
        dialog = warm.train.dialog
        qtbot.waitUntil(lambda: dialog.isVisible() and not dialog.form.waiting)

    assert stalls(qtbot, warm, limit, open_anew) == ""


def test_evaluating_and_explaining_at_once_hold_nothing_up(
    qtbot: QtBot, warm: MainWindow, limit: float
) -> None:
    page, evaluations = warm.evaluate.page, warm.evaluations
    asked = {"ways": 3, "runs": 60, "sweep": True, "retrieval": True, "pairs": 300}
    page.form.form.set_model(EvaluationParameters, EvaluationParameters.parse(asked))
    methods = iter(("sinexc", "integrated-gradients", "sinex", "lime"))

    def both() -> None:
        page.form.button.click()
        assert evaluations.measuring
        choose_method(warm, next(methods))
        warm.explain.method.explain()
        assert warm.pair.explaining
        qtbot.waitUntil(lambda: not evaluations.measuring, timeout=PATIENCE_MS)

    qtbot.waitUntil(page.form.button.isEnabled, timeout=PATIENCE_MS)
    both()  # what draws the figures is imported with the first of them
    settle(qtbot, warm)
    assert stalls(qtbot, warm, limit, both) == ""
    assert page.error.text == warm.explain.method.notice.text == ""


def test_comparing_several_methods_holds_nothing_up(
    qtbot: QtBot, warm: MainWindow, limit: float
) -> None:
    button, compared = warm.explain.method.compare, warm.explain.compared
    button.click()  # the pictures are drawn with the first comparison
    settle(qtbot, warm)
    button.click()
    places = itertools.cycle((1, 2, 0))

    def compare() -> None:
        warm.session.select(next(places))
        settle(qtbot, warm)
        button.click()
        qtbot.waitUntil(lambda: not compared.lacking, timeout=PATIENCE_MS)
        assert len(compared.maps) == len(compared.methods) == 4
        button.click()

    assert stalls(qtbot, warm, limit, compare) == ""
    assert compared.faults == {}


def test_computing_on_the_window_s_thread_is_found(
    qtbot: QtBot, warm: MainWindow, limit: float
) -> None:
    long = Clip(np.zeros(600 * 16_000, np.float32), 16_000)
    assert "stalls" in stalls(qtbot, warm, limit, lambda: resample(long, 44_100))


def test_a_blocking_call_in_a_slot_is_found(qtbot: QtBot, warm: MainWindow, limit: float) -> None:
    warm.session.selection_changed.connect(lambda: time.sleep(3 * limit))

    def choose() -> None:
        for place in 5 * (0, 1, 2):  # a busy machine hides some
            warm.session.select(place)
            qtbot.wait(10)

    assert "stalls" in stalls(qtbot, warm, limit, choose)

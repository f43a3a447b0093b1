"""The states that the line-up, its dialogs and its pictures can be in, one after the other."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication, QWidget

from app.main_window import MainWindow
from app.pages.window.help import about_dialog, shortcuts_dialog
from app.session.corpora import BUNDLED
from siamese_core.corpora.labelled_file import ClipFile

State = tuple[str, QWidget]

_PATIENCE = 120.0
_PAUSE = 0.2
"""Seconds until everything is painted."""
_LIMIT = 20
"""Cards on the fullest picture."""


def wait(condition: Callable[[], object]) -> None:
    """Let the window work until a condition holds."""
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("The window did not get there.")
        QApplication.processEvents()
        time.sleep(0.005)


def settle(window: MainWindow) -> None:
    """Wait until nothing is left to do, and everything is painted."""
    workers = window.session.background, window.session.player.background
    wait(lambda: not any(worker.busy for worker in workers))
    pause = time.monotonic() + _PAUSE
    wait(lambda: time.monotonic() > pause)


def lineup_states(window: MainWindow, folder: Path) -> Iterator[State]:
    """Lead the window through everything but trainings."""
    yield from _opening(window)
    yield from _mask(window)
    yield from _faults(window, folder)
    yield from _sizes(window)
    for name, dialog in (
        ("9-shortcuts", shortcuts_dialog(window.menus.menus(), window)),
        ("9-about", about_dialog(window)),
    ):
        dialog.show()
        yield name, dialog
        dialog.close()


def _opening(window: MainWindow) -> Iterator[State]:
    session, pair = window.session, window.pair
    wait(lambda: window.strip.isVisible() or session.heard)
    yield "1-warming-up", window
    wait(lambda: pair.explaining)
    yield "2-scored", window
    wait(lambda: len(pair.sounds) == 4)
    settle(window)
    yield "3-explained", window
    window.models.show_card()
    yield "3-model-card", window.models.card
    window.models.card.hide()


def _mask(window: MainWindow) -> Iterator[State]:
    """Draw on the mask, and choose a span of time and a sound of the region."""
    explain = window.explain
    explain.tabs.setCurrentIndex(1)
    wait(lambda: not explain.mask_score.measured.is_outdated)
    settle(window)
    yield "4-mask", window
    view = explain.view.views["support"]
    explain.mask_bar.tools.choose("lasso")
    corners = ((0.1, 10), (0.3, 20), (0.5, 50), (0.3, 60), (0.1, 40))
    view._draw([QPointF(*corner) for corner in corners], False, False)
    yield "4-mask-being-drawn", window
    view._draw([QPointF(*corner) for corner in corners], True, False)
    explain.listening.transport.choose("region")
    view._drag_span(0.2, 0.4)
    settle(window)
    wait(lambda: not explain.mask_score.measured.is_outdated)
    settle(window)
    yield "4-mask-drawn", window
    view.set_region(None)
    explain.mask_bar.tools.choose("rectangle")
    view._draw([QPointF(0.66, 50), QPointF(0.8, 85)], True, False)
    settle(window)
    yield "4-mask-over-silence", window
    explain.mask_bar.tools.choose("")
    explain.tabs.setCurrentIndex(0)


def _faults(window: MainWindow, folder: Path) -> Iterator[State]:
    """Offer a file that is not sound, one of ten minutes, and a corpus that does not suit."""
    session = window.session
    broken = folder / "broken.wav"
    broken.write_bytes(b"RIFF and nothing behind it")
    session.put(1, ClipFile(broken, "broken", "broken"))
    settle(window)
    yield "5-corrupt-clip", window
    window.lineup.error.clear()
    long = folder / "ten-minutes.wav"
    soundfile.write(long, _rising(600, 8000), 8000)
    session.put(0, ClipFile(long, "noise", "noise"))
    settle(window)
    window.library.search.setText("en_")
    settle(window)
    yield "6-long-clip", window
    window.library.search.clear()
    session.open_corpus(write_hums(folder / "long-hums", 2, 3, seconds=8, rate=8000))
    settle(window)
    yield "6-unsuitable-corpus", window
    session.draw(2, 1, seed=1)
    settle(window)
    yield "6-several-long-clips", window
    session.open_bundled_lineup()
    settle(window)
    session.corpora.open(BUNDLED)
    settle(window)


def _sizes(window: MainWindow) -> Iterator[State]:
    """Show a line-up of many clips, of two, of one and of none."""
    session = window.session
    clips = session.corpus.clips if session.corpus else ()
    session.put(0, clips[0])
    for clip in clips[20 : 20 + 4 * (_LIMIT - len(session.lineup.support)) : 4]:
        session.add(clip)
    settle(window)
    yield "7-twenty-clips", window
    for count, name in ((2, "7-two-clips"), (0, "8-no-support")):
        while len(session.lineup.support) > count:
            session.remove(1)
        settle(window)
        yield name, window
    session.remove(0)
    settle(window)
    yield "8-empty", window


def _rising(seconds: int, rate: int) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """Return noise that swells again and again."""
    noise = np.random.default_rng(0).normal(0, 0.05, seconds * rate)
    swell = np.abs(np.sin(np.arange(len(noise)) / rate / 19))
    return (noise * swell).astype(np.float32)


def write_hums(folder: Path, classes: int, takes: int, seconds: int, rate: int) -> Path:
    """Write a corpus of hums, each class of a pitch of its own, each take with its own overtone."""
    for label in range(classes):
        phase = np.arange(rate * seconds) * (label + 2) / 40
        (folder / f"hum-{label + 1}").mkdir(parents=True)
        for take in range(takes):
            hum = (np.sin(phase) + np.sin(phase * (take + 2)) / 2).astype(np.float32) / 4
            soundfile.write(folder / f"hum-{label + 1}" / f"{take + 1}.wav", hum, rate)
    return folder

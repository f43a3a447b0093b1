"""A real window on a small corpus and a small net, with a sound device that only records."""

import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QMimeData, QObject, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.train.train_dialog import TrainDialog
from app.settings import Settings
from app.sound.audio_output import AudioOutput
from siamese_core.files import write_text
from siamese_core.recipes import Recipe

Fill = Callable[[int], NDArray[np.float32]]
PATIENCE_MS = 60_000


class RecordingSink:
    """A device without latency that plays when it is told to, and keeps what it played."""

    latency = 0.0

    def __init__(self) -> None:
        self.rate = 0
        self._fill: Fill | None = None

    def devices(self) -> list[str]:
        return ["recorder"]

    def choose(self, _name: str) -> None:
        pass

    def rate_for(self, wanted: int) -> int:
        return wanted

    def open(self, rate: int, fill: Fill, _failed: Callable[[str], None]) -> None:
        self.rate, self._fill = rate, fill

    def close(self) -> None:
        self._fill = None

    def record(self, samples: int) -> NDArray[np.float32]:
        """Play on and return what was heard."""
        assert self._fill is not None, "nothing asked for sound"
        return self._fill(samples)


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def bare_window(qtbot: QtBot, tmp_path: Path, sink: RecordingSink) -> Iterator[MainWindow]:
    """The window with nothing in it: no corpus, no line-up, no model."""
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    settings = Settings(store)
    settings.runs_folder = str(tmp_path / "runs")
    window = MainWindow(settings, AudioOutput(sinks=[lambda: sink]))
    window.resize(1280, 720)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    yield window
    shut(window)


@pytest.fixture
def window(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path, tiny_checkpoint: Path
) -> MainWindow:
    """The window with a corpus, a model and a scored line-up of three classes."""
    session = bare_window.session
    session.open_corpus(tone_corpus)
    session.set_model(tiny_checkpoint)
    settle(qtbot, bare_window)
    session.draw(3, 1, seed=1)
    settle(qtbot, bare_window)
    assert session.heard is not None
    return bare_window


@pytest.fixture
def explained(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with the first pair explained; what is heard is at full volume."""
    choose_method(window, "saliency")
    window.session.select(0)
    window.explain.method.explain()
    settle(qtbot, window)
    assert window.pair.mask is not None
    window.session.player.output.volume = 1.0
    return window


@pytest.fixture
def another_window(tmp_path: Path, sink: RecordingSink) -> Iterator[Callable[[str], MainWindow]]:
    """Makes windows as other machines would: each name has settings of its own."""
    made: list[MainWindow] = []

    def make(name: str) -> MainWindow:
        store = QSettings(str(tmp_path / f"{name}.ini"), QSettings.Format.IniFormat)
        window = MainWindow(Settings(store), AudioOutput(sinks=[lambda: sink]))
        window.settings.runs_folder = str(tmp_path / "runs")
        window.resize(1280, 720)
        window.show()
        made.append(window)
        return window

    yield make
    for window in made:
        shut(window)


def shut(window: MainWindow) -> None:
    """Close a window for good: one that asks about trainings would stay with its threads."""
    window.settings.parting = "go on"
    window.close()
    assert not window.isVisible()
    bury(window)


def bury(root: QObject) -> None:
    """Delete now what Python's collector would free at a moment of its own."""
    root.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def dialog(qtbot: QtBot, bare_window: MainWindow) -> TrainDialog:
    bare_window.train_model()
    dialog = bare_window.train.dialog
    assert dialog.reason.text() == "", "nothing is wanting before it is filled in"
    assert not dialog.start.isEnabled()
    qtbot.waitUntil(dialog.isVisible)
    qtbot.waitUntil(lambda: dialog.reason.text() != "")
    return dialog


@pytest.fixture
def ready(
    qtbot: QtBot, dialog: TrainDialog, tone_corpus: Path, tiny_recipe: Recipe, tmp_path: Path
) -> TrainDialog:
    """Filled in with a small recipe on the tones."""
    file = tmp_path / "tiny.toml"
    write_text(file, tiny_recipe.override(["test=3"]).to_toml())
    dialog.gallery.choose(str(file))
    dialog.corpora.set_folders([tone_corpus])
    qtbot.waitUntil(dialog.start.isEnabled, timeout=PATIENCE_MS)
    return dialog


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a worker can wait for; it is set at the end."""
    made = threading.Event()
    yield made
    made.set()


def hold(window: MainWindow, gate: threading.Event) -> None:
    """Hold the worker until the gate is set, whatever is cancelled."""
    window.session.background.run(
        lambda _e, _s: gate.wait(10), on_done=lambda _held: None, on_error=print, keep=True
    )


def settle(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until the workers have nothing left to do."""
    session, evaluations = window.session, window.evaluations
    workers = session.background, session.player.background, evaluations.background
    qtbot.waitUntil(lambda: not any(worker.busy for worker in workers), timeout=PATIENCE_MS)


def draw_tones(qtbot: QtBot, window: MainWindow, corpus: Path, checkpoint: Path) -> None:
    """Open a corpus and a model, and draw three classes of it, scored."""
    window.session.open_corpus(corpus)
    window.session.set_model(checkpoint)
    settle(qtbot, window)
    window.session.draw(3, 1, seed=1)
    settle(qtbot, window)


def choose_method(window: MainWindow, name: str) -> None:
    """Choose what explains the pair."""
    box = window.explain.method.method
    box.setCurrentIndex(box.findData(name))


def drop(target: QWidget, data: QMimeData | list[Path]) -> bool:
    """Drop data, or files from a file manager, on a widget; say whether it was welcome."""
    mime = data if isinstance(data, QMimeData) else QMimeData()
    if isinstance(data, list):
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in data])
    place, action = target.rect().center(), Qt.DropAction.CopyAction
    button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    with warnings.catch_warnings():  # the newest PySide6 prefers a QPointF, which older ones refuse
        warnings.simplefilter("ignore", DeprecationWarning)
        enter = QDragEnterEvent(place, action, mime, button, keys)
    enter.setAccepted(False)
    QApplication.sendEvent(target, enter)
    if enter.isAccepted():
        QApplication.sendEvent(target, QDropEvent(QPointF(place), action, mime, button, keys))
    return enter.isAccepted()


def tab_stops(first: QWidget) -> Iterator[QWidget]:
    """Go through what the Tab key goes through, once."""
    yield first
    stop = first.nextInFocusChain()
    while stop is not first:
        yield stop
        stop = stop.nextInFocusChain()

"""What was asked to be written is written, whatever is cancelled or closed meanwhile."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from tests.app.conftest import choose_method, settle


@pytest.fixture
def gate(window: MainWindow) -> Iterator[threading.Event]:
    """Holds the worker until it is set."""
    made = threading.Event()
    choose_method(window, "saliency")
    yield made
    made.set()


def hold(window: MainWindow, gate: threading.Event) -> None:
    window.session.run(lambda _e, _s: gate.wait(10), lambda _held: None, "explain")


def test_an_episode_is_saved_though_the_window_is_closed(
    window: MainWindow, gate: threading.Event, tmp_path: Path
) -> None:
    path = tmp_path / "saved.earwitness"
    hold(window, gate)
    window.exports.save_episode(path)
    assert window.settings.recent_episodes == ()
    threading.Timer(0.2, gate.set).start()
    window.close()
    assert path.exists()
    assert window.settings.recent_episodes == (str(path),)


def test_cancel_leaves_what_is_to_be_written_and_drawn(
    qtbot: QtBot, window: MainWindow, gate: threading.Event, tmp_path: Path
) -> None:
    window.explain.method.explain()
    settle(qtbot, window)
    before, path, mask = window.pair.mask, tmp_path / "saved.earwitness", tmp_path / "mask.npz"
    hold(window, gate)
    window.exports.mask(mask)
    window.pair.edited.invert()
    window.exports.save_episode(path)
    window.session.cancel()
    gate.set()
    settle(qtbot, window)
    assert path.exists()
    assert mask.exists()
    assert window.pair.mask is not before
    assert window.settings.recent_episodes == (str(path),)


def test_an_episode_that_cannot_be_written_is_not_offered(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "nowhere" / "saved.earwitness"
    path.parent.write_text("a file")
    with qtbot.waitSignal(window.session.failed):
        window.exports.save_episode(path)
    settle(qtbot, window)
    assert window.settings.recent_episodes == ()


@pytest.fixture
def page(qtbot: QtBot, window: MainWindow, gate: threading.Event, tmp_path: Path) -> Path:
    """Where the line-up is to be exported to, which waits for the gate."""
    path = tmp_path / "line-up.html"
    window.explain.method.explain()
    settle(qtbot, window)
    hold(window, gate)
    assert window.exports.shown_request is not None
    window.exports.page(window.exports.shown_request, path)
    window.close()
    assert window.isVisible()
    assert window.farewell.box is not None
    assert window.farewell.box.text() == "1 export is still being written."
    return path


def test_an_export_is_finished_before_the_window_closes(
    qtbot: QtBot, window: MainWindow, gate: threading.Event, page: Path
) -> None:
    qtbot.mouseClick(window.farewell.finish, Qt.MouseButton.LeftButton)
    assert window.isVisible()
    gate.set()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=60_000)
    assert page.exists()


def test_an_export_can_be_forgone(
    qtbot: QtBot, window: MainWindow, gate: threading.Event, page: Path
) -> None:
    threading.Timer(0.5, gate.set).start()
    qtbot.mouseClick(window.farewell.forgo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=60_000)
    assert not page.exists()


def test_a_window_whose_export_fails_stays_to_say_so(
    qtbot: QtBot, window: MainWindow, gate: threading.Event, page: Path
) -> None:
    page.mkdir()
    qtbot.mouseClick(window.farewell.finish, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(window.session.failed, timeout=60_000):
        gate.set()
    settle(qtbot, window)
    assert window.isVisible()
    assert window.farewell.may_close()

"""What was asked to be written is written, whatever is cancelled or closed meanwhile."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
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

"""The line-up that is to be explained first is, and no other one is in its place."""

import threading

import pytest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from tests.app.conftest import choose_method, hold, settle


@pytest.fixture
def drawn(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with a line-up that has a map, and after it one that has none."""
    choose_method(window, "saliency")
    window.session.select(0)
    window.explain.method.explain()
    settle(qtbot, window)
    window.session.draw(3, 1, seed=2)
    settle(qtbot, window)
    assert window.pair.explanation is None
    return window


def is_unasked(qtbot: QtBot, window: MainWindow, seed: int) -> bool:
    """Whether the next line-up is explained of itself."""
    window.session.draw(3, 1, seed)
    settle(qtbot, window)
    assert window.session.heard is not None
    return window.pair.explanation is not None


def test_one_that_has_a_map_leaves_the_next_choice_alone(qtbot: QtBot, drawn: MainWindow) -> None:
    session = drawn.session
    drawn.explain.method.explain_first()
    session.back()
    settle(qtbot, drawn)
    session.select(0)
    assert drawn.pair.explanation is not None
    session.select(1)
    settle(qtbot, drawn)
    assert drawn.pair.explanation is None


def test_one_that_is_on_screen_is_explained(qtbot: QtBot, drawn: MainWindow) -> None:
    drawn.session.open_lineup(drawn.session.lineup)
    drawn.explain.method.explain_first()
    settle(qtbot, drawn)
    assert drawn.pair.explanation is not None
    assert not is_unasked(qtbot, drawn, seed=3)


def test_the_line_up_before_is_not_explained_while_it_is_read(
    qtbot: QtBot, drawn: MainWindow, gate: threading.Event
) -> None:
    before = drawn.session.lineup
    hold(drawn, gate)
    drawn.explain.method.explain_first()
    drawn.session.draw(3, 1, seed=3)
    drawn.session.select(((drawn.session.selected or 0) + 1) % 3)
    assert not drawn.pair.explaining
    gate.set()
    settle(qtbot, drawn)
    assert drawn.session.lineup != before
    assert drawn.pair.explanation is not None


def test_one_whose_reading_is_cancelled_is_forgotten(
    qtbot: QtBot, drawn: MainWindow, gate: threading.Event
) -> None:
    hold(drawn, gate)
    drawn.explain.method.explain_first()
    drawn.session.draw(3, 1, seed=3)
    drawn.session.cancel()
    gate.set()
    settle(qtbot, drawn)
    assert not is_unasked(qtbot, drawn, seed=4)


def test_one_whose_scoring_is_cancelled_is_forgotten(
    qtbot: QtBot, drawn: MainWindow, gate: threading.Event
) -> None:
    session = drawn.session
    hold(drawn, gate)
    drawn.explain.method.explain_first()
    session.score_again()
    session.cancel()
    gate.set()
    settle(qtbot, drawn)
    assert session.heard is None
    assert not is_unasked(qtbot, drawn, seed=4)

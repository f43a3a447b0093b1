"""Tab and Shift+Tab go round the whole window, whatever is open in it."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from tests.app.conftest import settle

State = Callable[[MainWindow], None]


def as_it_is(_window: MainWindow) -> None:
    pass


def explained(window: MainWindow) -> None:
    window.explain.method.button.click()


def masked(window: MainWindow) -> None:
    explained(window)
    window.explain.tabs.setCurrentIndex(1)
    window.history_dock.show()


def compared(window: MainWindow) -> None:
    explained(window)
    window.explain.method.compare.click()


def training(window: MainWindow) -> None:
    window.pages.setCurrentWidget(window.train)


def evaluating(window: MainWindow) -> None:
    window.pages.setCurrentWidget(window.evaluate)


def closer_and_back(window: MainWindow) -> None:
    """Have no picture for a while: the line-up has no query."""
    query = window.session.lineup.query
    assert query is not None
    window.session.remove(0)
    window.session.put(0, query)


def stops(window: MainWindow) -> set[QWidget]:
    """Find what the Tab key is to stop at; what only hands the keyboard on is left out."""
    return {
        one
        for one in window.findChildren(QWidget)
        if one.window() is window and one.isVisible() and one.isEnabled()
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.focusProxy() is None
    }


def walked(qtbot: QtBot, key: Qt.Key) -> list[QWidget]:
    """Press a key until some part has the keyboard again, which is the last of the list."""
    met: list[QWidget] = []
    while not met or met[-1] not in met[:-1]:
        assert QApplication.focusWidget() is not None, "the window has lost the keyboard"
        qtbot.keyClick(QApplication.focusWidget(), key)
        met.append(QApplication.focusWidget())
    return met


@pytest.mark.parametrize("key", [Qt.Key.Key_Tab, Qt.Key.Key_Backtab])
@pytest.mark.parametrize(
    "state", [as_it_is, explained, masked, compared, training, evaluating, closer_and_back]
)
def test_each_part_is_met_once_a_round(
    qtbot: QtBot, window: MainWindow, state: State, key: Qt.Key
) -> None:
    state(window)
    settle(qtbot, window)
    window.library.search.setFocus()
    met = walked(qtbot, key)
    assert met[-1] is met[0], f"{met[-1].accessibleName()} comes twice before the first one again"
    assert set(met) == stops(window)


def test_a_picture_that_is_clicked_has_the_keyboard_and_keeps_it_without_a_map(
    qtbot: QtBot, window: MainWindow
) -> None:
    view, session = window.explain.view.views["query"], window.session
    qtbot.mouseClick(view._graph.viewport(), Qt.MouseButton.LeftButton)
    assert view.hasFocus()
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.zoom[0] is not None
    query = session.lineup.query
    assert query is not None
    session.remove(0)
    assert not view.focusPolicy() & Qt.FocusPolicy.TabFocus, "there is nothing to steer"
    session.put(0, query)
    settle(qtbot, window)
    assert view.hasFocus()
    assert view.focusPolicy() == Qt.FocusPolicy.StrongFocus

"""The keyboard goes from one part of the window to the next."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow


def area_of(window: MainWindow) -> str:
    """Name the part of the window that has the keyboard."""
    explain = window.explain
    areas = {
        "models": window.models,
        "draw": window.draw_bar,
        "library": window.library,
        "history": window.history,
        "line-up": window.lineup,
        "pictures": explain.pictures,
        "panel": explain.tabs,
        "sound": explain.listening,
        "train": window.train,
    }
    focus = QApplication.focusWidget()
    assert focus is not None
    return next(name for name, area in areas.items() if area.isAncestorOf(focus))


def test_each_area_is_reached_and_remembers_where_one_was(qtbot: QtBot, window: MainWindow) -> None:
    window.library.search.setFocus()
    met = []
    for _ in range(7):
        qtbot.keyClick(window, Qt.Key.Key_F6)
        met.append(area_of(window))
    assert met == ["line-up", "pictures", "panel", "sound", "models", "draw", "library"]
    assert window.library.search.hasFocus()
    qtbot.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert area_of(window) == "draw"


def test_what_is_hidden_is_left_out(qtbot: QtBot, window: MainWindow) -> None:
    window.dock.hide()
    window.history_dock.show()
    window.pages.setCurrentWidget(window.train)
    window.models.setFocus()
    met = set()
    for _ in range(6):
        qtbot.keyClick(window, Qt.Key.Key_F6)
        met.add(area_of(window))
    assert met <= {"models", "draw", "history", "train"}
    assert "train" in met


@pytest.mark.parametrize("hidden", [False, True])
def test_the_search_is_found_from_anywhere(qtbot: QtBot, window: MainWindow, hidden: bool) -> None:
    window.dock.setHidden(hidden)
    window.library.search.setText("tone")
    window.lineup.query.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(window.library.search.hasFocus)
    assert window.library.search.selectedText() == "tone"

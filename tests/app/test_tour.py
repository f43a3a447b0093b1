"""The tour: five stops on the bundled line-up, beside what they speak of, by mouse and keys."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.lineup.lineup import Lineup
from app.main_window import MainWindow
from app.pages.window.tour import Tour
from siamese_core.demo import bundled_lineup
from tests.app.conftest import settle


@pytest.fixture
def tour(qtbot: QtBot, window: MainWindow) -> Tour:
    entry = next(a for a in window.menus.entries() if a.text() == "&Tour")
    window.pages.setCurrentIndex(1)
    entry.trigger()
    settle(qtbot, window)
    assert window.menus.tour is not None
    return window.menus.tour


def places(window: MainWindow, tour: Tour) -> tuple[QRect, QRect]:
    """Where the panel lies, and where what it speaks of."""
    target = tour._stops[tour._place].target
    return tour.geometry(), QRect(target.mapTo(window, QPoint(0, 0)), target.size())


def test_it_walks_through_the_bundled_line_up(qtbot: QtBot, window: MainWindow, tour: Tour) -> None:
    assert window.session.lineup == Lineup.of(bundled_lineup())
    assert window.lineup.isVisible()
    titles = []
    for size in ((1280, 720), (1920, 1080)):
        window.resize(*size)
        tour.begin()
        while tour.isVisible():
            titles.append(tour._title.text())
            panel, target = places(window, tour)
            assert window.rect().contains(panel)
            assert panel.top() >= window.centralWidget().y()
            assert not panel.intersects(target), titles[-1]
            assert tour._frame.geometry().contains(target.intersected(window.rect()))
            qtbot.mouseClick(tour.further, Qt.MouseButton.LeftButton)
    words = ("Hear", "Score", "Explain", "Listen", "Go on")
    assert titles == 2 * [f"{n} · {word}" for n, word in enumerate(words, 1)]
    assert not tour._frame.isVisible()


def test_keys_go_on_back_and_away(qtbot: QtBot, window: MainWindow, tour: Tour) -> None:
    tour.further.setFocus()
    assert not tour.back.isEnabled()
    qtbot.keyClick(tour, Qt.Key.Key_Right)
    assert tour._title.text().startswith("2")
    assert tour.back.isEnabled()
    qtbot.keyClick(tour, Qt.Key.Key_Left)
    qtbot.keyClick(tour, Qt.Key.Key_Left)  # there is none before
    assert tour._title.text().startswith("1")
    qtbot.keyClick(tour, Qt.Key.Key_Escape)
    assert not tour.isVisible()


def test_the_window_stays_usable_beside_it(
    qtbot: QtBot, window: MainWindow, tour: Tour, tone_corpus: Path
) -> None:
    card = window.lineup.cards[2]
    place = card.mapTo(window, card.rect().center())
    assert window.childAt(place) is not tour._frame
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert window.session.selected == 2
    assert tour.isVisible()
    assert QApplication.activeModalWidget() is None


def test_the_line_up_that_was_there_is_one_step_back(
    qtbot: QtBot, window: MainWindow, tour: Tour
) -> None:
    tour.end()
    window.session.back()
    settle(qtbot, window)
    assert window.session.lineup != Lineup.of(bundled_lineup())

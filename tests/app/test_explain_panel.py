"""The panel beside the pictures: its buttons stay in sight, and nothing is cut by a large font."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QPushButton,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from tests.app.conftest import choose_method, settle

KINDS = QPushButton, QCheckBox, QAbstractSpinBox, QComboBox


@pytest.fixture
def large(qapp: QApplication) -> Iterator[None]:
    """The program with a font of 14 points."""
    before, font = qapp.font(), qapp.font()
    font.setPointSize(14)
    qapp.setFont(font)
    yield
    qapp.setFont(before)


def is_in_sight(part: QWidget, window: MainWindow) -> bool:
    """Whether all of a part is seen, and not scrolled away."""
    return part.visibleRegion().boundingRect() == part.rect() and part.window() is window


def panel_of(window: MainWindow) -> QWidget:
    panel = window.explain.tabs.parentWidget()
    assert panel is not None
    return panel


@pytest.mark.parametrize("method", ["sinexc", "occlusion", "lime"])
def test_what_is_asked_after_the_form_stays_in_sight(
    qtbot: QtBot, window: MainWindow, method: str
) -> None:
    choose_method(window, method)
    panel, explain = window.explain.method, window.explain
    panel.form.draw()
    settle(qtbot, window)
    for part in (panel.button, panel.compare, panel.faithful, explain.opacity, explain.threshold):
        qtbot.waitUntil(lambda part=part: is_in_sight(part, window))
    qtbot.wait(50)  # till the rows have their places
    *_, before, last = panel.form.stops
    before.setFocus()
    qtbot.keyClick(before, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: is_in_sight(last, window))
    assert window.height() == 720


@pytest.mark.usefixtures("large")
def test_a_large_font_widens_the_panel_and_cuts_nothing(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1920, 1080)
    choose_method(window, "sinexc")
    form, panel = window.explain.method.form, panel_of(window)
    form.draw()
    qtbot.waitUntil(form.stops[0].isVisible)
    assert panel.width() > 300
    for tab in range(2):
        window.explain.tabs.setCurrentIndex(tab)
        parts = [p for kind in KINDS for p in panel.findChildren(kind) if p.isVisible()]
        assert len(parts) >= 8
        for part in parts:
            assert part.width() >= part.minimumSizeHint().width(), part
            assert part.mapTo(panel, part.rect().topRight()).x() <= panel.width(), part
    for page in panel.findChildren(QScrollArea):
        inner = page.widget()
        assert inner is not None
        assert inner.width() <= page.viewport().width()


def test_the_panel_is_as_narrow_as_its_controls_allow(window: MainWindow) -> None:
    panel = panel_of(window)
    assert panel.width() == max(300, panel.minimumSizeHint().width())
    choose_method(window, "sinexc")
    window.explain.method.form.draw()
    assert panel.width() == max(300, panel.minimumSizeHint().width())
    assert window.minimumSizeHint().width() <= 1280

"""Undo and redo on the real window: by key, of the line-up and the mask in one order."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider, QWidget
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.stroke import Stroke
from tests.app.conftest import choose_method, settle

SPAN = Stroke("span", ((0.05, 0.0), (0.15, 0.0)))
LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def press(qtbot: QtBot, window: MainWindow, keys: Qt.KeyboardModifier, at: QWidget) -> None:
    at.setFocus()
    qtbot.waitUntil(lambda: at.hasFocus())
    qtbot.keyClick(at, Qt.Key.Key_Z, keys)
    settle(qtbot, window)


def words(window: MainWindow) -> tuple[str, str]:
    undo, redo = window.menus.edit.undo, window.menus.edit.redo
    return tuple(a.text().replace("&", "") if a.isEnabled() else "" for a in (undo, redo))


def test_ctrl_y_does_again_too(qtbot: QtBot, window: MainWindow) -> None:
    session, card = window.session, window.lineup.query
    session.remove(3)
    settle(qtbot, window)
    after = session.lineup
    press(qtbot, window, CTRL, card)
    assert session.lineup != after
    qtbot.keyClick(card, Qt.Key.Key_Y, CTRL)
    settle(qtbot, window)
    assert session.lineup == after


def test_each_edit_of_a_line_up_is_taken_back_and_done_again(
    qtbot: QtBot, window: MainWindow
) -> None:
    session, card = window.session, window.lineup.query
    assert session.corpus is not None
    seen, said = [session.lineup], []
    clips = session.corpus.clips
    for edit in (
        lambda: session.put(0, clips[-1]),
        lambda: session.add(clips[-2]),
        lambda: session.put(1, clips[-3]),
        lambda: session.remove(2),
        lambda: session.draw(3, 1, seed=8),
    ):
        edit()
        settle(qtbot, window)
        seen.append(session.lineup)
        said.append(words(window)[0].removeprefix("Undo: "))
    assert [word.split()[0] for word in said] == ["query", "add", "replace", "remove", "new"]
    assert len(set(map(hash, seen))) == 6
    for before in reversed(seen[:-1]):
        press(qtbot, window, CTRL, card)
        assert session.lineup == before
    assert words(window) == ("", f"Redo: {said[0]}")
    press(qtbot, window, CTRL, card)  # there is nothing left, and nothing happens
    assert session.lineup == seen[0]
    for after in seen[1:]:
        press(qtbot, window, CTRL | SHIFT, card)
        assert session.lineup == after
    assert session.heard is not None
    assert words(window)[1] == ""


def test_a_new_edit_ends_what_could_be_done_again(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    session.remove(1)
    settle(qtbot, window)
    press(qtbot, window, CTRL, window.lineup.query)
    assert len(session.lineup.support) == 3
    session.remove(3)
    settle(qtbot, window)
    assert words(window)[1] == ""
    assert words(window)[0].startswith("Undo: remove")


@pytest.fixture
def explained(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with a line-up that was edited once and a pair that is explained."""
    choose_method(window, "saliency")
    window.session.select(0)
    window.session.remove(3)
    settle(qtbot, window)
    window.explain.method.explain()
    settle(qtbot, window)
    assert window.pair.mask is not None
    return window


def gains(window: MainWindow) -> NDArray[np.float32]:
    assert window.pair.mask is not None
    return window.pair.mask.values


def amount(window: MainWindow) -> QSlider:
    slider = window.explain.mask_controls.findChild(QSlider)
    assert slider is not None
    return slider


def test_a_verb_of_the_mask_is_taken_back_though_the_focus_is_on_a_card(
    qtbot: QtBot, explained: MainWindow
) -> None:
    window, card = explained, explained.lineup.cards[0]
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    before, lineup = gains(window).copy(), window.session.lineup
    card.setFocus()
    qtbot.mouseClick(window.explain.mask_bar.tools._verb_buttons["invert"], LEFT)
    assert words(window)[0] == "Undo: change of the mask", "before the worker comes to it"
    settle(qtbot, window)
    assert not np.array_equal(gains(window), before)
    press(qtbot, window, CTRL, card)
    np.testing.assert_array_equal(gains(window), before)
    assert window.session.lineup == lineup
    assert words(window) == (f"Undo: {edit_of(window)}", "Redo: change of the mask")


def edit_of(window: MainWindow) -> str:
    return window.session.history.change(-1, window.session.guesses.hides)


def test_edits_are_taken_back_in_the_order_in_which_they_were_made(
    qtbot: QtBot, explained: MainWindow
) -> None:
    window, session, pair = explained, explained.session, explained.pair
    card, whole = window.lineup.cards[0], session.lineup
    of_map = gains(window).copy()
    pair.edit(SPAN)
    settle(qtbot, window)
    drawn = gains(window).copy()
    session.remove(2)  # of the same pair, so its mask is still there
    settle(qtbot, window)
    fewer = session.lineup
    pair.edited.invert()
    settle(qtbot, window)
    inverted = gains(window).copy()
    states = [(whole, of_map), (whole, drawn), (fewer, drawn), (fewer, inverted)]
    for lineup, mask in reversed(states[:-1]):
        press(qtbot, window, CTRL, card)
        assert session.lineup == lineup
        np.testing.assert_array_equal(gains(window), mask)
    for lineup, mask in states[1:]:
        press(qtbot, window, CTRL | SHIFT, card)
        assert session.lineup == lineup
        np.testing.assert_array_equal(gains(window), mask)
    assert words(window)[1] == ""


def test_an_edit_of_the_mask_ends_what_could_be_done_again_of_the_line_up(
    qtbot: QtBot, explained: MainWindow
) -> None:
    window, card = explained, explained.lineup.cards[0]
    window.session.remove(2)
    settle(qtbot, window)
    press(qtbot, window, CTRL, card)
    assert words(window)[1].startswith("Redo: remove")
    window.pair.edited.invert()
    settle(qtbot, window)
    assert words(window)[1] == ""
    press(qtbot, window, CTRL, card)
    assert words(window)[1] == "Redo: change of the mask"


def test_the_opacity_does_not_take_undo_from_a_stroke(qtbot: QtBot, explained: MainWindow) -> None:
    window = explained
    shaped, lineup = gains(window).copy(), window.session.lineup
    window.pair.edit(SPAN)
    settle(qtbot, window)
    qtbot.keyClick(window.explain.opacity, Qt.Key.Key_Right)
    press(qtbot, window, CTRL, window.explain.opacity)
    np.testing.assert_array_equal(gains(window), shaped)
    assert window.session.lineup == lineup


def test_what_shapes_the_mask_is_taken_back_and_shown(qtbot: QtBot, explained: MainWindow) -> None:
    window, pair, controls = explained, explained.pair, explained.explain.mask_controls
    slider, first = amount(window), gains(window).copy()
    window.explain.tabs.setCurrentIndex(1)
    shares = [controls.parameters().share]

    def drag(to: int) -> None:
        slider.setSliderDown(True)
        for value in range(slider.value(), to, 5):
            slider.setValue(value)
            qtbot.wait(1)
        slider.setValue(to)
        slider.setSliderDown(False)
        settle(qtbot, window)
        shares.append(controls.parameters().share)

    drag(60)
    drag(90)
    pair.edit(SPAN)
    settle(qtbot, window)
    drawn = gains(window).copy()
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert "brings back what was drawn" in window.explain.view.readout.text()
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    settle(qtbot, window)
    assert controls.parameters().share == shares[-1] + 1
    press(qtbot, window, CTRL, slider)
    np.testing.assert_array_equal(gains(window), drawn)
    for share in (shares[2], shares[2], shares[1], shares[0]):
        assert controls.parameters().share == pair.mask_parameters.share == share
        assert slider.value() == round(2 * share)
        assert window.settings.mask_share == share
        press(qtbot, window, CTRL, slider)
    np.testing.assert_array_equal(gains(window), first)


def test_a_choice_of_the_mask_is_taken_back_on_the_controls_too(
    qtbot: QtBot, explained: MainWindow
) -> None:
    window, boxes = explained, explained.explain.mask_controls._boxes
    boxes["part"].setCurrentIndex(1)
    settle(qtbot, window)
    assert window.pair.mask_parameters.part == "remove"
    press(qtbot, window, CTRL, window.lineup.cards[0])
    assert window.pair.mask_parameters.part == boxes["part"].currentData() == "keep"
    press(qtbot, window, CTRL | SHIFT, window.lineup.cards[0])
    assert window.pair.mask_parameters.part == boxes["part"].currentData() == "remove"

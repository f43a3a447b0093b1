"""Undo and redo on the real window: by key, of the line-up or of the mask, whichever is at hand."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.stroke import Stroke
from tests.app.conftest import settle

SPAN = Stroke("span", ((0.05, 0.0), (0.15, 0.0)))
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def press(qtbot: QtBot, window: MainWindow, keys: Qt.KeyboardModifier, at: QWidget) -> None:
    at.setFocus()
    qtbot.waitUntil(lambda: at.hasFocus())
    qtbot.keyClick(at, Qt.Key.Key_Z, keys)
    settle(qtbot, window)


def words(window: MainWindow) -> tuple[str, str]:
    undo, redo = window.menus.edit.undo, window.menus.edit.redo
    return tuple(a.text().replace("&", "") if a.isEnabled() else "" for a in (undo, redo))


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


def test_at_the_mask_the_keys_are_the_masks(qtbot: QtBot, window: MainWindow) -> None:
    pair, session = window.pair, window.session
    box = window.explain.method.method
    box.setCurrentIndex(box.findData("saliency"))
    session.select(0)
    card = window.lineup.cards[0]
    session.remove(3)
    settle(qtbot, window)
    window.explain.method.explain()
    settle(qtbot, window)
    assert pair.mask is not None
    shaped, lineup = pair.mask.values, session.lineup
    view = window.explain.view.views["support"]
    pair.edit(SPAN)
    settle(qtbot, window)
    drawn = pair.mask.values
    plot = next(w for w in view.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus)
    plot.setFocus()
    assert words(window) == ("Undo: change of the mask", "")
    press(qtbot, window, CTRL, plot)
    np.testing.assert_array_equal(pair.mask.values, shaped)
    assert words(window) == ("", "Redo: change of the mask")
    press(qtbot, window, CTRL, plot)  # the line-up is not what is meant here
    assert session.lineup == lineup
    press(qtbot, window, CTRL | SHIFT, plot)
    np.testing.assert_array_equal(pair.mask.values, drawn)
    press(qtbot, window, CTRL, card)
    assert len(session.lineup.support) == 3
    assert pair.explanation is not None  # of the same pair, so it is still there
    np.testing.assert_array_equal(pair.mask.values, drawn)

"""Menu entries of the real window: what cannot be done cannot be chosen, and says why."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QLabel
from pytestqt.qtbot import QtBot

from app.lineup.lineup import Lineup
from app.main_window import MainWindow
from app.pages.window.help import _WHERE
from tests.app.conftest import choose_method, settle

NEEDS_A_LINEUP = (
    "Export sound…",
    "Export figure…",
    "Export line-up as page…",
    "Export line-up as figure…",
    "Export line-up as folder…",
    "Explain the pair",
    "Compare methods",
    "Faithfulness of the map…",
    "Score again",
)


def entries(window: MainWindow) -> dict[str, QAction]:
    return {action.text().replace("&", ""): action for action in window.menus.entries()}


def test_nothing_can_be_asked_of_an_empty_line_up(bare_window: MainWindow) -> None:
    found = entries(bare_window)
    for name in (*NEEDS_A_LINEUP, "Previous line-up", "Next line-up", "New random line-up"):
        assert not found[name].isEnabled(), name
        tip = found[name].toolTip()
        assert len(tip.split()) > 3, name
        assert tip != name
        assert found[name].statusTip() == tip
    assert "query and a support set" in found["Explain the pair"].toolTip()
    assert found["Open folder…"].isEnabled()


def test_the_keys_that_play_open_no_list_and_are_answered(
    qtbot: QtBot, bare_window: MainWindow
) -> None:
    models = bare_window.models.findChild(QComboBox)
    assert models is not None
    models.setFocus()
    qtbot.keyClick(models, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert not models.view().isVisible()
    assert "query and a support set first" in bare_window.explain.listening.notice.text


def test_the_mask_s_entries_say_what_they_need(qtbot: QtBot, window: MainWindow) -> None:
    bar = window.explain.mask_bar
    window.explain.menus[0].aboutToShow.emit()
    needing = [*bar.tools.verbs.values(), *list(bar.tools.tools.values())[1:]]
    assert not any(action.isEnabled() for action in needing)
    assert {action.statusTip() for action in needing} == {"Explain the pair first"}
    tips = {action.text(): action.toolTip() for action in needing}
    choose_method(window, "saliency")
    window.explain.method.explain()
    settle(qtbot, window)
    possible = [action for action in needing if action.isEnabled()]
    assert len(possible) > 10
    assert not any(action.statusTip() for action in possible)
    assert all(action.toolTip() != tips[action.text()] for action in possible)


def test_each_can_be_asked_once_there_is_what_it_needs(qtbot: QtBot, window: MainWindow) -> None:
    found = entries(window)
    lacking = {"Export figure…", "Faithfulness of the map…"}
    assert {name for name in NEEDS_A_LINEUP if not found[name].isEnabled()} == lacking
    assert found["Export figure…"].toolTip() == "Explain the pair first"
    choose_method(window, "saliency")
    window.explain.method.explain()
    settle(qtbot, window)
    assert all(found[name].isEnabled() for name in NEEDS_A_LINEUP)
    assert not any(found[name].statusTip() for name in NEEDS_A_LINEUP)
    assert not found["Next line-up"].isEnabled()
    window.session.draw(3, 1, seed=2)
    settle(qtbot, window)
    window.session.back()
    settle(qtbot, window)
    assert found["Next line-up"].isEnabled()
    window.session.open_lineup(Lineup())
    settle(qtbot, window)
    assert not any(found[name].isEnabled() for name in NEEDS_A_LINEUP)


def test_a_network_that_is_not_there_is_named(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path
) -> None:
    bare_window.session.open_corpus(tone_corpus)
    settle(qtbot, bare_window)
    bare_window.session.draw(3, 1, seed=1)
    settle(qtbot, bare_window)
    assert entries(bare_window)["Score again"].toolTip() == "The network is not ready yet"


@pytest.mark.parametrize("points", [9, 14])
def test_the_shortcuts_fit_a_small_screen_in_groups(
    qtbot: QtBot, window: MainWindow, qapp: QApplication, points: int
) -> None:
    before, font = qapp.font(), qapp.font()
    font.setPointSize(points)
    qapp.setFont(font)
    try:
        window.menus.show_shortcuts()
        sheet = next(d for d in window.findChildren(QDialog) if d.windowTitle() == "Shortcuts")
        room = window.screen().availableSize()
        assert sheet.height() <= (720 if points == 9 else room.height())
        assert sheet.width() <= 1280 or points > 9, "beyond that a large font needs a larger screen"
        words = [label.text() for label in sheet.findChildren(QLabel)]
        for heading in ("File", "Edit", "View", "On a card", "In the library"):
            assert heading in words
        assert not {"More", "Elsewhere"} & set(words), "no menu is called so"
        assert words.index("Keep the selected span") > words.index(_WHERE["Mask"])
        assert words.index("Keep the selected span") < words.index(_WHERE["Sound"])
        for keys in ("PageUp, PageDown", "Home, End", "Arrows", "Drag, arrows", "Delete", "F2"):
            assert keys in words
        assert words.count("Delete") == 4, "of a card, a folder and a run, and what it does there"
        for keys in ("Alt+Return", "Ctrl+wheel, Ctrl++ and Ctrl+-", "[ and ]", "B", "8", "9", "O"):
            assert keys in words
        assert words.index("File") < words.index("Ctrl+O") < words.index("Edit")
        sheet.close()
    finally:
        qapp.setFont(before)


def test_an_episode_that_was_open_lately_goes_to_the_line_up(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.exports.save_episode(tmp_path / "one.earwitness")
    settle(qtbot, window)
    window.pages.setCurrentWidget(window.train)
    window.menus.recent.fill()
    wanted = str(tmp_path / "one.earwitness")
    next(entry for entry in window.menus.recent.actions() if entry.data() == wanted).trigger()
    settle(qtbot, window)
    assert window.pages.currentWidget() is window.splitter
    assert window.session.opened is not None


def test_cards_are_sorted_by_the_menu_as_by_the_box(window: MainWindow) -> None:
    entry, box = entries(window)["Sorted by score"], window.lineup.by_score
    entry.trigger()
    assert box.isChecked()
    assert window.settings.sorted_by_score
    box.click()
    assert not entry.isChecked()


def test_keys_of_what_cannot_be_done_say_why(qtbot: QtBot, window: MainWindow) -> None:
    said = window.statusBar().currentMessage
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    record = entries(window)["Record a clip…"]
    assert not record.isEnabled(), "there is no microphone"
    qtbot.keyClick(window, Qt.Key.Key_R, both)
    assert said() == record.toolTip() == window.library.record.toolTip()
    assert len(said().split()) > 3
    qtbot.keyClick(window, Qt.Key.Key_F, both)
    assert said() == "Explain the pair first"
    window.session.open_lineup(Lineup())
    settle(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert said() == "A line-up needs a query and a support set first"


def test_keys_do_it_once_it_can_be_done(qtbot: QtBot, window: MainWindow) -> None:
    window.statusBar().clearMessage()
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert window.session.hearing
    settle(qtbot, window)
    assert window.statusBar().currentMessage() == ""


def test_the_figure_says_that_it_shows_all_of_the_map(qtbot: QtBot, window: MainWindow) -> None:
    choose_method(window, "saliency")
    window.explain.method.explain()
    settle(qtbot, window)
    assert "whatever opacity and threshold" in entries(window)["Export figure…"].toolTip()

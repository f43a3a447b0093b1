"""The history of a sitting: what was predicted of each line-up, how often rightly, and back."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.lineup.lineup import Lineup, clip_file
from app.lineup.outcomes import Outcome, Outcomes
from app.main_window import MainWindow
from app.pages.lineup.history_panel import HistoryPanel
from app.session.standing import words
from tests.app.conftest import settle
from tests.app.test_guesses import lineup, renamed

ONE, OTHER = Path("one.safetensors"), Path("other.safetensors")


def nobody(_lineup: Lineup) -> bool:
    return False


def test_random_line_ups_count_once_for_each_model() -> None:
    outcomes = Outcomes()
    for number, predicted in ((1, "a"), (2, "b"), (3, None)):
        outcomes.note_drawn(lineup(number))
        outcomes.note(ONE, lineup(number), predicted)
        outcomes.note(ONE, lineup(number), predicted)
    outcomes.note(ONE, lineup(4), "a")  # put together by hand
    outcomes.note(OTHER, lineup(2), "a")
    assert outcomes.share(ONE, nobody) == (1, 3)
    assert outcomes.share(OTHER, nobody) == (1, 1)
    assert outcomes.share(ONE, lambda one: one == lineup(1)) == (0, 2)  # would tell its answer
    assert outcomes.of(ONE, lineup(2)) == Outcome("b", "a")
    assert outcomes.of(OTHER, lineup(1)) is None


def test_line_ups_around_locked_clips_are_no_independent_trials() -> None:
    outcomes, free, around = Outcomes(), lineup(1), lineup(2)
    around = replace(around, locked=frozenset(around.support[:1]))
    for one in (free, around):
        outcomes.note_drawn(one)
        outcomes.note(ONE, one, "a")
    assert outcomes.share(ONE, nobody) == (1, 1)
    assert not outcomes.was_drawn(around)
    locked_since = replace(free, locked=frozenset(free.support))
    outcomes.rename(locked_since, renamed(locked_since))
    assert outcomes.was_drawn(renamed(free)), "it was drawn before it was locked"


def test_a_line_up_without_a_right_answer_is_told_and_not_counted() -> None:
    outcomes, unknown = Outcomes(), lineup(1, truth="nobody")
    outcomes.note_drawn(unknown)
    outcomes.note(ONE, unknown, "a")
    assert outcomes.of(ONE, unknown) == Outcome("a", None)
    assert outcomes.share(ONE, nobody) == (0, 0)


def test_classes_may_be_renamed() -> None:
    outcomes, before = Outcomes(), lineup(1)
    after = renamed(before)
    outcomes.note_drawn(before)
    outcomes.note(ONE, before, "b")
    outcomes.note(OTHER, before, None)
    outcomes.rename(before, before)
    outcomes.rename(before, after)
    assert outcomes.of(ONE, after) == Outcome("x/b", "x/a")
    assert outcomes.of(OTHER, after) == Outcome(None, "x/a")
    assert outcomes.share(ONE, lambda one: one != after) == (0, 1)


def test_the_share_has_wilsons_interval() -> None:
    assert words((), 2, 3) == ("", "Random line-ups: 2 of 3 right (21–94 %)")
    assert words((), 0, 0) == ("", "")


def rows(panel: HistoryPanel) -> list[tuple[str, str]]:
    model = panel.table.model()
    return [
        (str(model.index(row, 1).data()), str(model.index(row, 2).data()))
        for row in range(model.rowCount())
    ]


@pytest.fixture
def panel(window: MainWindow) -> HistoryPanel:
    window.history_dock.toggleViewAction().trigger()
    assert window.history.isVisible()
    return window.history


def expected(window: MainWindow) -> tuple[str, str]:
    session = window.session
    assert session.lineup.query is not None
    assert session.heard is not None
    assert session.heard.scored is not None
    predicted, truth = session.heard.scored.predicted, session.lineup.truth
    return session.lineup.query.path.stem, "right" if predicted == truth else f"wrong: {predicted}"


def test_the_panel_lists_every_line_up_and_return_goes_back(
    qtbot: QtBot, window: MainWindow, panel: HistoryPanel
) -> None:
    session = window.session
    first = session.lineup
    told = [expected(window)]
    for seed in (2, 3):
        session.draw(3, 1, seed=seed)
        settle(qtbot, window)
        told.append(expected(window))
    assert rows(panel) == told
    hits = sum(outcome == "right" for _name, outcome in told)
    assert window.lineup._standing.text().startswith(f"Random line-ups: {hits} of 3 right (")
    panel.table.selectRow(0)
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    settle(qtbot, window)
    assert session.lineup == first
    assert panel.table.currentIndex().row() == 0
    assert rows(panel) == told  # seen twice, listed and counted once
    assert "of 3 right" in window.lineup.standing.running


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key, at: QWidget) -> None:
    at.setFocus()
    qtbot.waitUntil(at.hasFocus)
    qtbot.keyClick(at, key)
    settle(qtbot, window)


def test_whoever_goes_back_and_changes_a_line_up_loses_none_of_the_later_ones(
    qtbot: QtBot, window: MainWindow, panel: HistoryPanel
) -> None:
    session, page = window.session, window.lineup
    for seed in (2, 3, 4, 5):
        session.draw(3, 1, seed)
        settle(qtbot, window)
    told = rows(panel)
    assert len(told) == 5
    for _ in range(3):
        session.back()
        settle(qtbot, window)
    press(qtbot, window, Qt.Key.Key_L, page.query)
    qtbot.waitUntil(lambda: panel.table.currentIndex().row() == 1)
    assert rows(panel) == told, "a lock makes no other line-up"
    assert session.lineup.locked
    support, truth = session.lineup.support, session.lineup.truth
    other = next(place for place, clip in enumerate(support) if clip.label != truth)
    press(qtbot, window, Qt.Key.Key_Delete, page.cards[other])
    qtbot.waitUntil(lambda: rows(panel) == [*told, expected(window)])
    hits = sum(outcome == "right" for _name, outcome in told)
    qtbot.waitUntil(lambda: f"{hits} of 5 right" in page.standing.running)
    for row in (4, 3):
        session.back()
        settle(qtbot, window)
        assert session.history.place == row
    assert session.can_step(1)


def test_what_is_drawn_around_a_lock_is_not_counted(
    qtbot: QtBot, window: MainWindow, panel: HistoryPanel
) -> None:
    window.session.lock(0)
    for seed in (2, 3):
        window.session.draw(3, 1, seed)
        settle(qtbot, window)
    assert len(rows(panel)) == 3
    assert "of 1 right" in window.lineup.standing.running
    window.session.lock(0)
    window.session.draw(3, 1, 4)
    settle(qtbot, window)
    qtbot.waitUntil(lambda: "of 2 right" in window.lineup.standing.running)


def test_the_oldest_that_are_not_listed_any_more_are_not_counted(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.lineup.lineup_history.MOST", 2)
    for seed in (2, 3):
        window.session.draw(3, 1, seed)
        settle(qtbot, window)
    qtbot.waitUntil(lambda: "of 2 right" in window.lineup.standing.running)


def test_the_line_up_on_screen_is_marked_while_ctrl_is_still_held(
    qtbot: QtBot, window: MainWindow, panel: HistoryPanel
) -> None:
    handle, ctrl = window.windowHandle(), Qt.KeyboardModifier.ControlModifier
    QTest.keyPress(handle, Qt.Key.Key_Control, ctrl)
    window.draw_bar.draw_next()
    settle(qtbot, window)
    qtbot.waitUntil(lambda: panel.table.model().rowCount() == 2)
    assert QApplication.keyboardModifiers() == ctrl
    marked = {index.row() for index in panel.table.selectionModel().selectedIndexes()}
    QTest.keyRelease(handle, Qt.Key.Key_Control)
    assert marked == {1}


def test_a_long_outcome_leaves_half_of_the_width_to_the_query(
    qtbot: QtBot, window: MainWindow, panel: HistoryPanel, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    table, session = panel.table, window.session
    path = tmp_path / "a_query_with_a_name_that_is_long.wav"
    shutil.copy(session.lineup.support[0].path, path)
    session.put(0, clip_file(path, None, None))
    settle(qtbot, window)
    session.outcomes.note(tiny_checkpoint, session.lineup, "a class with a very long name " * 3)
    for width in (230, 500):
        window.resizeDocks([window.history_dock], [width], Qt.Orientation.Horizontal)
        qtbot.waitUntil(lambda: abs(table.columnWidth(1) - table.columnWidth(2)) <= 1)
        assert sum(map(table.columnWidth, range(3))) == table.viewport().width()
    session.outcomes.note(tiny_checkpoint, session.lineup, "b")
    qtbot.waitUntil(lambda: table.columnWidth(1) >= table.sizeHintForColumn(1))


def test_a_changed_line_up_is_listed_and_not_counted(
    qtbot: QtBot, window: MainWindow, panel: HistoryPanel
) -> None:
    window.session.remove(1)
    settle(qtbot, window)
    assert len(rows(panel)) == 2
    assert "of 1 right" in window.lineup.standing.running


def test_a_hidden_line_up_tells_nothing_here(
    qtbot: QtBot, window: MainWindow, panel: HistoryPanel
) -> None:
    session = window.session
    session.guesses.want(True)
    session.draw(3, 1, seed=5)
    settle(qtbot, window)
    assert rows(panel)[-1] == ("?", "to be guessed")
    assert "of 1 right" in window.lineup.standing.running
    assert session.lineup.query is not None
    tip = panel.table.model().index(1, 1).data(Qt.ItemDataRole.ToolTipRole)
    assert session.lineup.query.label not in tip
    session.select(0)
    settle(qtbot, window)
    assert rows(panel)[-1] == expected(window)
    assert "of 2 right" in window.lineup.standing.running


def test_another_model_has_its_own_outcomes(
    qtbot: QtBot, window: MainWindow, panel: HistoryPanel, tiny_checkpoint: Path
) -> None:
    session = window.session
    session.draw(3, 1, seed=2)
    settle(qtbot, window)
    other = tiny_checkpoint.with_name("other.safetensors")
    other.write_bytes(tiny_checkpoint.read_bytes())
    session.set_model(other)
    settle(qtbot, window)
    assert [outcome for _name, outcome in rows(panel)] == ["–", expected(window)[1]]
    assert "of 1 right" in window.lineup.standing.running


def test_an_empty_history_says_what_to_do(bare_window: MainWindow) -> None:
    assert bare_window.history._stack.currentIndex() == 1
    assert bare_window.history_dock.isHidden()


def test_a_line_up_without_a_query_is_listed(
    qtbot: QtBot, window: MainWindow, panel: HistoryPanel
) -> None:
    window.session.remove(0)
    settle(qtbot, window)
    qtbot.waitUntil(lambda: rows(panel)[-1] == ("no query", "–"))


def test_one_class_and_one_clip_are_counted_as_one(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    session.open_lineup(Lineup(session.lineup.query, session.lineup.support[:1]))
    settle(qtbot, window)
    tip = window.history._tip(session.lineup)
    assert "\n1 class, 1 support clip\n" in tip

"""Coming back to a line-up of the sitting: its choice, its mask, and past those that are lost."""

import shutil
from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.lineup.lineup import clip_file
from app.main_window import MainWindow
from tests.app.conftest import choose_method, settle


def test_undo_brings_the_choice_of_then_and_its_drawn_mask_back(
    qtbot: QtBot, window: MainWindow
) -> None:
    session, pair, undo = window.session, window.pair, window.menus.edit.undo
    choose_method(window, "saliency")
    first = session.lineup
    assert session.heard is not None
    assert session.heard.scored is not None
    session.select(other := (session.heard.scored.best + 1) % 3)
    window.explain.method.explain()
    settle(qtbot, window)
    pair.edited.invert()
    settle(qtbot, window)
    drawn = pair.mask
    assert session.corpus is not None
    spare = [clip for clip in session.corpus.clips if clip not in first.clips]
    edits = (
        lambda: session.put(0, spare[0]),
        lambda: session.open_lineup(session.lineup.swapped(1, 2)),
        lambda: session.lock(0),
        lambda: session.draw(3, 1, seed=8),
    )
    for edit in edits:
        edit()
        settle(qtbot, window)
    assert session.lineup.query == spare[0]
    for _ in edits:
        undo.trigger()
    settle(qtbot, window)
    assert session.lineup.is_same(first)
    assert session.selected == other
    assert pair.mask is drawn
    assert undo.isEnabled(), "of the mask"


def test_next_and_previous_skip_a_line_up_that_cannot_be_read(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, now = window.session, window.session.lineup
    gone = replace(now.support[0], path=tmp_path / "gone.wav")
    first, missing = now.without(1), now.put(1, gone)
    session.history.recall([first, missing])
    for by, there in ((-1, first), (1, now)):
        session.step(by)
        settle(qtbot, window)
        assert session.lineup == there
        words = window.lineup.error.text
        assert words.startswith(f"A line-up is skipped. There is no file {gone.path}")
    session.history.recall([missing])
    for _ in range(2):
        session.back()
        settle(qtbot, window)
    assert session.lineup == first, "beyond the missing one there is none"
    assert window.lineup.error.text.startswith(f"There is no file {gone.path}")
    assert session.history.lineups[session.history.place] == first


def test_undo_and_redo_skip_a_line_up_that_cannot_be_read(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, edit, words = window.session, window.menus.edit, window.lineup.error
    first, gone = session.lineup, tmp_path / "gone.wav"
    shutil.copy(first.support[0].path, gone)
    session.put(1, clip_file(gone, first.support[0].label, None))
    settle(qtbot, window)
    session.draw(3, 1, seed=8)
    settle(qtbot, window)
    last = session.lineup
    gone.unlink()
    for step, there in ((edit.undo, first), (edit.redo, last), (edit.undo, first)):
        step.trigger()
        settle(qtbot, window)
        assert session.lineup == there
        assert words.text.startswith(f"A line-up is skipped. There is no file {gone}")
    session.open_lineup(first.put(1, clip_file(gone, "x", None)))
    settle(qtbot, window)
    assert session.lineup == first
    assert not edit.undo.isEnabled()

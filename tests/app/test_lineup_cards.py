"""The cards of the line-up: what they do with each other, with sound, and with long names."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.main_window import MainWindow
from app.widgets.clip_mime import DroppedClip, clip_mime
from siamese_core.audio import Clip, write
from tests.app.conftest import RecordingSink, drop, hold, settle


def test_a_card_dropped_on_another_changes_places_with_it(qtbot: QtBot, window: MainWindow) -> None:
    session, page = window.session, window.lineup
    session.lock(1)
    before = session.lineup
    assert before.query is not None
    carried = page.cards[0]._carried
    assert carried is not None
    assert drop(page.cards[1], clip_mime([carried]))
    settle(qtbot, window)
    first, second, *rest = before.support
    assert session.lineup.support == (second, first, *rest)
    assert session.lineup.locked == {first}
    assert drop(page.query, clip_mime([carried]))
    settle(qtbot, window)
    assert session.lineup.clips == (first, second, before.query, *rest)
    assert window.menus.edit.undo.text() == "&Undo: change of places"


def test_what_a_card_plays_stops_when_the_card_goes(
    qtbot: QtBot, window: MainWindow, sink: RecordingSink
) -> None:
    session, page = window.session, window.lineup
    player = session.player
    qtbot.keyClick(page.query, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: player.output.playing)
    assert page.query._play.toolTip().startswith("Stop")
    window.draw_bar.draw_next()
    settle(qtbot, window)
    assert not player.output.playing
    assert page.query._play.toolTip().startswith("Play")


def test_a_card_dropped_beside_the_cards_changes_nothing(qtbot: QtBot, window: MainWindow) -> None:
    before, carried = window.session.lineup, window.lineup.cards[0]._carried
    assert carried is not None
    drop(window.lineup, clip_mime([carried]))
    settle(qtbot, window)
    assert window.session.lineup == before


def test_a_card_is_as_large_inside_whether_it_is_chosen_or_not(
    qtbot: QtBot, window: MainWindow
) -> None:
    theme.apply(QApplication.instance(), "light")
    inner = set()
    for chosen in (0, 1, 0):
        window.session.select(chosen)
        settle(qtbot, window)
        rooms = [(card.size(), card.contentsRect().size()) for card in window.lineup.cards]
        inner |= {(whole - room).toTuple() for whole, room in rooms}
    assert len(inner) == 1, "pictures in a row begin level"


def test_a_chosen_card_that_comes_back_is_chosen_again(qtbot: QtBot, window: MainWindow) -> None:
    session, undo = window.session, window.menus.edit.undo
    session.select(1)
    gone = session.lineup.support[1]
    session.remove(2)
    settle(qtbot, window)
    assert session.pair is None or session.pair[1] != gone
    undo.trigger()
    settle(qtbot, window)
    assert session.pair is not None
    assert session.pair[1] == gone
    session.lock(1)
    session.select(2)
    undo.trigger()
    settle(qtbot, window)
    assert session.selected == 2, "a choice is no edit that is taken back"


def test_a_long_class_name_does_not_widen_the_window(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    name = "a class with a name that nobody would choose " * 4
    for take in range(2):
        path = tmp_path / name.strip() / f"{take}.wav"
        path.parent.mkdir(exist_ok=True)
        write(Clip(np.ones(4000, np.float32) / (2 + take), 8000), path)
    narrow = window.minimumSizeHint().width()
    for place in (0, 1):
        window.lineup.put_dropped(place, [DroppedClip(path.with_name(f"{place}.wav"), None)])
        settle(qtbot, window)
    assert name.strip() in window.lineup._verdict.text()
    assert window.minimumSizeHint().width() == narrow


def test_the_buttons_of_a_card_say_whose_they_are(window: MainWindow) -> None:
    cards = [window.lineup.query, *window.lineup.cards]
    names = [card._replace.accessibleName() for card in cards]
    assert len(set(names)) == len(cards)
    assert window.session.lineup.support[0].path.name in names[1]


def test_of_several_dropped_clips_those_that_have_a_card_stay_there(
    qtbot: QtBot, window: MainWindow
) -> None:
    session, page = window.session, window.lineup
    assert session.corpus is not None
    before = session.lineup
    held = before.support[0]
    new = next(clip for clip in session.corpus.clips if clip not in before.clips)
    both = [DroppedClip(clip.path, clip.label) for clip in (held, new, new)]
    page.put_dropped(len(before.support) + 1, both)
    settle(qtbot, window)
    assert session.lineup.support == (*before.support, new)
    page.put_dropped(len(before.support) + 1, both)
    settle(qtbot, window)
    assert session.lineup.support == (*before.support, new)
    assert page.error.text == "All of these clips are in the line-up already."


def test_many_dropped_clips_are_one_edit_and_too_many_are_refused(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, page = window.session, window.lineup
    assert session.corpus is not None
    before, clips, shown = session.lineup, session.corpus.clips, []
    strangers = [clip for clip in clips if clip not in before.clips][:8]
    session.lineup_changed.connect(lambda: shown.append(session.lineup))
    monkeypatch.setattr("app.pages.several_clips.MOST", 7)
    assert drop(page, [clip.path for clip in strangers])
    assert page.error.text == "8 clips are selected; add at most 7 at once."
    assert not session.background.busy
    assert drop(page.cards[1], [clip.path for clip in strangers[:7]])
    settle(qtbot, window)
    first, _, *rest = before.support
    assert session.lineup.support == (first, strangers[0], *rest, *strangers[1:7])
    assert len(shown) == 1, "cards are drawn once"
    assert not page.error.text
    window.menus.edit.undo.trigger()
    settle(qtbot, window)
    assert session.lineup == before


@pytest.mark.parametrize("busy", [False, True])
def test_of_dropped_files_those_that_can_be_read_come_as_one_edit(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, gate: threading.Event, busy: bool
) -> None:
    session, page, before = window.session, window.lineup, window.session.lineup
    good = [tmp_path / "voices" / f"{take}.wav" for take in range(2)]
    bad = [tmp_path / "thesis.txt", tmp_path / "empty.wav", *(tmp_path / f"{i}" for i in range(3))]
    good[0].parent.mkdir()
    for path in good:
        write(Clip(np.ones(4000, np.float32) / 2, 8000), path)
    bad[0].write_text("Chapter 1")
    bad[1].write_bytes(b"")
    if busy:
        hold(window, gate)
    assert drop(page.cards[0], [bad[0], good[0], *bad[1:], good[1]])
    gate.set()
    settle(qtbot, window)
    support = session.lineup.support
    assert [clip.path for clip in (support[0], support[-1])] == good
    assert support[1:-1] == before.support[1:]
    assert page.error.text == (
        f"5 of 7 clips left out: {bad[0]} is not sound that can be read, {bad[1]} is empty "
        f"(0 bytes), There is no file {bad[2]} and 2 more."
    )
    window.menus.edit.undo.trigger()
    settle(qtbot, window)
    assert session.lineup == before, "one step"
    assert not page.error.text


def test_dropped_files_none_of_which_can_be_read_change_nothing(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, shown = window.session, []
    before, can_undo = session.lineup, session.history.can_step(-1, edits=True)
    session.lineup_changed.connect(lambda: shown.append(session.lineup))
    assert drop(window.lineup.query, [tmp_path / "one.wav", tmp_path / "two.wav"])
    settle(qtbot, window)
    assert "2 of 2 clips left out: There is no file" in window.lineup.error.text
    assert session.lineup == before
    assert session.history.can_step(-1, edits=True) == can_undo
    assert not shown


def test_the_query_may_be_the_first_of_many(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    assert session.corpus is not None
    before = session.lineup
    strangers = [clip for clip in session.corpus.clips if clip not in before.clips][:3]
    assert drop(window.lineup.query, [clip.path for clip in strangers])
    settle(qtbot, window)
    assert session.lineup.clips == (strangers[0], *before.support, *strangers[1:])


def test_a_new_line_up_that_is_guessed_begins_at_the_top(qtbot: QtBot, window: MainWindow) -> None:
    session, page = window.session, window.lineup
    window.resize(1000, 620)
    page.guess_first.setChecked(True)
    session.draw(9, 1, seed=3)
    settle(qtbot, window)
    bar = page._scroll.verticalScrollBar()
    session.select(8)
    qtbot.waitUntil(lambda: bar.value() > 0)
    session.remove(2)
    settle(qtbot, window)
    session.add(session.lineup.clips[0])
    settle(qtbot, window)
    session.select(8)
    assert bar.value() > 0, "an edit moves nothing"
    session.draw(9, 1, seed=4)
    settle(qtbot, window)
    assert session.selected is None
    assert bar.value() == 0


def test_arrows_go_from_card_to_card_as_they_are_laid_out(qtbot: QtBot, window: MainWindow) -> None:
    session, page = window.session, window.lineup
    session.draw(9, 1, seed=3)
    settle(qtbot, window)
    page.by_score.click()
    order, keys = page._scroll.cards, Qt.Key
    columns = len({card.x() for card in order})
    assert 1 < columns < 9
    page.query.setFocus()
    last = order[-1]
    for key, wanted in (
        (keys.Key_Up, page.query),
        (keys.Key_Left, page.query),
        (keys.Key_Right, order[0]),
        (keys.Key_Down, order[columns]),
        (keys.Key_Left, order[columns - 1]),
        (keys.Key_Up, order[columns - 1]),
        (keys.Key_Left, order[columns - 2]),
    ):
        qtbot.keyClick(QApplication.focusWidget(), key)
        assert QApplication.focusWidget() is wanted
        if wanted is not page.query:
            assert page.cards[session.selected or 0] is wanted, "it is chosen too"
    last.setFocus()
    for key in (keys.Key_Right, keys.Key_Down):
        qtbot.keyClick(last, key)
        assert last.hasFocus()
    page.guess_first.setChecked(True)
    session.draw(9, 1, seed=4)
    settle(qtbot, window)
    page.query.setFocus()
    qtbot.keyClick(page.query, keys.Key_Right)
    assert page.cards[0].hasFocus()
    assert session.selected is None, "to look is no guess"

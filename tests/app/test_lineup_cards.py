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
from app.widgets.clip_card import ClipCard
from app.widgets.clip_mime import DroppedClip, clip_mime
from siamese_core.audio import Clip, write
from tests.app.conftest import RecordingSink, drop, hold, settle, tab_stops


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


def test_cards_are_sorted_by_score_on_screen_alone(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, page = window.session, window.lineup
    session.draw(9, 1, seed=3)
    settle(qtbot, window)
    before, chosen = session.lineup, session.selected
    assert page._scroll.cards == tuple(page.cards), "off until it is asked for"
    page.by_score.click()
    assert ranks(window) == list(range(1, 10))
    assert (session.lineup, session.selected) == (before, chosen)
    order = page._scroll.cards
    assert order != tuple(page.cards)
    stops = [stop for stop in tab_stops(page.query) if stop in page.cards]
    assert stops == list(order), "the Tab key goes as it is read"
    places = [(card.y(), card.x()) for card in order]
    assert places == sorted(places)
    qtbot.mouseClick(order[0], Qt.MouseButton.LeftButton)
    assert session.heard is not None
    assert session.heard.scored is not None
    assert session.selected == session.heard.scored.best
    path = tmp_path / "one.earwitness"
    window.exports.save_episode(path)
    settle(qtbot, window)
    window.show_episode(path)
    settle(qtbot, window)
    labels = [clip.label for clip in session.lineup.support]
    assert labels == [clip.label for clip in before.support], "a file has the line-up's order"
    page.by_score.click()
    assert page._scroll.cards == tuple(page.cards)


def test_sorted_cards_stay_in_their_places_while_scored_again(
    qtbot: QtBot, window: MainWindow, gate: threading.Event
) -> None:
    session, page = window.session, window.lineup
    session.draw(9, 1, seed=3)
    settle(qtbot, window)
    page.by_score.click()
    before = page._scroll.cards
    hold(window, gate)
    session.score_again()
    assert session.heard is None
    assert page._scroll.cards == before
    gate.set()
    settle(qtbot, window)
    assert page._scroll.cards == before
    session.remove(1)
    settle(qtbot, window)
    assert ranks(window) == list(range(1, 9))
    assert set(page._scroll.cards) == set(page.cards)
    page.guess_first.trigger()
    session.draw(9, 1, seed=4)
    settle(qtbot, window)
    assert page._scroll.cards == tuple(page.cards), "no order tells the answer"
    session.select(0)
    settle(qtbot, window)
    assert ranks(window) == list(range(1, 10))
    assert window.settings.sorted_by_score, "for the next start"


def ranks(window: MainWindow) -> list[int]:
    """Read the ranks on the cards as they are laid out."""
    shown = [card for card in window.lineup._scroll.cards if isinstance(card, ClipCard)]
    return [int(card._badge.text()) for card in shown]


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

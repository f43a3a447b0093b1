"""The cards of the line-up: what they do with each other, with sound, and with long names."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.main_window import MainWindow
from app.widgets.clip_mime import DroppedClip, clip_mime
from siamese_core.audio import Clip, write
from tests.app.conftest import RecordingSink, drop, settle


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

"""The order of the support cards on screen: the line-up's own, or by score."""

import threading
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.clip_card import ClipCard
from siamese_core.corpora.labelled_file import ClipFile
from tests.app.conftest import hold, settle, tab_stops


def ranks(window: MainWindow) -> list[int]:
    """Read the ranks on the cards as they are laid out."""
    shown = [card for card in window.lineup._scroll.cards if isinstance(card, ClipCard)]
    return [int(card._badge.text()) for card in shown]


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


def test_sorted_cards_lie_as_they_lay_until_the_scores_come(
    qtbot: QtBot, window: MainWindow
) -> None:
    session, page, laid = window.session, window.lineup, []
    session.draw(9, 1, seed=3)
    settle(qtbot, window)
    page.by_score.click()

    def clips() -> list[ClipFile]:
        return [session.lineup.support[card.place - 1] for card in page._laid]

    session.lineup_changed.connect(lambda: laid.append((page._scroll.cards, clips())))
    before = page._scroll.cards
    assert before != tuple(page.cards)
    session.draw(9, 1, seed=4)
    settle(qtbot, window)
    assert [cards for cards, _clips in laid] == [before]
    assert ranks(window) == list(range(1, 10))
    sorted_clips = clips()
    gone = sorted_clips[4]
    session.remove(session.lineup.support.index(gone) + 1)
    settle(qtbot, window)
    assert laid[-1][1] == [clip for clip in sorted_clips if clip != gone]
    assert ranks(window) == list(range(1, 9))


def test_nothing_is_sorted_while_that_would_tell(qtbot: QtBot, window: MainWindow) -> None:
    session, box = window.session, window.lineup.by_score
    entry = next(
        a for a in window.menus.entries() if "Sorted by score" in a.text().replace("&", "")
    )
    window.lineup.guess_first.trigger()
    assert box.isEnabled()
    session.draw(3, 1, seed=4)
    settle(qtbot, window)
    assert not box.isEnabled()
    assert not entry.isEnabled()
    assert box.toolTip() == entry.toolTip() == "Guess first: the order would tell"
    session.select(0)
    settle(qtbot, window)
    assert box.isEnabled()
    assert entry.isEnabled()
    assert "most similar" in box.toolTip()

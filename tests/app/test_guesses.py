"""Guess first: nothing tells the answer until the person has chosen; then both are compared."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.guesses import Guesses, Verdict, standing
from app.lineup import Lineup
from app.main_window import MainWindow
from siamese_core.callbacks import ignore, never
from siamese_core.corpus import ClipFile
from tests.app.conftest import settle


def lineup(number: int, truth: str = "a") -> Lineup:
    clips = [ClipFile(Path(f"{label}{number}.wav"), label, label) for label in "abc"]
    return Lineup(ClipFile(Path(f"q{number}.wav"), truth, "q"), tuple(clips))


def test_each_hidden_line_up_counts_once() -> None:
    guesses = Guesses()
    guesses.note(lineup(0), "a")
    guesses.want(True)
    assert not guesses.hides(lineup(0))  # its outcome was on screen
    for number, place, predicted in ((1, 0, "b"), (2, 1, "a"), (3, 0, None)):
        assert guesses.hides(lineup(number))
        guesses.note(lineup(number), predicted)
        guesses.pick(lineup(number), place)
        assert not guesses.hides(lineup(number))
    guesses.pick(lineup(2), 0)  # by now it is told
    assert guesses.verdicts == (Verdict(True, False), Verdict(False, True), Verdict(True, False))
    assert guesses.verdict(lineup(2)) == Verdict(False, True)
    words = standing(guesses.verdicts, ignore, never)
    assert words == "You: 2 of 3 (21–94 %) · Network: 1 of 3 (6–79 %)"


def test_a_guess_waits_for_the_network_and_nothing_is_asked_without_a_truth() -> None:
    guesses = Guesses()
    guesses.want(True)
    assert not guesses.hides(lineup(1, truth="nobody"))
    guesses.pick(lineup(1), 2)
    assert guesses.verdicts == ()
    assert standing((), ignore, never) == ""
    guesses.note(lineup(1), "a")
    assert guesses.verdicts == (Verdict(False, True),)


def said(window: QWidget) -> str:
    """Everything that can be read or heard of a widget: texts, tips and accessible names."""
    parts = [window, *window.findChildren(QWidget)]
    texts = [part.text() for part in parts if isinstance(part, QLabel)]
    return " ".join([*texts, *(p.toolTip() for p in parts), *(p.accessibleName() for p in parts)])


@pytest.fixture
def hidden(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with a line-up whose answer is hidden."""
    entry = next(a for a in window.menus.entries() if a.text() == "&Guess first")
    assert entry.shortcut().toString() == "Ctrl+G"
    entry.trigger()
    settle(qtbot, window)
    assert "the next line-up hides its answer" in window.lineup._standing.text()
    assert "Predicted" in window.lineup._verdict.text()
    window.session.draw(3, 1, seed=21)
    settle(qtbot, window)
    return window


def test_nothing_tells_before_the_guess(qtbot: QtBot, hidden: MainWindow) -> None:
    session, page = hidden.session, hidden.lineup
    query = session.lineup.query
    assert query is not None
    assert session.heard is not None
    assert session.heard.scored is not None
    assert session.selected is None
    assert "choose a support clip" in page._verdict.text()
    assert query.path.name not in said(page.query)
    assert query.label not in said(page.query)
    for card in page.cards:
        assert not card._badge.isVisible()
        words = card.accessibleName().casefold()
        assert not any(word in words for word in ("rank", "similar", "predicted", "right", "wrong"))
    assert page.notice.text == ""
    assert hidden.explain.view.views["query"].title == "Query: ?"
    hidden.explain.method.at_once.setChecked(True)
    settle(qtbot, hidden)
    assert hidden.pair.explanation is None


@pytest.mark.parametrize("right", [True, False])
def test_a_choice_tells_all_and_counts(qtbot: QtBot, hidden: MainWindow, right: bool) -> None:
    session, page = hidden.session, hidden.lineup
    truth, scored = session.lineup.truth, session.heard and session.heard.scored
    assert scored is not None
    labels = [clip.label for clip in session.lineup.support]
    place = next(i for i, label in enumerate(labels) if (label == truth) == right)
    page.cards[place].setFocus()
    qtbot.mouseClick(page.cards[place], Qt.MouseButton.LeftButton)
    settle(qtbot, hidden)
    assert session.selected == place
    network = "right" if scored.predicted == truth else "wrong"
    words = page._verdict.text()
    assert words.startswith(f"You: {'right' if right else 'wrong'} · Network: {network}")
    assert (truth in words) == (not right or network == "wrong")
    assert page._standing.text().startswith(f"You: {int(right)} of 1")
    assert truth in said(page.query)
    assert page.cards[0]._badge.isVisible()
    assert truth in hidden.explain.view.views["query"].title
    session.back()
    settle(qtbot, hidden)
    assert "Predicted" in page._verdict.text()  # it was open when it was drawn
    session.forward()
    settle(qtbot, hidden)
    assert page._verdict.text() == words
    assert len(session.guesses.verdicts) == 1


def test_without_guessing_first_all_is_told_again(qtbot: QtBot, hidden: MainWindow) -> None:
    hidden.session.guesses.want(False)
    settle(qtbot, hidden)
    assert "Predicted" in hidden.lineup._verdict.text()
    assert hidden.lineup._standing.text().startswith("Random line-ups: ")
    assert hidden.session.guesses.verdicts == ()
    hidden.session.guesses.want(True)
    assert not hidden.session.guesses.hides(hidden.session.lineup)  # it has been told


def test_what_is_told_unguessed_is_also_chosen(qtbot: QtBot, hidden: MainWindow) -> None:
    assert hidden.session.pair is None
    hidden.lineup.guess_first.trigger()
    settle(qtbot, hidden)
    assert hidden.session.heard is not None
    assert hidden.session.heard.scored is not None
    assert hidden.session.selected == hidden.session.heard.scored.best

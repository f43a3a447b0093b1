"""Guess first: nothing tells the answer until the person has chosen; then both are compared."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.lineup.guesses import Guesses, Verdict
from app.lineup.lineup import Lineup
from app.main_window import MainWindow
from app.session.standing import standing
from app.widgets.value_table import ValueTable
from siamese_core.corpora.labelled_file import ClipFile
from tests.app.conftest import PATIENCE_MS, settle


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
    words = standing(guesses.verdicts)
    assert words == "You: 2 of 3 (21–94 %) · Network: 1 of 3 (6–79 %)"


def test_a_guess_waits_for_the_network_and_nothing_is_asked_without_a_truth() -> None:
    guesses = Guesses()
    guesses.want(True)
    assert not guesses.hides(lineup(1, truth="nobody"))
    guesses.pick(lineup(1), 2)
    assert guesses.verdicts == ()
    assert standing(()) == ""
    guesses.note(lineup(1), "a")
    assert guesses.verdicts == (Verdict(False, True),)


def renamed(before: Lineup) -> Lineup:
    """The same line-up beside a corpus that has its classes, too."""
    assert before.query is not None
    query, *support = (replace(clip, label=f"x/{clip.label}") for clip in before.clips)
    return Lineup(query, tuple(support))


def test_classes_may_be_renamed() -> None:
    guesses = Guesses()
    guesses.note(lineup(0), "a")
    guesses.want(True)
    for number in (1, 2):
        guesses.note(lineup(number), "b")
    guesses.pick(lineup(1), 0)
    for number in range(3):
        guesses.rename(lineup(number), renamed(lineup(number)))
    assert not guesses.hides(renamed(lineup(0)))
    assert guesses.guess(renamed(lineup(1))).pick == "x/a"
    assert guesses.verdict(renamed(lineup(1))) == Verdict(True, False)
    assert guesses.verdicts == (Verdict(True, False),), "each counts once"
    assert guesses.hides(renamed(lineup(2)))
    guesses.pick(renamed(lineup(2)), 1)
    assert guesses.verdict(renamed(lineup(2))) == Verdict(False, False)


def said(window: QWidget) -> str:
    """Everything that can be read or heard of a widget: texts, tips and accessible names."""
    parts = [window, *window.findChildren(QWidget)]
    actions = window.findChildren(QAction)
    tables = window.findChildren(ValueTable)
    texts = [
        *(part.text() for part in parts if isinstance(part, QLabel | QAbstractButton | QLineEdit)),
        *(box.itemText(i) for box in window.findChildren(QComboBox) for i in range(box.count())),
        *(told for a in actions for told in (a.text(), a.toolTip(), a.statusTip(), a.iconText())),
        *(told for table in tables for told in (table.text(), *cells(table))),
        *(p.toolTip() for p in parts),
        *(p.accessibleName() for p in parts),
        *(p.accessibleDescription() for p in parts),
        *(p.windowTitle() for p in parts),
    ]
    return " ".join(texts)


def cells(table: ValueTable) -> Iterator[str]:
    """What a table says of each cell, to the eye, the ear and the mouse."""
    model, roles = table.model(), Qt.ItemDataRole
    for row, column in product(range(model.rowCount()), range(model.columnCount())):
        index = model.index(row, column)
        for role in (roles.DisplayRole, roles.ToolTipRole, roles.AccessibleTextRole):
            yield str(index.data(role) or "")


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


def test_no_text_of_the_window_names_a_hidden_query(
    qtbot: QtBot, hidden: MainWindow, tone_corpus: Path, tmp_path: Path
) -> None:
    for number, path in enumerate(sorted(tone_corpus.glob("*/*.wav"))):
        folder = tmp_path / "tones" / path.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / f"unlike-{number:03}.wav")
    session = hidden.session
    session.open_corpus(tmp_path / "tones")
    hidden.history_dock.show()
    for seed in (31, 32):
        session.draw(3, 1, seed)
        settle(qtbot, hidden)
    query, *support = session.lineup.clips
    other = next(place for place, clip in enumerate(support, 1) if clip.label != query.label)
    undo, redo = hidden.menus.edit.undo, hidden.menus.edit.redo
    for edit in (
        lambda: session.lock(0),
        lambda: session.lock(1),
        lambda: session.remove(other),
        lambda: session.step(-1, edits=True),
        session.back,
        session.forward,
    ):
        edit()
        settle(qtbot, hidden)
        assert session.guesses.hides(session.lineup)
        assert session.lineup.query is not None
        assert session.lineup.query.path.stem not in said(hidden)
        assert "unlike" not in undo.text() + redo.text()
    assert undo.text() == redo.text().replace("Redo", "Undo") == "&Undo: change of the line-up"
    session.select(0)
    settle(qtbot, hidden)
    assert query.path.stem in said(hidden)
    assert undo.text() == f"&Undo: lock {support[0].path.name}"
    assert redo.text() == "&Redo: change of the line-up", "what is behind it is still hidden"


def test_what_was_left_unguessed_is_hidden_again_until_all_is_told() -> None:
    first, again, told = Guesses(), Guesses(), Guesses()
    first.want(True)
    first.want(True)
    first.note(lineup(1), "a")
    first.want(True)
    assert first.hides(lineup(1)), "asked for twice, it tells nothing"
    again.want(True)
    for later in (again, told):
        later.recall(lineup(1), first.guess(lineup(1)))
        later.want(True)
    assert again.hides(lineup(1))
    assert not told.hides(lineup(1)), "it was listed openly"
    again.pick(lineup(1), 0)
    assert again.verdicts == (Verdict(True, True),)


def leave_to(qtbot: QtBot, window: MainWindow, name: str) -> None:
    """Leave to another window what this one has written so far, as a kill would."""
    window.sitting.keep()
    qtbot.waitUntil(lambda: not window.sitting.background.busy, timeout=PATIENCE_MS)
    window.settings.sync()
    folder = window.sitting.folder
    shutil.copytree(folder, folder.with_name(name))
    shutil.copy(f"{folder}.ini", f"{folder.with_name(name)}.ini")


@pytest.mark.parametrize("wanted", [True, False])
def test_after_a_kill_the_unguessed_line_up_is_hidden_again(
    qtbot: QtBot,
    another_window: Callable[[str], MainWindow],
    tone_corpus: Path,
    tiny_checkpoint: Path,
    wanted: bool,
) -> None:
    killed = another_window("one")
    killed.session.open_corpus(tone_corpus)
    killed.session.set_model(tiny_checkpoint)
    settle(qtbot, killed)
    for guessing in (False, True):
        killed.session.guesses.want(guessing)
        killed.session.draw(3, 1, seed=20 + guessing)
        settle(qtbot, killed)
    killed.session.guesses.want(wanted)
    leave_to(qtbot, killed, "two")
    window = another_window("two")
    window.start()
    session = window.session
    seen: list[bool] = []
    session.heard_changed.connect(lambda: seen.append(session.guesses.hides(session.lineup)))
    qtbot.waitUntil(lambda: session.heard is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: len(session.history.lineups) == 2, timeout=PATIENCE_MS)
    settle(qtbot, window)
    assert session.lineup == killed.session.lineup
    assert session.guesses.wanted == window.lineup.guess_first.isChecked() == wanted
    assert set(seen) == {wanted}, "not even for a moment"
    assert ("Which one is it?" in window.lineup._verdict.text()) == wanted
    session.guesses.want(True)
    first, second = map(session.guesses.hides, session.history.lineups)
    assert (first, second) == (False, wanted)
    assert (session.selected is None) == wanted


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

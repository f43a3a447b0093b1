"""The line-up page: drawing, dropping, replacing, scores, notices, and what goes wrong."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.session.corpora import BUNDLED
from app.widgets.clip_mime import DroppedClip, clip_mime
from siamese_core.audio import Clip, write
from tests.app.conftest import RecordingSink, drop, settle
from tests.app.window_states import write_hums


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.wav"
    path.write_text("this is no sound")
    return path


def clip_of(folder: Path, label: str, take: int) -> Path:
    return folder / label / f"take{take}.wav"


def test_a_random_line_up_is_scored_ranked_and_judged(qtbot: QtBot, window: MainWindow) -> None:
    bar, session = window.draw_bar, window.session
    bar.ways.setValue(4)
    bar.shots.setValue(2)
    qtbot.mouseClick(bar.button, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert len(window.lineup.cards) == len(session.lineup.support) == 8
    assert session.heard is not None
    scored = session.heard.scored
    assert scored is not None
    assert sorted(score.rank for score in scored.scores) == list(range(1, 9))
    told = {card._badge.text(): card._bar.text for card in window.lineup.cards}
    ranked = sorted(scored.classes, key=lambda of: -of.logit)
    assert {rank: words.split()[-1] for rank, words in told.items()} == {
        str(rank): f"{of.similarity:.3f}" for rank, of in enumerate(ranked, 1)
    }
    assert "class" in window.lineup.cards[0]._bar.accessibleName()
    marked = [card for card in window.lineup.cards if card._mark.text]
    assert len(marked) == 2  # both clips of the class that is predicted
    best = window.lineup.cards[scored.best].accessibleName()
    right = scored.predicted == session.lineup.truth
    assert ("right" if right else "wrong") in best.casefold()
    assert f"Predicted: {scored.predicted}" in window.lineup._verdict.text()
    assert session.selected == scored.best


def test_numbers_that_are_typed_and_not_left_are_drawn_with(
    qtbot: QtBot, window: MainWindow
) -> None:
    bar, session = window.draw_bar, window.session
    for box, keys in ((bar.ways, "3"), (bar.shots, "2"), (bar.seed, "41")):
        box.selectAll()
        qtbot.keyClicks(box, keys)
    qtbot.mouseClick(bar.button, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert len(session.lineup.support) == 6
    assert bar.seed.value() == session.settings.seed == 41
    qtbot.mouseClick(bar.button, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert bar.seed.value() == session.settings.seed == 42  # it steps on once the seed was drawn


def test_the_same_seed_draws_the_same_and_the_way_back_is_open(
    qtbot: QtBot, window: MainWindow
) -> None:
    bar, session = window.draw_bar, window.session
    first = session.lineup
    bar.draw_next()
    settle(qtbot, window)
    second = session.lineup
    assert second != first
    qtbot.mouseClick(bar.back, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert session.lineup == first
    assert session.heard is not None
    qtbot.mouseClick(bar.forward, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert session.lineup == second
    assert not bar.forward.isEnabled()
    seed = bar.seed.value()
    session.draw(bar.ways.value(), bar.shots.value(), seed)
    settle(qtbot, window)
    assert session.lineup == second


def test_an_undo_to_a_clip_that_is_gone_stays_here_where_nothing_is_older(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session = window.session
    for name in ("gone", "here"):
        path = tmp_path / "tone0" / f"{name}.wav"
        write(Clip(np.ones(4000, np.float32) / 2, 8000), path)
        assert drop(window.lineup.query, [path])
        settle(qtbot, window)
        if name == "gone":
            session.history.clear()
    (tmp_path / "tone0" / "gone.wav").unlink()
    here = session.lineup
    session.step(-1, edits=True)
    settle(qtbot, window)
    assert "There is no file" in window.lineup.error.text
    assert session.lineup == here
    assert not session.can_step(1)


def test_an_impossible_line_up_is_refused_in_place(qtbot: QtBot, window: MainWindow) -> None:
    before = window.session.lineup
    window.draw_bar.shots.setValue(50)
    window.draw_bar.draw_next()
    settle(qtbot, window)
    assert "50 shots and a query need 51" in window.lineup.error.text
    assert window.session.lineup == before
    assert window.session.heard is not None


def test_clips_are_dropped_on_cards(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path, tmp_path: Path
) -> None:
    session, page = window.session, window.lineup
    path = clip_of(tone_corpus, "tone5", 7)
    assert drop(page.query, clip_mime([DroppedClip(path, "tone5")]))
    settle(qtbot, window)
    assert session.lineup.query is not None
    assert (session.lineup.query.path, session.lineup.query.label) == (path, "tone5")
    stranger = tmp_path / "stranger" / "1.wav"
    write(Clip(np.ones(4000, np.float32) / 2, 8000), stranger)
    assert drop(page.cards[1], [stranger])
    settle(qtbot, window)
    assert session.lineup.support[1].label == "stranger"
    assert session.heard is not None
    before = len(session.lineup.support)
    assert drop(page, [clip_of(tone_corpus, "tone0", 1), clip_of(tone_corpus, "tone1", 1)])
    settle(qtbot, window)
    assert len(session.lineup.support) == before + 2


def test_return_in_the_size_of_the_line_up_draws_with_the_same_seed(
    qtbot: QtBot, window: MainWindow
) -> None:
    bar = window.draw_bar
    bar.draw_next()
    settle(qtbot, window)
    seed, ways = bar.seed.value(), bar.ways.value()
    bar.ways.setFocus()
    bar.ways.selectAll()
    qtbot.keyClicks(bar.ways, str(ways + 1))
    assert len(window.lineup.cards) == ways
    qtbot.keyClick(bar.ways, Qt.Key.Key_Return)
    settle(qtbot, window)
    assert len(window.lineup.cards) == ways + 1
    assert bar.seed.value() == seed


def test_an_error_of_the_corpus_before_goes_with_it(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path
) -> None:
    window.draw_bar.shots.setValue(50)
    window.draw_bar.draw_next()
    settle(qtbot, window)
    assert window.lineup.error.text
    window.session.corpora.open(BUNDLED)
    settle(qtbot, window)
    assert not window.lineup.error.text


def test_a_corrupt_file_is_named_and_nothing_is_lost(
    qtbot: QtBot, window: MainWindow, broken: Path
) -> None:
    before, heard = window.session.lineup, window.session.heard
    for target in (window.lineup.query, window.lineup.cards[0], window.lineup):
        assert drop(target, [broken])
        settle(qtbot, window)
        assert "broken.wav is not sound that can be read" in window.lineup.error.text
        assert window.session.lineup == before
        assert window.session.heard is heard
        window.lineup.error.clear()


def test_a_corrupt_file_on_an_empty_card_is_named_there(
    qtbot: QtBot, bare_window: MainWindow, broken: Path
) -> None:
    assert drop(bare_window.lineup.query, [broken])
    settle(qtbot, bare_window)
    assert "broken.wav" in bare_window.lineup.query.accessibleName()


def test_a_corpus_with_a_corrupt_clip_still_draws_or_says_which(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, tone_corpus: Path
) -> None:
    folder = tmp_path / "half-broken"
    for label in ("tone0", "tone1"):
        (folder / label).mkdir(parents=True)
        for take in range(2):
            (folder / label / f"{take}.wav").write_bytes(b"RIFF")
    window.session.open_corpus(folder)
    settle(qtbot, window)
    before = window.session.lineup
    window.draw_bar.draw_next()
    settle(qtbot, window)
    assert "4 clips of half-broken cannot be read" in window.lineup.error.text
    assert window.session.lineup == before


def test_a_card_is_replaced_by_a_dialog_and_removed_by_a_key(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, page = window.session, window.lineup
    path = clip_of(tone_corpus, "tone4", 6)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    page.cards[2]._replace.click()
    settle(qtbot, window)
    assert session.lineup.support[2].path == path
    page.cards[0].setFocus()
    qtbot.keyClick(page.cards[0], Qt.Key.Key_Delete)
    settle(qtbot, window)
    assert len(session.lineup.support) == len(page.cards) == 2
    assert session.lineup.support[1].path == path
    assert session.heard is not None
    session.remove(0)
    settle(qtbot, window)
    assert "needs a query" in page._verdict.text()
    assert session.heard is not None
    assert session.heard.scored is None


def test_a_card_plays_its_whole_clip(qtbot: QtBot, window: MainWindow, sink: RecordingSink) -> None:
    clip = window.session.lineup.support[1]
    card = window.lineup.cards[1]
    card.setFocus()
    window.session.player.output.volume = 1.0
    qtbot.keyClick(card, Qt.Key.Key_Space)
    settle(qtbot, window)
    samples = window.session.clips[clip].samples
    heard = sink.record(len(samples))
    np.testing.assert_allclose(heard[200:-200], samples[200:-200], atol=1e-5)


def test_a_silent_clip_and_heard_classes_are_noticed(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    for label in ("a", "c"):
        write(Clip(np.zeros(4000, np.float32), 8000), tmp_path / label / "hush.wav")
    assert drop(window.lineup.query, [tmp_path / "a" / "hush.wav"])
    settle(qtbot, window)
    words = window.lineup.notice.text
    assert "hush.wav is silent" in words
    assert "The model heard these classes in training: a." in words


def test_a_long_clip_is_noticed_and_its_window_can_be_moved(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session = window.session
    sound = np.full(8000 * 20, 0.01, np.float32)
    sound[8000 * 12 : 8000 * 13] *= 50
    write(Clip(sound, 8000), tmp_path / "tone0" / "long.wav")
    assert drop(window.lineup.query, [tmp_path / "tone0" / "long.wav"])
    settle(qtbot, window)
    assert "lasts 20.0 s; its loudest 0.5 s are heard" in window.lineup.notice.text
    query, heard = session.lineup.query, session.heard
    assert query is not None
    assert heard is not None
    assert 12.0 <= heard.maps[query].start <= 12.5
    strip = window.explain.view.pictures["query"].strip
    assert strip.isVisible()
    assert not window.explain.view.pictures["support"].strip.isVisible()
    qtbot.keyClick(strip, Qt.Key.Key_Home)
    settle(qtbot, window)
    assert session.heard is not None
    assert session.heard.maps[query].start == 0.0
    assert session.heard.scored is not None
    right = strip.rect().center()
    right.setX(strip.width() - 3)
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=right)
    settle(qtbot, window)
    assert session.heard.maps[query].start == pytest.approx(19.5, abs=0.01)


def test_several_long_clips_bring_one_sentence_with_each_of_them_behind_it(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    corpus = write_hums(tmp_path / "hums", classes=3, takes=2, seconds=4, rate=8000)
    window.session.open_corpus(corpus)
    settle(qtbot, window)
    window.session.draw(3, 1, seed=1)
    settle(qtbot, window)
    notice = window.lineup.notice
    assert notice.text.startswith("4 clips are longer than the model's window, the longest ")
    assert notice.text.endswith(
        "with 4.0 s; the loudest 0.5 s of each are heard.\nPoint here to read of each."
    )
    told = notice.toolTip().splitlines()
    assert [line.endswith(".wav lasts 4.0 s; its loudest 0.5 s are heard.") for line in told] == [
        False,
        True,
        True,
        True,
        True,
    ]


def test_many_notices_leave_the_cards_their_room(qtbot: QtBot, window: MainWindow) -> None:
    heard = window.session.heard
    assert heard is not None
    told = tuple(f"Clip {number} is odd." for number in range(6))
    window.session._hearing.heard = replace(heard, notices=told)
    window.session.heard_changed.emit()
    shown = window.lineup.notice.text.splitlines()
    assert shown == list(told)
    assert window.lineup.notice._label.text() == " ".join(told), "in one line"
    assert window.lineup.notice.toolTip().splitlines() == list(told)


def test_a_locked_card_stays_while_others_are_drawn(qtbot: QtBot, window: MainWindow) -> None:
    session, page = window.session, window.lineup
    page.cards[1].setFocus()
    qtbot.keyClick(page.cards[1], Qt.Key.Key_L)
    qtbot.mouseClick(page.query._lock, Qt.MouseButton.LeftButton)
    first, heard = session.lineup, session.heard
    assert heard is not None  # nothing is scored anew
    assert "locked" in page.cards[1].accessibleName()
    assert page.query._lock.toolTip().startswith("Let it go")
    for _ in range(3):
        window.draw_bar.draw_next()
        settle(qtbot, window)
        assert session.lineup.query == first.query
        assert session.lineup.support[1] == first.support[1]
        assert session.lineup.truth == first.truth
    assert session.lineup != first
    assert "locked" in page.cards[1].accessibleName()
    window.draw_bar.ways.setValue(2)
    session.lock(1)
    window.draw_bar.draw_next()
    settle(qtbot, window)
    assert "has no room for them; unlock one" in page.error.text


def test_a_lock_is_undone_and_scores_stay(qtbot: QtBot, window: MainWindow) -> None:
    session, edit = window.session, window.menus.edit
    session.lock(1)
    name = session.lineup.support[0].path.name
    assert edit.undo.text() == f"&Undo: lock {name}"
    heard = session.heard
    edit.undo.trigger()
    settle(qtbot, window)
    assert not session.lineup.locked
    assert session.heard is heard
    edit.redo.trigger()
    settle(qtbot, window)
    assert session.lineup.locked == {session.lineup.support[0]}
    assert "locked" in window.lineup.cards[0].accessibleName()


def test_the_chosen_card_of_many_is_in_sight(qtbot: QtBot, window: MainWindow) -> None:
    session, page = window.session, window.lineup
    session.draw(5, 3, seed=4)
    settle(qtbot, window)
    for chosen in (14, 0, 7):
        session.select(chosen)
        place = page.cards[chosen].mapTo(page._scroll.viewport(), QPoint(0, 0)).y()
        qtbot.waitUntil(lambda place=place: place >= 0)
        assert place + page.cards[chosen].height() <= page._scroll.viewport().height()
    words = page._standing.text()
    *classes, running = words.split(" · ")
    assert len(classes) == 5
    assert running.startswith("Random line-ups: ")

"""The session without a window: its signals are all that the pages need."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from app.background import Background
from app.explaining.pair import Pair
from app.lineup.lineup import clip_file
from app.lineup.loaded_model import Request, outline
from app.main_window import MainWindow
from app.session.session import Session
from app.settings import Settings
from app.sound.audio_output import AudioOutput
from app.sound.player import Player
from siamese_core.attribution.methods import METHODS
from siamese_core.audio import write
from siamese_core.corpus import read_corpus
from siamese_core.mask.mask import MaskParameters
from tests.app.conftest import PATIENCE_MS, RecordingSink, choose_method, settle
from tests.conftest import tone


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path, sink: RecordingSink) -> Iterator[Session]:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    output = AudioOutput(sinks=[lambda: sink])
    made = Session(Background(), Player(output), Settings(store))
    yield made
    made.background.shutdown()
    made.player.close()


def test_the_whole_way_by_signals(
    qtbot: QtBot, session: Session, tone_corpus: Path, tiny_checkpoint: Path
) -> None:
    pair = Pair(session)
    with qtbot.waitSignal(session.corpus_changed, timeout=PATIENCE_MS):
        session.open_corpus(tone_corpus)
    with qtbot.waitSignal(session.model_changed, timeout=PATIENCE_MS):
        session.set_model(tiny_checkpoint)
    with qtbot.waitSignal(session.selection_changed, timeout=PATIENCE_MS):
        session.draw(2, 1, 0)
    method = "saliency"
    request = Request(method, METHODS[method].parameters(), "support", MaskParameters())
    with qtbot.waitSignals([pair.explanation_changed, pair.mask_changed], timeout=PATIENCE_MS):
        pair.explain(request)
    qtbot.waitUntil(lambda: len(pair.sounds) == 4, timeout=PATIENCE_MS)


def test_nothing_is_asked_of_a_model_that_is_not_there(session: Session, tone_corpus: Path) -> None:
    session.score_again()
    session.cancel()
    assert session.heard is None
    assert session.pair is None


def test_cards_follow_a_class_that_two_corpora_have_in_common(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    """Else the right answer, added from the library, would bear another name than the query."""
    for corpus, classes in {"a": ("dog", "cat"), "b": ("dog", "bird")}.items():
        for number, label in enumerate(classes):
            for take in range(2):
                path = tmp_path / corpus / label / f"{take}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                write(tone(300 + 100 * number + 10 * take), path)
    with qtbot.waitSignal(session.corpus_changed, timeout=PATIENCE_MS):
        session.open_corpus(tmp_path / "a")
    with qtbot.waitSignal(session.lineup_changed, timeout=PATIENCE_MS):
        session.draw(2, 1, 0)
    before = session.lineup
    assert before.truth == "dog"
    with qtbot.waitSignal(session.corpus_changed, timeout=PATIENCE_MS):
        session.corpora.add(tmp_path / "b")
    joined = {"dog": "a/dog", "cat": "cat"}
    assert [clip.label for clip in session.lineup.clips] == [
        joined[clip.label] for clip in before.clips
    ]
    assert set(session.clips) == set(session.lineup.clips)
    assert session.outcomes.was_drawn(session.lineup)
    assert session.history.lineups == (session.lineup,), "it is the same one"
    session.remove(session.lineup.classes.index(session.lineup.query.label) + 1)
    assert session.lineup.truth is None
    assert session.corpus is not None
    right = next(c for c in session.corpus.clips if c.label == session.lineup.query.label)
    session.add(right)
    qtbot.waitUntil(lambda: right in session.lineup.support, timeout=PATIENCE_MS)
    assert session.lineup.truth == right.label
    with qtbot.waitSignal(session.corpus_changed, timeout=PATIENCE_MS):
        session.corpora.remove(tmp_path / "b")
    assert set(session.lineup.classes) <= {"dog", "cat"}


def test_several_clips_added_at_once_all_come(
    qtbot: QtBot, session: Session, tone_corpus: Path
) -> None:
    with qtbot.waitSignal(session.corpus_changed, timeout=PATIENCE_MS):
        session.open_corpus(tone_corpus)
    assert session.corpus is not None
    wanted = session.corpus.clips[:6]
    for clip in wanted:
        session.add(clip)
    qtbot.waitUntil(lambda: session.lineup.support == wanted, timeout=PATIENCE_MS)


def test_a_missing_clip_is_refused_with_its_place(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    with qtbot.waitSignal(session.refused, timeout=PATIENCE_MS) as refused:
        session.put(0, clip_file(tmp_path / "missing.wav", None, None))
    assert refused.args[0] == 0
    assert f"There is no file {tmp_path / 'missing.wav'}" in refused.args[1]


def test_an_outline_follows_the_loudness() -> None:
    quiet, loud = tone(440, 2.0, level=0.1), tone(440, 2.0, level=0.8)
    assert outline(loud).max() == pytest.approx(loud.peak)
    assert len(outline(quiet)) == len(outline(loud)) == 800
    assert outline(quiet).mean() < outline(loud).mean() / 5


def test_two_quick_steps_back_go_back_twice(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    seen = [session.lineup]
    for seed in (2, 3):
        session.draw(3, 1, seed)
        settle(qtbot, window)
        seen.append(session.lineup)
    session.back()
    session.back()
    session.back()  # there is no further one
    settle(qtbot, window)
    assert session.lineup == seen[0]
    session.forward()
    settle(qtbot, window)
    assert session.lineup == seen[1]


def test_a_clip_takes_the_place_of_the_one_it_was_meant_for(
    qtbot: QtBot, window: MainWindow
) -> None:
    session = window.session
    assert session.corpus is not None
    clip, (_, second, third) = session.corpus.clips[-1], session.lineup.support
    session.put(3, clip)
    session.remove(1)  # while the clip is still being read
    settle(qtbot, window)
    assert session.lineup.support == (second, clip)
    session.put(2, third)
    session.remove(2)
    settle(qtbot, window)
    assert session.lineup.support == (second, third)


def test_a_read_that_is_cancelled_leaves_its_card_as_it_was(
    qtbot: QtBot, bare_window: MainWindow, tiny_checkpoint: Path, tone_corpus: Path
) -> None:
    session, card = bare_window.session, bare_window.lineup.query
    session.set_model(tiny_checkpoint)
    settle(qtbot, bare_window)
    before, gate = card.accessibleName(), threading.Event()
    session.run(lambda _e, _s: gate.wait(10), lambda _opened: None, "line-up")
    session.put(0, read_corpus(tone_corpus).clips[0])
    assert card.accessibleName() != before
    session.cancel()
    gate.set()
    settle(qtbot, bare_window)
    assert card.accessibleName() == before


def test_a_window_that_stays_where_it_is_changes_nothing(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    clip = session.lineup.support[0]
    session.move_window(clip, 0.01)
    settle(qtbot, window)
    with qtbot.assertNotEmitted(session.changing):
        session.move_window(clip, 0.01)
    assert session.heard is not None


def test_of_two_rows_of_the_history_the_last_one_is_shown(qtbot: QtBot, window: MainWindow) -> None:
    session, table = window.session, window.history.table
    for seed in range(2, 7):
        session.draw(3, 1, seed)
        settle(qtbot, window)
    window.history_dock.show()
    listed = session.history.lineups
    qtbot.waitUntil(lambda: table.model().rowCount() == len(listed))
    for row in (4, 1):
        window.history.go_to(table.model().index(row, 0))
    settle(qtbot, window)
    assert session.lineup == listed[1]


def test_an_episode_that_is_opened_is_no_guess(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, path = window.session, tmp_path / "saved.earwitness"
    choose_method(window, "saliency")
    window.explain.method.explain()
    settle(qtbot, window)
    window.exports.save_episode(path)
    settle(qtbot, window)
    window.lineup.guess_first.setChecked(True)
    session.open_episode(path)
    settle(qtbot, window)
    assert session.opened
    assert session.opened.selected is not None
    assert session.lineup == session.opened.lineup
    assert session.guesses.hides(session.lineup)
    assert session.guesses.guess(session.lineup).pick is None
    assert session.pair is None

"""The session without a window: its signals are all that the pages need."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from app.audio_output import AudioOutput
from app.background import Background
from app.lineup import clip_file
from app.loaded_model import Request, outline
from app.pair import Pair
from app.player import Player
from app.session import Session
from app.settings import Settings
from siamese_core.attribution.parameters import METHOD_PARAMETERS
from siamese_core.mask import MaskParameters
from tests.app.conftest import PATIENCE_MS, RecordingSink
from tests.conftest import tone


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path, sink: RecordingSink) -> Iterator[Session]:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    output = AudioOutput(sinks=[lambda: sink])
    made = Session(Background(), Player(output), Settings(store))
    yield made
    made.background.shutdown()
    output.close()


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
    request = Request(method, METHOD_PARAMETERS[method](), "support", MaskParameters())
    with qtbot.waitSignals([pair.explanation_changed, pair.mask_changed], timeout=PATIENCE_MS):
        pair.explain(request)
    qtbot.waitUntil(lambda: len(pair.sounds) == 4, timeout=PATIENCE_MS)


def test_nothing_is_asked_of_a_model_that_is_not_there(session: Session, tone_corpus: Path) -> None:
    session.score_again()
    session.cancel()
    assert session.heard is None
    assert session.notices == []
    assert session.pair is None


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
    assert refused.args == [0, f"There is no file {tmp_path / 'missing.wav'}."]


def test_an_outline_follows_the_loudness() -> None:
    quiet, loud = tone(440, 2.0, level=0.1), tone(440, 2.0, level=0.8)
    assert outline(loud).max() == pytest.approx(loud.peak)
    assert len(outline(quiet)) == len(outline(loud)) == 800
    assert outline(quiet).mean() < outline(loud).mean() / 5

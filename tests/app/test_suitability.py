"""A corpus that does not suit the model is named; one that does is not."""

import threading
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.library.inventory import Facts, facts
from app.library.suitability import objection
from app.main_window import MainWindow
from siamese_core.audio import Clip, write
from siamese_core.callbacks import ignore, never
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import read_corpus
from siamese_core.demo import bundled_corpus
from siamese_core.errors import Cancelled
from siamese_core.melspec import PRESETS
from siamese_core.survey import Finding
from tests.app.conftest import settle
from tests.app.window_states import write_hums
from tests.conftest import tone

VOICE = PRESETS["voice"]


def found(*values: tuple[int, float]) -> Facts:
    file = ClipFile(Path("a.wav"), "a", "a")
    return tuple(Finding(file, rate, 1, seconds) for rate, seconds in values)


WELL = found((16_000, 0.8), (44_100, 1.5))


def test_what_suits_is_not_mentioned() -> None:
    assert objection([], WELL, VOICE) == ""
    assert objection([], (), VOICE) == ""


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ((16_000, 0.2), "1 of 3 clips is far shorter than its window of 1 s"),
        ((16_000, 9.0), "1 of 3 clips is far longer than its window of 1 s"),
        ((8_000, 1.0), "1 of 3 clips is of a rate below its 16,000 Hz"),
    ],
)
def test_odd_clips_are_counted(odd: tuple[int, float], words: str) -> None:
    assert words in objection([], (*WELL, *found(odd)), VOICE)
    assert objection([], (*(WELL * 20), *found(odd)), VOICE) == ""  # a few do not matter


def test_everything_is_said_in_one_sentence() -> None:
    told = objection("abcde", found((8_000, 9.0)), VOICE)
    assert told == (
        "This corpus does not quite suit the model: it was trained on a, b, c and 2 more; "
        "all clips are far longer than its window of 1 s; "
        "all clips are of a rate below its 16,000 Hz."
    )


def test_headers_are_read_and_what_cannot_be_has_a_reason(tmp_path: Path) -> None:
    write(tone(400, 0.5), tmp_path / "a.wav")
    (tmp_path / "b.wav").write_text("no sound")
    (tmp_path / "c.wav").mkdir()
    files = [ClipFile(tmp_path / f"{name}.wav", "x", name) for name in "abcd"]
    good, *bad = facts(files, ignore, never)
    assert good == Finding(files[0], 8000, 1, 0.5)
    reasons = ("is not sound", "is a folder", "There is no file")
    assert all(words in one.fault for words, one in zip(reasons, bad, strict=True))
    assert "far shorter" not in objection([], (good, *bad), VOICE)  # the others count not
    with pytest.raises(Cancelled):
        facts(files, ignore, lambda: True)


def test_the_bundled_voices_suit_the_bundled_model() -> None:
    corpus = bundled_corpus()
    facts_found = facts(corpus.clips, ignore, never)
    assert not any(one.fault for one in facts_found)
    assert objection([], facts_found, VOICE) == ""


def test_the_library_says_so_for_each_corpus_and_each_model(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path, tmp_path: Path
) -> None:
    notice = window.library.unsuitable
    assert notice.text == ""
    long = Clip(np.full(8000 * 5, 0.1, np.float32), 8000)
    for number in range(130):  # more than are looked at in one go
        write(long, tmp_path / "corpus" / "ab"[number % 2] / f"{number}.wav")
    window.session.open_corpus(tmp_path / "corpus")
    settle(qtbot, window)
    assert "it was trained on a, b" in notice.text
    assert "all clips are far longer than its window of 0.5 s" in notice.text
    assert notice.isVisible()
    window.session.open_corpus(tone_corpus)
    settle(qtbot, window)
    assert notice.text == ""
    assert window.session.corpus == read_corpus(tone_corpus)


def test_a_judgement_of_the_corpus_before_is_left(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, gate = window.session, threading.Event()
    session.player.background.run(
        lambda _e, _s: gate.wait(10), on_done=lambda _none: None, on_error=pytest.fail
    )
    window.suitability._judge()
    told: list[bool] = []
    session.open_corpus(write_hums(tmp_path / "hums", 2, 2, seconds=9, rate=8000))
    qtbot.waitUntil(lambda: not session.background.busy)
    window.suitability.changed.connect(lambda: told.append(window.inventory.looking))
    gate.set()
    settle(qtbot, window)
    assert told == [False], "only once its own headers are read"
    assert "far longer" in window.suitability.sentence

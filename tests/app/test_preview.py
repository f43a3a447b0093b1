"""The library shows what a clip is, and which files cannot be read and why."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.library.preview import preview
from app.main_window import MainWindow
from app.pages.library.clip_preview import words
from app.pages.library.unreadable import UnreadableDialog
from app.session.corpora import BUNDLED
from siamese_core.audio import Clip, write
from siamese_core.callbacks import ignore, never
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.errors import AudioError, Cancelled
from tests.app.conftest import settle
from tests.app.test_library import choose, index_of
from tests.conftest import TINY_MEL, tone

FILE = ClipFile(Path("a.wav"), "a", "a", "test")


def test_it_shows_the_whole_clip_and_not_the_models_window() -> None:
    quiet = np.zeros(8000 * 3, np.float32)
    quiet[8000 * 2 :] = tone(500, 1.0).samples
    found = preview(FILE, Clip(quiet, 8000), TINY_MEL, ignore, never)
    assert words(found) == "3.00 s · 8,000 Hz · test part"
    third = found.db.shape[1] // 3
    assert third == pytest.approx(8000 / TINY_MEL.hop, abs=2)
    assert found.db[:, -third + 3 :].max() > found.db[:, : third * 2 - 3].max() + 20
    assert found.envelope[: len(found.envelope) * 2 // 3 - 2].max() == 0
    assert found.envelope[-100:].max() > 0.4


def test_of_a_long_clip_the_beginning_is_shown() -> None:
    long = Clip(np.full(8000 * 60, 0.1, np.float32), 8000)
    found = preview(FILE, long, TINY_MEL, ignore, never)
    assert words(found) == "60.00 s · 8,000 Hz · test part · the first 30 s are shown"
    assert found.db.shape[1] < 31 * 8000 / TINY_MEL.hop


@pytest.mark.parametrize("samples", [1, 10, 2000])
def test_a_very_short_clip_is_shown(samples: int) -> None:
    found = preview(FILE, Clip(np.ones(samples, np.float32), 8000), TINY_MEL, ignore, never)
    assert found.db.size
    assert np.isfinite(found.db).all()


def test_what_cannot_be_read_is_an_error_and_cancel_is_heard(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="There is no file"):
        preview(ClipFile(tmp_path / "gone.wav", "a", "a"), None, TINY_MEL, ignore, never)
    with pytest.raises(Cancelled):
        preview(FILE, tone(400), TINY_MEL, ignore, lambda: True)


def test_choosing_a_clip_shows_it(qtbot: QtBot, window: MainWindow) -> None:
    shown = window.library.preview
    assert shown.isHidden()
    clip = choose(window, 2, 3)
    settle(qtbot, window)
    assert shown.isVisible()
    assert shown.about.text() == f"{clip.read().seconds:.2f} s · 8,000 Hz"
    assert shown.about.text() in shown.accessibleName()
    assert shown.log_mel.grab().toImage() != shown.waveform.grab().toImage()
    before = shown.log_mel.grab().toImage()
    choose(window, 5, 1)
    settle(qtbot, window)
    assert shown.log_mel.grab().toImage() != before
    window.library.tree.clearSelection()
    assert shown.isHidden()
    choose(window, 5, 1)
    settle(qtbot, window)
    assert shown.isVisible()
    window.session.corpora.open(BUNDLED)
    settle(qtbot, window)
    assert shown.isHidden(), "its corpus is closed"


@pytest.fixture
def faulty(tone_corpus: Path, tmp_path: Path) -> Path:
    """A corpus of three classes with an empty file, a text and a sound that is cut off."""
    folder = tmp_path / "faulty"
    for label in ("tone0", "tone1", "tone2"):
        shutil.copytree(tone_corpus / label, folder / label)
    (folder / "tone0" / "take1.wav").write_bytes(b"")
    (folder / "tone1" / "take2.wav").write_text("no sound")
    cut = folder / "tone2" / "take3.wav"
    cut.write_bytes(cut.read_bytes()[:1500])
    return folder


def test_files_that_cannot_be_read_are_listed_with_the_reason(
    qtbot: QtBot, window: MainWindow, faulty: Path
) -> None:
    library = window.library
    assert library.faulty.isHidden()
    window.session.open_corpus(faulty)
    settle(qtbot, window)
    assert library.faulty.text() == "3 files cannot be read…"
    qtbot.mouseClick(library.faulty, Qt.MouseButton.LeftButton)
    dialog = window.findChild(UnreadableDialog)
    assert dialog is not None
    reasons = dialog.table.text()
    for name, words_ in (
        ("tone0\ttake1.wav", "is empty (0 bytes)"),
        ("tone1\ttake2.wav", "is not sound"),
        ("tone2\ttake3.wav", "is truncated"),
    ):
        line = next(line for line in reasons.splitlines() if line.startswith(name))
        assert words_ in line
    dialog.close()
    index = index_of(window, 1, 2)
    assert "is not sound" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert index.data(Qt.ItemDataRole.ForegroundRole) is not None
    assert index_of(window, 1, 3).data(Qt.ItemDataRole.ForegroundRole) is None
    choose(window, 1, 2)
    settle(qtbot, window)
    assert "is not sound" in library.preview.about.text()
    assert library.preview.log_mel.isHidden()
    choose(window, 1, 3)
    settle(qtbot, window)
    assert library.preview.log_mel.isVisible()


def test_how_much_there_is_to_hear_is_told(
    qtbot: QtBot, window: MainWindow, faulty: Path, tmp_path: Path
) -> None:
    for number, rate in enumerate((8000, 16_000)):
        for label in "ab":
            write(tone(400, 2.0, rate), tmp_path / "two" / label / f"{number}.wav")
    window.session.open_corpus(tmp_path / "two")
    settle(qtbot, window)
    assert window.library._facts.text() == "8 seconds at 8,000 to 16,000 Hz"
    assert window.library.faulty.isHidden()
    window.session.open_corpus(faulty)
    settle(qtbot, window)
    assert window.library._facts.text().endswith("at 8,000 Hz")

"""Recording: from a source that pushes by hand to a clip in the line-up, or no source at all."""

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.library.recorder import Recorder
from app.main_window import MainWindow
from app.pages.library.record_dialog import RecordDialog
from app.settings import Settings
from app.sound.audio_input import AudioInput, Recording, sounding
from app.sound.audio_input.sources import LOST, SounddeviceSource
from app.sound.audio_output import AudioOutput
from app.widgets.level_meter import LevelMeter
from siamese_core.audio import Clip, read
from siamese_core.errors import AudioError
from tests.app.conftest import RecordingSink, settle, shut
from tests.app.hand_source import RATE, HandSource


def hum(seconds: float, level: float = 0.5) -> np.ndarray:
    return level * np.sin(np.arange(round(seconds * RATE)) / 3)


def hush(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.001, round(seconds * RATE))


@pytest.fixture
def source() -> HandSource:
    return HandSource()


@pytest.fixture
def heard(
    qtbot: QtBot,
    tmp_path: Path,
    sink: RecordingSink,
    source: HandSource,
    tone_corpus: Path,
    tiny_checkpoint: Path,
) -> Iterator[MainWindow]:
    """A window with a microphone, a model and a scored line-up."""
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    output = AudioOutput(sinks=[lambda: sink])
    window = MainWindow(Settings(store), output, AudioInput(sources=[lambda: source]))
    window.settings.runs_folder = str(tmp_path / "runs")
    window.show()
    window.session.open_corpus(tone_corpus)
    window.session.set_model(tiny_checkpoint)
    settle(qtbot, window)
    window.session.draw(3, 1, seed=1)
    window.library.probe()
    settle(qtbot, window)
    yield window
    shut(window)


@pytest.fixture
def dialog(qtbot: QtBot, heard: MainWindow) -> RecordDialog:
    qtbot.mouseClick(heard.library.record, Qt.MouseButton.LeftButton)
    dialog = heard.findChild(RecordDialog)
    assert dialog is not None
    return dialog


def record(qtbot: QtBot, window: MainWindow, source: HandSource, *blocks: np.ndarray) -> None:
    window.recorder.start_or_stop()
    source.push(*blocks)
    window.recorder.start_or_stop()
    settle(qtbot, window)


def test_a_take_becomes_the_query(
    qtbot: QtBot, heard: MainWindow, dialog: RecordDialog, source: HandSource
) -> None:
    assert not dialog.query.isEnabled()
    qtbot.keyClick(dialog.record, Qt.Key.Key_R)
    assert dialog.record.text() == "Stop"
    source.push(hush(0.5), hum(0.4))
    qtbot.waitUntil(lambda: dialog.meter.level_db > -10)
    source.push(hush(0.5))
    qtbot.mouseClick(dialog.record, Qt.MouseButton.LeftButton)
    settle(qtbot, heard)
    assert dialog.time.text() == "1.40 s of 1.40 s"
    qtbot.keyClick(dialog.strip, Qt.Key.Key_T)
    start, end = heard.recorder.span
    assert start == pytest.approx(0.4, abs=0.02)
    assert end == pytest.approx(1.0, abs=0.02)
    dialog.label.setCurrentText(heard.session.lineup.classes[1])
    qtbot.mouseClick(dialog.query, Qt.MouseButton.LeftButton)
    settle(qtbot, heard)
    query = heard.session.lineup.query
    assert query is not None
    assert query.path.parent == heard.settings.folder / "recordings"
    assert heard.session.lineup.truth == heard.session.lineup.classes[1]
    assert heard.session.heard is not None
    assert heard.session.heard.scored is not None
    kept = read(query.path)
    assert (kept.rate, kept.seconds) == (RATE, pytest.approx(end - start, abs=0.001))
    assert kept.peak == pytest.approx(0.5, abs=0.01)


def test_several_takes_become_support_clips(
    qtbot: QtBot, heard: MainWindow, dialog: RecordDialog, source: HandSource
) -> None:
    before = len(heard.session.lineup.support)
    for label in ("me", " "):
        record(qtbot, heard, source, hum(0.5))
        dialog.label.setCurrentText(label)
        dialog.add.click()
        settle(qtbot, heard)
    added = heard.session.lineup.support[before:]
    assert [clip.label for clip in added] == ["me", "recording"]
    assert added[0].path != added[1].path
    assert dialog.record.text() == "Record again"
    assert "me" in [dialog.label.itemText(i) for i in range(dialog.label.count())]


def test_the_handles_follow_mouse_and_keys(
    qtbot: QtBot, heard: MainWindow, dialog: RecordDialog, source: HandSource
) -> None:
    record(qtbot, heard, source, hum(1.0))
    strip, recorder = dialog.strip, heard.recorder
    quarter = QPoint(strip.width() // 4, 20)
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(2, 20))
    qtbot.mouseMove(strip, quarter)
    qtbot.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=quarter)
    assert recorder.span == (pytest.approx(0.25, abs=0.02), 1.0)
    start = recorder.span[0]
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    qtbot.keyClick(strip, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert recorder.span == (pytest.approx(start + 0.01), pytest.approx(0.99))
    recorder.choose(0.5, 0.5)
    assert recorder.span == (0.5, pytest.approx(0.55))
    recorder.choose(2.0, 3.0)
    assert recorder.span == (pytest.approx(0.95), 1.0)
    qtbot.mouseDClick(strip, Qt.MouseButton.LeftButton)
    assert recorder.span == (0.0, 1.0)


def test_what_is_wanted_is_heard(
    qtbot: QtBot,
    heard: MainWindow,
    dialog: RecordDialog,
    source: HandSource,
    sink: RecordingSink,
) -> None:
    record(qtbot, heard, source, hum(0.5, 0.1), hum(0.5, 0.8))
    heard.session.player.output.volume = 1.0
    heard.recorder.choose(0.5, 1.0)
    qtbot.keyClick(dialog.strip, Qt.Key.Key_Space)
    settle(qtbot, heard)
    assert heard.recorder.playing
    np.testing.assert_allclose(sink.record(3000)[200:], hum(0.5, 0.8)[200:3000], atol=1e-5)
    dialog.play.click()
    assert not heard.recorder.playing


def test_a_recording_is_saved_or_says_why_not(
    qtbot: QtBot,
    heard: MainWindow,
    dialog: RecordDialog,
    source: HandSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record(qtbot, heard, source, hum(1.0))
    (tmp_path / "a-file").write_text("")
    for path in (tmp_path / "mine.wav", tmp_path / "a-file" / "x.wav"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        dialog.save.click()
        settle(qtbot, heard)
    assert read(tmp_path / "mine.wav").seconds == 1.0
    assert "cannot be written" in dialog.notice.text


def test_silence_is_told_and_a_new_take_takes_its_place(
    qtbot: QtBot, heard: MainWindow, dialog: RecordDialog, source: HandSource
) -> None:
    record(qtbot, heard, source, np.zeros(RATE))
    assert "is silent" in dialog.notice.text
    dialog.trim.click()
    assert heard.recorder.span == (0.0, 1.0)
    heard.recorder.start_or_stop()
    assert dialog.notice.text == ""
    assert not dialog.query.isEnabled()
    heard.recorder.start_or_stop()  # nothing came
    settle(qtbot, heard)
    assert heard.recorder.take is None


def test_a_microphone_that_is_lost_leaves_what_it_heard(
    qtbot: QtBot, heard: MainWindow, dialog: RecordDialog, source: HandSource
) -> None:
    heard.recorder.start_or_stop()
    source.push(hum(0.5))
    assert source.failed is not None
    source.failed(LOST)
    qtbot.waitUntil(lambda: dialog.notice.text == LOST)
    settle(qtbot, heard)
    assert heard.recorder.take is not None
    assert heard.recorder.take.seconds == 0.5
    source.refusal = "The microphone cannot be opened: its device is busy or gone."
    dialog.record.click()
    assert dialog.notice.text == source.refusal
    assert dialog.record.text() == "Record again"


def test_one_of_several_microphones_is_chosen_and_remembered(
    qtbot: QtBot, heard: MainWindow, dialog: RecordDialog, source: HandSource
) -> None:
    box = dialog.microphone
    assert box.isHidden(), "there is nothing to choose"
    dialog.close()
    source.names = ["built in", "USB"]
    heard.library.open_recorder()
    assert [box.itemText(i) for i in range(box.count())] == [
        "System default",
        "built in",
        "USB",
    ]
    assert box.isVisible()
    box.setCurrentIndex(2)
    box.activated.emit(2)
    assert (source.chosen, heard.settings.input_device) == ("USB", "USB")
    again = Recorder(heard.session, AudioInput(sources=[lambda: source]))
    source.chosen = ""
    assert again.input.look()
    assert source.chosen == "USB"


def test_a_microphone_that_is_not_there_is_not_replaced_by_another(
    qtbot: QtBot, heard: MainWindow, dialog: RecordDialog, source: HandSource
) -> None:
    source.names = ["built in", "USB"]
    heard.recorder.choose_microphone("USB")
    source.names = ["built in"]
    dialog.record.click()
    assert source.take is None
    assert dialog.notice.text == "USB is not there; plug it in, or choose another microphone."
    dialog.close()
    heard.library.open_recorder()
    assert dialog.microphone.currentText() == "USB (not there)"
    dialog.microphone.activated.emit(0)
    dialog.record.click()
    assert source.take is not None


@pytest.mark.parametrize("leave", ["reject", "close"])
def test_leaving_in_either_way_releases_the_microphone(
    dialog: RecordDialog, source: HandSource, leave: str
) -> None:
    dialog.record.click()
    assert source.take is not None
    getattr(dialog, leave)()
    assert not dialog.isVisible()
    assert source.take is None


def test_a_microphone_that_falls_silent_without_a_word_is_lost(qtbot: QtBot) -> None:
    source = HandSource()
    microphone = AudioInput(sources=[lambda: source], patience=0.2)
    microphone.start()
    source.push(hum(0.25))
    with qtbot.waitSignal(microphone.failed) as told:
        pass
    assert told.args == [LOST]
    assert source.take is None
    assert microphone.recorded.seconds == 0.25


def test_closing_the_dialog_or_the_window_releases_the_microphone(
    qtbot: QtBot, heard: MainWindow, dialog: RecordDialog, source: HandSource
) -> None:
    for leave in (dialog.leave.click, heard.close):
        heard.recorder.start_or_stop()
        assert source.take is not None
        leave()
        assert source.take is None


def test_where_there_is_no_microphone_the_button_says_why(qtbot: QtBot, window: MainWindow) -> None:
    def missing() -> HandSource:
        raise AudioError("PortAudio finds no microphone")

    window.recorder.input._makers = (missing,)
    window.recorder.input._source = None
    window.library.probe()
    settle(qtbot, window)
    words = "Nothing can be recorded: PortAudio finds no microphone."
    assert window.library.record.toolTip() == words
    assert not window.library.record.isEnabled()
    window.library.open_recorder()
    assert window.findChild(RecordDialog) is None
    told: list[str] = []
    window.recorder.input.failed.connect(told.append)
    window.recorder.start_or_stop()
    assert told == [words]


def test_without_any_library_nothing_crashes() -> None:
    code = """
        import sys
        sys.modules["sounddevice"] = None
        from PySide6.QtCore import QCoreApplication
        from app.sound.audio_input import AudioInput
        application = QCoreApplication([])
        found = AudioInput()
        print(found.look(), found.reason)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.strip() == "False Nothing can be recorded: PortAudio is missing."


def test_the_real_source_is_refused_or_records() -> None:
    try:
        source = SounddeviceSource()
    except AudioError as error:
        assert str(error).startswith("PortAudio")  # noqa: PT017 - no machine has both outcomes
        return
    assert source.open(lambda _block: None, lambda _words: None) > 0
    source.close()


def test_a_recording_ends_when_it_is_full(qtbot: QtBot) -> None:
    source = HandSource()
    microphone = AudioInput(sources=[lambda: source], longest=0.5)
    microphone.start()
    for _ in range(9):
        if source.take:
            source.push(hum(0.1))
    with qtbot.waitSignal(microphone.recording_changed):
        pass
    assert not microphone.recording
    assert microphone.recorded.seconds == pytest.approx(0.5)


def test_blocks_are_joined_and_broken_values_are_silence() -> None:
    recording = Recording(RATE)
    recording.push(np.array([0.5, np.nan, np.inf], np.float32))
    recording.push(np.array([-0.25], np.float32))
    assert recording.level() == 1.0
    assert recording.level() == 0.0
    np.testing.assert_array_equal(recording.clip().samples, [0.5, 0.0, 1.0, -0.25])


@pytest.mark.parametrize("room", [0.0, 0.001, 0.01])
def test_sound_is_found_in_any_room(room: float) -> None:
    noise = np.random.default_rng(1).normal(0, room, 3 * RATE)
    noise[RATE : 2 * RATE] += hum(1.0, 0.4)
    start, end = sounding(Clip(noise.astype(np.float32), RATE))
    assert start == pytest.approx(0.9, abs=0.02)
    assert end == pytest.approx(2.1, abs=0.02)


def test_sound_all_over_is_left_alone() -> None:
    whole: Callable[[np.ndarray], tuple[float, float]] = lambda samples: sounding(  # noqa: E731
        Clip(samples.astype(np.float32), RATE)
    )
    assert whole(hum(1.0)) == (0.0, 1.0)
    assert whole(np.zeros(RATE)) == (0.0, 1.0)
    assert whole(hum(0.005)) == (0.0, 0.005)


def test_the_meter_falls_slowly_and_empties_at_once(qtbot: QtBot) -> None:
    meter = LevelMeter()
    qtbot.addWidget(meter)
    meter.show_level(1.0)
    assert meter.level_db == 0.0
    meter.show_level(0.001)
    assert meter.level_db == -1.5
    meter.show_level(0.0)
    assert meter.level_db == -60.0


def test_space_presses_record_until_there_is_a_take_and_plays_it_then(
    qtbot: QtBot, heard: MainWindow, dialog: RecordDialog, source: HandSource
) -> None:
    qtbot.keyClick(dialog.record, Qt.Key.Key_Space)
    source.push(hum(0.5))
    qtbot.keyClick(dialog.record, Qt.Key.Key_Space)
    settle(qtbot, heard)
    take = heard.recorder.take
    assert dialog.focusWidget() is dialog.play
    for widget in (dialog.play, dialog.record):
        qtbot.keyClick(widget, Qt.Key.Key_Space)
        settle(qtbot, heard)
        assert heard.recorder.playing == (widget is dialog.play)
    assert heard.recorder.take is take is not None

"""The output against a recorded sink and the real ones: no gap, no crash, a sentence instead."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PySide6
import pytest
from pytestqt.qtbot import QtBot

from app.sound.audio_output import AudioOutput, prepare
from app.sound.audio_output.pull_device import PullDevice
from app.sound.audio_output.sinks import (
    LOST,
    Failed,
    Fill,
    QtMultimediaSink,
    SounddeviceSink,
    in_channels,
)
from siamese_core.audio import Clip
from siamese_core.errors import AudioError
from tests.app.test_playback import FADE, RATE, Samples, ready, sine


class RecordedSink:
    """A device that is pulled by hand, at a rate of its own if need be."""

    latency = 0.0

    def __init__(self, rate: int | None = None) -> None:
        self.rate = rate
        self.heard: list[Samples] = []
        self.fill: Fill | None = None
        self.failed: Failed | None = None
        self.refusal = ""

    def devices(self) -> list[str]:
        return ["recorder"]

    def choose(self, name: str) -> None:
        self.chosen = name

    def rate_for(self, wanted: int) -> int:
        return self.rate or wanted

    def open(self, rate: int, fill: Fill, failed: Failed) -> None:
        if self.refusal:
            raise AudioError(self.refusal)
        self.opened_at, self.fill, self.failed = rate, fill, failed

    def close(self) -> None:
        self.fill = None

    def pull(self, frames: int) -> Samples:
        assert self.fill is not None, "the device is not open"
        self.heard.append(self.fill(frames))
        return self.heard[-1]


@pytest.fixture
def sink() -> RecordedSink:
    return RecordedSink()


@pytest.fixture
def output(qtbot: QtBot, sink: RecordedSink) -> Iterator[AudioOutput]:
    output = AudioOutput(sinks=[lambda: sink])
    yield output
    output.close()


def test_a_sound_is_played_to_its_end(
    qtbot: QtBot, output: AudioOutput, sink: RecordedSink
) -> None:
    told: list[bool] = []
    output.playing_changed.connect(told.append)
    output.load(ready(sine()))
    assert output.duration == 1.0
    output.play()
    assert output.playing
    sink.pull(4000)
    with qtbot.waitSignal(output.position_changed, check_params_cb=lambda s: s == 0.5):
        pass
    sink.pull(4100)
    qtbot.waitUntil(lambda: told == [True, False])
    np.testing.assert_array_equal(
        np.concatenate(sink.heard)[FADE : RATE - FADE], sine()[FADE:-FADE]
    )
    qtbot.waitUntil(lambda: sink.fill is None, timeout=5000)


def test_stop_seek_and_play_on(output: AudioOutput, sink: RecordedSink) -> None:
    output.load(ready(sine()))
    output.play(0.25)
    sink.pull(2000)
    output.stop()
    assert not output.playing
    assert output.position == 0.5
    output.seek(0.75)
    assert output.position == 0.75
    output.play()
    sink.pull(800)
    assert output.position == pytest.approx(0.85)
    output.seek(99)
    assert output.position < output.duration


def test_a_pause_is_shown_where_the_device_falls_silent(
    qtbot: QtBot, output: AudioOutput, sink: RecordedSink
) -> None:
    sink.latency = 0.1
    output.load(ready(sine()))
    output.play()
    sink.pull(4000)
    assert output.position == pytest.approx(0.4)
    output.stop()
    assert output.position == pytest.approx(0.4)
    sink.pull(1000)
    with qtbot.waitSignal(output.position_changed, check_params_cb=lambda s: s == 0.5):
        pass
    qtbot.waitUntil(lambda: sink.fill is None, timeout=5000)
    assert output.position == 0.5
    output.play()
    assert output.position == 0.5


def test_a_loop_range_holds_the_sound(output: AudioOutput, sink: RecordedSink) -> None:
    output.load(ready(sine()))
    output.loop = True
    output.set_loop_range((0.2, 0.4))
    output.play()
    assert output.position == pytest.approx(0.2)
    sink.pull(20_000)
    assert output.playing
    assert 0.2 <= output.position <= 0.4
    output.set_loop_range(None)
    sink.pull(20_000)
    assert output.playing
    output.loop = False
    sink.pull(8000)
    assert not output.playing


def test_an_equally_long_sound_plays_on_and_another_stops(
    output: AudioOutput, sink: RecordedSink
) -> None:
    output.load(ready(sine()))
    output.play()
    sink.pull(1000)
    output.load(ready(np.zeros(RATE, np.float32)))
    assert output.playing
    assert not sink.pull(1000)[FADE:].any()
    output.load(ready(sine(300, 0.5)))
    assert not output.playing
    assert output.position == 0


def test_a_device_of_another_rate_gets_the_sound_resampled(qtbot: QtBot) -> None:
    sink = RecordedSink(rate=48_000)
    output = AudioOutput(sinks=[lambda: sink])
    output.load(prepare(Clip(sine(), RATE), output.rate_for(RATE)))
    output.play()
    assert sink.opened_at == 48_000
    sink.pull(24_000)
    assert output.position == pytest.approx(0.5)
    assert output.duration == pytest.approx(1.0)
    output.close()


def test_volume_reaches_the_device(output: AudioOutput, sink: RecordedSink) -> None:
    output.volume = 0.5
    output.load(ready(sine()))
    output.play()
    sink.pull(500)
    assert np.abs(sink.pull(4000)).max() == pytest.approx(0.4, abs=0.01)
    output.volume = 7
    assert output.volume == 1.0


def test_a_lost_device_is_a_sentence_and_the_next_play_tries_again(
    qtbot: QtBot, output: AudioOutput, sink: RecordedSink
) -> None:
    output.load(ready(sine()))
    output.play()
    assert sink.failed is not None
    with qtbot.waitSignal(output.failed) as blocker:
        sink.failed(LOST)
    assert blocker.args == [LOST]
    assert not output.playing
    output.play()
    assert output.playing


def test_a_busy_device_is_a_sentence(qtbot: QtBot, output: AudioOutput, sink: RecordedSink) -> None:
    sink.refusal = "The sound output cannot be opened: device busy."
    output.load(ready(sine()))
    with qtbot.waitSignal(output.failed) as blocker:
        output.play()
    assert blocker.args == [sink.refusal]
    assert not output.playing


def test_without_any_output_there_is_one_sentence(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    # Where another test imported it, PySide6 itself still has it, and crashes as it looks it up.
    monkeypatch.delattr(PySide6, "QtMultimedia", raising=False)
    output = AudioOutput()
    assert not output.available
    assert output.devices() == []
    assert output.reason == (
        "No sound: PortAudio is missing and Qt Multimedia is missing; sounds can still be exported."
    )
    output.load(ready(sine()))
    with qtbot.waitSignal(output.failed) as blocker:
        output.play()
    assert blocker.args == [output.reason]
    assert not output.playing


def test_without_a_sound_nothing_is_played(output: AudioOutput) -> None:
    output.play()
    output.stop()
    output.seek(1.0)
    assert output.position == 0
    assert not output.playing


def test_a_device_that_comes_later_is_found_by_the_next_play(qtbot: QtBot) -> None:
    devices: list[RecordedSink] = []

    def look() -> RecordedSink:
        if not devices:
            raise AudioError("nothing is plugged in")
        return devices[0]

    output = AudioOutput(sinks=[look])
    output.load(ready(sine()))
    with qtbot.waitSignal(output.failed):
        output.play()
    devices.append(RecordedSink())
    output.play()
    assert output.playing
    assert output.reason == ""
    output.close()


def test_another_device_is_chosen_before_or_after_the_first_look(sink: RecordedSink) -> None:
    output = AudioOutput(sinks=[lambda: sink])
    output.choose("loudspeaker")
    assert output.available
    assert (sink.chosen, output.device) == ("loudspeaker", "loudspeaker")
    output.load(ready(sine()))
    output.play()
    output.choose("")
    assert not output.playing
    assert sink.chosen == ""


def test_a_portaudio_without_its_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(AudioError, match="PortAudio is missing"):
        SounddeviceSink()


def test_qt_multimedia_is_refused_or_has_a_device(qtbot: QtBot) -> None:
    media = pytest.importorskip("PySide6.QtMultimedia", exc_type=ImportError)
    if media.QMediaDevices.defaultAudioOutput().isNull():
        with pytest.raises(AudioError, match="Qt Multimedia finds no device"):
            QtMultimediaSink()
    else:
        sink = QtMultimediaSink()
        assert sink.devices()
        assert sink.rate_for(44_100) > 0


def test_a_qt_device_that_is_gone_when_it_is_opened_is_a_sentence(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = pytest.importorskip("PySide6.QtMultimedia", exc_type=ImportError)
    if not media.QMediaDevices.defaultAudioOutput().isNull():
        pytest.skip("this machine has a sound device")
    monkeypatch.setattr(media.QAudioDevice, "isNull", lambda _device: False)
    output = AudioOutput(sinks=[QtMultimediaSink])
    output.load(ready(sine()))
    with qtbot.waitSignal(output.failed) as blocker:
        output.play()
    assert "cannot be opened" in blocker.args[0]
    assert not output.playing


def test_the_pulled_device_gives_whole_frames_on_each_channel() -> None:
    ramp = np.arange(100, dtype=np.float32) / 100
    device = PullDevice(lambda frames: ramp[:frames], channels=2)
    device.open(PullDevice.OpenModeFlag.ReadOnly | PullDevice.OpenModeFlag.Unbuffered)
    frames = np.frombuffer(device.read(83).data(), "<f4").reshape(-1, 2)
    np.testing.assert_array_equal(frames[:, 0], ramp[:10])
    np.testing.assert_array_equal(frames[:, 1], ramp[:10])
    device.close()


PORTAUDIO = """
    import sys, numpy as np
    from PySide6.QtCore import QCoreApplication, QTimer
    from app.sound.audio_output import AudioOutput, Sound
    from app.sound.audio_output.sinks import SounddeviceSink
    app = QCoreApplication([])
    output = AudioOutput(sinks=[SounddeviceSink])
    if not output.available:
        sys.exit(77)
    assert output.devices() and not output.reason
    output.failed.connect(lambda sentence: sys.exit(sentence))
    output.playing_changed.connect(lambda playing: playing or app.quit())
    QTimer.singleShot(20_000, lambda: app.exit(3))
    output.choose(output.devices()[0])
    output.load(Sound(np.full(8000, 0.5, np.float32), 8000))
    output.play()
    code = app.exec()
    assert output.position == 0.0
    output.close()
    sys.exit(code)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ALSA's null device is Linux's")
def test_portaudio_really_plays_into_a_file(tmp_path: Path) -> None:
    """The whole way through PortAudio: ALSA writes what it would have played to a file."""
    raw, config = tmp_path / "heard.raw", tmp_path / "asound.conf"
    config.write_text(
        "pcm.!default { type file slave.pcm { type null } "
        f'file "{raw}" format "raw" hint {{ show on description "file" }} }}\n'
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PORTAUDIO)],
        cwd=root,
        env={"ALSA_CONFIG_PATH": str(config), "PATH": "", "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("PortAudio is not here, or was built without ALSA")
    assert done.returncode == 0, done.stderr
    heard = np.frombuffer(raw.read_bytes(), "<f4").reshape(-1, 2)
    sounding = heard[np.abs(heard[:, 0]) > 0.49]
    assert 7900 <= len(sounding) <= 8000
    np.testing.assert_array_equal(heard[:, 0], heard[:, 1])


def test_a_device_gets_as_many_channels_as_it_has() -> None:
    mono, both = np.array([0.1, 0.2], np.float32), np.array([[1, 0], [0.5, -0.5]], np.float32)
    np.testing.assert_array_equal(in_channels(mono, 2), [[mono[0]] * 2, [mono[1]] * 2])
    np.testing.assert_array_equal(in_channels(mono, 1), mono[:, np.newaxis])
    np.testing.assert_array_equal(in_channels(both, 2), both)
    np.testing.assert_array_equal(in_channels(both, 1), [[0.5], [0.0]])
    device = PullDevice(lambda frames: both[:frames], channels=2)
    device.open(PullDevice.OpenModeFlag.ReadOnly)
    heard = np.frombuffer(device.readData(16), "<f4").reshape(-1, 2)
    np.testing.assert_array_equal(heard, both)
    device.close()

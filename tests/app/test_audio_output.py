"""Playback pulled by hand, and the output against a recorded sink: no click, no gap, no crash."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from app.audio_output import AudioOutput, Playback
from app.audio_output.pull_device import PullDevice
from app.audio_output.sinks import LOST, Failed, Fill, QtMultimediaSink, SounddeviceSink
from siamese_core.errors import AudioError

RATE = 8000
FADE = 40
Sound = NDArray[np.float32]


def sine(hertz: float = 100.0, seconds: float = 1.0, level: float = 0.8) -> Sound:
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * np.cos(2 * np.pi * hertz * time)).astype(np.float32)


def steepest(sound: Sound) -> float:
    """Largest step from sample to sample; a click is a large one."""
    return float(np.abs(np.diff(sound, prepend=np.float32(0), append=np.float32(0))).max())


# A 100 Hz cosine of level 0.8 steps by 0.063; the 5 ms fade of a level of 0.8 adds 0.02.
SMOOTH = 0.11


def test_the_middle_of_a_sound_is_untouched() -> None:
    playback, sound = Playback(sine(), RATE), sine()
    playback.play(0)
    heard = np.concatenate([playback.fill(n) for n in (1, 7, 500, 3000, 4492)])
    np.testing.assert_array_equal(heard[FADE:-FADE], sound[FADE:-FADE])
    assert not playback.playing
    assert not playback.fill(100).any()
    assert playback.silent


def test_ends_are_faded() -> None:
    playback = Playback(np.ones(RATE, np.float32), RATE)
    playback.play(0)
    assert steepest(playback.fill(RATE + 100)) < 0.06


@pytest.mark.parametrize("jump", ["stop", "seek", "swap", "play"])
def test_no_jump_clicks(jump: str) -> None:
    playback = Playback(sine(), RATE)
    playback.play(0)
    before = playback.fill(1000)
    match jump:
        case "stop":
            playback.stop()
        case "seek":
            playback.seek(4040)
        case "swap":
            playback.swap(-sine())
        case "play":
            playback.play(555)
    after = playback.fill(400)
    assert np.abs(np.diff(np.concatenate([before, after]))).max() < SMOOTH


def test_stop_keeps_the_position_and_falls_silent() -> None:
    playback = Playback(sine(), RATE)
    playback.play(0)
    playback.fill(1000)
    playback.stop()
    assert not playback.playing
    assert playback.heard() == 1000
    assert not playback.silent
    tail = playback.fill(200)
    assert tail[:FADE].any()
    assert not tail[FADE:].any()
    assert playback.silent


def test_swap_goes_on_at_the_same_position_with_the_other_sound() -> None:
    playback, other = Playback(sine(), RATE), sine(300.0)
    playback.play(0)
    playback.fill(1000)
    playback.swap(other)
    heard = playback.fill(500)
    np.testing.assert_array_equal(heard[FADE:], other[1000 + FADE : 1500])
    assert playback.heard() == 1500


def test_a_loop_repeats_its_range_without_a_click() -> None:
    sound = sine(110.0)
    playback = Playback(sound, RATE)
    playback.set_loop(1000, 2000)
    playback.play(1000)
    heard = playback.fill(5000)
    assert playback.playing
    assert np.abs(np.diff(heard)).max() < SMOOTH
    np.testing.assert_array_equal(heard[1000 + FADE : 2000], sound[1000 + FADE : 2000])
    assert 1000 <= playback.heard() <= 2000
    playback.set_loop(None)
    playback.fill(RATE)
    assert not playback.playing


def test_a_loop_of_nothing_is_widened_and_one_outside_is_moved_in() -> None:
    playback = Playback(sine(), RATE)
    for start, end in ((500, 500), (7990, 9000), (-50, -10), (9000, 9001)):
        playback.set_loop(start, end)
        playback.play(0)
        assert len(playback.fill(20_000)) == 20_000
        assert playback.playing
        assert 0 <= playback.heard() <= RATE


def test_what_is_heard_lags_by_the_devices_delay_but_never_before_the_start() -> None:
    playback = Playback(sine(), RATE)
    playback.play(500)
    assert playback.heard(300) == 500
    playback.fill(1000)
    assert playback.heard(300) == 1200
    playback.seek(100)
    assert playback.heard(300) == 100


def test_volume_glides() -> None:
    playback = Playback(np.ones(RATE, np.float32), RATE)
    playback.play(0)
    playback.fill(200)
    playback.set_volume(0.0)
    block = playback.fill(200)
    assert np.abs(np.diff(block)).max() < 0.01
    assert block[-1] == 0
    assert not playback.fill(100).any()


@pytest.mark.parametrize("length", [0, 1, 2, 5, 79])
def test_very_short_sounds_play(length: int) -> None:
    playback = Playback(np.ones(length, np.float32), RATE)
    playback.set_loop(0)
    playback.play(0)
    assert np.isfinite(playback.fill(500)).all()
    playback.set_loop(None)
    playback.fill(500)
    assert not playback.playing


def test_a_loud_or_broken_sound_is_scaled_and_finite() -> None:
    playback = Playback(4 * sine(), RATE)
    playback.play(0)
    assert np.abs(playback.fill(RATE)).max() <= 1.0
    broken = sine()
    broken[100:103] = [np.nan, np.inf, -np.inf]
    playback.swap(broken)
    playback.play(0)
    assert np.isfinite(playback.fill(RATE)).all()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["play", "stop", "seek", "swap", "loop", "no loop", "fill"]),
        st.integers(-100, 3000),
    ),
    max_size=30,
)


@given(steps=STEPS)
@settings(deadline=None, max_examples=60)
def test_whatever_is_done_nothing_rises_above_full_scale(steps: list[tuple[str, int]]) -> None:
    rng = np.random.default_rng(0)
    sounds = [rng.uniform(-3, 3, 2000).astype(np.float32) for _ in range(2)]
    playback = Playback(sounds[0], RATE)
    for step, number in steps:
        match step:
            case "play":
                playback.play(number)
            case "stop":
                playback.stop()
            case "seek":
                playback.seek(number)
            case "swap":
                playback.swap(sounds[number % 2])
            case "loop":
                playback.set_loop(number, number + 700)
            case "no loop":
                playback.set_loop(None)
            case _:
                block = playback.fill(max(number, 0))
                assert len(block) == max(number, 0)
                assert np.abs(block).max(initial=0.0) <= 1.0 + 1e-6
        assert 0 <= playback.heard() <= playback.length


class RecordedSink:
    """A device that is pulled by hand, at a rate of its own if need be."""

    latency = 0.0

    def __init__(self, rate: int | None = None) -> None:
        self.rate = rate
        self.heard: list[Sound] = []
        self.fill: Fill | None = None
        self.failed: Failed | None = None
        self.refusal = ""

    def devices(self) -> list[str]:
        return ["recorder"]

    def rate_for(self, wanted: int) -> int:
        return self.rate or wanted

    def open(self, rate: int, fill: Fill, failed: Failed) -> None:
        if self.refusal:
            raise AudioError(self.refusal)
        self.opened_at, self.fill, self.failed = rate, fill, failed

    def close(self) -> None:
        self.fill = None

    def pull(self, frames: int) -> Sound:
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
    output.load(sine(), RATE)
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
    output.load(sine(), RATE)
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


def test_a_loop_range_holds_the_sound(output: AudioOutput, sink: RecordedSink) -> None:
    output.load(sine(), RATE)
    output.loop = True
    output.set_loop_range(0.2, 0.4)
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


def test_swap_plays_on_and_load_stops(output: AudioOutput, sink: RecordedSink) -> None:
    output.load(sine(), RATE)
    output.play()
    sink.pull(1000)
    output.swap(np.zeros(RATE, np.float32))
    assert output.playing
    assert not sink.pull(1000)[FADE:].any()
    output.load(sine(300), RATE)
    assert not output.playing
    assert output.position == 0


def test_a_device_of_another_rate_gets_the_sound_resampled(qtbot: QtBot) -> None:
    sink = RecordedSink(rate=48_000)
    output = AudioOutput(sinks=[lambda: sink])
    output.load(sine(), RATE)
    output.play()
    assert sink.opened_at == 48_000
    sink.pull(24_000)
    assert output.position == pytest.approx(0.5)
    assert output.duration == pytest.approx(1.0)
    output.close()


def test_volume_reaches_the_device(output: AudioOutput, sink: RecordedSink) -> None:
    output.volume = 0.5
    output.load(sine(), RATE)
    output.play()
    sink.pull(500)
    assert np.abs(sink.pull(4000)).max() == pytest.approx(0.4, abs=0.01)
    output.volume = 7
    assert output.volume == 1.0


def test_a_lost_device_is_a_sentence_and_the_next_play_tries_again(
    qtbot: QtBot, output: AudioOutput, sink: RecordedSink
) -> None:
    output.load(sine(), RATE)
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
    output.load(sine(), RATE)
    with qtbot.waitSignal(output.failed) as blocker:
        output.play()
    assert blocker.args == [sink.refusal]
    assert not output.playing


def test_without_any_output_there_is_one_sentence(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    output = AudioOutput()
    assert not output.available
    assert output.devices() == []
    assert output.reason == (
        "There is no sound output: PortAudio is missing and Qt Multimedia is missing; "
        "sounds can still be exported."
    )
    output.load(sine(), RATE)
    with qtbot.waitSignal(output.failed) as blocker:
        output.play()
    assert blocker.args == [output.reason]
    assert not output.playing


def test_an_empty_sound_is_refused(output: AudioOutput) -> None:
    with pytest.raises(AudioError, match="no samples"):
        output.load(np.zeros(0, np.float32), RATE)
    output.play()
    output.stop()
    output.seek(1.0)
    assert output.position == 0
    with pytest.raises(AudioError, match="No sound is loaded"):
        output.swap(sine())


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
    output.load(sine(), RATE)
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
    from app.audio_output import AudioOutput
    from app.audio_output.sinks import SounddeviceSink
    app = QCoreApplication([])
    output = AudioOutput(sinks=[SounddeviceSink])
    if not output.available:
        sys.exit(77)
    assert output.devices() and not output.reason
    output.failed.connect(lambda sentence: sys.exit(sentence))
    output.playing_changed.connect(lambda playing: playing or app.quit())
    QTimer.singleShot(20_000, lambda: app.exit(3))
    output.load(np.full(8000, 0.5, np.float32), 8000)
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

"""The player: one sound at a time, prepared off the window's thread."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.sound.audio_output import AudioOutput
from app.sound.player import Player
from siamese_core.audio import Clip, resample
from siamese_core.corpora.labelled_file import ClipFile
from tests.app.conftest import RecordingSink, bury
from tests.conftest import tone


@pytest.fixture
def player(qtbot: QtBot, sink: RecordingSink) -> Iterator[Player]:
    made = Player(AudioOutput(sinks=[lambda: sink]))
    yield made
    made.close()
    bury(made)


def wait(qtbot: QtBot, player: Player) -> None:
    qtbot.waitUntil(lambda: not player.background.busy)


def test_one_sound_at_a_time(qtbot: QtBot, player: Player) -> None:
    first, second = tone(300), tone(500, seconds=0.4)
    player.play("one", first, 0.0)
    wait(qtbot, player)
    assert player.is_playing("one")
    player.play("two", second, 0.0)
    assert not player.is_playing("one")
    wait(qtbot, player)
    assert (player.is_playing("one"), player.is_playing("two")) == (False, True)
    assert player.output.duration == pytest.approx(0.4)


def test_a_sound_of_equal_length_takes_over_where_the_other_was(
    qtbot: QtBot, player: Player, sink: RecordingSink
) -> None:
    first, second = tone(300), tone(500)
    player.play("one", first, 0.0)
    wait(qtbot, player)
    sink.record(1000)
    player.load("one", second)
    assert player.output.playing
    wait(qtbot, player)
    heard = sink.record(1000)
    np.testing.assert_allclose(heard[200:], second.samples[1200:2000], atol=1e-5)


def test_the_window_s_thread_never_prepares(
    qtbot: QtBot, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def watched(clip: Clip, rate: int) -> Clip:
        threads.append(threading.current_thread().name)
        return resample(clip, rate)

    monkeypatch.setattr("app.sound.audio_output.playback.resample", watched)
    player.play("one", tone(300))
    player.load("one", tone(400))
    player.seek("two", tone(500), 0.1)
    wait(qtbot, player)
    assert set(threads) == {"listening"}


def test_an_auditioned_clip_is_heard_once_whatever_loops(
    qtbot: QtBot, player: Player, sink: RecordingSink, tmp_path: Path
) -> None:
    file, clip = ClipFile(tmp_path / "one.wav", "one", "one"), tone(300)
    player.loop = True
    player.audition(file, clip, pytest.fail)
    wait(qtbot, player)
    sink.record(2 * len(clip.samples))
    qtbot.waitUntil(lambda: not player.output.playing)
    player.play("transport", clip, 0.0)
    wait(qtbot, player)
    sink.record(2 * len(clip.samples))
    qtbot.wait(50)
    assert player.output.playing, "the person's wish comes back with the next sound"


@pytest.mark.parametrize("ready", [True, False])
def test_a_sound_that_is_taken_back_is_not_heard(qtbot: QtBot, player: Player, ready: bool) -> None:
    player.play("one", tone(300), 0.0)
    if ready:
        wait(qtbot, player)
    player.stop("another")
    assert player.output.playing == ready
    player.stop("one")
    wait(qtbot, player)
    assert not player.output.playing


def test_only_the_last_of_several_wishes_is_heard(
    qtbot: QtBot, player: Player, sink: RecordingSink
) -> None:
    sounds = {f"{hertz}": tone(hertz) for hertz in (300, 400, 500, 600)}
    for name, sound in sounds.items():
        player.play(name, sound, 0.0)
    wait(qtbot, player)
    heard = sink.record(1000)
    np.testing.assert_allclose(heard[200:], sounds["600"].samples[200:1000], atol=1e-5)


def test_a_wish_to_play_outlives_a_change_of_the_sound(qtbot: QtBot, player: Player) -> None:
    player.play("one", tone(300))
    player.load("one", tone(400))
    wait(qtbot, player)
    assert player.is_playing("one")
    player.load("two", tone(400, seconds=0.2))
    wait(qtbot, player)
    assert not player.output.playing


def test_a_span_comes_and_goes_with_its_sound(
    qtbot: QtBot, player: Player, sink: RecordingSink
) -> None:
    player.loop = True
    first, second = tone(300), tone(500)
    player.play("one", first, span=(0.1, 0.2))
    wait(qtbot, player)
    assert player.output.position == pytest.approx(0.1)
    sink.record(5000)
    assert 0.1 <= player.output.position <= 0.2
    player.play("two", second, 0.0)  # equally long: it takes over, but not the span
    wait(qtbot, player)
    sink.record(3000)
    assert player.output.position == pytest.approx(3000 / 8000)


def test_seeking_before_the_sound_is_ready_is_kept(qtbot: QtBot, player: Player) -> None:
    player.seek("one", tone(300), 0.3)
    wait(qtbot, player)
    assert player.output.position == pytest.approx(0.3)
    assert not player.output.playing


def test_an_empty_sound_is_a_sentence(qtbot: QtBot, player: Player) -> None:
    empty = Clip(np.zeros(0, np.float32), 8000, path=Path("empty.wav"))
    with qtbot.waitSignal(player.output.failed) as told:
        player.play("one", empty)
    assert told.args == ["The sound holds no samples; there is nothing to play."]


def test_another_device_prepares_the_sound_anew(
    qtbot: QtBot, player: Player, sink: RecordingSink
) -> None:
    sound = tone(300)
    player.play("one", sound)
    wait(qtbot, player)
    player.choose_device("recorder")
    assert not player.output.playing
    player.play("one", sound)
    wait(qtbot, player)
    assert player.is_playing("one")


@dataclass(frozen=True)
class SlowFile(ClipFile):
    """A clip that is read once it may be."""

    may_be_read: threading.Event = field(default_factory=threading.Event, compare=False)

    def read(self, *_: object) -> Clip:
        assert self.may_be_read.wait(10)
        return tone(300)


@pytest.fixture
def slow(tmp_path: Path) -> SlowFile:
    return SlowFile(tmp_path / "slow.wav", "slow", "slow")


def test_a_clip_that_was_asked_for_before_another_is_not_heard(
    qtbot: QtBot, player: Player, slow: SlowFile
) -> None:
    known = ClipFile(slow.path.with_name("known.wav"), "known", "known")
    for ask in (
        lambda: player.audition(known, tone(500), pytest.fail),
        lambda: player.play("explained", tone(500)),
    ):
        player.audition(slow, None, pytest.fail)
        ask()
        slow.may_be_read.set()
        wait(qtbot, player)
        assert player.output.playing
        assert player.source != slow
        slow.may_be_read.clear()


@pytest.mark.parametrize("by", ["a second press", "stop", "silence"])
def test_a_clip_that_is_being_read_is_taken_back(
    qtbot: QtBot, player: Player, slow: SlowFile, by: str
) -> None:
    player.audition(slow, None, pytest.fail)
    player.stop("another")
    if by == "stop":
        player.stop(slow)
    elif by == "silence":
        player.silence()
    else:
        player.audition(slow, None, pytest.fail)
    slow.may_be_read.set()
    wait(qtbot, player)
    assert not player.output.playing
    player.audition(slow, None, pytest.fail)
    wait(qtbot, player)
    assert player.is_playing(slow)


def test_a_sound_that_is_made_anew_meanwhile_takes_no_clip_back(
    qtbot: QtBot, player: Player, slow: SlowFile
) -> None:
    player.play("explained", tone(500))
    wait(qtbot, player)
    player.audition(slow, None, pytest.fail)
    player.load("explained", tone(400))
    slow.may_be_read.set()
    wait(qtbot, player)
    assert player.is_playing(slow)


def test_a_clip_that_cannot_be_read_is_tried_again(
    qtbot: QtBot, player: Player, tmp_path: Path
) -> None:
    gone = ClipFile(tmp_path / "gone.wav", "gone", "gone")
    told: list[Exception] = []
    for _ in range(2):
        player.audition(gone, None, told.append)
        wait(qtbot, player)
    assert len(told) == 2

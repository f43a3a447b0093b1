"""Playback pulled by hand: what is heard is right, no jump clicks, nothing rises too high."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.sound.audio_output import Playback, Sound, prepare
from siamese_core.audio import Clip
from siamese_core.errors import AudioError

RATE = 8000
FADE = 40
Samples = NDArray[np.float32]


def sine(hertz: float = 100.0, seconds: float = 1.0, level: float = 0.8) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * np.cos(2 * np.pi * hertz * time)).astype(np.float32)


def ready(samples: Samples) -> Sound:
    return prepare(Clip(samples, RATE), RATE)


def steepest(sound: Samples) -> float:
    """Largest step from sample to sample; a click is a large one."""
    return float(np.abs(np.diff(sound, prepend=np.float32(0), append=np.float32(0))).max())


# A 100 Hz cosine of level 0.8 steps by 0.063; the 5 ms fade of a level of 0.8 adds 0.02.
SMOOTH = 0.11


def test_the_middle_of_a_sound_is_untouched() -> None:
    playback, sound = Playback(ready(sine())), sine()
    playback.play(0)
    heard = np.concatenate([playback.fill(n) for n in (1, 7, 500, 3000, 4492)])
    np.testing.assert_array_equal(heard[FADE:-FADE], sound[FADE:-FADE])
    assert not playback.playing
    assert not playback.fill(100).any()


def test_ends_are_faded() -> None:
    playback = Playback(ready(np.ones(RATE, np.float32)))
    playback.play(0)
    assert steepest(playback.fill(RATE + 100)) < 0.06


@pytest.mark.parametrize("jump", ["stop", "seek", "swap", "play"])
def test_no_jump_clicks(jump: str) -> None:
    playback = Playback(ready(sine()))
    playback.play(0)
    before = playback.fill(1000)
    match jump:
        case "stop":
            playback.stop()
        case "seek":
            playback.seek(4040)
        case "swap":
            playback.swap(ready(-sine()))
        case "play":
            playback.play(555)
    after = playback.fill(400)
    assert np.abs(np.diff(np.concatenate([before, after]))).max() < SMOOTH


def test_stop_keeps_the_position_and_falls_silent() -> None:
    playback = Playback(ready(sine()))
    playback.play(0)
    playback.fill(1000)
    playback.stop()
    assert not playback.playing
    assert playback.heard() == 1000
    tail = playback.fill(200)
    assert tail[:FADE].any()
    assert not tail[FADE:].any()


def test_what_is_heard_moves_on_till_the_device_has_played_it_and_then_stands_still() -> None:
    playback, delay = Playback(ready(sine())), 400
    playback.play(0)
    playback.fill(1000)
    assert playback.heard(delay) == 600
    playback.swap(ready(sine(300.0)))
    assert playback.heard(delay) == 600, "another sound does not move it"
    playback.fill(200)
    assert playback.heard(delay) == 800
    playback.stop()
    heard = []
    for _ in range(6):
        heard.append(playback.heard(delay))
        playback.fill(100)
    assert heard == [800, 900, 1000, 1100, 1200, 1200]
    playback.play(playback.heard(delay))
    playback.fill(100)
    assert playback.heard(delay) == 1200, "it waits for the device again"
    playback.seek(4000)
    assert playback.heard(delay) == 4000
    playback.stop()
    playback.seek(100)
    assert playback.heard(delay) == 100


def test_swap_goes_on_at_the_same_position_with_the_other_sound() -> None:
    playback, other = Playback(ready(sine())), sine(300.0)
    playback.play(0)
    playback.fill(1000)
    playback.swap(ready(other))
    heard = playback.fill(500)
    np.testing.assert_array_equal(heard[FADE:], other[1000 + FADE : 1500])
    assert playback.heard() == 1500


def test_a_loop_repeats_its_range_without_a_click() -> None:
    sound = sine(110.0)
    playback = Playback(ready(sound))
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
    playback = Playback(ready(sine()))
    for start, end in ((500, 500), (7990, 9000), (-50, -10), (9000, 9001)):
        playback.set_loop(start, end)
        playback.play(0)
        assert len(playback.fill(20_000)) == 20_000
        assert playback.playing
        assert 0 <= playback.heard() <= RATE


def test_what_is_heard_lags_by_the_devices_delay_but_never_before_the_start() -> None:
    playback = Playback(ready(sine()))
    playback.play(500)
    assert playback.heard(300) == 500
    playback.fill(1000)
    assert playback.heard(300) == 1200
    playback.seek(100)
    assert playback.heard(300) == 100


def test_volume_glides() -> None:
    playback = Playback(ready(np.ones(RATE, np.float32)))
    playback.play(0)
    playback.fill(200)
    playback.set_volume(0.0)
    block = playback.fill(200)
    assert np.abs(np.diff(block)).max() < 0.01
    assert block[-1] == 0
    assert not playback.fill(100).any()


@pytest.mark.parametrize("length", [1, 2, 5, 79])
def test_very_short_sounds_play(length: int) -> None:
    playback = Playback(ready(np.ones(length, np.float32)))
    playback.set_loop(0)
    playback.play(0)
    assert np.isfinite(playback.fill(500)).all()
    playback.set_loop(None)
    playback.fill(500)
    assert not playback.playing


def test_a_loud_or_broken_sound_is_scaled_and_finite() -> None:
    playback = Playback(ready(4 * sine()))
    playback.play(0)
    assert np.abs(playback.fill(RATE)).max() <= 1.0
    broken = sine()
    broken[100:103] = [np.nan, np.inf, -np.inf]
    playback.swap(ready(broken))
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
    playback = Playback(ready(sounds[0]))
    for step, number in steps:
        match step:
            case "play":
                playback.play(number)
            case "stop":
                playback.stop()
            case "seek":
                playback.seek(number)
            case "swap":
                playback.swap(ready(sounds[number % 2]))
            case "loop":
                playback.set_loop(number, number + 700)
            case "no loop":
                playback.set_loop(None)
            case _:
                block = playback.fill(max(number, 0))
                assert len(block) == max(number, 0)
                assert np.abs(block).max(initial=0.0) <= 1.0 + 1e-6
        assert 0 <= playback.heard() <= playback.length


def test_a_quiet_sound_is_quiet_from_its_first_block_on() -> None:
    playback = Playback(ready(np.ones(RATE, np.float32)), volume=0.0)
    playback.play(0)
    assert not playback.fill(1000).any()


def test_preparing_resamples_and_refuses_nothing() -> None:
    sound = prepare(Clip(sine(), RATE), 2 * RATE)
    assert (sound.rate, len(sound.samples)) == (2 * RATE, 2 * RATE)
    original = sine()
    prepare(Clip(original, RATE), RATE)
    np.testing.assert_array_equal(original, sine())  # the clip itself is not faded
    with pytest.raises(AudioError, match="no samples"):
        prepare(Clip(np.zeros(0, np.float32), RATE), RATE)


def test_two_channels_are_heard_apart_and_take_over_from_one() -> None:
    left, right, mono = sine(100.0), sine(300.0, level=0.4), sine(200.0, level=0.2)
    playback = Playback(ready(mono))
    playback.play(0)
    assert playback.fill(1000).shape == (1000,)
    playback.swap(ready(np.stack([left, right], axis=1)))
    heard = playback.fill(1000)
    assert heard.shape == (1000, 2)
    np.testing.assert_array_equal(heard[FADE:, 0], left[1000 + FADE : 2000])
    np.testing.assert_array_equal(heard[FADE:, 1], right[1000 + FADE : 2000])
    before = np.stack([mono[999:1000]] * 2, axis=1)
    assert np.abs(np.diff(np.concatenate([before, heard]), axis=0)).max() < 3 * SMOOTH
    playback.swap(ready(mono))
    tail = playback.fill(20)
    assert tail.shape == (20, 2), "what fades out has two channels yet"
    mixed = playback.fill(60)
    np.testing.assert_array_equal(mixed[FADE:, 0], mixed[FADE:, 1])
    np.testing.assert_array_equal(playback.fill(100), mono[2080:2180])


def test_two_channels_loop_stop_and_stay_within_full_scale() -> None:
    rng = np.random.default_rng(0)
    playback = Playback(ready(rng.uniform(-3, 3, (2000, 2)).astype(np.float32)))
    playback.set_loop(200, 700)
    playback.play(0)
    block = playback.fill(3000)
    assert block.shape == (3000, 2)
    assert np.abs(block).max() <= 1.0 + 1e-6
    playback.set_volume(0.5)
    playback.stop()
    assert np.abs(playback.fill(300)[FADE:]).max() == 0


def test_each_channel_is_faded_and_resampled_alike() -> None:
    both = np.stack([sine(), sine()], axis=1)
    sound = prepare(Clip(both, RATE), 2 * RATE)
    assert sound.samples.shape == (2 * RATE, 2)
    np.testing.assert_array_equal(sound.samples[:, 0], sound.samples[:, 1])
    assert abs(sound.samples[0, 0]) < 0.02

"""Excerpts of long clips: a second out of ten minutes is what the whole clip gives, at its cost."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from siamese_core import audio
from siamese_core.audio import Clip, excerpt, resample, write
from siamese_core.mask.mask import Mask
from siamese_core.melspec import PRESETS
from siamese_core.sonification.sonification import sonify
from tests.core.sounds import snr

VOICE = PRESETS["voice"]


def noise(rate: int, seconds: float) -> Clip:
    rng = np.random.default_rng(0)
    return Clip(rng.normal(0, 0.1, round(seconds * rate)).astype(np.float32), rate)


@pytest.mark.parametrize("own_rate", [48_000, 44_100, 22_050, 8_000, 44_101])
@pytest.mark.parametrize("seconds", [-0.2, 0.0, 1.7, 3.5])
def test_an_excerpt_is_a_cut_from_the_whole(own_rate: int, seconds: float) -> None:
    clip, first = noise(own_rate, 4), round(seconds * 16_000) + 123
    wanted = resample(clip, 16_000).cut(first, 8000).samples
    got = excerpt(clip, 16_000, first, 8000)
    assert (got.rate, len(got.samples)) == (16_000, 8000)
    assert snr(wanted, got.samples) > 100


def test_at_the_same_rate_an_excerpt_is_exact() -> None:
    clip = noise(16_000, 1)
    np.testing.assert_array_equal(excerpt(clip, 16_000, 99, 500).samples, clip.samples[99:599])


def test_outside_the_clip_an_excerpt_is_silence() -> None:
    for first in (-9000, 99_000):
        assert not excerpt(noise(44_100, 1), 16_000, first, 8000).samples.any()


def test_ten_minutes_cost_what_their_window_costs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clip = noise(48_000, 600)
    resampled: list[float] = []

    def watched(part: Clip, rate: int) -> Clip:
        resampled.append(part.seconds)
        return resample(part, rate)

    monkeypatch.setattr(audio, "resample", watched)
    mask = Mask(np.ones(VOICE.shape, np.float32), VOICE, 300.123)
    sound = sonify(clip, mask, rate="clip", keep_above=True, soft_ends=False)
    assert sum(resampled) < 5
    write(sound, tmp_path / "ones.wav")
    samples, rate = soundfile.read(tmp_path / "ones.wav", dtype="float32")
    begin = round(300.123 * 48_000)
    assert (rate, len(samples)) == (48_000, 48_000)
    assert snr(clip.samples[begin : begin + 48_000], samples) > 80


def test_a_window_of_a_long_clip_is_what_the_whole_clip_gives_at_the_models_rate() -> None:
    clip = noise(44_100, 8)
    rng = np.random.default_rng(1)
    mask = Mask(rng.random(VOICE.shape, np.float32), VOICE, 3.21)
    whole = sonify(resample(clip, VOICE.rate), mask)
    assert snr(whole.samples, sonify(clip, mask).samples) > 80

"""Log-mels equal librosa's, invert, and know which frames are the clip's own."""

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siamese_core.audio import read
from siamese_core.logmel import (
    LogMel,
    fit,
    istft,
    log_mel,
    mel_filterbank,
    own_frames,
    power_to_db,
    stft,
)
from siamese_core.melspec import PRESETS, MelSpec
from tests.conftest import TINY_MEL, tone


def _librosa(samples: np.ndarray, mel: MelSpec) -> np.ndarray:
    power = librosa.feature.melspectrogram(
        y=samples,
        sr=mel.rate,
        n_fft=mel.n_fft,
        hop_length=mel.hop,
        win_length=mel.win_length,
        n_mels=mel.n_mels,
        fmin=mel.fmin,
        fmax=mel.fmax,
    )
    return librosa.power_to_db(power, ref=1.0, top_db=mel.top_db)


@pytest.mark.parametrize(
    ("preset", "pattern"),
    [
        ("audiomnist", "audiomnist5/*/*_3.flac"),
        ("esc50", "esc10/*/1-*.ogg"),
        ("voice", "arabic_commands/spk0*/five_01.ogg"),
    ],
)
def test_real_clips_have_librosas_log_mel(data: Path, preset: str, pattern: str) -> None:
    mel = PRESETS[preset]
    paths = sorted(data.glob(pattern))[::9][:6]
    assert paths
    for path in paths:
        clip = read(path)
        window, _ = fit(clip, mel)
        db = LogMel.of(clip, mel).db
        assert db.shape == mel.shape
        np.testing.assert_allclose(db, _librosa(window.samples, mel), atol=1e-3)


def test_presets_have_the_reports_shapes() -> None:
    assert PRESETS["audiomnist"].shape == (224, 224)
    assert PRESETS["esc50"].shape == (128, 431)


def test_a_batch_equals_its_clips_and_carries_gradients() -> None:
    samples = torch.randn(3, TINY_MEL.n_samples, dtype=torch.float64, requires_grad=True)
    maps = log_mel(samples, TINY_MEL)
    for one, of_batch in zip(samples, maps, strict=True):
        torch.testing.assert_close(log_mel(one, TINY_MEL), of_batch)
    maps.sum().backward()
    assert samples.grad is not None
    assert bool(torch.isfinite(samples.grad).all())
    assert float(samples.grad.abs().sum()) > 0


def test_any_length_and_every_frame_is_librosas() -> None:
    mel = PRESETS["voice"]
    samples = torch.randn(10, 3 * mel.n_samples, dtype=torch.float64)
    for sound, db in zip(samples, log_mel(samples, mel), strict=True):
        np.testing.assert_allclose(db, _librosa(sound.numpy(), mel), atol=1e-3)


def test_a_first_look_in_inference_mode_leaves_gradients_possible() -> None:
    mel = TINY_MEL.model_copy(update={"n_mels": TINY_MEL.n_mels + 1})
    with torch.inference_mode():
        log_mel(torch.randn(mel.n_samples), mel)
    samples = torch.randn(mel.n_samples, requires_grad=True)
    log_mel(samples, mel).sum().backward()
    assert samples.grad is not None


def test_gradients_are_those_of_the_plain_formula() -> None:
    mel = PRESETS["voice"]
    samples = torch.randn(2, mel.n_samples, dtype=torch.float64, requires_grad=True)
    power = mel_filterbank(mel).double() @ stft(samples, mel).abs().square()
    plain, maps = power_to_db(power, mel.top_db), log_mel(samples, mel)
    weights = torch.randn_like(plain)
    expected, found = (
        torch.autograd.grad((seen * weights).sum(), samples)[0] for seen in (plain, maps)
    )
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))
    torch.testing.assert_close(maps.detach(), log_mel(samples.detach(), mel))


@pytest.mark.parametrize("preset", PRESETS)
def test_the_stft_inverts_to_the_same_samples(preset: str) -> None:
    mel = PRESETS[preset]
    samples = torch.randn(mel.n_samples, dtype=torch.float64)
    torch.testing.assert_close(istft(stft(samples, mel), mel, mel.n_samples), samples)


def test_silence_is_finite_and_flat() -> None:
    db = log_mel(torch.zeros(TINY_MEL.n_samples), TINY_MEL)
    assert float(db.min()) == float(db.max()) == pytest.approx(-100.0)


def test_a_louder_clip_is_shifted_by_its_gain() -> None:
    clip = tone(700)
    quiet = torch.from_numpy(clip.samples).double()
    shift = log_mel(quiet * 2, TINY_MEL) - log_mel(quiet, TINY_MEL)
    torch.testing.assert_close(shift, torch.full_like(shift, 20 * np.log10(2)))


def test_a_tone_is_loudest_in_its_own_band() -> None:
    picture = LogMel.of(tone(1000), TINY_MEL)
    loudest = int(picture.db.mean(axis=1).argmax())
    nearest = int(np.abs(picture.frequencies - 1000).argmin())
    assert abs(loudest - nearest) <= 1


@given(st.floats(0.05, 1.5))
def test_own_frames_lie_within_the_clip(duration: float) -> None:
    length = round(duration * TINY_MEL.rate)
    start = min(0, length - TINY_MEL.n_samples) // 2 / TINY_MEL.rate
    own = own_frames(TINY_MEL, start, length / TINY_MEL.rate)
    times = start + np.arange(TINY_MEL.n_frames) * TINY_MEL.hop / TINY_MEL.rate
    inside = (times >= -1e-9) & (times <= length / TINY_MEL.rate + 1e-9)
    np.testing.assert_array_equal(np.flatnonzero(inside), np.arange(own.start, own.stop))


def test_a_short_clip_is_centred_and_a_long_one_shown_where_it_is_loudest() -> None:
    short = LogMel.of(tone(500, 0.25), TINY_MEL)
    assert short.start == pytest.approx(-0.125)
    assert short.times[short.own_frames][0] >= 0
    assert short.own_seconds == (0.0, 0.25)
    long = tone(500, 2.0)
    long.samples[:12_000] *= 0.01
    assert LogMel.of(long, TINY_MEL).start >= 1.0
    assert LogMel.of(long, TINY_MEL, start=1.25).own_seconds == (
        1.25,
        min(2.0, 1.25 + TINY_MEL.seconds),
    )
    assert LogMel.of(long, TINY_MEL, start=0.25).start == 0.25

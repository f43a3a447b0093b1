"""Inversion: the sparse filterbank is the dense one, the magnitude explains the mel power."""

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siamese_core.audio import Clip, read
from siamese_core.errors import Cancelled
from siamese_core.logmel import fit, istft, mel_filterbank, mel_power, stft
from siamese_core.mask.mask import Mask
from siamese_core.melspec import PRESETS, MelSpec
from siamese_core.sonification.inversion import ROUNDS, invert, invert_with_phase, magnitude
from siamese_core.sonification.mel_bands import MelBands
from siamese_core.sonification.sonification import sonify
from tests.conftest import TINY_MEL, tone
from tests.core.sounds import convergence

ALL = pytest.mark.parametrize("mel", [*PRESETS.values(), TINY_MEL], ids=[*PRESETS, "tiny"])


def power_of(samples: torch.Tensor, mel: MelSpec) -> torch.Tensor:
    return mel_power(stft(samples, mel), mel)


def padded(clip: Clip, mel: MelSpec) -> torch.Tensor:
    return torch.from_numpy(clip.cut(0, mel.n_samples).samples)


@ALL
def test_two_bands_a_bin_are_the_whole_filterbank(mel: MelSpec) -> None:
    torch.manual_seed(0)
    filters, bands = mel_filterbank(mel), MelBands.of(mel)
    power, values = torch.rand(2, filters.shape[1], 3), torch.rand(2, mel.n_mels, 3)
    torch.testing.assert_close(bands.collect(power), filters @ power, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(bands.spread(values), filters.T @ values, atol=1e-6, rtol=1e-5)


@ALL
def test_a_lifted_mask_of_one_gain_is_that_gain_in_every_bin(mel: MelSpec) -> None:
    lifted = MelBands.of(mel).lift(torch.full((mel.n_mels, 2), 0.3))
    assert lifted.shape == (1 + mel.n_fft // 2, 2)
    torch.testing.assert_close(lifted, torch.full_like(lifted, 0.3))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_a_lifted_mask_stays_between_its_gains_and_is_linear(seed: int) -> None:
    gains = torch.rand(TINY_MEL.shape, generator=torch.Generator().manual_seed(seed))
    lifted = MelBands.of(TINY_MEL).lift(gains)
    assert lifted.min() >= gains.min() - 1e-6
    assert lifted.max() <= gains.max() + 1e-6
    whole = lifted + MelBands.of(TINY_MEL).lift(1 - gains)
    torch.testing.assert_close(whole, torch.ones_like(whole))


def test_the_inverse_transform_is_torchs() -> None:
    for mel in (PRESETS["voice"], TINY_MEL):
        torch.manual_seed(0)
        spectrum = stft(torch.randn(2, mel.n_samples, dtype=torch.float64), mel)
        width = mel.win_length or mel.n_fft
        window = torch.hann_window(width, dtype=torch.float64)
        theirs = torch.istft(
            spectrum, mel.n_fft, mel.hop, width, window, center=True, length=mel.n_samples
        )
        torch.testing.assert_close(istft(spectrum, mel, mel.n_samples), theirs)


WIDE = [
    {"hop": 256, "seconds": 15_615 / 16_000},
    {"hop": 250, "seconds": 15_249 / 16_000},
    {"hop": 200, "win_length": 400, "seconds": 12_199 / 16_000},
]
"""Steps of about half a window, and an end a step less a sample past the last frame's centre."""


def wide(settings: dict[str, float]) -> MelSpec:
    return MelSpec.parse({"rate": 16_000, "n_fft": 512, "n_mels": 40, **settings})


@pytest.mark.parametrize("settings", WIDE)
def test_a_sound_that_no_frame_covers_well_at_its_end_has_no_spike_there(
    settings: dict[str, float],
) -> None:
    mel, rng = wide(settings), np.random.default_rng(0)
    noise = np.convolve(0.1 * rng.standard_normal(mel.n_samples), np.ones(8) / 8, "same")
    clip = Clip(noise.astype(np.float32), mel.rate)
    mask = Mask(np.ones(mel.shape, np.float32), mel, 0.0)
    for mode in ("log-mel", "log-mel-original-phase"):
        sound = sonify(clip, mask, mode)
        assert np.square(sound.samples).sum() == pytest.approx(np.square(noise).sum(), rel=0.12)
        assert np.abs(sound.samples).max() < 1.5 * clip.peak


@pytest.mark.parametrize("settings", WIDE)
def test_what_frames_cover_well_comes_back_exactly(settings: dict[str, float]) -> None:
    mel = wide(settings)
    torch.manual_seed(0)
    samples = torch.randn(mel.n_samples, dtype=torch.float64)
    found = istft(stft(samples, mel), mel, mel.n_samples)
    centre = (mel.n_frames - 1) * mel.hop
    assert centre + mel.hop == mel.n_samples + 1
    sound = slice(centre + (mel.win_length or mel.n_fft) // 4)
    torch.testing.assert_close(found[sound], samples[sound])
    assert found.abs().max() <= samples.abs().max() + 1e-9
    # a masked sound is exact to its very end, for the frames go on beyond it
    clip = Clip(samples.float().numpy() / 10, mel.rate)
    mask = Mask(np.ones(mel.shape, np.float32), mel, 0.0)
    np.testing.assert_allclose(sonify(clip, mask).samples, clip.samples, atol=1e-6)


@ALL
def test_a_magnitude_explains_its_mel_power(mel: MelSpec) -> None:
    torch.manual_seed(0)
    power = power_of(torch.randn(mel.n_samples), mel)[:, :20]
    found = magnitude(power, mel)
    assert found.min() >= 0
    heard = MelBands.of(mel).collect(found.square())
    covered = mel_filterbank(mel).sum(dim=1) > 0  # a band narrower than a bin hears nothing
    assert (heard - power)[covered].norm() < 0.02 * power[covered].norm()


def test_silence_stays_silence() -> None:
    nothing = torch.zeros(TINY_MEL.shape)
    assert not invert(nothing, TINY_MEL).any()
    spectrum = stft(torch.randn(TINY_MEL.n_samples), TINY_MEL)
    assert not invert_with_phase(nothing, spectrum, TINY_MEL).any()


def test_a_batch_is_its_windows_one_by_one() -> None:
    windows = torch.stack([padded(tone(hertz), TINY_MEL) for hertz in (400, 900)])
    power = power_of(windows, TINY_MEL)
    batch = invert(power, TINY_MEL, seed=3)
    assert batch.shape == windows.shape
    for one, alone in zip(batch, power, strict=True):
        torch.testing.assert_close(one, invert(alone, TINY_MEL, seed=3), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("preset", ["voice", "audiomnist"])
def test_a_tone_comes_back_at_its_pitch_and_level(preset: str) -> None:
    mel = PRESETS[preset]
    clip = tone(1000, 1.0, mel.rate)
    sound = invert(power_of(padded(clip, mel), mel), mel).numpy()
    peak = np.abs(np.fft.rfft(sound)).argmax() * mel.rate / len(sound)
    assert peak == pytest.approx(1000, rel=0.03)
    assert np.square(sound).sum() == pytest.approx(np.square(clip.samples).sum(), rel=0.3)


def test_real_sounds_come_nearer_than_librosas_inversion(data: Path) -> None:
    mel = PRESETS["voice"]
    ours, theirs, phased = [], [], []
    for take in ("audiomnist5/04/0_04_0.flac", "audiomnist5/56/1_56_18.flac"):
        window, _ = fit(read(data / take), mel)
        samples = torch.from_numpy(window.samples)
        power = power_of(samples, mel)
        librosas = librosa.feature.inverse.mel_to_audio(
            power.numpy(), sr=mel.rate, n_fft=mel.n_fft, hop_length=mel.hop,
            win_length=mel.win_length, length=mel.n_samples, fmin=mel.fmin,
        )  # fmt: skip
        borrowed = invert_with_phase(power, stft(samples, mel), mel)
        for sound, found in (
            (ours, invert(power, mel).numpy()),
            (theirs, librosas),
            (phased, borrowed.numpy()),
        ):
            sound.append(convergence(Clip(found, mel.rate), window, mel))
    assert np.mean(ours) < np.mean(theirs)
    assert np.mean(phased) < np.mean(ours)


def test_it_reports_each_round_and_stops() -> None:
    power = torch.rand(TINY_MEL.shape)
    events: list[object] = []
    invert(power, TINY_MEL, on_event=events.append)
    assert len(events) == ROUNDS + 1
    with pytest.raises(Cancelled):
        invert(power, TINY_MEL, should_stop=lambda: len(events) > 0)

"""Other voices of a clip: formants move and the pitch stays, or all of it moves together."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from siamese_core.audio import Clip
from siamese_core.logmel import mel_power, stft
from siamese_core.melspec import MelSpec
from siamese_core.training.voices import at_speed, with_formants

RATE = 16_000
MEL = MelSpec(rate=RATE, n_fft=1024, hop=160, n_mels=96)
WITHIN = 0.05
"""By how much moved formants may differ between precisions, of their power: 0.2 dB."""


def _vowel(pitch: float, formant: float) -> Clip:
    """Harmonics of a pitch under one resonance, as a clip of a second."""
    time = np.arange(RATE) / RATE
    harmonics = np.arange(pitch, 7000, pitch)
    levels = np.exp(-(((harmonics - formant) / 400) ** 2)) + 1e-3
    samples = sum(
        level * np.sin(2 * np.pi * hertz * time + hertz)
        for hertz, level in zip(harmonics, levels, strict=True)
    )
    return Clip((samples / np.abs(samples).max()).astype(np.float32), RATE)


def _power(spectrum: torch.Tensor) -> NDArray[np.float64]:
    return spectrum.abs().square().mean(dim=1).double().numpy()


def _spectrum(clip: Clip) -> torch.Tensor:
    return stft(torch.from_numpy(clip.samples), MEL)


def _centre(power: NDArray[np.float64]) -> float:
    hertz = np.arange(len(power)) * RATE / MEL.n_fft
    return float((power * hertz).sum() / power.sum())


@pytest.mark.parametrize("factor", [0.85, 0.93, 1.1, 1.2])
def test_the_formant_moves_and_the_harmonics_stay(factor: float) -> None:
    before = _spectrum(_vowel(100, 1500))
    (after,) = with_formants(before, [factor], RATE)
    assert _centre(_power(after)) == pytest.approx(1500 * factor, rel=0.08)
    comb = np.arange(100, 3000, 100) * MEL.n_fft / RATE
    on, off = np.rint(comb).astype(int), np.rint(comb + 50 * MEL.n_fft / RATE).astype(int)
    ratio = 10 * np.log10(_power(after)[on] / _power(after)[off])
    assert np.median(ratio) > 10, "the comb of the pitch still stands where it stood"


def test_a_factor_of_one_changes_nothing() -> None:
    spectrum = _spectrum(_vowel(100, 1500))
    assert torch.equal(with_formants(spectrum, [1.0], RATE)[0], spectrum)
    assert torch.equal(with_formants(spectrum, [1.1, 1.0], RATE)[1], spectrum)


def test_there_and_back_is_nearly_where_it_was() -> None:
    spectrum = _spectrum(_vowel(120, 1200))
    (there,) = with_formants(spectrum, [1.1], RATE)
    (back,) = with_formants(there, [1 / 1.1], RATE)
    band = slice(20, 200)
    difference = 10 * np.log10(_power(back)[band] / _power(spectrum)[band])
    assert np.abs(difference).mean() < 1.5


def test_silence_stays_silent() -> None:
    silence = torch.zeros(MEL.n_fft // 2 + 1, 5, dtype=torch.complex64)
    assert with_formants(silence, [1.1], RATE).abs().max() == 0


def test_speed_moves_pitch_and_formants_together() -> None:
    faster = at_speed(_vowel(150, 1500), 1.1, MEL)
    assert faster.rate == RATE
    assert faster.seconds == pytest.approx(1 / 1.1, abs=0.01)
    assert _centre(_power(_spectrum(faster))) == pytest.approx(1650, rel=0.05)


def test_single_precision_moves_formants_nearly_as_double_does() -> None:
    """Above a slower clip's band is rounding alone, whose logarithm the envelope holds, too.

    What a CPU trains on is computed in single precision and what a GPU trains on in double.
    """
    slower = torch.from_numpy(at_speed(_vowel(150, 1500), 0.9, MEL).samples)
    single, double = (
        mel_power(with_formants(stft(samples, MEL), [1.1], RATE), MEL).double()
        for samples in (slower, slower.double())
    )
    torch.testing.assert_close(single, double, rtol=WITHIN, atol=1e-6 * float(double.max()))

"""Settings that make no spectrogram are refused in words."""

import librosa
import numpy as np
import pytest
import torch

from siamese_core.errors import ParameterError
from siamese_core.logmel import mel_filterbank
from siamese_core.melspec import PRESETS, MelSpec
from siamese_core.sonification.mel_bands import MelBands

GOOD = {"rate": 16_000, "n_fft": 512, "hop": 160, "n_mels": 64}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate": 10}, "rate is 10"),
        ({"n_fft": 401}, "n_fft is 401; give a whole number from 16 to 65536, a multiple of 2"),
        ({"hop": 0}, "hop is 0"),
        ({"hop": 400}, "hop 400 must be at most half"),
        ({"win_length": 1024}, "win_length 1024 must not exceed n_fft 512"),
        ({"fmax": 9000.0}, "half the rate"),
        ({"fmin": 5000.0, "fmax": 4000.0}, "fmin < fmax"),
        (
            {"fmin": 1000.0, "fmax": 1031.25},
            "no bin of n_fft 512 lies between fmin 1000 and fmax 1031.25 Hz; bins are 31.25 Hz",
        ),
        ({"fmin": 0.0, "fmax": 31.25}, "no bin of n_fft 512 lies between"),
        ({"fmin": 7968.75}, "no bin of n_fft 512 lies between"),
        ({"seconds": 0.001}, "too short"),
        ({"hop": 1, "n_fft": 65_536, "seconds": 60.0}, "are too many; raise hop"),
        ({"n_melz": 3}, r"'n_melz' is not a parameter here; did you mean n_mels\? There are: rate"),
    ],
)
def test_an_illegal_setting_is_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        MelSpec.parse({**GOOD, **change})


@pytest.mark.filterwarnings("ignore:Empty filters:UserWarning")
@pytest.mark.parametrize(
    ("fmin", "fmax"), [(999.9, 1031.25), (1000.0, 1031.3), (0.0, 31.3), (7968.7, None)]
)
def test_one_bin_between_the_edges_is_enough(fmin: float, fmax: float | None) -> None:
    mel = MelSpec.parse({**GOOD, "fmin": fmin, "fmax": fmax})
    assert (mel_filterbank(mel).amax(dim=0) > 0).sum() == 1
    assert MelBands.of(mel).lift(torch.ones(mel.n_mels, 1)).tolist() == [[1]] * 257


def test_frames_follow_from_length_and_hop() -> None:
    mel = MelSpec.parse({**GOOD, "seconds": 0.5})
    assert (mel.n_samples, mel.n_frames, mel.top_frequency) == (8000, 51, 8000)


@pytest.mark.parametrize("preset", PRESETS)
def test_band_centres_are_librosas(preset: str) -> None:
    mel = PRESETS[preset]
    edges = librosa.mel_frequencies(mel.n_mels + 2, fmin=mel.fmin, fmax=mel.top_frequency)
    np.testing.assert_allclose(mel.frequencies, edges[1:-1], rtol=1e-9)

"""Settings that make no spectrogram are refused in words."""

import pytest

from siamese_core.errors import ParameterError
from siamese_core.melspec import MelSpec

GOOD = {"rate": 16_000, "n_fft": 512, "hop": 160, "n_mels": 64}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate": 10}, "rate is 10"),
        ({"hop": 0}, "hop is 0"),
        ({"hop": 400}, "hop 400 must be at most half"),
        ({"win_length": 1024}, "win_length 1024 must not exceed n_fft 512"),
        ({"fmax": 9000.0}, "half the rate"),
        ({"fmin": 5000.0, "fmax": 4000.0}, "fmin < fmax"),
        ({"seconds": 0.001}, "too short"),
        ({"hop": 1, "n_fft": 65_536, "seconds": 60.0}, "are too many; raise hop"),
        ({"n_melz": 3}, "'n_melz' is not a parameter here; there are: rate"),
    ],
)
def test_an_illegal_setting_is_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        MelSpec.parse({**GOOD, **change})


def test_frames_follow_from_length_and_hop() -> None:
    mel = MelSpec.parse({**GOOD, "seconds": 0.5})
    assert (mel.n_samples, mel.n_frames, mel.top_frequency) == (8000, 51, 8000)

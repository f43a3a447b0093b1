"""Matched levels: as loud as the core makes them, alike among each other, and never too high."""

import numpy as np
import pytest

from app.sound.matched_levels import MatchedLevels, gain_words
from siamese_core.audio import Clip
from siamese_core.demo import bundled_lineup
from siamese_core.mask.mask import Mask
from siamese_core.melspec import MelSpec
from siamese_core.sonification.sonification import sonify
from tests.app.test_listening_bar import loudness

SECONDS = 0.64
MEL = MelSpec(rate=16_000, n_fft=512, hop=160, n_mels=40, seconds=SECONDS)
THROUGH = ("kept", "region", "contrast", "contrast-in-turn", "log-mel")


@pytest.fixture(scope="module")
def spoken() -> Clip:
    clip = bundled_lineup().query.read(16_000)
    return clip.cut(0, round(SECONDS * clip.rate))


@pytest.fixture(scope="module")
def mask() -> Mask:
    values = np.zeros((MEL.n_mels, MEL.n_frames), np.float32)
    values[4:28, 20:40] = 1
    return Mask(values, MEL, 0.0)


def rendered(clip: Clip, mask: Mask, level: str = "original") -> dict[str, Clip]:
    modes = {name: name for name in THROUGH} | {"kept": "through-mask"}
    made = {name: sonify(clip, mask, mode, level=level) for name, mode in modes.items()}
    whole = Mask(np.ones_like(mask.values), mask.mel, mask.start)
    return {"original": sonify(clip, whole), **made}


def test_each_sound_is_as_loud_as_the_core_renders_it_at_level_match(
    spoken: Clip, mask: Mask
) -> None:
    quiet = Clip(spoken.samples / 8, spoken.rate)  # so that nothing rises above full scale
    sounds, wanted = rendered(quiet, mask), rendered(quiet, mask, "match")
    begin = 19.5 * MEL.hop / MEL.rate
    matched, _ = MatchedLevels().of(sounds, begin, None)
    for name in THROUGH:
        gain = np.abs(wanted[name].samples).max() / np.abs(sounds[name].samples).max()
        assert gain > 1.3, "else nothing is shown"
        np.testing.assert_allclose(
            matched[name].samples, wanted[name].samples, atol=0.02 * wanted[name].peak
        )
    np.testing.assert_array_equal(matched["original"].samples, sounds["original"].samples)


def test_sounds_that_would_rise_too_high_are_softer_all_alike(spoken: Clip, mask: Mask) -> None:
    loud = Clip(spoken.samples / spoken.peak, spoken.rate)
    sounds = rendered(loud, mask)
    matched, other = MatchedLevels().of(sounds, 0.2, loud)
    assert other is not None
    assert max(sound.peak for sound in (*matched.values(), other)) <= 0.9 + 1e-6
    original = loudness(matched["original"].samples)
    assert original < loudness(sounds["original"].samples) - 0.5
    assert loudness(matched["kept"].samples) == pytest.approx(original, abs=0.1)
    assert loudness(other.samples) == pytest.approx(original, abs=0.1)


@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_another_recording_is_brought_up_or_down(spoken: Clip, factor: float) -> None:
    quiet = Clip(spoken.samples / 8, spoken.rate)
    elsewhere = Clip(quiet.samples[: len(quiet.samples) // 2] * np.float32(factor), quiet.rate)
    matched, other = MatchedLevels().of({"original": quiet}, 0.0, elsewhere)
    assert other is not None
    assert len(other.samples) == len(elsewhere.samples)
    assert loudness(other.samples) == pytest.approx(loudness(matched["original"].samples), abs=1e-3)


def test_what_is_silent_or_nearly_so_is_not_made_of_noise(spoken: Clip) -> None:
    faint = Clip(spoken.samples * np.float32(1e-4), spoken.rate)
    silent = Clip(np.zeros_like(spoken.samples), spoken.rate)
    sounds = {"original": spoken, "kept": faint, "removed": silent}
    matched, other = MatchedLevels().of(sounds, 0.0, silent)
    assert matched["kept"].peak <= 10.01 * faint.peak, "20 dB at most"
    assert not matched["removed"].samples.any()
    assert other is not None
    assert not other.samples.any()
    assert gain_words("removed", silent, matched["removed"]) == "– dB"


def test_the_same_sounds_are_the_same_objects(spoken: Clip) -> None:
    levels, sounds = MatchedLevels(), {"original": spoken, "kept": spoken}
    first, _ = levels.of(sounds, 0.0, None)
    again, _ = levels.of(sounds, 0.0, None)
    assert all(again[name] is first[name] for name in sounds)
    newer, _ = levels.of(dict(sounds), 0.0, None)
    assert newer["kept"] is not first["kept"]


def test_without_an_original_each_keeps_its_level(spoken: Clip) -> None:
    matched, other = MatchedLevels().of({"kept": spoken}, 0.0, spoken)
    assert matched["kept"] is other is spoken


def test_gains_are_said_of_each_part(spoken: Clip) -> None:
    both = Clip(np.stack([spoken.samples] * 2, axis=1), spoken.rate)
    louder = Clip(both.samples * np.array([2, 1], np.float32), spoken.rate)
    assert gain_words("contrast", both, louder) == "+6.0 / 0 dB"
    assert gain_words("kept", louder, both) == "-6.0 dB"

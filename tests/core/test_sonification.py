"""Sonification of real and known sounds: nothing lost, nothing leaked, nothing clicks."""

from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
import torch

from siamese_core.audio import Clip, read, resample, write
from siamese_core.errors import Cancelled, ParameterError
from siamese_core.logmel import LogMel, stft
from siamese_core.mask import Mask
from siamese_core.melspec import PRESETS, MelSpec
from siamese_core.sonification import MODES, sonify
from tests.conftest import TINY_MEL, tone

VOICE = PRESETS["voice"]


@pytest.fixture(scope="module")
def spoken(data: Path) -> Clip:
    """Half a second of a real voice at 48 kHz."""
    return read(data / "audiomnist5" / "27" / "6_27_3.flac")


def flat(clip: Clip, mel: MelSpec, gain: float = 1.0, start: float | None = None) -> Mask:
    """A mask of one gain, where the clip would be scored."""
    return Mask(np.full(mel.shape, gain, np.float32), mel, LogMel.of(clip, mel, start).start)


def snr(signal: np.ndarray, got: np.ndarray) -> float:
    error = np.square(signal.astype(np.float64) - got).sum()
    return float(10 * np.log10(np.square(signal, dtype=np.float64).sum() / max(error, 1e-30)))


def high_peak(clip: Clip, above: float) -> float:
    """Peak in dBFS of what a clip holds above a frequency: a click is broad, a tone is not."""
    spectrum = np.fft.rfft(clip.samples.astype(np.float64))
    spectrum[np.fft.rfftfreq(len(clip.samples), 1 / clip.rate) < above] = 0
    high = np.fft.irfft(spectrum, len(clip.samples))
    return float(20 * np.log10(np.abs(high).max() + 1e-12))


def convergence(clip: Clip, original: Clip, mel: MelSpec) -> float:
    """Spectral convergence: how far the magnitudes are from the original's, as a share of them."""
    wanted, got = (stft(torch.from_numpy(c.samples).double(), mel).abs() for c in (original, clip))
    return float((wanted - got).norm() / wanted.norm())


@pytest.mark.parametrize("preset", ["audiomnist", "voice"])
def test_a_mask_of_ones_returns_the_clip_on_the_written_file(
    spoken: Clip, preset: str, tmp_path: Path
) -> None:
    mel = PRESETS[preset]
    sound = sonify(spoken, flat(spoken, mel))
    write(sound, tmp_path / "ones.wav")
    samples, rate = soundfile.read(tmp_path / "ones.wav", dtype="float32")
    assert rate == mel.rate
    assert soundfile.info(tmp_path / "ones.wav").subtype == "FLOAT"
    assert len(samples) == round(spoken.seconds * rate)
    low = resample(spoken, rate).samples
    assert snr(low[: len(samples)], samples[: len(low)]) > 100


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("rate", ["model", "clip"])
def test_a_mask_of_zeros_is_silence(spoken: Clip, mode: str, rate: str) -> None:
    sound = sonify(spoken, flat(spoken, VOICE, 0.0), mode, rate=rate)  # type: ignore[arg-type]
    assert sound.peak == 0


def test_at_the_clips_own_rate_it_has_the_clips_own_length(spoken: Clip) -> None:
    sound = sonify(spoken, flat(spoken, VOICE), rate="clip")
    assert sound.rate == 48_000
    assert len(sound.samples) == len(spoken.samples)
    assert high_peak(sound, 8500) < high_peak(spoken, 8500) - 20


def test_the_clip_comes_back_with_the_band_above_the_model(spoken: Clip) -> None:
    sound = sonify(spoken, flat(spoken, VOICE), rate="clip", keep_above=True)
    assert snr(spoken.samples, sound.samples) > 90
    above_alone = sonify(spoken, flat(spoken, VOICE, 0.0), rate="clip", keep_above=True)
    assert above_alone.peak > 0
    # the recording ends in mid-air, and an end like that reaches into every band
    low = resample(above_alone, 14_000).samples[140:-140]
    assert np.abs(low).max() < 0.001 * spoken.peak


@pytest.mark.parametrize("start", [0.0, 0.7, 1.5])
@pytest.mark.parametrize("own_rate", [16_000, 44_100])
def test_a_window_of_a_long_clip_returns_its_own_seconds(start: float, own_rate: int) -> None:
    rng = np.random.default_rng(0)
    clip = Clip(rng.normal(0, 0.1, round(2.2 * own_rate)).astype(np.float32), own_rate)
    mask = flat(clip, VOICE, start=start)
    sound = sonify(clip, mask, rate="clip", keep_above=True)
    begin, end = round(start * own_rate), round((start + 1) * own_rate)
    wanted = clip.samples[begin:end]
    assert len(sound.samples) == len(wanted)
    assert snr(wanted, sound.samples) > 80
    # not even the last milliseconds are faded or rung
    assert snr(wanted[-50:], sound.samples[-50:]) > 60


def test_half_a_mask_keeps_its_half() -> None:
    # two tones, one above the other: the mask of the upper one silences the lower
    low, high = (tone(hertz, 0.8, 16_000, 0.3) for hertz in (300, 3000))
    both = Clip(low.samples + high.samples, 16_000)
    mask = flat(both, VOICE, 0.0)
    mask.values[LogMel.of(both, VOICE).frequencies > 1000] = 1
    sound = sonify(both, mask)
    assert snr(high.samples, sound.samples) > 40
    assert snr(low.samples, sonify(both, mask.inverted()).samples) > 40


def test_kept_and_removed_add_up_to_the_clip(spoken: Clip) -> None:
    rng = np.random.default_rng(1)
    mask = flat(spoken, VOICE)
    mask = Mask(rng.random(VOICE.shape, np.float32), VOICE, mask.start)
    together = sonify(spoken, mask).samples + sonify(spoken, mask.inverted()).samples
    low = resample(spoken, VOICE.rate).samples[: len(together)]
    assert snr(low, together) > 80


@pytest.mark.parametrize("mel", [VOICE, PRESETS["audiomnist"]], ids=["voice", "audiomnist"])
def test_the_hardest_edge_in_time_does_not_click(mel: MelSpec) -> None:
    time = np.arange(round(0.8 * mel.rate)) / mel.rate
    swell = np.sin(np.pi * time / 0.8) ** 2
    clip = Clip((0.9 * swell * np.sin(600 * np.pi * time)).astype(np.float32), mel.rate)
    mask = flat(clip, mel)
    mask.values[:, mel.n_frames // 2 :] = 0
    sound = sonify(clip, mask)
    assert high_peak(clip, 2000) < -80
    assert high_peak(sound, 2000) < -60
    half = len(sound.samples) // 2
    assert np.abs(sound.samples[:half]).max() > 0.8
    assert np.abs(sound.samples[half + mel.n_fft // 2 :]).max() < 1e-6


@pytest.mark.parametrize("mode", MODES)
def test_level_is_the_originals_and_never_beyond_full_scale(spoken: Clip, mode: str) -> None:
    sound = sonify(spoken, flat(spoken, VOICE), mode)
    wanted, got = (np.sqrt(np.square(c.samples).mean()) for c in (resample(spoken, 16_000), sound))
    assert abs(20 * np.log10(got / wanted)) < 1
    loud = Clip(spoken.samples / spoken.peak, spoken.rate)
    rng = np.random.default_rng(0)
    mask = flat(loud, VOICE)
    mask.values[:] = rng.random(VOICE.shape) < 0.5
    for heard in (mask, mask.inverted(), flat(loud, VOICE)):
        assert sonify(loud, heard, mode).peak <= 1


@pytest.mark.parametrize("take", ["04/0_04_0.flac", "55/3_55_14.flac"])
def test_what_the_log_mel_holds_comes_nearer_than_librosas_inversion(data: Path, take: str) -> None:
    mel = PRESETS["audiomnist"]
    clip = read(data / "audiomnist5" / take)
    low = resample(clip, mel.rate)
    db = LogMel.of(clip, mel).db
    start = round(LogMel.of(clip, mel).start * mel.rate)
    theirs = librosa.feature.inverse.mel_to_audio(
        10 ** (db / 10), sr=mel.rate, n_fft=mel.n_fft, hop_length=mel.hop, length=mel.n_samples
    )
    ours = sonify(clip, flat(clip, mel), "log-mel")
    length = len(ours.samples)
    theirs = Clip(theirs, mel.rate).cut(-start, length)
    assert convergence(ours, low.cut(0, length), mel) < convergence(theirs, low.cut(0, length), mel)


def test_what_the_log_mel_holds_follows_the_mask_and_the_seed(spoken: Clip) -> None:
    mask = flat(spoken, VOICE)
    mask.values[VOICE.n_mels // 2 :] = 0
    sound = sonify(spoken, mask, "log-mel", seed=1)
    whole = sonify(spoken, flat(spoken, VOICE), "log-mel", seed=1)
    edge = LogMel.of(spoken, VOICE).frequencies[VOICE.n_mels // 2 + 1]
    assert high_peak(sound, edge) < high_peak(whole, edge) - 15
    np.testing.assert_array_equal(sound.samples, sonify(spoken, mask, "log-mel", seed=1).samples)
    other = sonify(spoken, mask, "log-mel", seed=2)
    assert np.abs(other.samples - sound.samples).max() > 0


def test_the_original_phase_does_not_leak_into_what_the_log_mel_holds(spoken: Clip) -> None:
    turned = Clip(-spoken.samples, spoken.rate)
    one, two = (sonify(clip, flat(clip, VOICE), "log-mel") for clip in (spoken, turned))
    np.testing.assert_allclose(one.samples, two.samples, atol=1e-6)


def test_bad_wishes_are_refused() -> None:
    clip = tone(400)
    mask = flat(clip, TINY_MEL)
    with pytest.raises(ParameterError, match="'vocoder' is no way to sonify"):
        sonify(clip, mask, "vocoder")
    with pytest.raises(ParameterError, match="'cd' is no rate"):
        sonify(clip, mask, rate="cd")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match=r"9\.00 to 9\.50 s, outside the clip of 0\.50 s"):
        sonify(clip, Mask(mask.values, TINY_MEL, 9.0))


def test_rendering_reports_and_stops(spoken: Clip) -> None:
    events: list[object] = []
    sonify(spoken, flat(spoken, VOICE), "log-mel", on_event=events.append)
    assert len(events) > 10
    for mode in MODES:
        with pytest.raises(Cancelled):
            sonify(spoken, flat(spoken, VOICE), mode, should_stop=lambda: True)


def test_a_sound_keeps_its_class_but_is_no_file(spoken: Clip) -> None:
    labelled = Clip(spoken.samples, spoken.rate, "27", Path("a.flac"))
    sound = sonify(labelled, flat(labelled, VOICE))
    assert (sound.label, sound.path) == ("27", None)

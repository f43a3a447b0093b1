"""Sonification of real and known sounds: nothing lost, nothing leaked, nothing clicks."""

from pathlib import Path
from typing import Literal

import librosa
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from siamese_core.audio import Clip, read, resample, write
from siamese_core.callbacks import Event
from siamese_core.errors import Cancelled, ParameterError
from siamese_core.logmel import LogMel
from siamese_core.mask.mask import Mask
from siamese_core.melspec import PRESETS, MelSpec
from siamese_core.sonification.modes import MODES
from siamese_core.sonification.sonification import sonify
from tests.conftest import TINY_MEL, tone
from tests.core.sounds import convergence, flat, high_peak, snr

Rate = Literal["model", "clip"]

VOICE = PRESETS["voice"]
CONTRASTS = ("contrast", "contrast-in-turn")
ONE_PART = [mode for mode in MODES if mode not in CONTRASTS]


@pytest.fixture(scope="module")
def spoken(data: Path) -> Clip:
    """Half a second of a real voice at 48 kHz."""
    return read(data / "audiomnist5" / "27" / "6_27_3.flac")


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


@pytest.mark.parametrize("mode", ONE_PART)
@pytest.mark.parametrize("rate", ["model", "clip"])
def test_a_mask_of_zeros_is_silence(spoken: Clip, mode: str, rate: Rate) -> None:
    sound = sonify(spoken, flat(spoken, VOICE, 0.0), mode, rate=rate)
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
    sound = sonify(clip, mask, rate="clip", keep_above=True, soft_ends=False)
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
    wanted, got = (np.sqrt(np.square(c.samples).sum()) for c in (resample(spoken, 16_000), sound))
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


def test_the_original_phase_is_borrowed_where_the_name_says_so(spoken: Clip) -> None:
    turned = Clip(-spoken.samples, spoken.rate)
    mode = "log-mel-original-phase"
    one, two = (sonify(clip, flat(clip, VOICE), mode) for clip in (spoken, turned))
    np.testing.assert_allclose(one.samples, -two.samples, atol=1e-6)
    low = resample(spoken, VOICE.rate).samples[: len(one.samples)]
    alone = sonify(spoken, flat(spoken, VOICE), "log-mel").samples
    assert snr(low, one.samples) > 10 > snr(low, alone)


@pytest.mark.parametrize("rate", ["model", "clip"])
def test_a_contrast_has_kept_on_the_left_and_removed_on_the_right(
    spoken: Clip, tmp_path: Path, rate: Rate
) -> None:
    mask = flat(spoken, VOICE, 0.0)
    mask.values[20:] = 0.7
    sound = sonify(spoken, mask, "contrast", rate=rate, keep_above=True)
    kept = sonify(spoken, mask, rate=rate).samples
    removed = sonify(spoken, mask.inverted(), rate=rate, keep_above=True).samples
    np.testing.assert_array_equal(sound.samples, np.stack([kept, removed], axis=1))
    write(sound, tmp_path / "contrast.wav")
    assert soundfile.info(tmp_path / "contrast.wav").channels == 2
    if rate == "clip":
        assert snr(spoken.samples, kept + removed) > 80


def test_a_contrast_in_turn_is_kept_a_pause_and_removed() -> None:
    clip = tone(1000, 0.8, 16_000)
    mask = flat(clip, VOICE)
    mask.values[:, : VOICE.n_frames // 2] = 0.25
    sound = sonify(clip, mask, "contrast-in-turn").samples
    length = round(0.8 * 16_000)
    pause = len(sound) - 2 * length
    assert pause == 4000
    assert not sound[length : length + pause].any()
    together = sound[:length] + sound[length + pause :]
    inner = slice(200, -200)  # both ends of each part are faded
    assert snr(clip.samples[inner], together[inner]) > 80


def test_a_region_ignores_what_an_inverted_mask_chooses_beyond_the_clip() -> None:
    clip = tone(440, 0.2)
    values = np.zeros(TINY_MEL.shape, np.float32)
    values[:, : TINY_MEL.n_frames // 8] = 1
    short = Mask(values, TINY_MEL, 0.0)
    beyond = values.copy()
    beyond[:, -1] = 1
    expected = sonify(clip, short, "region").samples
    np.testing.assert_array_equal(
        sonify(clip, Mask(beyond, TINY_MEL, 0.0), "region").samples, expected
    )
    assert len(expected) < len(clip.samples)


def test_a_region_is_its_own_seconds_of_its_own_band() -> None:
    low, high = (tone(hertz, 2.0, 16_000, 0.3) for hertz in (300, 3000))
    both = Clip(low.samples + high.samples, 16_000)
    mask = flat(both, VOICE, 0.0, start=0.5)
    rows = np.flatnonzero(LogMel.of(both, VOICE).frequencies > 1500)
    mask.values[rows[0], 20] = mask.values[rows[-1], 49] = 1  # two cells span the box
    mask.values[0, 90] = 0.2  # a faint rest of a soft edge does not
    sound = sonify(both, mask, "region")
    begin, end = round((0.5 + 0.195) * 16_000), round((0.5 + 0.495) * 16_000)
    assert len(sound.samples) == end - begin
    inner = slice(100, -100)
    assert snr(high.samples[begin:end][inner], sound.samples[inner]) > 40
    assert len(sonify(both, mask, "region", rate="clip", keep_above=True).samples) == end - begin


def test_the_region_of_a_clip_that_lies_between_two_frames_is_all_of_it() -> None:
    mel = MelSpec(rate=16_000, n_fft=2048, hop=1024, n_mels=8)
    click = tone(1000, 0.01, 16_000)
    sound = sonify(click, Mask(np.ones(mel.shape, np.float32), mel, -0.46), "region")
    assert len(sound.samples) == len(click.samples)


def test_what_the_level_did_is_said_and_nothing_clips() -> None:
    loud = tone(1000, 0.8, 16_000, 1.6)
    events: list[Event] = []
    sound = sonify(loud, flat(loud, VOICE), on_event=events.append)
    assert sound.peak == pytest.approx(1, abs=1e-6)
    notices = [event["sentence"] for event in events if event["event"] == "notice"]
    assert notices == ["The sound is 4.1 dB softer, to stay within full scale."]
    quiet = tone(1000, 0.8, 16_000, 0.5)
    faint = flat(quiet, VOICE, 0.25)
    matched = sonify(quiet, faint, level="match")
    assert snr(quiet.samples, matched.samples) > 80
    assert sonify(quiet, faint).peak == pytest.approx(quiet.peak / 4, rel=1e-3)


def test_each_part_is_matched_to_the_original_over_its_own_seconds() -> None:
    steady = tone(1000, 1.0, 16_000, 0.2)
    faint = flat(steady, VOICE, 0.0)
    faint.values[:, 20:50] = 0.25
    region = sonify(steady, faint, "region", level="match")
    assert _rms(region.samples) == pytest.approx(_rms(steady.samples), rel=0.05)
    quarter = flat(steady, VOICE, 0.25)
    kept, removed = sonify(steady, quarter, "contrast", level="match").samples.T
    in_turn = sonify(steady, quarter, "contrast-in-turn", level="match").samples
    for part in (kept, removed, in_turn[: len(kept)], in_turn[-len(kept) :]):
        assert _rms(part) == pytest.approx(_rms(steady.samples), rel=0.02)


def _rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def test_bad_wishes_are_refused() -> None:
    clip = tone(400)
    mask = flat(clip, TINY_MEL)
    with pytest.raises(ParameterError, match="'vocoder' is not a way to sonify"):
        sonify(clip, mask, "vocoder")
    with pytest.raises(ParameterError, match="'cd' is not a rate"):
        sonify(clip, mask, rate="cd")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="'loud' is not a level"):
        sonify(clip, mask, level="loud")  # type: ignore[arg-type]
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

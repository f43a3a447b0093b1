"""Notices tell what is special about a clip, and nothing about an ordinary one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from siamese_core.audio import Clip, read, resample
from siamese_core.episodes import Episode, SupportSet
from siamese_core.logmel import LogMel
from siamese_core.melspec import PRESETS, MelSpec
from siamese_core.notices import alike, clip_notices, heard_notice, lineup_notices, twin_notices
from tests.conftest import tone

VOICE = PRESETS["voice"]


def test_an_ordinary_clip_needs_none() -> None:
    assert clip_notices(tone(400, 0.7, 16_000), VOICE) == []
    assert clip_notices(tone(400, 1.0, 16_000), VOICE) == []


def test_a_clip_a_little_longer_than_the_window_is_told() -> None:
    (notice,) = clip_notices(tone(400, 1.2, 16_000), VOICE)
    assert notice == "The clip lasts 1.2 s; its loudest 1 s is heard."


def test_what_a_few_samples_more_hold_is_not_missed() -> None:
    assert clip_notices(tone(400, 1.009, 16_000), VOICE) == []
    (notice,) = clip_notices(tone(400, 1.02, 16_000), VOICE)
    assert "its loudest" in notice


@pytest.mark.parametrize(
    ("seconds", "lasts"), [(5.2, "5.2 s"), (5.013, "5.01 s"), (5.0045, "5.005 s"), (4.96, "")]
)
def test_a_length_has_the_digits_that_tell_it_from_the_window(seconds: float, lasts: str) -> None:
    window = MelSpec(rate=16_000, n_fft=512, hop=64, n_mels=32, seconds=5.0)
    told = lineup_notices([tone(400, seconds, 16_000)], window, [None])
    expected = f"The clip lasts {lasts}; its loudest 5 s are heard."
    assert told == ([expected] if lasts else [])


def test_silence_length_and_a_low_rate_are_told() -> None:
    silent = Clip(np.zeros(8000, np.float32), 16_000, path=Path("hush.wav"))
    assert clip_notices(silent, VOICE) == ["hush.wav is silent; its score tells nothing."]
    long = Clip(np.ones(600 * 16_000, np.float32), 16_000, path=Path("long.wav"))
    assert clip_notices(long, VOICE) == ["long.wav lasts 10.0 minutes; its loudest 1 s is heard."]
    (moved,) = clip_notices(long, VOICE, start=12.3)
    assert moved == "long.wav lasts 10.0 minutes; 1 s of it is heard, from 12.30 s on."
    (notice,) = clip_notices(tone(400, 0.7, 8000), VOICE)
    assert "above 4000 Hz" in notice


def test_a_clip_of_a_moment_is_told() -> None:
    blips = [tone(400, seconds, 16_000) for seconds in (0.01, 0.05)]
    (notice,) = clip_notices(replace(blips[0], path=Path("blip.wav")), VOICE)
    assert notice == (
        "blip.wav lasts 0.01 s, less than a tenth of the model's window of 1 s; its score tells "
        "little."
    )
    (several,) = lineup_notices(blips, VOICE, [None, None])
    assert several.startswith("2 clips are shorter than a tenth")
    assert clip_notices(tone(400, 0.11, 16_000), VOICE) == []


def test_of_several_clips_one_sentence_tells_how_many_and_the_farthest() -> None:
    hush = Clip(np.zeros(8000, np.float32), 16_000)
    clips = [
        Clip(np.ones(seconds * 16_000, np.float32), 16_000, path=Path(f"{seconds}.wav"))
        for seconds in (9, 600, 8)
    ]
    alone = [None] * 3
    assert lineup_notices(clips, VOICE, alone) == [
        "3 clips are longer than the model's window, the longest 600.wav with 10.0 minutes; "
        "the loudest 1 s of each is heard."
    ]
    (moved,) = lineup_notices(clips, VOICE, [None, 3.0, None])
    assert moved.endswith("10.0 minutes; 1 s of each is heard."), "not the loudest of all"
    assert lineup_notices([*clips[:1], hush], VOICE, [None, None]) == [
        *clip_notices(hush, VOICE),
        *clip_notices(clips[0], VOICE),
    ]
    assert lineup_notices([hush, hush], VOICE, [None, None]) == [
        "2 clips are silent; their scores tell nothing."
    ]
    low = [tone(400, 0.7, 8000), replace(tone(400, 0.7, 4000), path=Path("low.wav"))]
    (dull,) = lineup_notices(low, VOICE, [None, None])
    assert dull.startswith("2 clips have too low a rate, low.wav the lowest of 4000 Hz: ")
    assert "above 2000 Hz" in dull


def test_classes_heard_in_training_are_named() -> None:
    assert heard_notice(["a", "b"], ["c"]) is None
    assert "training: b, c." in str(heard_notice(["c", "b"], ["b", "c", "d"]))
    many = [f"s{i}" for i in range(9)]
    assert "and 4 more" in str(heard_notice(many, many))
    joined = ["letters/a", "b", "numbers/a"]
    assert str(heard_notice(["a", "b"], joined, "letters", "mine")).startswith("mine heard these")
    assert "training: a, b." in str(heard_notice(["a", "b"], joined, "letters"))
    assert "training: b." in str(heard_notice(["a", "b"], joined, "words"))


def with_rest(level: float) -> Clip:
    """A second and a half of a tone, and as long again of noise at some level."""
    noise = np.random.default_rng(0).normal(0, level, 24_000).astype(np.float32)
    samples = np.concatenate([tone(400, 1.5, 16_000).samples, noise])
    return Clip(samples, 16_000, path=Path("rest.wav"))


@pytest.mark.parametrize(("level", "is_faint"), [(0.0, True), (0.001, True), (0.01, False)])
def test_a_window_without_sound_is_told(level: float, is_faint: bool) -> None:
    clip = with_rest(level)  # the tone has an effective value of 0.35
    told, heard = clip_notices(clip, VOICE, start=2.0), clip_notices(clip, VOICE, start=0.5)
    assert len(heard) == 1, "of how much of it is heard"
    assert told[-1] == heard[0].replace("0.50", "2.00")
    faint = (
        "The window of rest.wav, from 2.00 s on, holds next to no sound, 40 dB or more below its "
        "loudest second; its score tells little."
    )
    assert told[:-1] == ([faint] if is_faint else [])
    assert clip_notices(clip, VOICE, start=1.4)[:-1] == [], "a tenth of a second sounds in it"


def test_windows_without_sound_are_told_in_one_sentence() -> None:
    hush = Clip(np.zeros(48_000, np.float32), 16_000)
    clips = [with_rest(0.0), with_rest(0.0), hush]
    silent, faint, _long = lineup_notices(clips, VOICE, [2.0, 2.0, 2.0])
    assert silent.startswith("The clip is silent"), "wherever its window lies"
    assert faint.startswith("2 windows hold next to no sound, 40 dB or more below")
    assert not [told for told in lineup_notices(clips, VOICE, [None] * 3) if "windows" in told]


def test_windows_of_a_moment_are_compared_with_as_long_a_stretch() -> None:
    short = MelSpec(rate=1000, n_fft=16, hop=8, n_mels=2, seconds=0.012)
    samples = np.zeros(60, np.float32)
    samples[:20] = 0.5
    notices = [clip_notices(Clip(samples, 1000), short, start) for start in (0.0, 0.03)]
    assert [any("no sound" in told for told in each) for each in notices] == [False, True]


COPIES = {
    "ogg": ("VORBIS", None),
    "mp3": ("MPEG_LAYER_III", None),
    "flac": ("PCM_16", None),
    "wav": ("PCM_16", 22_050),
    "aiff": ("FLOAT", 44_100),
}


@pytest.mark.parametrize("ending", COPIES)
def test_a_copy_in_another_format_rate_or_level_is_told(
    data: Path, tmp_path: Path, ending: str
) -> None:
    path, (subtype, rate) = tmp_path / f"copy.{ending}", COPIES[ending]
    for speaker in ("04", "27"):
        takes = [read(data / "audiomnist5" / speaker / f"2_{speaker}_{n}.flac") for n in (11, 17)]
        copy = takes[0] if rate is None else resample(takes[0], rate)
        soundfile.write(path, copy.samples / 2, copy.rate, subtype)
        episode = Episode(read(path), SupportSet((takes[1], takes[0]), ("a", "b")))
        for mel in (VOICE, PRESETS["audiomnist"]):
            maps = [LogMel.of(c, mel).db for c in (episode.query, *episode.support.clips)]
            (told,) = twin_notices(episode, maps)
            assert told.startswith(
                f"The query {path} is heard just as if it were a copy of support"
            )
            assert told.endswith("of 'b'; their score says nothing about other sounds.")
        assert twin_notices(episode) == [], "by their samples they are not one"


@pytest.mark.parametrize("preset", ["voice", "audiomnist"])
def test_no_other_takes_of_a_word_are_alike(data: Path, preset: str) -> None:
    # of five speakers and ten digits these two are said most alike
    for word in ("2_04", "8_27"):
        takes = sorted((data / "audiomnist5" / word[2:]).glob(f"{word}_*.flac"))[:12]
        maps = [one.db for one in LogMel.of_each(map(read, takes), PRESETS[preset])]
        assert len(maps) == 12
        pairs = [(a, b) for a in range(len(maps)) for b in range(a)]
        assert not [(takes[a], takes[b]) for a, b in pairs if alike(maps[a], maps[b])]


def test_two_silences_are_no_copies_unless_they_are_one() -> None:
    silent = [Clip(np.zeros(n, np.float32), 16_000) for n in (8000, 9000, 8000)]
    episode = Episode(silent[0], SupportSet((silent[1], silent[2]), ("a", "b")))
    (told,) = twin_notices(episode, [LogMel.of(clip, VOICE).db for clip in silent])
    assert "is itself support clip  of 'b'" in told

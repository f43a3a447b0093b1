"""Notices tell what is special about a clip, and nothing about an ordinary one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siamese_core.audio import Clip
from siamese_core.melspec import PRESETS, MelSpec
from siamese_core.notices import clip_notices, heard_notice, lineup_notices
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

"""Clicks: edges of a mask, starts, ends and loop points of a rendered sound.

A low tone holds nothing above 2 kHz; what a rendering of it holds there is a click. A naive cut of
the same tone is the counterexample.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamese_core.audio import Clip
from siamese_core.mask.mask import Mask
from siamese_core.mask.mask_edits import rectangle
from siamese_core.melspec import PRESETS, MelSpec
from siamese_core.sonification.loudness import faded
from siamese_core.sonification.sonification import sonify
from tests.core.sounds import click, dbfs

MELS = pytest.mark.parametrize("mel", [PRESETS["voice"], PRESETS["audiomnist"]], ids=str)
ABOVE = 2000


def steady(mel: MelSpec, seconds: float = 2.0) -> Clip:
    """A tone that never ends: any cut falls in its middle."""
    time = np.arange(round(seconds * mel.rate)) / mel.rate
    return Clip((0.9 * np.sin(600 * np.pi * time)).astype(np.float32), mel.rate)


def empty(mel: MelSpec) -> Mask:
    return Mask(np.zeros(mel.shape, np.float32), mel, 0.5)


@MELS
def test_a_naive_cut_is_measured_as_a_click(mel: MelSpec) -> None:
    assert click(steady(mel).cut(round(0.8 * mel.rate), round(0.3 * mel.rate)), ABOVE) > -40


@MELS
@pytest.mark.parametrize("mode", ["region", "contrast-in-turn"])
def test_starts_ends_joints_and_loop_points_do_not_click(mel: MelSpec, mode: str) -> None:
    mask = rectangle(empty(mel), (0.8, 0), (1.1, mel.n_mels))
    sound = sonify(steady(mel), mask, mode)
    assert sound.peak > 0.8
    assert click(sound, ABOVE) < -60
    assert click(Clip(np.tile(sound.samples, 3), sound.rate), ABOVE) < -60


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_hard_boxes_anywhere_do_not_click(data: st.DataObject) -> None:
    mel = PRESETS["voice"]
    mask = empty(mel)
    low, high = sorted(data.draw(st.integers(0, mel.n_mels)) for _ in range(2))
    begin, end = sorted(data.draw(st.integers(5, mel.n_frames - 5)) for _ in range(2))
    mask.values[low:high, begin:end] = 1
    assert click(sonify(steady(mel), mask), ABOVE) < -60


@MELS
@pytest.mark.parametrize("mode", ["through-mask", "contrast"])
def test_the_ends_of_a_window_within_a_clip_do_not_click(mel: MelSpec, mode: str) -> None:
    mask = Mask(np.ones(mel.shape, np.float32), mel, 0.5)
    abrupt = sonify(steady(mel), mask, "through-mask", soft_ends=False)
    assert click(abrupt, ABOVE) > -60, "as the clip itself begins there in mid-sound"
    sound = sonify(steady(mel), mask, mode)
    kept = replace(sound, samples=sound.samples.reshape(len(sound.samples), -1)[:, 0])
    assert kept.peak > 0.8
    assert click(kept, ABOVE) < -60
    assert click(Clip(np.tile(kept.samples, 3), kept.rate), ABOVE) < -60


@pytest.mark.parametrize("start", [0.0, 0.5, 1.0])
def test_kept_and_removed_give_the_original_faded_where_it_is_cut(start: float) -> None:
    mel = PRESETS["voice"]
    clip = steady(mel)
    mask = rectangle(replace(empty(mel), start=start), (start, 0), (start + 0.5, mel.n_mels))
    both = sonify(clip, mask).samples + sonify(clip, mask.inverted()).samples
    own = clip.cut(round(start * mel.rate), mel.n_samples)
    wanted = faded(own, start=start > 0, end=start < 1)
    np.testing.assert_allclose(both, wanted.samples, atol=1e-5)


def test_a_fade_keeps_the_length_and_the_middle() -> None:
    clip = Clip(np.ones(1000, np.float32), 8000)
    soft = faded(clip).samples
    assert len(soft) == 1000
    assert soft[0] == soft[-1] == 0
    assert (np.diff(soft[:40]) > 0).all()
    np.testing.assert_array_equal(soft[40:-40], 1)
    np.testing.assert_array_equal(soft, soft[::-1])
    assert len(faded(clip.cut(0, 3)).samples) == 3
    np.testing.assert_array_equal(faded(clip, end=False).samples[40:], 1)
    np.testing.assert_array_equal(faded(clip, start=False).samples[:-40], 1)
    assert dbfs(clip.samples) == pytest.approx(0, abs=1e-6)

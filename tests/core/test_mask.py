"""Masks: which cells are chosen, and what their edges look like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from siamese_core.errors import ParameterError
from siamese_core.mask.mask import Mask, MaskParameters, shape_mask
from siamese_core.melspec import PRESETS, MelSpec, own_frames
from tests.conftest import TINY_MEL

DURATION = 0.3
START = (DURATION - TINY_MEL.seconds) / 2
OWN = own_frames(TINY_MEL, START, DURATION)

maps = arrays(np.float32, TINY_MEL.shape, elements=st.floats(-10, 10, width=32))
shapes = st.builds(
    MaskParameters,
    share=st.floats(0, 100),
    sign=st.sampled_from(["positive", "negative", "absolute"]),
    edge=st.sampled_from(["soft", "hard"]),
    part=st.sampled_from(["keep", "remove"]),
    feather_ms=st.floats(0, 100),
    feather_mels=st.floats(0, 6),
)


def shaped(values: np.ndarray, parameters: MaskParameters) -> np.ndarray:
    return shape_mask(values, TINY_MEL, START, DURATION, parameters).values


def ramp() -> np.ndarray:
    """Each cell a value of its own, the largest in the middle of the clip's frames."""
    rows, columns = np.indices(TINY_MEL.shape)
    middle = (OWN.start + OWN.stop - 1) / 2
    return (10 - np.hypot(rows - 7.6, columns - middle - 0.3)).astype(np.float32)


def test_the_clip_of_these_tests_is_shorter_than_its_window() -> None:
    assert 0 < OWN.start < OWN.stop < TINY_MEL.n_frames


@settings(max_examples=60, deadline=None)
@given(maps, shapes)
def test_values_are_gains_on_the_clip_and_zero_around_it(
    values: np.ndarray, parameters: MaskParameters
) -> None:
    mask = shaped(values, parameters)
    assert mask.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() <= 1
    assert not mask[:, : OWN.start].any()
    assert not mask[:, OWN.stop :].any()


@settings(max_examples=60, deadline=None)
@given(maps, shapes)
def test_keep_and_remove_add_up_to_the_clip(values: np.ndarray, parameters: MaskParameters) -> None:
    kept = shaped(values, parameters.model_copy(update={"part": "keep"}))
    removed = shaped(values, parameters.model_copy(update={"part": "remove"}))
    np.testing.assert_allclose((kept + removed)[:, OWN], 1, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(maps, shapes, st.floats(0, 100))
def test_a_larger_share_takes_nothing_away(
    values: np.ndarray, parameters: MaskParameters, other: float
) -> None:
    keep = parameters.model_copy(update={"part": "keep"})
    small, large = sorted([keep.share, other])
    less = shaped(values, keep.model_copy(update={"share": small}))
    more = shaped(values, keep.model_copy(update={"share": large}))
    assert (more - less).min() >= -1e-6


@settings(max_examples=40, deadline=None)
@given(maps, shapes)
def test_no_share_is_silence_and_the_whole_share_is_the_clip(
    values: np.ndarray, parameters: MaskParameters
) -> None:
    keep = parameters.model_copy(update={"part": "keep"})
    assert not shaped(values, keep.model_copy(update={"share": 0})).any()
    np.testing.assert_array_equal(shaped(values, keep.model_copy(update={"share": 100}))[:, OWN], 1)


@pytest.mark.parametrize("share", [1.0, 7.5, 20.0, 50.0, 99.0])
@pytest.mark.parametrize("constant", [False, True])
def test_a_hard_mask_has_exactly_the_share_of_the_clips_area(share: float, constant: bool) -> None:
    values = np.zeros(TINY_MEL.shape, np.float32) if constant else ramp()
    mask = shaped(values, MaskParameters(share=share, edge="hard"))
    assert set(np.unique(mask)) <= {0.0, 1.0}
    assert mask.sum() == round(share / 100 * mask[:, OWN].size)


def test_signs_choose_what_they_say() -> None:
    values = np.zeros(TINY_MEL.shape, np.float32)
    values[2, OWN.start], values[3, OWN.start], values[4, OWN.start] = 5, -9, 2
    one_cell = 100 / values[:, OWN].size
    for sign, row in {"positive": 2, "negative": 3, "absolute": 3}.items():
        parameters = MaskParameters.parse({"share": one_cell, "sign": sign, "edge": "hard"})
        assert np.argwhere(shaped(values, parameters)).tolist() == [[row, OWN.start]]


def test_among_equals_the_area_grows_from_what_is_chosen() -> None:
    values = np.zeros(TINY_MEL.shape, np.float32)
    values[10:13, OWN] = 1  # a segment of equals
    values[12, OWN.stop - 1] = 2  # with one larger cell at its end
    share = 100 * 5 / values[:, OWN].size
    chosen = np.argwhere(shaped(values, MaskParameters(share=share, edge="hard")))
    assert chosen[:, 0].min() >= 10
    assert np.abs(chosen - [12, OWN.stop - 1]).max() <= 3


def test_a_value_outside_the_clip_is_never_chosen() -> None:
    values = ramp()
    loud = values.copy()
    loud[:, 0] = 1000
    np.testing.assert_array_equal(shaped(values, MaskParameters()), shaped(loud, MaskParameters()))


def test_a_soft_edge_reaches_as_far_as_it_says() -> None:
    mel = PRESETS["voice"]
    values = np.zeros(mel.shape, np.float32)
    values[20:40, 30:60] = 1
    share = 100 * 600 / values.size
    soft = MaskParameters(share=share, feather_ms=30, feather_mels=2)
    mask = shape_mask(values, mel, 0.0, 1.0, soft).values
    column, row = mask[30], mask[:, 45]
    assert np.flatnonzero(column).tolist() == list(range(27, 63))  # 30 ms are 3 frames
    assert np.flatnonzero(row).tolist() == list(range(18, 42))
    assert (np.diff(column[26:36]) >= 0).all()
    assert np.abs(np.diff(column)).max() < 0.3
    assert mask[30, 45] == 1


def test_a_feather_of_nothing_is_a_hard_edge() -> None:
    hard = shaped(ramp(), MaskParameters(edge="hard"))
    soft = shaped(ramp(), MaskParameters(edge="soft", feather_ms=0, feather_mels=0))
    np.testing.assert_array_equal(hard, soft)


def test_a_map_of_another_shape_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"\(3, 4\) does not fit log-mels of \(16, 32\)"):
        shape_mask(np.zeros((3, 4)), TINY_MEL, 0.0, 1.0)


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_a_mask_holds_gains_only(value: float) -> None:
    values = np.full(TINY_MEL.shape, value, np.float32)
    with pytest.raises(ParameterError, match="it needs gains from 0 to 1"):
        Mask(values, TINY_MEL, 0.0)


def test_inverted_twice_is_the_same() -> None:
    mask = shape_mask(ramp(), TINY_MEL, START, DURATION)
    np.testing.assert_allclose(mask.inverted().values + mask.values, 1)
    np.testing.assert_allclose(mask.inverted().inverted().values, mask.values, atol=1e-7)


def test_a_mask_of_another_mel_spec_says_which_shape_it_needs() -> None:
    other = MelSpec(rate=8000, n_fft=256, hop=128, n_mels=8, seconds=0.5)
    with pytest.raises(ParameterError, match=r"\(8, 32\)"):
        Mask(np.ones(TINY_MEL.shape, np.float32), other, 0.0)

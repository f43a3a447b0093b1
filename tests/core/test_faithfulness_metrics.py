"""The formulas of faithfulness, each against numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from siamese_core.faithfulness.metrics import (
    METRICS,
    active_frames,
    complexity,
    map_scores,
    masked_scores,
    rank_correlation,
    silence_scores,
    sparseness,
)

MAPS = arrays(np.float64, (3, 4), elements=st.floats(-5, 5, allow_subnormal=False))


def row(*values: float) -> np.ndarray:
    return np.array(values, float)


def logits(*shares: float) -> np.ndarray:
    """Logits whose softmax these shares are, raised as a network may."""
    return np.log(row(*shares)) + 3


def test_a_mask_that_loses_a_little() -> None:
    scores = masked_scores(logits(0.8, 0.2), logits(0.6, 0.4), logits(0.3, 0.7), own=0)
    # from 0.8 to 0.6 a quarter is lost; without the mask's part 0.5 goes
    assert scores == pytest.approx({"ai": 0, "ad": 25, "ag": 0, "ff": 0.5, "fid_in": 1})


def test_a_mask_that_gains() -> None:
    scores = masked_scores(logits(0.6, 0.4), logits(0.9, 0.1), logits(0.6, 0.4), own=0)
    # of the 0.4 that were missing 0.3 are gained
    assert scores == pytest.approx({"ai": 100, "ad": 0, "ag": 75, "ff": 0, "fid_in": 1})


def test_a_mask_that_changes_nothing_is_no_increase_and_a_tie_is_not_faithful() -> None:
    whole = logits(0.2, 0.5, 0.3)
    assert masked_scores(whole, whole, whole, own=1)["ai"] == 0
    assert masked_scores(whole, logits(0.4, 0.4, 0.2), whole, own=1)["fid_in"] == 0
    assert masked_scores(whole, logits(0.1, 0.3, 0.6), whole, own=1)["fid_in"] == 0


@given(
    arrays(np.float64, 4, elements=st.floats(-30, 30)),
    arrays(np.float64, (2, 4), elements=st.floats(-1, 1)),
)
def test_what_rounding_makes_of_equal_logits_is_no_increase_and_a_tie(
    whole: np.ndarray, noise: np.ndarray
) -> None:
    nearly = whole * (1 + 1e-7 * noise[0])
    assert masked_scores(whole, nearly, whole, own=2)["ai"] == 0
    tie = np.full(4, whole[0]) * (1 + 1e-7 * noise[1])
    assert masked_scores(whole, tie, whole, own=int(tie.argmax()))["fid_in"] == 0


def test_the_rounding_of_the_others_logits_is_no_increase() -> None:
    whole, nearly = np.array([0.0, -900.0, -900.0]), np.array([0.0, -900.0 - 1e-4, -900.0 - 1e-4])
    assert masked_scores(whole, nearly, whole, own=0)["ai"] == 0
    small = 1e-3 * np.array([2.0, 1.0, 1.0])
    assert masked_scores(small, small * np.array([1.001, 1, 1]), small, own=0)["ai"] == 100


def test_a_class_that_is_nearly_certain_may_still_become_more_likely() -> None:
    scores = masked_scores(row(14, 0), row(15, 0), row(0, 0), own=0)
    assert scores["ai"] == 100
    assert scores["ag"] == pytest.approx(100 * (1 - np.exp(-1)), rel=1e-3)


def test_certainty_divides_by_no_zero() -> None:
    scores = masked_scores(row(900, 0), row(900, 0), row(0, 900), own=0)
    assert scores == pytest.approx({"ai": 0, "ad": 0, "ag": 0, "ff": 1, "fid_in": 1})


def test_the_gini_index_of_four_cells() -> None:
    # ascending 1 2 3 4, weights -3 -1 1 3: (-3 - 2 + 3 + 12) / (4 * 10)
    assert sparseness(np.array([[4.0, -1.0], [-3.0, 2.0]])) == pytest.approx(0.25, abs=1e-6)
    assert sparseness(row(7, 7, 7, 7)) == pytest.approx(0)
    assert sparseness(row(0, 0, 0, 9)) == pytest.approx(3 / 4, abs=1e-6)
    assert sparseness(row(0, 0, 0, 0)) == pytest.approx(0)


def test_the_entropy_of_four_cells() -> None:
    # shares 1/2 1/4 1/4 0: log 2 / 2 + log 4 / 2
    assert complexity(np.array([[2.0, -1.0], [1.0, 0.0]])) == pytest.approx(1.5 * np.log(2))
    assert complexity(row(3, -3, 3, -3)) == pytest.approx(np.log(4))
    assert complexity(row(0, 5, 0, 0)) == pytest.approx(0, abs=1e-10)
    assert np.isnan(complexity(row(0, 0)))


def test_frames_fall_silent_159_tenths_of_a_db_below_the_active_ones() -> None:
    # powers 100, 100 and 1: mean 67, threshold 67 / 38.9 = 1.7, so that the last one is silent
    assert active_frames(np.array([[20.0, 20.0, 0.0]])).tolist() == [True, True, False]
    assert active_frames(np.array([[20.0, 20.0, 5.0]])).tolist() == [True, True, True]
    assert active_frames(np.full((3, 5), -70.0)).all()


def test_the_threshold_rises_with_what_it_leaves_out() -> None:
    # 98 frames of 0.1 hold the mean at 10.2 at first (threshold 0.26); without them it is 505,
    # threshold 13, and the frame of 10 is silent too
    power = row(1000, 10, *[0.1] * 98)
    active = active_frames(10 * np.log10(power)[None])
    assert active[0]
    assert not active[1:].any()


def test_bands_of_a_frame_add_their_power() -> None:
    # loud frames of 632, the last of 20 or 10: mean 428 or 425, threshold 11.0 or 10.9
    two, one = np.array([[25.0, 25.0, 10.0]] * 2), np.array([[25.0, 25.0, 10.0], [25.0, 25.0, -99]])
    assert active_frames(two).tolist() == [True, True, True]
    assert active_frames(one).tolist() == [True, True, False]


def test_only_positive_attribution_in_silent_frames_counts() -> None:
    values = np.array([[3.0, -4.0], [0.0, 1.0]])
    scores = silence_scores(values, np.array([[0.0, -60.0], [0.0, -60.0]]))
    assert scores == pytest.approx({"silence": 1 / 4, "silent_area": 1 / 2})
    assert np.isnan(silence_scores(-np.abs(values), np.zeros((2, 2)))["silence"])


def test_ranks_correlate_as_spearman_does() -> None:
    # ranks 1 2 3 4 and 2 1 4 3: 1 - 6 * 4 / (4 * 15)
    assert rank_correlation(row(1, 2, 3, 4), row(20, 10, 400, 30)) == pytest.approx(0.6)
    # equals share a rank
    assert rank_correlation(row(1, 1, 2), row(5, 5, 9)) == pytest.approx(1)
    assert rank_correlation(row(1, 2, 3), row(3, 2, 1)) == pytest.approx(-1)
    assert np.isnan(rank_correlation(row(1, 2), row(3, 3)))


@given(MAPS, st.floats(0.1, 10))
def test_no_unit_matters_to_sparseness_and_complexity(values: np.ndarray, scale: float) -> None:
    if np.abs(values).max() < 0.1:
        return
    assert -1e-12 < sparseness(values) < 1
    assert sparseness(values * scale) == pytest.approx(sparseness(values), abs=1e-4)
    assert complexity(values) <= np.log(values.size) + 1e-9
    assert complexity(values * scale) == pytest.approx(complexity(values))


def test_every_number_has_a_name() -> None:
    found = {*map_scores(np.ones((2, 2)), np.zeros((2, 2)))}
    found |= {*masked_scores(row(1, 0), row(1, 0), row(1, 0), 0)}
    assert found <= {*METRICS}
    assert {metric.better for metric in METRICS.values()} == {"higher", "lower", ""}

"""Top-k scores counted by hand on points of a line, and properties of any ranking."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from siamese_core.errors import Cancelled, ParameterError
from siamese_core.evaluation import retrieval
from siamese_core.evaluation.retrieval import Retrieval, class_ranks, clip_ranks, retrieve
from siamese_core.interval import Interval
from tests.core.points import PointNet, line_corpus, points

LINE = "aabbcc"
PLACES = (0.0, 1.0, 2.5, 5.0, 9.0, 14.5)


def shares(found: Retrieval, of: str) -> dict[int, float]:
    return {top.k: top.share.mean for top in getattr(found, of)}


def test_top_k_is_counted_by_hand() -> None:
    found = retrieve(PointNet(), line_corpus(LINE), points(PLACES), depths=(1, 2, 3, 5))
    # others by distance: a0: a b b c c, a1: a b b c c, b2: a a b c c, b3: b a c a c,
    # c4: b c b a a (4, 5.5, 6.5), c5: c b b a a; the first right one stands at 1 1 3 1 2 1
    assert shares(found, "clips") == pytest.approx({1: 4 / 6, 2: 5 / 6, 3: 1, 5: 1})
    # mean distance to a, b, c; b2: 2, 2.5, 9.25; c4: 8.5, 5.25, 5.5; the others are nearest to
    # their own: a0: 1, 3.75, 11.75; a1: 1, 2.75, 10.75; b3: 4.5, 2.5, 6.75; c5: 14, 10.75, 5.5
    assert shares(found, "classes") == pytest.approx({1: 4 / 6, 2: 1})
    assert found.queries == 6
    assert found.clips[0].share == Interval.of(4, 6)


def test_chance_is_that_of_a_random_order() -> None:
    found = retrieve(PointNet(), line_corpus(LINE), points(PLACES), depths=(1, 2, 5, 9))
    by_hand = {k: 1 - comb(4, k) / comb(5, k) for k in (1, 2)} | {5: 1, 9: 1}
    assert {top.k: top.chance for top in found.clips} == pytest.approx(by_hand)
    assert {top.k: top.chance for top in found.classes} == pytest.approx({1: 1 / 3, 2: 2 / 3})


def test_a_tie_stands_before_the_right_answer() -> None:
    blind = PointNet()
    found = retrieve(blind, line_corpus("aaabb"), points([0.0] * 5), depths=(1, 2, 3))
    # all are as near: both b stand before an a, three a before a b
    assert shares(found, "clips") == pytest.approx({1: 0, 2: 0, 3: 3 / 5})
    assert shares(found, "classes") == {1: 0}


def test_classes_tie_whatever_their_size_and_their_logit() -> None:
    logits = np.full((1, 12), 0.1)
    classes = np.array([0] * 3 + [1] * 7 + [2] * 2)
    apart = np.ones((1, 12), bool)
    assert class_ranks(logits, apart, classes, np.array([1])).tolist() == [3]


@given(st.floats(-50, 50), arrays.arrays(np.float64, 12, elements=st.floats(-1, 1)))
def test_what_rounding_makes_of_equal_logits_is_a_tie(logit: float, noise: np.ndarray) -> None:
    logits = (logit * (1 + 1e-7 * noise))[None]
    logits[0, 0] = logit + 3.3  # the query itself
    classes = np.array([0] * 4 + [1] * 6 + [2] * 2)
    apart = np.arange(12)[None] > 0
    assert class_ranks(logits, apart, classes, np.array([0])).tolist() == [3]
    assert clip_ranks(logits, apart, classes[None] == 0).tolist() == [9]


def test_clips_of_the_querys_recording_are_left_out() -> None:
    # a0 and a1 are cut from one recording: their right answer is a2, behind both b
    corpus = line_corpus("aaabb", "xxyzw")
    found = retrieve(PointNet(), corpus, points([0, 0.1, 9, 1, 1.2]), depths=(1, 2, 3))
    assert shares(found, "clips") == pytest.approx({1: 2 / 5, 2: 2 / 5, 3: 1})
    # b2, of a0's recording and at its place, is no wrong answer of a0: only b3 is, behind a1
    crossed = line_corpus("aabb", "xyxz")
    found = retrieve(PointNet(), crossed, points([0, 1, 0, 1.1]), depths=(1,))
    assert shares(found, "clips") == {1: 1 / 4}


def test_the_answer_does_not_depend_on_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    corpus, places = line_corpus("abcd" * 9), points(rng.normal(size=36).tolist())
    whole = retrieve(PointNet(), corpus, places)
    monkeypatch.setattr(retrieval, "_PAIRS", 100)
    assert retrieve(PointNet(), corpus, places) == whole


def test_lone_recordings_and_a_cancel_end_with_their_sentence() -> None:
    corpus = line_corpus("aabb", "xxyz")
    with pytest.raises(ParameterError, match="Class 'a' has 1 separate recording; retrieval ne"):
        retrieve(PointNet(), corpus, points([0, 1, 2, 3]))
    with pytest.raises(Cancelled):
        retrieve(PointNet(), line_corpus(LINE), points(PLACES), should_stop=lambda: True)


def test_plain_values_stand_side_by_side() -> None:
    plain = retrieve(PointNet(), line_corpus(LINE), points(PLACES)).as_dict()
    assert plain["queries"] == 6
    assert [set(row) for row in plain["classes"]] == [{"k", "mean", "low", "high", "chance"}]  # type: ignore[attr-defined]


@given(
    arrays.arrays(np.float64, (4, 9), elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0])),
    arrays.arrays(np.bool_, (4, 9)),
)
def test_a_rank_is_what_sorting_gives_with_the_worst_luck(
    logits: np.ndarray, same: np.ndarray
) -> None:
    same[:, 0] = True
    apart = np.ones_like(same)
    for row, place in enumerate(clip_ranks(logits, apart, same)):
        order = sorted(range(9), key=lambda i: (-logits[row, i], same[row, i]))
        assert place == 1 + next(n for n, i in enumerate(order) if same[row, i])

"""Pairs: ROC and equal error rate by hand, and how the pairs are drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamese_core.errors import ParameterError
from siamese_core.evaluation.verification import Roc, draw_pairs, judge, verify
from siamese_core.interval import Interval
from tests.core.points import PointNet, line_corpus, points

YES, NO = True, False


def roc(pairs: list[tuple[float, bool]]) -> Roc:
    return Roc.of(np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]))


def test_the_roc_of_four_scores() -> None:
    curve = roc([(3.0, YES), (2.0, NO), (1.0, YES), (-1.0, NO)])
    assert curve.thresholds.tolist() == [np.inf, 3, 2, 1, -1]
    assert curve.false_accepts.tolist() == [0, 0, 0.5, 0.5, 1]
    assert curve.true_accepts.tolist() == [0, 0.5, 0.5, 1, 1]
    assert curve.area == 0.75
    # at threshold 2 half of the different are accepted and half of the same refused
    assert curve.equal_error == (0.5, 2)


def test_an_equal_error_between_two_points_lies_on_their_line() -> None:
    # accepted of 4 same and 2 different: (0, 3/4) from 2 on, (1/2, 3/4) from 1 on
    curve = roc([(5, YES), (4, YES), (2, YES), (1, NO), (0, YES), (-1, NO)])
    rate, threshold = curve.equal_error
    assert rate == 0.25
    assert threshold == 1.5


@pytest.mark.parametrize(
    ("pairs", "area", "rate"),
    [
        ([(2.0, YES), (1.0, YES), (-1.0, NO), (-2.0, NO)], 1.0, 0.0),
        ([(2.0, NO), (-2.0, YES)], 0.0, 1.0),
        ([(0.3, YES), (0.3, NO), (0.3, YES), (0.3, NO)], 0.5, 0.5),
    ],
    ids=["perfect", "upside down", "blind"],
)
def test_best_worst_and_blind(pairs: list[tuple[float, bool]], area: float, rate: float) -> None:
    assert roc(pairs).area == area
    assert roc(pairs).equal_error[0] == rate


@given(
    st.lists(st.sampled_from([-2.0, -1.0, 0.0, 1.0, 3.0]), min_size=1, max_size=12),
    st.lists(st.sampled_from([-2.0, -1.0, 0.0, 1.0, 3.0]), min_size=1, max_size=12),
)
def test_the_area_is_the_chance_that_a_same_pair_scores_higher(
    same: list[float], different: list[float]
) -> None:
    curve = roc([(v, YES) for v in same] + [(v, NO) for v in different])
    wins = [(a > b) + 0.5 * (a == b) for a in same for b in different]
    assert curve.area == pytest.approx(np.mean(wins))
    rate, threshold = curve.equal_error
    assert 0 <= rate <= 1
    assert min(same + different) <= threshold <= max(same + different)
    assert (np.diff(curve.true_accepts) >= 0).all()
    assert (curve.false_accepts[-1], curve.true_accepts[-1]) == (1, 1)


def test_a_pair_at_one_half_is_never_right() -> None:
    logits = np.array([1.0, 0.0, -1.0, -1.0, 0.0, 2.0])
    judged = judge(logits, np.array([YES, YES, YES, NO, NO, NO]))
    assert judged.confusion.tolist() == [[1, 1], [1, 1]]
    assert judged.accuracy == Interval.of(2, 6)
    assert judged.pairs == 6


def test_pairs_are_balanced_seeded_and_never_of_one_recording() -> None:
    corpus = line_corpus("a" * 402 + "b" * 402 + "c" * 402, "uuvvwwxxyyzz" * 100 + "uuvvww")
    left, right, same = draw_pairs(corpus, 250, seed=4)
    assert len(left) == len(right) == 250
    assert same.sum() == 125
    assert [corpus.labels[a] == corpus.labels[b] for a, b in zip(left, right, strict=True)] == (
        same.tolist()
    )
    assert not [
        1 for a, b in zip(left, right, strict=True) if corpus.sources[a] == corpus.sources[b]
    ]
    counts = [sum(corpus.labels[i] == label for i in left) for label in "abc"]
    assert max(counts) - min(counts) <= 2
    assert (draw_pairs(corpus, 250, seed=4)[0] == left).all()
    assert (draw_pairs(corpus, 250, seed=5)[0] != left).any()


@pytest.mark.parametrize("asked", [12, 200, 20_000])
def test_few_clips_make_few_pairs_and_none_twice(asked: int) -> None:
    corpus, places = line_corpus("aaabbb"), points([0, 0.5, 1.2, 4, 4.4, 9])
    left, right, same = draw_pairs(corpus, asked, seed=0)
    pairs = {frozenset(pair) for pair in zip(left.tolist(), right.tolist(), strict=True)}
    assert (len(pairs), len(left), same.sum()) == (12, 12, 6)
    judged = verify(PointNet(reach=1.0), corpus, places, pairs=asked)
    assert (judged.pairs, judged.asked) == (12, asked)
    assert judged.confusion.tolist() == [[3, 3], [0, 6]]
    assert judged.accuracy == Interval.of(9, 12)


def test_what_repetitions_leave_open_is_filled_from_all_pairs() -> None:
    # a class of many pairs beside many of one: most draws repeat
    corpus = line_corpus("a" * 12 + "bbccddeeffgghhiijj")
    left, right, same = draw_pairs(corpus, 150, seed=0)
    assert len({frozenset(p) for p in zip(left.tolist(), right.tolist(), strict=True)}) == 150
    assert same.sum() == 75
    labels = np.array(corpus.labels)
    assert ((labels[left] == labels[right]) == same).all()
    assert (draw_pairs(corpus, 150, seed=0)[0] == left).all()


def test_pairs_of_one_recording_are_neither_counted_nor_filled_in() -> None:
    corpus = line_corpus("aaaabb", "uuvvww"[:4] + "uw")
    left, right, same = draw_pairs(corpus, 100, seed=0)
    assert same.sum() == 5  # four between u and v, one of b
    assert not [
        1 for a, b in zip(left, right, strict=True) if corpus.sources[a] == corpus.sources[b]
    ]


def test_a_net_that_knows_the_line_is_right() -> None:
    corpus, places = line_corpus("aabbcc"), points([0, 0.5, 4, 4.4, 9, 9.1])
    judged = verify(PointNet(reach=1.0), corpus, places, pairs=60, seed=1)
    assert judged.confusion.tolist() == [[3, 0], [0, 3]]
    plain = judged.as_dict()
    assert (plain["equal_error_rate"], plain["area"], plain["seed"]) == (0, 1, 1)
    # with no reach everything is called different
    shy = verify(PointNet(reach=0.0), corpus, places, pairs=60, seed=1)
    assert shy.confusion.tolist() == [[0, 3], [0, 3]]
    assert shy.roc.equal_error[0] == 0


@pytest.mark.parametrize("count", [-2, 0, 1, 7])
def test_numbers_that_cannot_be_balanced_are_refused(count: int) -> None:
    with pytest.raises(ParameterError, match=f"{count} pairs were asked for"):
        draw_pairs(line_corpus("aabb"), count, 0)


def test_a_class_of_one_recording_is_refused() -> None:
    with pytest.raises(ParameterError, match="Class 'a' has 1 separate recording; 1 positive pair"):
        draw_pairs(line_corpus("aabb", "xxyz"), 2, 0)

"""Comparisons: identical networks differ by nothing, and the intervals are the textbooks'."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import ParameterError
from siamese_core.evaluation import comparison
from siamese_core.evaluation.comparison import compare_evaluations
from siamese_core.evaluation.evaluation import Evaluation
from siamese_core.interval import Interval


def outcome(hits: np.ndarray, **changes: object) -> Evaluation:
    """An evaluation of two classes with these hits, the first half of them of class a."""
    made = Evaluation(
        accuracy=Interval.of(int(hits.sum()), len(hits)),
        per_class={},
        labels=("a", "b"),
        confusion=np.zeros((2, 2), np.int64),
        hits=hits.astype(bool),
        ties=0,
        different=len(hits),
        ways=2,
        shots=1,
        runs=len(hits) // 2,
        seed=0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_network_does_not_differ_from_itself() -> None:
    same = outcome(np.random.default_rng(0).random(400) < 0.7)
    compared = compare_evaluations(same, same)
    assert compared.difference.mean == 0
    assert -0.02 < compared.difference.low < 0 < compared.difference.high < 0.02
    assert (compared.gained, compared.lost, compared.other) == (0, 0, same.accuracy)


@pytest.mark.parametrize("gained", [40, 4])
def test_repeated_episodes_make_no_difference_surer(gained: int) -> None:
    this, other = np.ones((2, 200))
    this[:3], other[3 : 3 + gained] = 0, 0
    once = compare_evaluations(outcome(this), outcome(other)).difference
    both = (outcome(np.tile(hits, 25), different=200) for hits in (this, other))
    often = compare_evaluations(*both).difference
    assert (often.mean, often.low, often.high) == pytest.approx((once.mean, once.low, once.high))


def test_where_all_episodes_differ_alike_the_interval_is_newcombes() -> None:
    all_hit, none_hit = outcome(np.ones(40)), outcome(np.zeros(40))
    reach = 1 - Interval.of(40, 40).low
    assert reach == pytest.approx(1.96**2 / (40 + 1.96**2), rel=1e-4)
    for same in (all_hit, none_hit):
        found = compare_evaluations(same, same).difference
        assert (found.mean, found.low, found.high) == pytest.approx((0, -reach, reach))
    # both shares are as far from certain, and by nothing bound to each other
    gained = compare_evaluations(all_hit, none_hit).difference
    assert (gained.mean, gained.high) == (1, 1)
    assert gained.low == pytest.approx(1 - sqrt(2) * reach)
    lost = compare_evaluations(none_hit, all_hit).difference
    assert (lost.mean, lost.low, lost.high) == (-1, -1, -gained.low)


@pytest.mark.parametrize(("gained", "lost"), [(4, 0), (0, 4), (6, 0), (300, 4)])
def test_where_few_differ_one_way_the_interval_is_newcombes(gained: int, lost: int) -> None:
    this, other = np.ones((2, 500))
    this[:lost], other[lost : lost + gained] = 0, 0
    compared = compare_evaluations(outcome(this), outcome(other))
    found = compared.difference
    assert compared.method == comparison.NEWCOMBE
    assert (found.low, found.high) == comparison._score_ends(
        this.astype(bool), other.astype(bool), 500
    )
    if gained + lost == 4:
        assert found.low < 0 < found.high, "at McNemar's p of 0.125"


def test_newcombes_interval_is_the_published_one() -> None:
    # Fagerland, Lydersen and Laake 2014 (Statistics in Medicine 33, 2850-2875): 1, 1, 7 and 12
    this, other = np.repeat([1, 1, 0, 0], [1, 1, 7, 12]), np.repeat([1, 0, 1, 0], [1, 1, 7, 12])
    ends = comparison._score_ends(this.astype(bool), other.astype(bool), 21)
    assert ends == pytest.approx((-0.507, -0.026), abs=5e-4)


def test_equally_good_networks_differ_by_an_interval_around_zero() -> None:
    this = np.arange(400) % 5 > 0
    other = np.arange(400) % 5 < 4
    compared = compare_evaluations(outcome(this), outcome(other))
    assert compared.difference.mean == 0
    assert compared.gained == compared.lost == 80
    assert compared.method == comparison.BOOTSTRAP
    assert compared.difference.low < 0 < compared.difference.high
    # each class: 40 episodes gained, 40 lost, 120 alike; the difference's own deviation
    deviation = sqrt(160 / 400 / 400)
    assert compared.difference.high == pytest.approx(1.96 * deviation, rel=0.06)
    assert compared.difference.low == pytest.approx(-1.96 * deviation, rel=0.06)


def test_a_better_network_is_better_and_the_sign_says_which() -> None:
    rng = np.random.default_rng(1)
    good, bad = rng.random(600) < 0.9, rng.random(600) < 0.6
    forth = compare_evaluations(outcome(good), outcome(bad))
    back = compare_evaluations(outcome(bad), outcome(good))
    assert forth.difference.low > 0.2
    assert forth.difference.mean == pytest.approx(good.mean() - bad.mean())
    assert back.difference.mean == -forth.difference.mean
    assert (back.gained, back.lost) == (forth.lost, forth.gained)
    assert compare_evaluations(outcome(good), outcome(bad)) == forth


@pytest.mark.parametrize("runs", [1, 2, 50])
def test_classes_that_each_differ_alike_leave_the_difference_unsure(runs: int) -> None:
    # 9 of 20 classes are all gained, 3 all lost: the deviation is that of the episodes
    this, other = (np.repeat(np.arange(20) < n, runs) for n in (9, 12))
    other[: 9 * runs] = False
    labels = tuple("abcdefghijklmnopqrst")
    compared = compare_evaluations(*(outcome(h, labels=labels, runs=runs) for h in (this, other)))
    assert (compared.gained, compared.lost) == (9 * runs, 3 * runs)
    found, deviation = compared.difference, sqrt((12 / 20 - 0.3**2) / (20 * runs))
    assert found.mean == pytest.approx(0.3)
    assert found.high - found.low == pytest.approx(2 * 1.96 * deviation, rel=0.1)


def test_the_interval_holds_the_true_difference_as_often_as_it_says() -> None:
    # 20 classes of two episodes each; a quarter of all is gained, a tenth lost
    rng, held = np.random.default_rng(3), 0
    for seed in range(200):
        drawn = rng.random(40)
        hits, labels = (drawn < 0.25, drawn > 0.9), tuple("abcdefghijklmnopqrst")
        this, other = (outcome(hit, labels=labels, runs=2) for hit in hits)
        found = compare_evaluations(this, other, seed).difference
        held += found.low <= 0.15 <= found.high
    assert held / 200 == pytest.approx(0.95, abs=0.035)


def test_pairing_narrows_the_interval() -> None:
    rng = np.random.default_rng(2)
    hard = rng.random(600) < 0.3
    this, other = ~hard, ~hard & (np.arange(600) % 20 > 0)
    paired = compare_evaluations(outcome(this), outcome(other)).difference
    shuffled = np.concatenate([rng.permutation(other[:300]), rng.permutation(other[300:])])
    unpaired = compare_evaluations(outcome(this), outcome(shuffled)).difference
    assert paired.mean == pytest.approx(unpaired.mean)
    assert paired.high - paired.low < 0.5 * (unpaired.high - unpaired.low)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"ways": 3},
        {"shots": 2},
        {"labels": ("a", "c")},
        {"protocol": "within an alphabet"},
        {"episodes": (Episode(0, SupportSet((1,), ("a",)), "a"),)},
    ],
)
def test_other_episodes_are_refused(change: dict[str, object]) -> None:
    this = outcome(np.ones(10))
    with pytest.raises(ParameterError, match="different episodes"):
        compare_evaluations(this, replace(this, **change))  # type: ignore[arg-type]

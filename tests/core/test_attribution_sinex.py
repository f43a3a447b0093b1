"""SINEX and SINEXC: contributions that are known, and the reference's definition."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from siamese_core.attribution import sinex as module
from siamese_core.attribution.attribution import Attribution, Subject
from siamese_core.attribution.parameters import SinexcParameters, SinexParameters
from siamese_core.attribution.segments import Segments, segment
from siamese_core.attribution.sinex import sinex, sinexc
from siamese_core.errors import Cancelled
from tests.core.toys import (
    COLUMNS,
    ROWS,
    ProductScore,
    RectangleScore,
    Stopper,
    WithoutFloat64,
    mass_inside,
    noise_map,
    rectangle_subject,
)

TILES = {"segmentation": "tiles", "tile_mels": 4, "tile_frames": 5}


def tiled(**values: object) -> SinexcParameters:
    return SinexcParameters.parse({**TILES, **values})


def masked(log_mel: Tensor, segments: Segments, kept: np.ndarray, level: float) -> Tensor:
    """One perturbed clip, written as plainly as can be."""
    out = torch.full_like(log_mel, level)
    for row in range(log_mel.shape[0]):
        for column in range(log_mel.shape[1]):
            if kept[segments[row, column]]:
                out[row, column] = log_mel[row, column]
    return out


@pytest.mark.parametrize("mode", ["keep", "remove"])
@pytest.mark.parametrize("method", [sinex, sinexc])
def test_aligned_tiles_find_the_rectangle(mode: str, method: object) -> None:
    subject = rectangle_subject()
    attribution: Attribution = method(subject, tiled(mode=mode))  # type: ignore[operator]
    assert mass_inside(attribution.values) > 0.999
    rise = subject.logit(subject.log_mel) + 6.0
    np.testing.assert_allclose(attribution.values[ROWS, COLUMNS], rise, rtol=1e-4)
    assert attribution.segments is not None
    assert attribution.segments.max() == 15


@pytest.mark.parametrize("method", [sinex, sinexc])
def test_logits_become_float64_on_the_cpu(method: object) -> None:
    log_mel = noise_map()
    wanted: Attribution = method(rectangle_subject(), tiled())  # type: ignore[operator]
    there = Subject(RectangleScore(), log_mel.as_subclass(WithoutFloat64))
    found: Attribution = method(there, tiled())  # type: ignore[operator]
    np.testing.assert_allclose(found.values, wanted.values, atol=1e-6)


@pytest.mark.parametrize("method", [sinex, sinexc])
def test_by_area_each_cell_gets_its_part(method: object) -> None:
    raw: Attribution = method(rectangle_subject(), tiled())  # type: ignore[operator]
    area: Attribution = method(rectangle_subject(), tiled(weight="area"))  # type: ignore[operator]
    np.testing.assert_allclose(area.values, raw.values / 20, rtol=1e-5, atol=1e-9)


def test_keep_and_remove_differ_where_parts_count_only_together() -> None:
    subject = Subject(ProductScore(), noise_map())
    halves = {"segmentation": "tiles", "tile_mels": 16, "tile_frames": 10}
    floor = subject.logit(subject.baseline("floor"))
    kept = np.array([True, False])
    segments = np.repeat([[0] * 10 + [1] * 10], 16, axis=0)
    alone = subject.logit(masked(subject.log_mel, segments, kept, -60.0))
    without = subject.logit(masked(subject.log_mel, segments, ~kept, -60.0))
    whole = subject.logit(subject.log_mel)
    keep = sinex(subject, SinexParameters.parse(halves)).values
    remove = sinex(subject, SinexParameters.parse({**halves, "mode": "remove"})).values
    assert keep[0, 0] == pytest.approx(alone - floor, rel=1e-4)
    assert remove[0, 0] == pytest.approx(whole - without, rel=1e-4)
    assert abs(keep[0, 0] - remove[0, 0]) > 1


@pytest.mark.parametrize("mode", ["keep", "remove"])
def test_sinexc_estimates_the_difference_of_means(mode: str) -> None:
    # two halves and a product: the expectation over all four coalitions is known exactly
    subject = Subject(ProductScore(), noise_map())
    segments = np.repeat([[0] * 10 + [1] * 10], 16, axis=0)
    beta = 0.3
    stays = beta if mode == "keep" else 1 - beta
    chance, logit = {}, {}
    for kept in product([False, True], repeat=2):
        chance[kept] = np.prod([stays if k else 1 - stays for k in kept])
        logit[kept] = subject.logit(masked(subject.log_mel, segments, np.array(kept), -60.0))
    means = [
        sum(chance[k] * logit[k] for k in chance if k[0] is side)
        / sum(chance[k] for k in chance if k[0] is side)
        for side in (True, False)
    ]
    parameters = SinexcParameters(
        segmentation="tiles", tile_mels=16, tile_frames=10, alpha=3000, beta=beta, mode=mode
    )
    assert sinexc(subject, parameters).values[0, 0] == pytest.approx(means[0] - means[1], rel=0.03)


def test_sinexc_spreads_less_than_the_plain_difference_of_means() -> None:
    parameters = tiled(alpha=20)
    fitted, plain = [], []
    for seed in range(8):
        subject = rectangle_subject(seed=seed)
        fitted.append(sinexc(subject, parameters).values[0, 0])
        drawn = np.random.default_rng(seed).random((134, 16)) < parameters.beta
        logits = np.where(drawn[:, 5], subject.logit(subject.log_mel), -6.0)
        plain.append(logits[drawn[:, 0]].mean() - logits[~drawn[:, 0]].mean())
    assert np.std(fitted) < 0.01 * np.std(plain)


@pytest.mark.parametrize("alpha", [1, 2])
@pytest.mark.parametrize("beta", [0.01, 0.99])
def test_segments_that_chance_never_or_always_holds_still_count(alpha: int, beta: float) -> None:
    values = sinexc(rectangle_subject(), tiled(alpha=alpha, beta=beta)).values
    assert np.isfinite(values).all()
    assert values[ROWS, COLUMNS].min() > 0


def test_one_segment_can_be_explained() -> None:
    whole = tiled(tile_mels=100, tile_frames=100)
    for method in (sinex, sinexc):
        values = method(rectangle_subject(), whole).values
        assert values[0, 0] == pytest.approx(values[-1, -1])
        assert values[0, 0] > 0


def similarity(subject: Subject, log_mel: Tensor) -> float:
    return 1 / (1 + np.exp(-subject.logit(log_mel)))


def test_reference_sinex_equals_a_plain_loop_over_similarities() -> None:
    subject = Subject(ProductScore(), noise_map() / 3)
    attribution = sinex(subject, tiled(reference=True, baseline="silence", mode="remove"))
    segments, whole = attribution.segments, similarity(subject, subject.log_mel)
    assert segments is not None
    for number in range(segments.max() + 1):
        alone = masked(subject.log_mel, segments, np.arange(16) == number, -80.0)
        wanted = (whole - similarity(subject, alone)) / (segments == number).sum()
        np.testing.assert_allclose(attribution.values[segments == number], wanted, atol=1e-6)
    assert np.abs(attribution.values).max() > 1e-4


@pytest.mark.parametrize("alpha", [1, 4, 70])
def test_reference_sinexc_equals_a_plain_loop_over_similarities(alpha: int) -> None:
    # a low beta draws many coalitions twice, which are scored once and counted twice
    subject = Subject(ProductScore(), noise_map() / 3, seed=5)
    parameters = tiled(reference=True, baseline="silence", alpha=alpha, beta=0.1)
    attribution = sinexc(subject, parameters)
    segments, whole = attribution.segments, similarity(subject, subject.log_mel)
    assert segments is not None
    rng = np.random.default_rng(5)
    for number in range(16):
        read = []
        for drawn in rng.random((alpha, 16)) < 0.1:
            drawn[number] = True
            read.append(similarity(subject, masked(subject.log_mel, segments, drawn, -80.0)))
        wanted = (whole - np.mean(read)) / (segments == number).sum()
        np.testing.assert_allclose(attribution.values[segments == number], wanted, atol=1e-6)


def test_means_equal_a_plain_loop_over_the_same_draws() -> None:
    subject = Subject(ProductScore(), noise_map(), seed=2)
    parameters = tiled(estimator="means", alpha=10, beta=0.2)
    attribution = sinexc(subject, parameters)
    segments = attribution.segments
    assert segments is not None
    drawn = np.random.default_rng(2).random((50, 16)) < 0.2
    logits = np.array([subject.logit(masked(subject.log_mel, segments, d, -60.0)) for d in drawn])
    for number in range(16):
        held = drawn[:, number]
        wanted = logits[held].mean() - logits[~held].mean()
        assert attribution.values[segments == number] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("mode", ["keep", "remove"])
def test_both_estimators_expect_the_same(mode: str) -> None:
    subject = Subject(ProductScore(), noise_map())
    halves = {"segmentation": "tiles", "tile_mels": 16, "tile_frames": 10, "mode": mode}
    maps = [
        sinexc(subject, SinexcParameters.parse({**halves, "alpha": 3000, "estimator": way})).values
        for way in ("least-squares", "means")
    ]
    np.testing.assert_allclose(maps[0], maps[1], rtol=0.05)


def test_a_coalition_that_is_drawn_twice_is_scored_once() -> None:
    seen: list[int] = []

    class Counting(ProductScore):
        def forward(self, maps: Tensor) -> Tensor:
            seen.append(len(maps))
            return super().forward(maps)

    halves = {"segmentation": "tiles", "tile_mels": 16, "tile_frames": 10}
    sinexc(Subject(Counting(), noise_map()), SinexcParameters.parse({**halves, "alpha": 500}))
    assert sum(seen) == 4


@pytest.mark.parametrize("method", [sinex, sinexc])
@given(order=st.permutations(range(16)))
@settings(max_examples=10, deadline=None)
def test_the_numbers_of_segments_mean_nothing(
    method: Callable[..., Attribution], order: list[int]
) -> None:
    # alpha is large: another order of segments is another draw
    subject = Subject(RectangleScore(), noise_map())
    wanted = method(subject, tiled(alpha=100)).values
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "segment", lambda *given: np.array(order)[segment(*given)])
        values = method(subject, tiled(alpha=100)).values
    np.testing.assert_allclose(values, wanted, atol=1e-4)


def test_a_coarse_map_comes_first_and_is_refined() -> None:
    stopper = Stopper(10**6)
    subject = Subject(
        RectangleScore(), noise_map(), own=slice(0, 18), on_event=stopper.on_event, most=8
    )
    final = sinexc(subject, tiled(alpha=50)).values
    batches = len(stopper.progress)
    assert len(stopper.maps) == int(np.log2(batches)) + (batches & (batches - 1) != 0)
    missed = [float(np.abs(shown - final)[:, :18].max()) for shown in stopper.maps]
    assert missed[0] > 10 * missed[-1]
    assert mass_inside(stopper.maps[-1]) > 0.99
    assert not stopper.maps[0][:, 18:].any()
    assert [event["event"] for event in stopper.events[:3]] == ["progress", "partial", "progress"]


def test_the_reference_and_sinex_show_what_they_know_so_far() -> None:
    for method, parameters in (
        (sinex, tiled()),
        (sinexc, tiled(reference=True, alpha=20, baseline="silence")),
    ):
        stopper = Stopper(10**6)
        subject = rectangle_subject(on_event=stopper.on_event, most=4)
        final = method(subject, parameters).values
        assert len(stopper.maps) > 1
        for shown in stopper.maps:
            known = shown != 0
            np.testing.assert_array_equal(shown[known], final[known])


def test_a_segment_of_natural_silence_is_not_taken_for_a_masked_one() -> None:
    # the reference tests cells by value and so counts natural -80 dB as masked
    log_mel = noise_map()
    log_mel[ROWS, COLUMNS] = -80.0
    subject = Subject(RectangleScore(), log_mel)
    values = sinex(subject, tiled(baseline="mean")).values
    masked_logit = subject.logit(subject.baseline("mean"))
    np.testing.assert_allclose(values[ROWS, COLUMNS], -8.0 - masked_logit, rtol=1e-4)
    assert abs(-8.0 - masked_logit) > 1


def test_seeds_repeat_and_differ() -> None:
    def values(seed: int) -> np.ndarray:
        subject = Subject(ProductScore(), noise_map(), seed=seed)
        return sinexc(subject, tiled(alpha=10)).values

    np.testing.assert_array_equal(values(1), values(1))
    assert np.abs(values(1) - values(2)).max() > 0


@pytest.mark.parametrize("method", [sinex, sinexc])
def test_cancel_stops_between_batches(method: object) -> None:
    stopper = Stopper(1)
    subject = stopper.subject()
    with pytest.raises(Cancelled):
        method(subject, tiled(tile_mels=32, tile_frames=32))  # type: ignore[operator]
    assert len(stopper.progress) == 1

"""SINEX and SINEXC: segmentation, contributions that are known, and the reference's definition."""

from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor

from siamese_core.attribution.attribution import Attribution, Subject
from siamese_core.attribution.parameters import SinexcParameters, SinexParameters
from siamese_core.attribution.segments import Segments, segment, sinex, sinexc
from siamese_core.errors import Cancelled
from tests.core.toys import (
    COLUMNS,
    ROWS,
    SHAPE,
    ProductScore,
    RectangleScore,
    Stopper,
    mass_inside,
    noise_map,
    rectangle_subject,
)

TILES = {"segmentation": "tiles", "tile_mels": 4, "tile_frames": 5}
CUTS = [
    {"segmentation": "felzenszwalb", "min_size": 12, "scale": 5.0, "sigma": 0.5},
    {"segmentation": "slic"},
    TILES,
]


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


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: str(cut["segmentation"]))
def test_labels_run_from_zero_without_gaps(cut: dict[str, object]) -> None:
    segments = segment(rectangle_subject(), SinexParameters.parse(cut))
    assert segments.shape == SHAPE
    np.testing.assert_array_equal(np.unique(segments), np.arange(segments.max() + 1))
    assert segments.max() > 0


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: str(cut["segmentation"]))
def test_a_silent_clip_can_be_cut_too(cut: dict[str, object]) -> None:
    silent = Subject(RectangleScore(), torch.full(SHAPE, -100.0))
    assert segment(silent, SinexParameters.parse(cut)).min() == 0


def test_frames_around_the_clip_go_with_the_segment_beside_them() -> None:
    own = slice(5, 15)
    segments = segment(rectangle_subject(own=own), tiled())
    inner = segment(Subject(RectangleScore(), noise_map()[:, own]), tiled())
    np.testing.assert_array_equal(segments[:, own], inner)
    np.testing.assert_array_equal(segments[:, :5], np.repeat(segments[:, 5:6], 5, axis=1))
    np.testing.assert_array_equal(segments[:, 15:], np.repeat(segments[:, 14:15], 5, axis=1))


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


def test_reference_sinex_equals_a_plain_loop() -> None:
    subject = Subject(ProductScore(), noise_map())
    attribution = sinex(subject, tiled(reference=True, baseline="silence", mode="remove"))
    segments, whole = attribution.segments, subject.logit(subject.log_mel)
    assert segments is not None
    for number in range(segments.max() + 1):
        alone = masked(subject.log_mel, segments, np.arange(16) == number, -80.0)
        wanted = (whole - subject.logit(alone)) / (segments == number).sum()
        np.testing.assert_allclose(attribution.values[segments == number], wanted, atol=1e-6)


def test_reference_sinexc_equals_a_plain_loop() -> None:
    subject = Subject(ProductScore(), noise_map(), seed=5)
    attribution = sinexc(subject, tiled(reference=True, baseline="silence", alpha=4, beta=0.4))
    segments, whole = attribution.segments, subject.logit(subject.log_mel)
    assert segments is not None
    rng = np.random.default_rng(5)
    for number in range(16):
        logits = []
        for drawn in rng.random((4, 16)) < 0.4:
            drawn[number] = True
            logits.append(subject.logit(masked(subject.log_mel, segments, drawn, -80.0)))
        wanted = (whole - np.mean(logits)) / (segments == number).sum()
        np.testing.assert_allclose(attribution.values[segments == number], wanted, atol=1e-6)


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
    subject = Subject(
        RectangleScore(),
        noise_map(shape=(224, 224)),
        on_event=stopper.on_event,
        should_stop=stopper.should_stop,
    )
    with pytest.raises(Cancelled):
        method(subject, tiled(tile_mels=32, tile_frames=32))  # type: ignore[operator]
    assert len(stopper.events) == 1

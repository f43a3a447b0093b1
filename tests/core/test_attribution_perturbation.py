"""Occlusion, ablation, Shapley values and LIME on scores whose answers are known."""

from typing import Any

import numpy as np
import pytest
import torch

from siamese_core.attribution import perturbation
from siamese_core.attribution.attribution import Subject
from siamese_core.attribution.parameters import (
    FeatureAblationParameters,
    KernelShapParameters,
    LimeParameters,
    OcclusionParameters,
    ShapleyParameters,
)
from siamese_core.attribution.perturbation import (
    feature_ablation,
    kernel_shap,
    lime,
    occlusion,
    shapley,
)
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

ALIGNED = OcclusionParameters(height_mels=4, width_frames=5, stride_mels=4, stride_frames=5)


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        (feature_ablation, FeatureAblationParameters()),
        (shapley, ShapleyParameters(samples=2)),
        (lime, LimeParameters(samples=20)),
    ],
)
def test_contributions_become_float64_on_the_cpu(method: Any, parameters: object) -> None:
    wanted = method(rectangle_subject(), parameters)
    there = Subject(RectangleScore(), noise_map().as_subclass(WithoutFloat64))
    np.testing.assert_array_equal(method(there, parameters).values, wanted.values)


@pytest.mark.parametrize(
    ("method", "model"),
    [
        (feature_ablation, FeatureAblationParameters),
        (shapley, ShapleyParameters),
        (kernel_shap, KernelShapParameters),
        (lime, LimeParameters),
    ],
)
def test_no_library_looks_at_a_map_cell_by_cell(
    method: Any, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a GPU each look would wait for all that was asked before."""
    seen: list[tuple[torch.Size, torch.device]] = []
    watch = perturbation.Watched.forward

    def noted(self: perturbation.Watched, inputs: torch.Tensor) -> torch.Tensor:
        seen.append((inputs.shape[1:], inputs.device))
        return watch(self, inputs)

    monkeypatch.setattr(perturbation.Watched, "forward", noted)
    tiles = model(segmentation="tiles", tile_mels=4, tile_frames=5)
    method(rectangle_subject(), tiles)
    assert {*seen} == {(torch.Size([16]), torch.device("cpu"))}, "a number a segment, and no more"


def test_an_aligned_window_finds_the_rectangle_and_nothing_else() -> None:
    subject = rectangle_subject()
    values = occlusion(subject, ALIGNED).values
    assert mass_inside(values) == 1
    loss = subject.logit(subject.log_mel) + 6.0  # the floor's logit is -6
    np.testing.assert_allclose(values[ROWS, COLUMNS], loss, rtol=1e-4)


def test_overlapping_windows_are_averaged() -> None:
    subject = rectangle_subject()
    parameters = OcclusionParameters(height_mels=2, width_frames=2, stride_mels=1, stride_frames=1)
    values = occlusion(subject, parameters).values
    rise = (subject.log_mel.numpy() + 60) / 10 / 20
    # each inner cell is hidden by four windows, each taking the rise of four cells
    windows = [rise[5 + i : 7 + i, 6 + j : 8 + j].sum() for i in (-1, 0) for j in (-1, 0)]
    assert values[5, 6] == pytest.approx(np.mean(windows), rel=1e-3)
    assert values[0, 0] == 0


def test_a_window_larger_than_the_map_hides_all_of_it() -> None:
    subject = rectangle_subject()
    values = occlusion(subject, OcclusionParameters(height_mels=100, width_frames=100)).values
    np.testing.assert_allclose(values, subject.logit(subject.log_mel) + 6.0, rtol=1e-4)


def test_progress_rises_to_the_whole_and_cancel_stops_it() -> None:
    stopper = Stopper(10**6)
    parameters = OcclusionParameters(height_mels=2, width_frames=2, stride_mels=1, stride_frames=1)
    occlusion(rectangle_subject(on_event=stopper.on_event), parameters)
    done = [event["done"] for event in stopper.events]
    assert done == sorted(done)
    assert {event["total"] for event in stopper.events} == {1 + 15 * 19}
    stopper = Stopper(2)
    with pytest.raises(Cancelled):
        occlusion(
            rectangle_subject(on_event=stopper.on_event, should_stop=stopper.should_stop),
            parameters,
        )
    assert len(stopper.events) == 2


HALVES = {"segmentation": "tiles", "tile_mels": 16, "tile_frames": 10}


def halves() -> tuple[Subject, float, float]:
    """A score of two halves that count only together, and what each half alone changes."""
    subject = Subject(ProductScore(), noise_map())
    floor = subject.baseline("floor")
    right = torch.cat([floor[:, :10], subject.log_mel[:, 10:]], dim=1)
    left = torch.cat([subject.log_mel[:, :10], floor[:, 10:]], dim=1)
    whole, empty = subject.logit(subject.log_mel), subject.logit(floor)
    ablated = whole - subject.logit(right)
    return subject, ablated, (ablated + subject.logit(left) - empty) / 2


def test_feature_ablation_is_the_loss_without_each_segment() -> None:
    subject, ablated, _ = halves()
    values = feature_ablation(subject, FeatureAblationParameters.parse(HALVES)).values
    assert values[:, :10] == pytest.approx(ablated, rel=1e-4)


def test_shapley_values_of_two_segments_are_exact() -> None:
    subject, _, shapley_value = halves()
    assert abs(shapley_value) > 1
    sampled = shapley(subject, ShapleyParameters.parse({**HALVES, "samples": 400})).values
    assert sampled[:, :10] == pytest.approx(shapley_value, rel=0.05)
    fitted = kernel_shap(subject, KernelShapParameters.parse(HALVES)).values
    assert fitted[:, :10] == pytest.approx(shapley_value, rel=0.02)


@pytest.mark.parametrize("method", [shapley, kernel_shap])
def test_shapley_values_add_up_to_the_change(method: object) -> None:
    subject, _, _ = halves()
    model = ShapleyParameters if method is shapley else KernelShapParameters
    attribution = method(subject, model.parse(HALVES))  # type: ignore[operator]
    total = attribution.values[0, 0] + attribution.values[0, -1]
    change = subject.logit(subject.log_mel) - subject.logit(subject.baseline("floor"))
    assert total == pytest.approx(change, rel=1e-3)


def test_lime_is_the_slope_near_the_whole_clip() -> None:
    subject, ablated, _ = halves()
    whole = subject.logit(subject.log_mel)
    near = {**HALVES, "width": 0.1, "shrinkage": 0.0}
    values = lime(subject, LimeParameters.parse(near)).values
    # only the whole clip and those without one half weigh anything: a plane through three points
    assert values[:, :10] == pytest.approx(ablated, rel=0.02)
    held = lime(subject, LimeParameters.parse({**near, "shrinkage": 10000.0})).values
    assert np.abs(held).max() < 0.1 * abs(whole)


@pytest.mark.parametrize("samples", [1, 2])
@pytest.mark.parametrize("method", [kernel_shap, lime])
def test_a_fit_draws_enough_for_its_segments(method: object, samples: int) -> None:
    model = KernelShapParameters if method is kernel_shap else LimeParameters
    parameters = model.parse(
        {"segmentation": "tiles", "tile_mels": 4, "tile_frames": 5, "samples": samples}
    )
    attribution = method(rectangle_subject(), parameters)  # type: ignore[operator]
    assert np.isfinite(attribution.values).all()
    assert mass_inside(attribution.values) > 1 / 16


@pytest.mark.parametrize("method", [feature_ablation, shapley, kernel_shap, lime])
def test_a_clip_of_one_segment_can_be_explained(method: object) -> None:
    models = {
        feature_ablation: FeatureAblationParameters,
        shapley: ShapleyParameters,
        kernel_shap: KernelShapParameters,
        lime: LimeParameters,
    }
    model = models[method]  # type: ignore[index]
    parameters = model.parse({"segmentation": "tiles", "tile_mels": 99, "tile_frames": 99})
    subject = rectangle_subject()
    values = method(subject, parameters).values  # type: ignore[operator]
    change = subject.logit(subject.log_mel) + 6.0
    assert values == pytest.approx(change, rel=0.05)
    assert values.min() == values.max()

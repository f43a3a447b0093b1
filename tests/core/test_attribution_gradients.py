"""Saliency and integrated gradients on scores whose gradient is known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from siamese_core.attribution.attribution import Subject
from siamese_core.attribution.gradients import integrated_gradients, saliency
from siamese_core.attribution.parameters import IntegratedGradientsParameters, SaliencyParameters
from siamese_core.errors import Cancelled
from tests.core.toys import (
    COLUMNS,
    ROWS,
    SHAPE,
    RectangleScore,
    Stopper,
    mass_inside,
    noise_map,
    rectangle_subject,
)


class Negated(nn.Module):
    """The rectangle's score, turned round."""

    def forward(self, maps: Tensor) -> Tensor:
        return -RectangleScore()(maps)


class Curved(nn.Module):
    """A smooth score far from linear: the logarithm of a power sum."""

    def forward(self, maps: Tensor) -> Tensor:
        return (maps / 10).exp().sum(dim=(1, 2)).log()


def test_saliency_is_the_gradient() -> None:
    values = saliency(rectangle_subject(), SaliencyParameters()).values
    wanted = np.zeros(SHAPE, np.float32)
    wanted[ROWS, COLUMNS] = 0.1 / 20
    np.testing.assert_allclose(values, wanted, rtol=1e-6)
    assert values.dtype == np.float32


def test_saliency_is_signed_unless_asked_otherwise() -> None:
    subject = Subject(Negated(), noise_map())
    signed = saliency(subject, SaliencyParameters()).values
    assert signed[ROWS, COLUMNS].max() < 0
    np.testing.assert_array_equal(
        saliency(subject, SaliencyParameters(absolute=True)).values, np.abs(signed)
    )


def test_saliency_leaves_the_clip_and_the_net_as_they_were() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(SHAPE[0] * SHAPE[1], 1), nn.Flatten(0))
    net.requires_grad_(False)
    log_mel = noise_map()
    before = log_mel.clone()
    saliency(Subject(net, log_mel), SaliencyParameters())
    assert torch.equal(log_mel, before)
    assert not log_mel.requires_grad
    assert all(parameter.grad is None for parameter in net.parameters())


def test_integrated_gradients_lie_in_the_rectangle_and_add_up() -> None:
    subject = rectangle_subject()
    attribution = integrated_gradients(subject, IntegratedGradientsParameters())
    assert mass_inside(attribution.values) == 1
    # the score is linear: each cell's share is its rise above the floor, in tens of dB a cell
    rise = subject.log_mel[ROWS, COLUMNS].numpy() + 60
    np.testing.assert_allclose(attribution.values[ROWS, COLUMNS], rise / 200, rtol=1e-4)
    assert attribution.residual == pytest.approx(0, abs=1e-4)


def test_integrated_gradients_of_a_curved_score_add_up_better_with_more_steps() -> None:
    subject = Subject(Curved(), noise_map())
    residuals = []
    for steps in (2, 5, 50):
        attribution = integrated_gradients(subject, IntegratedGradientsParameters(steps=steps))
        change = subject.logit(subject.log_mel) - subject.logit(subject.baseline("floor"))
        missed = float(attribution.values.astype(np.float64).sum()) - change
        assert attribution.residual == pytest.approx(missed, abs=1e-5)
        residuals.append(abs(missed))
    assert residuals[0] > residuals[1] > residuals[2]
    assert residuals[2] < 1e-4


def test_baselines_are_what_their_names_say() -> None:
    subject = rectangle_subject(own=slice(2, 12))
    assert torch.equal(subject.baseline("floor"), torch.full(SHAPE, -60.0))
    assert torch.equal(subject.baseline("silence"), torch.full(SHAPE, -80.0))
    mean = subject.baseline("mean")
    assert mean.shape == SHAPE
    for column in (0, 7, 19):
        assert torch.allclose(mean[:, column], subject.log_mel[:, 2:12].mean(dim=1))


def test_integrated_gradients_start_from_the_baseline() -> None:
    subject = rectangle_subject()
    sums = {
        name: integrated_gradients(subject, IntegratedGradientsParameters(baseline=name)).values
        for name in ("floor", "silence", "mean")
    }
    # silence lies 20 dB below the floor: 2 tens of dB more to explain
    assert sums["silence"].sum() - sums["floor"].sum() == pytest.approx(2, abs=1e-3)
    assert sums["mean"].sum() < sums["floor"].sum()


@pytest.mark.parametrize("cells", [SHAPE, (224, 224)])
def test_large_maps_are_scored_in_smaller_batches(cells: tuple[int, int]) -> None:
    seen: list[int] = []

    class Counting(RectangleScore):
        def forward(self, maps: Tensor) -> Tensor:
            seen.append(len(maps))
            return super().forward(maps)

    subject = Subject(Counting(), noise_map(shape=cells))
    integrated_gradients(subject, IntegratedGradientsParameters(steps=40))
    assert max(seen) <= subject.batch
    assert subject.batch == (64 if cells == SHAPE else 20)


def test_gradient_methods_can_be_cancelled() -> None:
    stopper = Stopper(1)
    subject = Subject(
        RectangleScore(),
        noise_map(shape=(224, 224)),
        on_event=stopper.on_event,
        should_stop=stopper.should_stop,
    )
    with pytest.raises(Cancelled):
        integrated_gradients(subject, IntegratedGradientsParameters(steps=40))
    assert len(stopper.events) == 1
    with pytest.raises(Cancelled):
        saliency(subject, SaliencyParameters())

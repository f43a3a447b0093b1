"""Saliency and integrated gradients on scores whose gradient is known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from siamese_core.attribution import attribution
from siamese_core.attribution.attribution import Subject
from siamese_core.attribution.gradients import (
    gradient_shap,
    input_x_gradient,
    integrated_gradients,
    saliency,
    smooth_grad,
)
from siamese_core.attribution.methods import METHODS
from siamese_core.attribution.parameters import (
    GradientShapParameters,
    InputXGradientParameters,
    IntegratedGradientsParameters,
    SaliencyParameters,
    SmoothGradParameters,
)
from siamese_core.errors import Cancelled, ParameterError
from tests.core.toys import (
    COLUMNS,
    ROWS,
    SHAPE,
    RectangleScore,
    RegionNet,
    Stopper,
    mass_inside,
    noise_map,
    rectangle_subject,
)

BACKGROUND = GradientShapParameters().baselines


class Negated(nn.Module):
    """The rectangle's score, turned round."""

    def forward(self, maps: Tensor) -> Tensor:
        return -RectangleScore()(maps)


class Curved(nn.Module):
    """A smooth score far from linear: the logarithm of a power sum."""

    def forward(self, maps: Tensor) -> Tensor:
        return (maps / 10).exp().sum(dim=(1, 2)).log()


def test_every_sample_counts_however_the_memory_in_use_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parameters = GradientShapParameters(samples=12, noise=0, baselines=("floor", "floor"))
    wanted = gradient_shap(rectangle_subject(), parameters)  # linear: the same for any draws
    bearable = iter(range(6, 0, -1))
    monkeypatch.setattr(attribution, "batch_on", lambda *_: next(bearable))
    found = gradient_shap(rectangle_subject(), parameters)
    np.testing.assert_allclose(found.values, wanted.values, rtol=1e-5, atol=1e-7)
    assert found.residual == pytest.approx(0, abs=1e-4)


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
    assert subject.batch == (64 if cells == SHAPE else 5)


def test_input_x_gradient_of_a_linear_score_is_its_share_of_the_change() -> None:
    subject = rectangle_subject()
    values = input_x_gradient(subject, InputXGradientParameters()).values
    wanted = integrated_gradients(subject, IntegratedGradientsParameters()).values
    np.testing.assert_allclose(values, wanted, atol=1e-6)


def test_input_x_gradient_counts_from_the_baseline_not_from_zero_decibels() -> None:
    # every level is below 0 dB: the level times the gradient would turn the sign round
    values = input_x_gradient(rectangle_subject(), InputXGradientParameters()).values
    assert values[ROWS, COLUMNS].min() >= 0


def test_gradient_shap_comes_nearer_to_its_sum_with_more_samples() -> None:
    subject = Subject(Curved(), noise_map())
    missed = [
        abs(gradient_shap(subject, GradientShapParameters(samples=samples)).residual or 0.0)
        for samples in (2, 2000)
    ]
    assert missed[1] < 0.1 < missed[0]


def test_gradient_shap_averages_the_baselines() -> None:
    subject = rectangle_subject()
    values = gradient_shap(subject, GradientShapParameters(samples=3000)).values
    levels = [float(subject.baseline(name)[ROWS, COLUMNS].mean()) for name in BACKGROUND]
    rise = float(subject.log_mel[ROWS, COLUMNS].mean()) - np.mean(levels)
    assert values.sum() == pytest.approx(rise / 10, abs=0.1)


def test_smooth_grad_is_the_mean_over_noise() -> None:
    # the gradient of a square rises with the level: its mean is that at the clip itself
    class Squared(nn.Module):
        def forward(self, maps: Tensor) -> Tensor:
            return RectangleScore()(maps).square()

    subject = Subject(Squared(), noise_map())
    plain = saliency(subject, SaliencyParameters()).values
    smooth = smooth_grad(subject, SmoothGradParameters(samples=500)).values
    np.testing.assert_allclose(smooth[ROWS, COLUMNS], plain[ROWS, COLUMNS], rtol=0.02)
    noise = 0.1 * subject.decibels
    # one cell's slope is 2 f / 200, and f's noise that of a mean of 20 cells, in tens of dB
    wanted = (2 / 200 * noise / 10) ** 2 / 20
    variance = smooth_grad(subject, SmoothGradParameters(samples=2000, average="variance")).values
    np.testing.assert_allclose(variance[ROWS, COLUMNS], wanted, rtol=0.15)


@pytest.mark.parametrize("of", SmoothGradParameters.model_fields["of"].annotation.__args__)  # type: ignore[union-attr]
def test_smooth_grad_of_a_score_without_bends_is_the_method_itself(of: str) -> None:
    class Straight(RegionNet):
        def forward(self, maps: Tensor) -> Tensor:
            return self.encoder(maps.unsqueeze(1))[:, 0, ROWS, COLUMNS].mean(dim=(1, 2))

    subject = Subject(Straight(), noise_map() / 2 - 10)
    function, model = METHODS[of].function, METHODS[of].parameters
    smooth = smooth_grad(subject, SmoothGradParameters.parse({"of": of, "samples": 400})).values
    wanted = function(subject, model()).values
    np.testing.assert_allclose(smooth, wanted, atol=0.05 * np.abs(wanted).max())


@pytest.mark.parametrize("method", ["guided-backpropagation", "deconvolution"])
def test_without_relu_there_is_nothing_to_guide(method: str) -> None:
    function, model = METHODS[method].function, METHODS[method].parameters
    with pytest.raises(ParameterError, match=f"'{method}' changes how gradients pass ReLU"):
        function(rectangle_subject(), model())
    with pytest.raises(ParameterError, match=f"'{method}'"):
        smooth_grad(rectangle_subject(), SmoothGradParameters.parse({"of": method}))


def test_guided_backpropagation_and_deconvolution_differ_as_they_should() -> None:
    class Relus(nn.Module):
        """Row 0 counts for the score and row 1 against it, behind a ReLU that shuts row 0."""

        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, maps: Tensor) -> Tensor:
            passed = self.relu(maps)
            return (passed[:, 0] - passed[:, 1] + passed[:, 2]).sum(dim=1)

    log_mel = torch.tensor([[-1.0], [1.0], [1.0]])
    gradient, guided, deconvolved = (
        METHODS[name]
        .function(Subject(Relus(), log_mel), METHODS[name].parameters())
        .values[:, 0]
        .tolist()
        for name in ("saliency", "guided-backpropagation", "deconvolution")
    )
    assert gradient == [0, -1, 1]
    assert guided == [0, 0, 1]
    assert deconvolved == [1, 0, 1]


def test_gradient_methods_can_be_cancelled() -> None:
    stopper = Stopper(1)
    subject = stopper.subject()
    with pytest.raises(Cancelled):
        integrated_gradients(subject, IntegratedGradientsParameters(steps=40))
    assert len(stopper.events) == 1
    with pytest.raises(Cancelled):
        saliency(subject, SaliencyParameters())

"""DeepLIFT: known answers, completeness on every kind of network, and refusals."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from siamese_core.attribution.attribution import Subject
from siamese_core.attribution.contrast import ContrastScore
from siamese_core.attribution.deeplift import deeplift, deeplift_shap
from siamese_core.attribution.gradients import integrated_gradients
from siamese_core.attribution.parameters import (
    DeepLiftParameters,
    DeepLiftShapParameters,
    IntegratedGradientsParameters,
)
from siamese_core.checkpoint import build, load_checkpoint
from siamese_core.demo import bundled_lineup, bundled_model
from siamese_core.encoder.encoder import Product, UnitLength
from siamese_core.errors import ParameterError
from siamese_core.explanation import SIDES, Side, one_sided_score
from siamese_core.logmel import LogMel
from siamese_core.losses import DISTANCES
from siamese_core.recipes import Recipe
from siamese_core.siamese import OneSidedScore, SiameseNet
from tests.conftest import TINY_MEL, TINY_RECIPE
from tests.core.toys import COLUMNS, ROWS, SHAPE, ProductScore, RegionNet, mass_inside, noise_map

RESNET = {"kind": "resnet", "widths": (16, 16), "blocks": (1, 1), "embedding": 8}
ENCODERS: dict[str, dict[str, object]] = {
    "conv": {"kind": "conv", "filters": (4, 4), "kernels": (3, 3), "dense": 8},
    "normed": {
        "kind": "conv",
        "filters": (4,),
        "kernels": (3,),
        "dense": 8,
        "batch_norm": True,
    },
    "mlp": {"kind": "conv", "filters": (), "kernels": (), "hidden": (16,), "dense": 8},
    "resnet": RESNET,
    "recurrent": {"kind": "recurrent", "filters": (4,), "recurrent": 8, "hidden": 8},
    "statistics": {**RESNET, "statistics": 5, "changes": True},
    "ensemble": {"kind": "ensemble", "members": 2, "member": RESNET},
}


def small_net(encoder: str, distance: str) -> SiameseNet:
    torch.manual_seed(0)
    recipe = {**TINY_RECIPE.model_dump(), "encoder": ENCODERS[encoder], "distance": distance}
    return build(Recipe.parse(recipe)).eval().requires_grad_(False)


def real_subject(encoder: str, distance: str) -> Subject:
    net = small_net(encoder, distance)
    score = OneSidedScore(net, noise_map(1, TINY_MEL.shape))
    return Subject(score, noise_map(2, TINY_MEL.shape))


def test_the_rescale_rule_of_a_square_shares_its_rise_by_the_levels() -> None:
    subject = Subject(RegionNet(), noise_map())
    attribution = deeplift(subject, DeepLiftParameters())
    change = subject.logit(subject.log_mel) - subject.logit(subject.baseline("floor"))
    rise = subject.log_mel[ROWS, COLUMNS].numpy() + 60
    np.testing.assert_allclose(
        attribution.values[ROWS, COLUMNS], change * rise / rise.sum(), rtol=1e-3
    )
    assert mass_inside(attribution.values) == 1


@pytest.mark.parametrize(
    ("encoder", "distance"),
    [(e, d) for e in ENCODERS for d in DISTANCES if e != "ensemble" or d == "cosine"],
)
def test_the_map_adds_up_on_every_network(encoder: str, distance: str) -> None:
    subject = real_subject(encoder, distance)
    attribution = deeplift(subject, DeepLiftParameters())
    change = subject.logit(subject.log_mel) - subject.logit(subject.baseline("floor"))
    missed = attribution.values.sum(dtype=np.float64) - change
    assert attribution.residual == pytest.approx(missed, abs=1e-5)
    assert abs(missed) < 0.01 * (1 + abs(change))
    assert attribution.values.any()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("baseline", ["floor", "mean", "silence", "blurred"])
@pytest.mark.parametrize("model", ["voice", "environment"])
def test_the_map_adds_up_on_the_bundled_models(model: str, baseline: str, side: Side) -> None:
    net, _ = load_checkpoint(bundled_model(model), torch.device("cpu"))
    lineup = bundled_lineup().map(lambda file: file.read())
    maps = [LogMel.of(clip, net.mel) for clip in (lineup.query, lineup.support.clips[0])]
    explained, other = maps if side == "query" else maps[::-1]
    score = one_sided_score(net, explained, other)
    subject = Subject(score, torch.from_numpy(explained.db), explained.own_frames)
    attribution = deeplift(subject, DeepLiftParameters.parse({"baseline": baseline}))
    change = subject.own_logit - subject.logit(subject.baseline(baseline))
    assert attribution.values.sum(dtype=np.float64) == pytest.approx(change, rel=0.01)


def test_what_joins_the_whole_map_alone_is_passed_as_integrated_gradients_pass_it() -> None:
    class Angle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unit = UnitLength()

        def forward(self, maps: Tensor) -> Tensor:
            found = self.unit(maps.flatten(1) + 70)
            return found[:, 0] + found[:, 1]

    subject = Subject(Angle(), noise_map())
    lifted = deeplift(subject, DeepLiftParameters())
    integrated = integrated_gradients(subject, IntegratedGradientsParameters(steps=200))
    np.testing.assert_allclose(lifted.values, integrated.values, rtol=1e-3, atol=1e-7)
    assert abs(lifted.residual or 0) < 1e-6


def test_a_product_gives_each_factor_its_rise_times_the_other_s_mean() -> None:
    class Halves(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.product = Product()

        def forward(self, maps: Tensor) -> Tensor:
            left, right = maps.mean(dim=1).split(SHAPE[1] // 2, dim=1)
            return self.product(left.mean(dim=1), right.mean(dim=1)) / 100

    subject = Subject(Halves(), noise_map())
    values = deeplift(subject, DeepLiftParameters()).values
    left, right = (half.mean().item() for half in noise_map().split(SHAPE[1] // 2, dim=1))
    shares = [half.sum(dtype=np.float64) for half in np.split(values, 2, axis=1)]
    assert shares[0] == pytest.approx((left + 60) * (right - 60) / 200, rel=1e-4)
    assert shares[1] == pytest.approx((right + 60) * (left - 60) / 200, rel=1e-4)


def test_a_contrast_adds_up_too() -> None:
    net = small_net("resnet", "cosine")
    maps = [noise_map(seed, TINY_MEL.shape) for seed in (1, 2, 3)]
    subject = Subject(ContrastScore(net, maps[0], maps[1]), maps[2])
    attribution = deeplift(subject, DeepLiftParameters())
    pairs = [OneSidedScore(net, other)(maps[2][None]) for other in maps[:2]]
    assert subject.logit(maps[2]) == pytest.approx(float(pairs[0] - pairs[1]), abs=1e-5)
    assert abs(attribution.residual or 0) < 5e-3


def test_on_a_linear_score_every_rule_is_the_gradient() -> None:
    class Linear(nn.Module):
        def forward(self, maps: Tensor) -> Tensor:
            return maps[:, ROWS, COLUMNS].sum(dim=(1, 2))

    subject = Subject(Linear(), noise_map())
    values = deeplift(subject, DeepLiftParameters()).values
    np.testing.assert_allclose(values[ROWS, COLUMNS], subject.log_mel[ROWS, COLUMNS] + 60)


def test_deeplift_shap_is_the_mean_over_its_baselines() -> None:
    subject = real_subject("resnet", "cosine")
    maps = [
        deeplift(subject, DeepLiftParameters(baseline=name)).values for name in ("floor", "mean")
    ]
    shap = deeplift_shap(subject, DeepLiftShapParameters(baselines=("floor", "mean")))
    np.testing.assert_allclose(shap.values, np.mean(maps, axis=0), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("method", [deeplift, deeplift_shap])
def test_an_operation_without_a_rule_is_refused(method: object) -> None:
    parameters = DeepLiftParameters() if method is deeplift else DeepLiftShapParameters()
    subject = Subject(ProductScore(), noise_map())
    with pytest.raises(
        ParameterError, match=r"not follow .* would miss \S+ of a change of \S+ log"
    ):
        method(subject, parameters)  # type: ignore[operator]


class Bend(nn.Module):
    """Turns round within a stretch of ``width`` dB of a clip's mean level."""

    def __init__(self, width: float) -> None:
        super().__init__()
        self.unit, self.width = UnitLength(), width

    def forward(self, maps: Tensor) -> Tensor:
        along = maps.mean(dim=(1, 2)) + 45
        return 5 * self.unit(torch.stack([along, torch.full_like(along, self.width)], dim=1))[:, 0]


def test_a_sharp_bend_on_the_way_gets_more_points_and_too_sharp_a_one_is_refused() -> None:
    subject = Subject(Bend(1.0), noise_map())
    change = subject.own_logit - subject.logit(subject.baseline("floor"))
    values = deeplift(subject, DeepLiftParameters()).values
    assert values.sum(dtype=np.float64) == pytest.approx(change, rel=1e-3)
    with pytest.raises(ParameterError, match="does not follow this network exactly enough here"):
        deeplift(Subject(Bend(0.1), noise_map()), DeepLiftParameters())


def test_the_network_is_as_it_was_even_after_a_failure() -> None:
    class Failing(RegionNet):
        def forward(self, maps: Tensor) -> Tensor:
            super().forward(maps)
            raise ZeroDivisionError

    net = small_net("recurrent", "cosine")
    for module in (net, Failing()):
        score = OneSidedScore(net, noise_map(1, TINY_MEL.shape)) if module is net else module
        if module is net:
            deeplift(Subject(score, noise_map(2, TINY_MEL.shape)), DeepLiftParameters())
        else:
            with pytest.raises(ZeroDivisionError):
                deeplift(Subject(score, noise_map()), DeepLiftParameters())
        for part in score.modules():
            assert "forward" not in vars(part)
            assert not part._forward_hooks
            assert not part._forward_pre_hooks


def test_a_clip_that_is_its_own_baseline_gets_a_map_of_zeros() -> None:
    silent = torch.full(TINY_MEL.shape, -60.0)
    score = OneSidedScore(small_net("resnet", "cosine"), noise_map(1, TINY_MEL.shape))
    attribution = deeplift(Subject(score, silent), DeepLiftParameters())
    assert not attribution.values.any()
    assert attribution.residual == 0

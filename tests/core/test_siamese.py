"""Networks: the report's exact size, one encoding a clip, and scores that follow the definition."""

import pytest
import torch
from torch import Tensor, nn

from siamese_core.checkpoint import build
from siamese_core.encoder.encoder import ENCODERS, ResNetEncoder, build_encoder
from siamese_core.encoder.encoder_parameters import (
    ConvParameters,
    EncoderParameters,
    EnsembleParameters,
    RecurrentParameters,
    ResNetParameters,
)
from siamese_core.errors import ParameterError
from siamese_core.melspec import PRESETS
from siamese_core.recipes import Recipe, load_recipe
from siamese_core.siamese import Levels, OneSidedScore, SiameseNet, channels_last, fingerprint
from tests.conftest import TINY_MEL, TINY_RECIPE


def _net(distance: str, encoder: object = None) -> SiameseNet:
    torch.manual_seed(0)
    values = {"name": "net", "input": TINY_MEL.model_dump(), "distance": distance}
    encoder = encoder or {"kind": "conv", "filters": (4,), "kernels": (3,), "dense": 6}
    return build(Recipe.parse({**values, "encoder": encoder})).eval()


def test_a_fingerprint_is_of_the_weights_however_they_lie_in_memory() -> None:
    net, same = _net("cosine"), channels_last(_net("cosine"))
    before = fingerprint(net)
    assert fingerprint(same) == before
    next(same.encoder.parameters()).data.flatten()[0].add_(1e-6)
    assert fingerprint(same) != before
    assert fingerprint(net) == before


def test_mnist_net_is_the_reports_network() -> None:
    with torch.device("meta"):
        net = build(load_recipe("mnist-net"))
    assert net.mel.shape == (224, 224)
    assert sum(p.numel() for p in net.parameters()) == 38_599_725
    convolutions = [m for m in net.encoder.modules() if isinstance(m, nn.Conv2d)]
    assert [(c.out_channels, c.kernel_size) for c in convolutions] == [
        (64, (5, 5)),
        (32, (5, 5)),
        (12, (3, 3)),
    ]


def test_the_voice_network_weighs_less_than_four_megabytes() -> None:
    net = build(load_recipe("voice"))
    assert sum(t.numel() * t.element_size() for t in net.state_dict().values()) < 4e6


@pytest.mark.parametrize("distance", ["squared", "absolute", "euclidean", "cosine"])
def test_scores_are_symmetric_and_one_sided_scores_equal_them(distance: str) -> None:
    net = _net(distance)
    a, b = (torch.randn(3, *TINY_MEL.shape) * 20 - 40 for _ in range(2))
    with torch.no_grad():
        logits = net(a, b)
        torch.testing.assert_close(net(b, a), logits)
        torch.testing.assert_close(OneSidedScore(net, b[0])(a), net(a, b[:1].expand_as(b)))
    assert logits.shape == (3,)


def test_the_squared_distance_is_the_heads_weighted_sum() -> None:
    net = _net("squared")
    a, b = torch.randn(2, 6), torch.randn(2, 6)
    wanted = ((a - b) ** 2) @ net.head.weight[0] + net.head.bias
    torch.testing.assert_close(net.compare(a, b), wanted)


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_a_head_on_one_number_finds_equal_clips_similar_before_training(distance: str) -> None:
    net = _net(distance)
    a, b = torch.randn(8, 6), torch.randn(8, 6)
    assert bool((net.compare(a, a) > net.compare(a, b)).all())


def test_the_one_sided_score_encodes_the_other_clip_once() -> None:
    net = _net("squared")
    calls: list[int] = []
    net.encoder.register_forward_hook(lambda _m, args, _out: calls.append(len(args[0])))
    score = OneSidedScore(net, torch.randn(*TINY_MEL.shape))
    for _ in range(3):
        score(torch.randn(2, *TINY_MEL.shape))
    assert calls == [1, 2, 2, 2]


@pytest.mark.parametrize("shape", [(16, 32), (64, 101), (33, 47)])
@pytest.mark.parametrize(
    "parameters",
    [
        ConvParameters(filters=(4, 4), kernels=(5, 3), dense=10, conv_dropout=0.2),
        ConvParameters(filters=(4,), kernels=(3,), dense=10, pooling="average", dense_dropout=0.5),
        ResNetParameters(widths=(16, 24), blocks=(1, 2), embedding=10, attention=8, dropout=0.1),
        ResNetParameters(widths=(16, 24), blocks=(1, 1), embedding=10, attention=8, stride=1),
        ResNetParameters(widths=(16, 24), blocks=(1, 2), embedding=10, attention=8, frames_kept=1),
        RecurrentParameters(filters=(4,), recurrent=7, hidden=6, embedding=10),
        EnsembleParameters(
            member=ResNetParameters(widths=(16,), blocks=(1,), embedding=5, attention=8)
        ),
        ConvParameters(filters=(), kernels=(), hidden=(12,), dense=10, activation="none"),
        ConvParameters(filters=(4,), kernels=(3,), pooling="none", dense=10, batch_norm=True),
    ],
)
def test_encoders_take_any_shape_and_train_every_weight(
    parameters: EncoderParameters, shape: tuple[int, int]
) -> None:
    torch.manual_seed(1)
    encoder = build_encoder(parameters, shape)
    out = encoder(torch.randn(6, 1, *shape))
    assert out.shape == (6, 10)
    (out * torch.randn(6, 10)).sum().backward()
    lacking = [n for n, p in encoder.named_parameters() if p.grad is None]
    assert not lacking


@pytest.mark.parametrize(
    ("trains", "asks_for_gradient", "by_cudnn"),
    [(True, True, True), (False, False, True), (False, True, False)],
)
def test_cudnn_is_not_asked_for_a_way_back_that_it_does_not_know(
    trains: bool, asks_for_gradient: bool, by_cudnn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    forward = torch.nn.GRU.forward

    def watched(self: torch.nn.GRU, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        seen.append(torch.backends.cudnn.enabled)
        return forward(self, *arguments)

    monkeypatch.setattr(torch.nn.GRU, "forward", watched)
    encoder = build_encoder(RecurrentParameters(filters=(4,), recurrent=7), (16, 20))
    assert "recurrent.weight_ih_l0" in encoder.state_dict()
    with torch.set_grad_enabled(asks_for_gradient):
        encoder.train(trains)(torch.randn(3, 1, 16, 20))
    assert seen == [by_cudnn]
    assert torch.backends.cudnn.enabled


@pytest.mark.parametrize("few", [1, 2, 5])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_a_few_maps_at_a_time_train_as_all_at_once(
    few: int, batch_norm: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches are normalised whole; else the widest layer says how many maps go together."""
    parameters = ConvParameters(filters=(4, 6), kernels=(5, 3), dense=7, batch_norm=batch_norm)
    maps, shape = torch.randn(5, 1, 16, 12), (16, 12)
    slopes, seen = {}, {}
    for numbers in (few * 6 * 16 * 12, 2**23):
        monkeypatch.setattr("siamese_core.encoder.encoder._NUMBERS_AT_ONCE", numbers)
        torch.manual_seed(0)
        encoder = build_encoder(parameters, shape).train()
        seen[numbers] = []
        encoder[0].register_forward_hook(lambda _, x, __, s=seen[numbers]: s.append(len(x[0])))
        encoder(maps).square().sum().backward()
        slopes[numbers] = torch.cat([p.grad.flatten() for p in encoder.parameters()])
    some, whole = slopes.values()
    torch.testing.assert_close(some, whole)
    parts, (all_at_once,) = seen.values()
    assert all_at_once == 5
    assert max(parts) == (5 if batch_norm else few)


@pytest.mark.parametrize("way", ["default", "xavier", "zeros"])
def test_weights_begin_as_the_recipe_says(way: str) -> None:
    torch.manual_seed(0)
    net = build(TINY_RECIPE.override([f"initialisation={way}"]))
    weights = [m.weight for m in net.encoder.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    bound = max(w.abs().max().item() for w in weights)
    fan = weights[-1].shape[0] + weights[-1].shape[1]
    assert (bound == 0) == (way == "zeros")
    if way == "xavier":
        assert weights[-1].abs().max().item() <= (6 / fan) ** 0.5


def test_an_encoder_without_convolutions_is_a_perceptron() -> None:
    parameters = ConvParameters(filters=(), kernels=(), hidden=(12, 9), dense=5, batch_norm=True)
    encoder = build_encoder(parameters, (8, 8))
    linear = [m for m in encoder.modules() if isinstance(m, nn.Linear)]
    assert [(m.in_features, m.out_features) for m in linear] == [(64, 12), (12, 9), (9, 5)]


@pytest.mark.parametrize(("layers", "normed"), [("hidden", 2), ("all", 3), ("none", 0)])
def test_the_norm_of_dense_layers_is_chosen_apart(layers: str, normed: int) -> None:
    recipe = TINY_RECIPE.override(
        ["encoder.batch_norm=true", "encoder.hidden=[12, 9]", f"encoder.dense_norm={layers}"]
    )
    encoder = build(recipe).encoder
    assert sum(isinstance(module, nn.BatchNorm1d) for module in encoder.modules()) == normed
    convolutions = [m for m in encoder.modules() if isinstance(m, nn.Conv2d)]
    assert sum(isinstance(m, nn.BatchNorm2d) for m in encoder.modules()) == len(convolutions)


def test_a_map_too_small_for_its_pooling_is_refused_when_the_net_is_built() -> None:
    for parameters in (ConvParameters(filters=(2,) * 5, kernels=(3,) * 5), RecurrentParameters()):
        with pytest.raises(ParameterError, match="A map of 3 x 40 cannot be halved"):
            build_encoder(parameters, (3, 40))


@pytest.mark.parametrize(("kept", "frames"), [(0, 4), (1, 8), (2, 16)])
def test_stages_that_keep_frames_halve_the_bands_alone(kept: int, frames: int) -> None:
    few = ResNetParameters(widths=(16, 16, 24), blocks=(1, 1, 2), frames_kept=kept)
    encoder = build_encoder(few, (16, 32))
    assert isinstance(encoder, ResNetEncoder)
    assert encoder.stages(torch.zeros(1, 1, 16, 32)).shape == (1, 24, 2, frames)


def test_the_first_stage_halves_nothing_that_could_be_kept() -> None:
    with pytest.raises(ValueError, match="frames_kept must be less than the 2 stages"):
        ResNetParameters(widths=(16, 24), blocks=(1, 1), frames_kept=2)


def test_every_encoder_has_its_parameters() -> None:
    assert {model.model_fields["kind"].default for _, model in ENCODERS.values()} == set(ENCODERS)


def test_no_activation_module_is_used_twice() -> None:
    encoder = build_encoder(ResNetParameters(widths=(16, 24), blocks=(2, 2)), (16, 16))
    calls: dict[nn.Module, int] = {}
    for module in encoder.modules():
        if not list(module.children()):
            module.register_forward_hook(lambda m, _i, _o: calls.update({m: calls.get(m, 0) + 1}))
    encoder(torch.randn(2, 1, 16, 16))
    assert set(calls.values()) == {1}


def test_peak_levels_hear_no_gain_and_fixed_ones_do() -> None:
    maps = torch.randn(2, *TINY_MEL.shape) * 10 - 50
    peak, fixed = Levels("peak"), Levels("fixed")
    torch.testing.assert_close(peak(maps), peak(maps + 6))
    assert not torch.allclose(fixed(maps), fixed(maps + 6))


def test_levels_learn_to_centre_the_training_maps() -> None:
    maps = torch.randn(20, 8, 9) * 7 - 33
    levels = Levels("fixed")
    levels.learn(maps)
    out = levels(maps)
    assert float(out.mean()) == pytest.approx(0, abs=1e-4)
    assert float(out.std()) == pytest.approx(1, abs=1e-4)


def test_presets_fit_the_voice_encoder() -> None:
    with torch.device("meta"):
        for mel in PRESETS.values():
            SiameseNet(mel, ResNetParameters(), "cosine", "peak")


@pytest.mark.cuda
def test_a_cuda_device_scores_as_the_processor_does() -> None:
    net = _net("squared")
    a, b = (torch.randn(4, *TINY_MEL.shape) * 20 - 40 for _ in range(2))
    on_cpu = net(a, b)
    on_cuda = net.cuda()(a.cuda(), b.cuda()).cpu()
    torch.testing.assert_close(on_cuda, on_cpu, atol=1e-3, rtol=1e-3)

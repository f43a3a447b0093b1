"""LocalScore: the same logits as the net's own, whatever part of a map has changed."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from siamese_core.attribution.contrast import ContrastScore
from siamese_core.attribution.quick.local_score import Box, LocalScore, _backdrop, _spare
from siamese_core.attribution.quick.near import near
from siamese_core.checkpoint import build
from siamese_core.siamese import OneSidedScore, SiameseNet
from tests.conftest import TINY_MEL, TINY_RECIPE

SHAPE = TINY_MEL.shape
BEYOND = (SHAPE[0] + 1, SHAPE[1] + 4)
ENCODERS: dict[str, list[str]] = {
    "odd kernels": ["encoder.kernels=[5, 3]"],
    "even kernels": ["encoder.kernels=[4, 2]"],
    "a kernel wider than the map": ["encoder.kernels=[31, 3]"],
    "no pooling": ["encoder.pooling=none"],
    "average pooling": ["encoder.pooling=average"],
    "batch norm": ["encoder.batch_norm=true"],
    "odd sides": ["input.n_mels=15", "input.seconds=0.55", "encoder.kernels=[1, 3]"],
    "dropout and two dense layers": ["encoder.conv_dropout=0.5", "encoder.hidden=[6]"],
}


def _net(changes: list[str]) -> SiameseNet:
    torch.manual_seed(1)
    net = build(TINY_RECIPE.override(changes))
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d) and module.running_mean is not None:
            module.running_mean.normal_()
    return net.eval().requires_grad_(False)


def _map(seed: int, shape: tuple[int, int] = SHAPE) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 10 - 45


def _boxes() -> st.SearchStrategy[tuple[int, int, int, int]]:
    rows, columns = (st.tuples(st.integers(0, n - 1), st.integers(1, n)) for n in BEYOND)
    return st.tuples(rows, columns).map(lambda b: (b[0][0], b[0][1], b[1][0], b[1][1]))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("kind", ENCODERS)
@settings(max_examples=30, deadline=None)
@given(boxes=st.lists(_boxes(), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_changed_boxes_score_as_whole_maps_do(
    kind: str, boxes: list[tuple[int, int, int, int]], seed: int
) -> None:
    net = _net(ENCODERS[kind])
    base, other, query = (_map(number, net.mel.shape) for number in range(seed, seed + 3))
    score = OneSidedScore(net, query)
    maps = base.repeat(len(boxes), 1, 1)
    for changed, (top, height, left, width) in zip(maps, boxes, strict=True):
        changed[top : top + height, left : left + width] = other[
            top : top + height, left : left + width
        ]
    with torch.inference_mode():
        torch.testing.assert_close(LocalScore(score, base)(maps), score(maps), atol=1e-5, rtol=1e-4)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("kind", ENCODERS)
@pytest.mark.parametrize("shape", [(77, 120), (16, 90), (12, 13)])
def test_a_base_of_one_level_is_known_from_a_small_map(kind: str, shape: tuple[int, int]) -> None:
    every = list(_net(ENCODERS[kind]).encoder.children())
    flat = next(n for n, layer in enumerate(every) if isinstance(layer, torch.nn.Flatten))
    layers = torch.nn.Sequential(*every[:flat])
    levels = torch.full((1, 1, *shape), -1.7)
    assert shape != (77, 120) or all(_spare(layers, levels)), "there is something to leave out"
    outputs = [levels]
    for layer in layers:
        outputs.append(layer(outputs[-1]))
    seen, features = _backdrop(layers, levels)
    convolved = [outputs[n] for n in range(flat) if isinstance(every[n], torch.nn.Conv2d)]
    torch.testing.assert_close([*seen, features], [*convolved, outputs[-1]])
    levels[0, 0, 5, 5] = 1.0
    assert _spare(layers, levels) == (0, 0)


def test_a_segment_on_one_level_scores_as_the_whole_map() -> None:
    net = _net(["input.n_mels=48", "input.seconds=1"])
    score, base = OneSidedScore(net, _map(1, net.mel.shape)), torch.full(net.mel.shape, -60.0)
    maps, other = base.repeat(3, 1, 1), _map(2, net.mel.shape)
    for one, place in zip(maps, (slice(0, 5), slice(20, 29), slice(40, 48)), strict=True):
        one[place, 20:37] = other[place, 20:37]
    local = LocalScore(score, base)
    with torch.inference_mode():
        torch.testing.assert_close(local(maps), score(maps))


@pytest.mark.parametrize("small", [True, False])
def test_a_gpu_scores_whole_maps(small: bool) -> None:
    """On any device but the processor a box costs more to lay out than a map to encode."""
    net = _net([]).to("meta")
    score = OneSidedScore(net, torch.empty(SHAPE, device="meta"))
    assert near(score, torch.empty(SHAPE, device="meta"), small=small) is score


def test_a_small_change_leaves_the_encoder_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    score, base = OneSidedScore(_net([]), _map(1)), _map(0)
    local = near(score, base)
    maps = base.repeat(3, 1, 1)
    maps[0, 3:6, 4:9] += 7.0
    with torch.inference_mode():
        wanted = score(maps)
        monkeypatch.setattr(score.encoder, "forward", None)  # would fail
        torch.testing.assert_close(local(maps), wanted)
    assert float(wanted[0]) != float(wanted[1]) == float(wanted[2])


def test_a_contrast_of_two_logits_is_local_too() -> None:
    score, base = ContrastScore(_net([]), _map(1), _map(2)), _map(0)
    maps = base.repeat(2, 1, 1)
    maps[1, :4, :4] = 0.0
    with torch.inference_mode():
        torch.testing.assert_close(near(score, base)(maps), score(maps))


def test_other_scores_stay_what_they_are(tiny_net: SiameseNet) -> None:
    plain = torch.nn.Flatten()
    assert near(plain, _map(0)) is plain
    perceptron = {"kind": "conv", "filters": (), "kernels": ()}
    recipe = TINY_RECIPE.parse({**TINY_RECIPE.model_dump(), "encoder": perceptron})
    score = OneSidedScore(build(recipe).eval(), _map(0))
    assert near(score, _map(1)) is score
    assert isinstance(near(OneSidedScore(tiny_net, _map(0)), _map(1)), LocalScore)


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 8)), max_size=5))
def test_a_box_holds_every_changed_cell_and_no_row_or_column_more(
    cells: set[tuple[int, int]],
) -> None:
    changed = np.zeros((6, 9), bool)
    for cell in cells:
        changed[cell] = True
    (box,) = Box.around(torch.from_numpy(changed[None]))
    assert changed[box.slices].sum() == len(cells)
    if cells:
        rows, columns = zip(*cells, strict=True)
        assert box.area == (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1)

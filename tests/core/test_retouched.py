"""RetouchedScore: the same logits as the net's own, whatever boxes of a map have changed."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siamese_core.attribution.attribution import Subject
from siamese_core.attribution.contrast import ContrastScore
from siamese_core.attribution.parameters import OcclusionParameters
from siamese_core.attribution.perturbation import occlusion
from siamese_core.attribution.quick.near import near
from siamese_core.attribution.quick.recalling import is_residual, recalls
from siamese_core.attribution.quick.retouched import RetouchedScore
from siamese_core.checkpoint import build
from siamese_core.siamese import OneSidedScore
from tests.conftest import TINY_MEL, TINY_RECIPE
from tests.core.convolved_nets import CONVOLVED, RESNET, convolved_net, noise_db

SHAPE = TINY_MEL.shape
RESIDUAL = [kind for kind in CONVOLVED if is_residual(convolved_net(kind).encoder)]


def _boxes() -> st.SearchStrategy[tuple[slice, slice]]:
    sides = (st.tuples(st.integers(0, side - 1), st.integers(1, side)) for side in SHAPE)
    return st.tuples(*(side.map(lambda s: slice(s[0], s[0] + s[1])) for side in sides))


@pytest.mark.parametrize("kind", RESIDUAL)
@pytest.mark.parametrize("most", [0.25, 1e9])
@settings(max_examples=15, deadline=None)
@given(boxes=st.lists(_boxes(), max_size=4), seed=st.integers(0, 99))
def test_changed_boxes_score_as_whole_maps_do(
    kind: str, most: float, boxes: list[tuple[slice, slice]], seed: int
) -> None:
    score, base = OneSidedScore(convolved_net(kind), noise_db(seed)), noise_db(seed + 1)
    maps = base.repeat(1 + len(boxes), 1, 1)
    for changed, box in zip(maps[1:], boxes, strict=True):
        changed[box] = noise_db(seed + 2)[box]
    with pytest.MonkeyPatch.context() as patch, torch.inference_mode():
        patch.setattr("siamese_core.attribution.quick.retouched._MOST", most)
        found = RetouchedScore(score, base)(maps)
        torch.testing.assert_close(found, score(maps), atol=1e-12, rtol=1e-9)


def test_a_contrast_of_two_logits_is_retouched_too() -> None:
    score = ContrastScore(convolved_net("residual"), noise_db(1), noise_db(2))
    maps = noise_db(0).repeat(2, 1, 1)
    maps[1, :4, :4] = 0.0
    ours = near(score, noise_db(0), small=True)
    assert isinstance(ours, RetouchedScore)
    assert near(score, noise_db(0)) is score, "few maps, or large changes"
    with torch.inference_mode():
        torch.testing.assert_close(ours(maps), score(maps))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("kind", CONVOLVED)
def test_the_quicker_score_of_any_network_is_its_score(kind: str) -> None:
    score, base = OneSidedScore(convolved_net(kind), noise_db(1)), noise_db(0)
    maps = base.repeat(2, 1, 1)
    maps[1, :4, :4] = 0.0
    with torch.inference_mode():
        found = near(score, base, small=True)(maps)
        torch.testing.assert_close(found, score(maps), atol=1e-12, rtol=1e-9)


def test_a_map_that_is_the_base_is_not_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    score, base = OneSidedScore(convolved_net("an ensemble"), noise_db(1)), noise_db(0)
    ours = RetouchedScore(score, base)
    with torch.inference_mode():
        wanted = score(base.repeat(3, 1, 1))
        monkeypatch.setattr(ours, "_encoder", None)  # would fail
        torch.testing.assert_close(ours(base.repeat(3, 1, 1)), wanted)


def test_the_net_itself_stays_as_it_was() -> None:
    net = convolved_net("an ensemble")
    modules = dict(net.named_modules())
    RetouchedScore(OneSidedScore(net, noise_db(1)), noise_db(0))
    assert dict(net.named_modules()) == modules


def test_levels_that_follow_each_maps_peak_change_everywhere() -> None:
    recipe = TINY_RECIPE.parse({**TINY_RECIPE.model_dump(), "levels": "peak", "encoder": RESNET})
    score = OneSidedScore(build(recipe).double().eval(), noise_db(0))
    assert not recalls(score)
    assert near(score, noise_db(1), small=True) is score


@pytest.mark.parametrize("baseline", ["floor", "mean"])
def test_occlusion_is_the_same_without_it(baseline: str, monkeypatch: pytest.MonkeyPatch) -> None:
    score = OneSidedScore(convolved_net("residual, halved at once"), noise_db(1))
    subject = Subject(score, noise_db(0), slice(5, 20))
    parameters = OcclusionParameters.parse(
        {"baseline": baseline, "height_mels": 5, "width_frames": 5, "stride_mels": 3}
    )
    ours = occlusion(subject, parameters).values
    monkeypatch.setattr("siamese_core.attribution.perturbation.near", lambda score, *_, **__: score)
    plain = occlusion(subject, parameters).values
    largest = abs(plain).max()
    assert largest > 0
    assert abs(ours - plain).max() < 1e-5 * largest

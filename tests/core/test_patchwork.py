"""Patchwork: the same logits as the net's own, for coalitions of segments of any shape."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from siamese_core.attribution.attribution import Subject
from siamese_core.attribution.contrast import ContrastScore
from siamese_core.attribution.parameters import SinexcParameters
from siamese_core.attribution.quick.patchwork import Patchwork, patchwork
from siamese_core.attribution.segments import Segments
from siamese_core.attribution.sinex import sinexc
from siamese_core.checkpoint import build
from siamese_core.siamese import OneSidedScore, SiameseNet
from tests.conftest import TINY_MEL, TINY_RECIPE
from tests.core.convolved_nets import CONVOLVED, RESNET, convolved_net, noise_db
from tests.core.toys import ProductScore

SHAPE = TINY_MEL.shape


def _segments(rng: np.random.Generator, count: int) -> Segments:
    """Cut a map along straight lines between random cells: each cell goes to the nearest one."""
    seeds = rng.uniform(0, SHAPE, (count, 2))
    rows, columns = (axis[:, :, None] for axis in np.indices(SHAPE))
    nearest = ((rows - seeds[:, 0]) ** 2 + (columns - seeds[:, 1]) ** 2).argmin(axis=-1)
    return np.unique(nearest, return_inverse=True)[1].reshape(SHAPE).astype(np.int64)


def _subject(net: SiameseNet, seed: int) -> Subject:
    return Subject(OneSidedScore(net, noise_db(seed)), noise_db(seed + 1))


def _put_together(subject: Subject, baseline: Tensor, segments: Segments, kept: Tensor) -> Tensor:
    return torch.where(kept[:, torch.from_numpy(segments)], subject.log_mel, baseline)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("kind", CONVOLVED)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 99), count=st.integers(1, 9))
def test_coalitions_score_as_whole_maps_do(kind: str, seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    subject, baseline = _subject(convolved_net(kind), seed), noise_db(seed + 2)
    segments = _segments(rng, count)
    kept = torch.from_numpy(rng.random((40, segments.max() + 1)) < 0.4)
    maps = _put_together(subject, baseline, segments, kept)
    with pytest.MonkeyPatch.context() as patch, torch.inference_mode():
        patch.setattr("siamese_core.attribution.quick.patchwork._MOST_SHARE", 1.0)
        patch.setattr(
            "siamese_core.attribution.quick.patchwork._AT_ONCE", 999
        )  # several parts a layer
        ours = Patchwork(subject, baseline, segments, kept)
        found = torch.cat([ours(maps[p], p) for p in (slice(0, 30), slice(30, 40))])
        torch.testing.assert_close(found, subject.score(maps), atol=1e-12, rtol=1e-9)


def test_a_contrast_of_two_logits_is_put_together_too() -> None:
    score = ContrastScore(convolved_net("residual"), noise_db(1), noise_db(2))
    subject, segments = (
        Subject(score, noise_db(0)),
        np.repeat([np.arange(SHAPE[1]) // 10], SHAPE[0], 0),
    )
    kept = torch.from_numpy(np.random.default_rng(0).random((200, segments.max() + 1)) < 0.5)
    ours = patchwork(subject, noise_db(3), segments, kept)
    maps = _put_together(subject, noise_db(3), segments, kept)
    assert ours is not None
    with torch.inference_mode():
        torch.testing.assert_close(ours(maps, slice(None)), score(maps))


def test_the_net_itself_stays_as_it_was() -> None:
    net = convolved_net("an ensemble")
    modules = dict(net.named_modules())
    segments = _segments(np.random.default_rng(0), 3)
    assert patchwork(_subject(net, 0), noise_db(3), segments, _each(3).repeat(40, 1)) is not None
    assert dict(net.named_modules()) == modules


def _each(count: int) -> Tensor:
    """All coalitions of so many segments."""
    rows = np.arange(2**count)[:, None] >> np.arange(count)
    return torch.from_numpy(rows % 2 == 1)


def test_it_is_left_where_it_would_not_be_quicker() -> None:
    subject, two = _subject(convolved_net("residual"), 0), _segments(np.random.default_rng(0), 2)
    many = _each(2).repeat(40, 1)
    assert patchwork(subject, noise_db(3), two, many) is not None
    assert patchwork(subject, noise_db(3), two, many[:5]) is None, "few coalitions"
    assert patchwork(Subject(ProductScore(), noise_db(1)), noise_db(3), two, many) is None, (
        "not a net"
    )
    crumbs = np.arange(SHAPE[0] * SHAPE[1]).reshape(SHAPE) % 60
    drawn = torch.from_numpy(np.random.default_rng(0).random((200, 60)) < 0.5)
    assert patchwork(subject, noise_db(3), crumbs, drawn) is None, "each cell sees all segments"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("siamese_core.attribution.quick.patchwork._MOST_NUMBERS", 500)
        assert patchwork(subject, noise_db(3), two, many) is None, "too large a table"
    dust = torch.zeros(200, 63, dtype=torch.bool)
    assert patchwork(subject, noise_db(3), crumbs, dust) is None, "too many segments"
    dense = TINY_RECIPE.parse(
        {**TINY_RECIPE.model_dump(), "encoder": {"kind": "conv", "filters": (), "kernels": ()}}
    )
    assert patchwork(_subject(build(dense).double().eval(), 0), noise_db(3), two, many) is None, (
        "a perceptron"
    )


def test_levels_that_follow_each_maps_peak_are_left_too() -> None:
    # the loudest cell then changes all others
    recipe = TINY_RECIPE.parse({**TINY_RECIPE.model_dump(), "levels": "peak", "encoder": RESNET})
    two = _segments(np.random.default_rng(0), 2)
    subject = _subject(build(recipe).double().eval(), 0)
    assert patchwork(subject, noise_db(3), two, _each(2).repeat(40, 1)) is None


@pytest.mark.parametrize(("kind", "reference"), [("an ensemble", False), ("batch norm", True)])
def test_sinexc_is_the_same_without_it(
    kind: str, reference: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = _subject(convolved_net(kind), 4)
    parameters = SinexcParameters(
        segmentation="tiles", tile_mels=8, tile_frames=8, alpha=60, reference=reference
    )
    made: list[Patchwork] = []
    init = Patchwork.__init__

    def noted(self: Patchwork, *given: object) -> None:
        init(self, *given)  # type: ignore[arg-type]
        made.append(self)

    monkeypatch.setattr(Patchwork, "__init__", noted)
    monkeypatch.setattr("siamese_core.attribution.quick.patchwork._MOST_SHARE", 1.0)
    ours = sinexc(subject, parameters).values
    assert made
    monkeypatch.setattr("siamese_core.attribution.sinex.patchwork", lambda *_: None)
    plain = sinexc(subject, parameters).values
    largest = float(np.abs(plain).max())
    assert largest > 0
    np.testing.assert_allclose(ours, plain, atol=1e-5 * largest, rtol=0)

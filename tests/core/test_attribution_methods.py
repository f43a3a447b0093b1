"""Every method on scores whose right explanation is known, and what all methods have in common."""

import warnings
import weakref
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from siamese_core.attribution import attribution
from siamese_core.attribution.attribution import Subject, attribute_by, seeded
from siamese_core.attribution.methods import METHODS
from siamese_core.attribution.parameters import Baseline, SegmentParameters
from siamese_core.devices import batch_on
from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.parameters import Parameters
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

ALL = slice(None)
REGIONS = {"rectangle": (ROWS, COLUMNS), "band": (ROWS, ALL), "moment": (ALL, COLUMNS)}
CUTS = {"rectangle": "tiles", "band": "mel-bands", "moment": "time-slices"}


def aligned(method: str, region: str = "rectangle") -> Parameters:
    """Settings whose segments or windows fit the region; few draws."""
    model = METHODS[method].parameters
    values: dict[str, object] = {}
    if issubclass(model, SegmentParameters):
        values = {"segmentation": CUTS[region], "tile_mels": 4, "tile_frames": 5}
    if method == "occlusion":
        height, width = (4 if region != "moment" else 16), (5 if region != "band" else 20)
        values = {"height_mels": height, "stride_mels": height}
        values |= {"width_frames": width, "stride_frames": width}
    if "samples" in model.model_fields:
        values["samples"] = {"kernel-shap": 60, "lime": 500}.get(method, 4)
    if "alpha" in model.model_fields:
        values["alpha"] = 6
    return model.parse(values)


def loud_region(region: str, **options: object) -> Subject:
    """A score of one region, in a clip that is loud there."""
    rows, columns = REGIONS[region]
    log_mel = noise_map() / 2 - 30
    log_mel[rows, columns] += 20
    log_mel[-1, -1] = -60.0
    return Subject(RegionNet(rows, columns), log_mel, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("method", METHODS)
def test_the_map_lies_where_the_score_reads(method: str, region: str) -> None:
    rows, columns = REGIONS[region]
    values = attribute_by(method, loud_region(region), aligned(method, region)).values
    if method == "grad-cam":  # it says where the layer saw something, read or not
        assert values.max() == values[rows, columns].max()
        assert values[rows, columns].mean() > values.mean()
    else:
        assert mass_inside(values, rows, columns) > 0.95
    assert values[rows, columns].mean() > 0
    assert values.dtype == np.float32
    assert values.shape == SHAPE


@pytest.mark.parametrize("method", METHODS)
def test_what_lowers_the_score_is_negative(method: str) -> None:
    class Negated(RegionNet):
        def forward(self, maps: Tensor) -> Tensor:
            return -super().forward(maps)

    subject = replace(loud_region("rectangle"), score=Negated())
    values = attribute_by(method, subject, aligned(method)).values
    if method in ("guided-backpropagation", "guided-grad-cam", "deconvolution"):
        assert not values.any()  # they pass only what raises
    else:
        assert values[ROWS, COLUMNS].max() < 0


@pytest.mark.parametrize("method", set(METHODS) - {"deconvolution", "guided-backpropagation"})
@given(factor=st.floats(0.1, 10))
@settings(max_examples=5, deadline=None)
def test_a_score_times_a_number_gives_the_map_times_that_number(method: str, factor: float) -> None:
    class Scaled(RegionNet):
        def forward(self, maps: Tensor) -> Tensor:
            return factor * super().forward(maps)

    subject = loud_region("rectangle")
    once = attribute_by(method, subject, aligned(method)).values
    scaled = attribute_by(method, replace(subject, score=Scaled()), aligned(method)).values
    power = 2 if method == "guided-grad-cam" else 1  # it multiplies two gradients
    np.testing.assert_allclose(
        scaled, factor**power * once, rtol=2e-3, atol=1e-4 * factor**power * np.abs(once).max()
    )


@pytest.mark.parametrize("method", METHODS)
def test_seeds_repeat_and_leave_other_draws_alone(method: str) -> None:
    subject = loud_region("rectangle", seed=1)
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    wanted = torch.rand(3), np.random.rand(3)  # noqa: NPY002
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    maps = [attribute_by(method, subject, aligned(method)).values for _ in range(2)]
    np.testing.assert_allclose(*maps, atol=1e-6)
    assert torch.equal(torch.rand(3), wanted[0])
    np.testing.assert_array_equal(np.random.rand(3), wanted[1])  # noqa: NPY002


def test_seeds_give_the_generators_back_after_an_error() -> None:
    before = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError), seeded(2**62):
        raise ZeroDivisionError
    assert torch.equal(torch.get_rng_state(), before)


def test_seeds_leave_devices_alone_that_are_not_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: asked.append(device))
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda _state, device: asked.append(device))
    monkeypatch.setattr(torch.cuda, "manual_seed_all", asked.append)
    with warnings.catch_warnings(), seeded(1):
        warnings.simplefilter("error")
    assert asked == []
    gpu = torch.device("cuda:1")
    monkeypatch.setattr(torch.cuda, "device", lambda device: asked.append(device) or nullcontext())
    monkeypatch.setattr(torch.cuda, "manual_seed", asked.append)
    with seeded(5, gpu):
        pass
    assert asked == [gpu, gpu, 5, gpu]


class Hungry(RegionNet):
    """A score whose device bears so many maps at once."""

    def __init__(self, bears: int, words: str = "") -> None:
        super().__init__()
        self.bears, self.seen, self.words = bears, list[int](), words
        self.held = weakref.WeakSet[Tensor]()

    def forward(self, maps: Tensor) -> Tensor:
        self.seen.append(len(maps))
        self.held.add(laid_out := maps.clone())
        if len(maps) > self.bears:
            raise RuntimeError(self.words) if self.words else torch.OutOfMemoryError("injected")
        return super().forward(laid_out)


@pytest.mark.parametrize("method", METHODS)
def test_a_full_memory_halves_the_batch(method: str) -> None:
    plain = loud_region("rectangle")
    hungry = Hungry(bears=6)
    subject = replace(plain, score=hungry)
    values = attribute_by(method, subject, aligned(method)).values
    wanted = attribute_by(method, plain, aligned(method)).values
    if method in ("smooth-grad", "gradient-shap"):  # they draw batch by batch
        assert mass_inside(values) > 0.95
    else:
        np.testing.assert_allclose(values, wanted, rtol=1e-3, atol=1e-5)
    assert hungry.seen[-1] <= 6
    if METHODS[method].parameters().model_dump().get("segmentation"):
        assert max(hungry.seen) > 6


def test_a_failed_batch_is_let_go_of_before_its_device_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While the error's traceback holds the batch, the device has no room for more than a map."""
    hungry = Hungry(bears=3, words="CUDA error: CUBLAS_STATUS_ALLOC_FAILED")
    monkeypatch.setattr(attribution, "batch_on", lambda *_: 1 if hungry.held else 12)
    subject = replace(loud_region("rectangle"), score=hungry)
    values = attribute_by("sinex", subject, aligned("sinex")).values
    assert mass_inside(values) > 0.95
    assert {*hungry.seen} == {12, 6, 3, 1}, "halved, and the last one is what was left"


def test_another_fault_is_not_taken_for_one_of_memory() -> None:
    subject = replace(loud_region("rectangle"), score=Hungry(bears=3, words="shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        attribute_by("sinex", subject, aligned("sinex"))


def test_a_memory_that_holds_no_map_is_named() -> None:
    subject = replace(loud_region("rectangle"), score=Hungry(bears=0))
    with pytest.raises(EarwitnessError, match=r"memory of cpu .* 16 x 20 by 'sinex'") as caught:
        attribute_by("sinex", subject, aligned("sinex"))
    assert isinstance(caught.value.__cause__, torch.OutOfMemoryError)


@pytest.mark.parametrize(("free", "batch"), [(80 << 30, 256), (1 << 30, 5), (1, 1)])
def test_the_batch_fits_the_free_memory_of_a_cuda_device(
    monkeypatch: pytest.MonkeyPatch, free: int, batch: int
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _device: (free, 80 << 30))
    assert batch_on(torch.device("cuda"), 224 * 224) == batch


@pytest.mark.parametrize(
    ("cells", "batch"), [(320, 64), (96 * 101, 27), (224 * 224, 5), (224 * 2240, 1)]
)
def test_the_batch_is_bounded_on_a_cpu(cells: int, batch: int) -> None:
    assert batch_on(torch.device("cpu"), cells) == batch


def test_baselines_are_what_their_names_say() -> None:
    own, twin = slice(2, 12), noise_map(7)
    subject = rectangle_subject(own=own, twin=twin)
    assert torch.equal(subject.baseline("floor"), torch.full(SHAPE, -60.0))
    assert (subject.baseline("silence")[:, own] == -80).all()
    level = subject.log_mel[:, own].mean(dim=1, keepdim=True)
    torch.testing.assert_close(subject.baseline("mean")[:, own], level.expand(-1, 10))
    assert torch.equal(subject.baseline("twin")[:, own], twin[:, own])
    blurred = subject.baseline("blurred")[:, own]
    assert blurred.std() < 0.5 * subject.log_mel[:, own].std()
    assert float(blurred.mean()) == pytest.approx(float(subject.log_mel[:, own].mean()), abs=1.5)


@pytest.mark.parametrize("name", Baseline.__args__)  # type: ignore[attr-defined]
def test_no_baseline_adds_sound_around_the_clip(name: str) -> None:
    baseline = rectangle_subject(own=slice(2, 12), twin=noise_map(7)).baseline(name)
    assert baseline.shape == SHAPE
    assert (baseline[:, :2] == -60).all()
    assert (baseline[:, 12:] == -60).all()


def test_a_twin_that_is_not_there_is_named() -> None:
    with pytest.raises(ParameterError, match="'twin' is another clip; there is none"):
        rectangle_subject().baseline("twin")


@pytest.mark.parametrize("method", METHODS)
def test_progress_never_goes_back_and_a_stop_is_heard(method: str) -> None:
    stopper = Stopper(10**6)
    attribute_by(method, loud_region("rectangle", on_event=stopper.on_event), aligned(method))
    done = [int(str(event["done"])) for event in stopper.progress]
    assert done == sorted(done)
    assert len({event["total"] for event in stopper.progress}) == 1
    assert done[0] == 0


def test_the_score_and_the_clip_stay_as_they_were() -> None:
    subject = loud_region("rectangle")
    before = subject.log_mel.clone()
    for method in METHODS:
        attribute_by(method, subject, aligned(method))
    assert torch.equal(subject.log_mel, before)
    assert not subject.log_mel.requires_grad
    for module in subject.score.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert not module._backward_hooks
        assert "forward" not in vars(module)
    assert all(weight.grad is None for weight in subject.score.parameters())


def test_what_the_score_does_not_read_gets_nothing() -> None:
    subject = Subject(RectangleScore(), noise_map(3))
    for method in ("saliency", "integrated-gradients", "sinex"):
        values = attribute_by(method, subject, aligned(method)).values
        assert mass_inside(values) > 0.999
    assert isinstance(subject.score, nn.Module)

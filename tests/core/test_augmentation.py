"""Augmentation: what each kind may change, and that it changes clips each in its own way."""

import pytest
import torch

from siamese_core.recipes import Augmentation
from siamese_core.training.augmentation import vary


@pytest.fixture
def power() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.rand(16, 20, 40) + 0.5


def _vary(power: torch.Tensor, seed: int = 0, **kinds: object) -> torch.Tensor:
    return vary(power, Augmentation.parse(kinds), torch.Generator().manual_seed(seed))


def test_nothing_changes_by_default(power: torch.Tensor) -> None:
    assert torch.equal(_vary(power), power)


@pytest.mark.parametrize(
    "kinds",
    [
        {"tilt_db": 6.0},
        {"ripple_db": 6.0},
        {"mask_mels": 5},
        {"mask_frames": 5},
        {"noise_db": (10.0, 20.0)},
        {"reverb": 0.5},
    ],
)
def test_every_kind_is_seeded_finite_and_different_for_each_clip(
    power: torch.Tensor, kinds: dict[str, object]
) -> None:
    same = power[:1].expand_as(power)
    varied = _vary(same, **kinds)
    assert torch.equal(varied, _vary(same, **kinds))
    assert not torch.equal(varied, _vary(same, seed=1, **kinds))
    assert bool(torch.isfinite(varied).all())
    assert float(varied.min()) >= 0
    assert len({tuple(clip.flatten().tolist()) for clip in varied}) > 4


def test_colouring_changes_bands_by_at_most_the_asked_decibels(power: torch.Tensor) -> None:
    gain = 10 * (_vary(power, tilt_db=6.0) / power).log10()
    assert float(gain.abs().max()) <= 3.0 + 1e-4
    torch.testing.assert_close(gain, gain[..., :1].expand_as(gain), atol=1e-4, rtol=0)


def test_masks_silence_one_stripe_of_at_most_the_asked_width(power: torch.Tensor) -> None:
    silent_rows = (_vary(power, mask_mels=5) == 0).all(dim=2).sum(dim=1)
    silent_columns = (_vary(power, mask_frames=7) == 0).all(dim=1).sum(dim=1)
    assert int(silent_rows.max()) <= 5
    assert int(silent_columns.max()) <= 7
    assert int(silent_rows.max()) > 0
    assert int(silent_columns.max()) > 0


def test_noise_stays_below_the_peaks_by_the_asked_ratio() -> None:
    power = torch.zeros(8, 20, 400)
    power[:, :, 100] = 1.0
    noise = _vary(power, noise_db=(20.0, 20.0))[:, :, 200:]
    assert 10 * noise.mean().log10().item() == pytest.approx(-20, abs=2)


def test_reverberation_rings_on_after_and_never_before() -> None:
    power = torch.zeros(16, 4, 40)
    power[:, :, 20] = 1.0
    wet = _vary(power, reverb=0.5)
    assert float(wet[:, :, :20].abs().max()) == 0
    torch.testing.assert_close(wet[:, :, 20], power[:, :, 20])
    tails = wet[:, 0, 21:].sum(dim=1)
    assert 0 < int((tails > 0).sum()) < 16, "some clips ring, some stay dry"
    ringing = wet[tails > 0][:, 0, 21:40]
    assert bool((ringing.diff(dim=1) <= 1e-7).all()), "and die away"

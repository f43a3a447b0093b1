"""Whitening finds what tells classes apart, and the encoder's two parts count the same."""

import pytest
import torch

from siamese_core.card import Card
from siamese_core.checkpoint import build, load_checkpoint, save_checkpoint
from siamese_core.encoder.encoder import LevelStatistics, build_encoder
from siamese_core.encoder.whitening import Whitening
from siamese_core.errors import ParameterError, TrainingError
from siamese_core.recipes import Recipe
from siamese_core.siamese import OneSidedScore
from tests.conftest import TINY_RECIPE
from tests.core.toys import WithoutFloat64

TWO_PARTS = TINY_RECIPE.override(
    [
        'encoder={kind="resnet", widths=[16, 16], blocks=[1, 1], embedding=6, attention=4, '
        "statistics=5}",
        "distance=cosine",
        "loss=angular-margin",
        "margin=0.2",
    ]
)


def _noisy_classes(per_class: int = 50) -> tuple[torch.Tensor, torch.Tensor]:
    """Ten classes that differ a little along axis 0 and not at all along the loud axis 1."""
    generator = torch.Generator().manual_seed(0)
    classes = torch.arange(10).repeat_interleave(per_class)
    x = torch.randn(len(classes), 4, generator=generator) * torch.tensor([0.1, 30.0, 0.1, 0.1])
    x[:, 0] += torch.linspace(-2, 2, 10)[classes]
    return x + 7, classes


def test_the_direction_that_tells_classes_apart_comes_last_and_strongest() -> None:
    x, classes = _noisy_classes()
    whitening = Whitening(4, 2, shrinkage=1e-5)
    whitening.fit(x, classes)
    strongest = whitening.matrix[:, -1].abs()
    assert int(strongest.argmax()) == 0
    assert float(strongest[1]) < 0.01 * float(strongest[0])
    assert torch.allclose(whitening.mean, x.mean(dim=0))


def test_within_classes_whitened_directions_vary_alike() -> None:
    x, classes = _noisy_classes()
    whitening = Whitening(4, 4, shrinkage=1e-9)
    whitening.fit(x, classes)
    projected = (x - whitening.mean) @ whitening.matrix
    centres = torch.stack([projected[classes == c].mean(dim=0) for c in range(10)])
    within = projected - centres[classes]
    covariance = within.T @ within / (len(x) - 10)
    assert torch.allclose(covariance, torch.eye(4), atol=0.02)


def test_whitening_makes_neighbours_of_one_class() -> None:
    x, classes = _noisy_classes()
    whitening = Whitening(4, 1, shrinkage=1e-5)
    before = _nearest_is_of_the_class(torch.nn.functional.normalize(x), classes)
    whitening.fit(x, classes)
    after = _nearest_is_of_the_class((x - whitening.mean) @ whitening.matrix, classes)
    assert before < 0.5 < 0.9 < after


def _nearest_is_of_the_class(x: torch.Tensor, classes: torch.Tensor) -> float:
    distances = torch.cdist(x, x) + 1e9 * torch.eye(len(x))
    return float((classes[distances.argmin(dim=1)] == classes).float().mean())


def test_shrinkage_leaves_a_rare_direction_modest() -> None:
    x, classes = _noisy_classes(per_class=2)
    x[:, 3] = 0.0  # never varies: without shrinkage it would count without end
    whitening = Whitening(4, 4, shrinkage=0.1)
    whitening.fit(x, classes)
    assert bool(torch.isfinite(whitening.matrix).all())
    assert float(whitening.matrix[3].abs().max()) < 1


def test_until_it_is_fitted_it_only_brings_to_unit_length() -> None:
    x = torch.randn(3, 5)
    assert torch.allclose(Whitening(5, 5)(x), torch.nn.functional.normalize(x, dim=1))


def test_it_is_fitted_where_there_is_float64() -> None:
    x, classes = _noisy_classes()
    one, other = Whitening(4, 2), Whitening(4, 2)
    one.fit(x, classes)
    other.fit(x.as_subclass(WithoutFloat64), classes)
    assert torch.equal(one.matrix, other.matrix)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_embeddings_that_are_no_numbers_are_refused(bad: float) -> None:
    x, classes = _noisy_classes()
    x[3, 2] = bad
    with pytest.raises(TrainingError, match="no numbers any more; lower the learning rate"):
        Whitening(4, 2).fit(x, classes)


def test_embeddings_that_do_not_vary_within_a_class_are_refused() -> None:
    x, classes = _noisy_classes()
    one_a_class = torch.arange(len(x))
    for same, of in (
        (torch.full_like(x, 3.3), classes),
        (x[50 * classes], classes),
        (0 * x, classes),
    ):
        with pytest.raises(TrainingError, match="all alike; some class needs two clips"):
            Whitening(4, 2).fit(same, of)
    with pytest.raises(TrainingError, match="all alike; some class needs two clips"):
        Whitening(4, 2).fit(x, one_a_class)
    one_a_class[1] = 0  # one class of two is enough
    whitening = Whitening(4, 2)
    whitening.fit(x, one_a_class)
    assert bool(whitening.matrix.isfinite().all())


def test_reset_it_looks_along_random_directions_at_right_angles() -> None:
    x, classes = _noisy_classes()
    whitening = Whitening(4, 2)
    whitening.fit(x, classes)
    torch.manual_seed(1)
    whitening.reset_parameters()
    drawn = whitening.matrix.clone()
    torch.testing.assert_close(drawn.T @ drawn, torch.eye(2))
    assert not whitening.mean.any()
    whitening.reset_parameters()
    assert not torch.equal(whitening.matrix, drawn)
    torch.manual_seed(1)
    whitening.reset_parameters()
    assert torch.equal(whitening.matrix, drawn)


def _maps(recipe: Recipe, count: int = 12) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, *recipe.mel.shape, generator=generator) * 15 - 40


def test_both_parts_of_an_embedding_count_the_same() -> None:
    net = build(TWO_PARTS).eval()
    classes = torch.arange(4).repeat_interleave(3)
    net.encoder.whiten([net.levels(_maps(TWO_PARTS))], classes)  # type: ignore[operator]
    embedding = net.embed(_maps(TWO_PARTS))
    assert embedding.shape == (12, net.width) == (12, 11)
    assert torch.allclose(embedding[:, :6].norm(dim=1), torch.ones(12), atol=1e-5)
    assert torch.allclose(embedding[:, 6:].norm(dim=1), torch.ones(12), atol=1e-5)


def test_the_loss_shapes_the_learned_part_whatever_was_whitened_last() -> None:
    net, maps = build(TWO_PARTS).train(), _maps(TWO_PARTS)
    torch.manual_seed(0)
    before = net.embed(maps)[:, :6]
    net.encoder.whitenings[0].matrix.mul_(-3.0).add_(1.0)  # type: ignore[index, union-attr]
    assert torch.allclose(net.embed(maps)[:, :6], before, atol=1e-5)


def test_a_whitened_net_survives_its_checkpoint_and_scores_one_side(tmp_path) -> None:
    net = build(TWO_PARTS).eval()
    maps = _maps(TWO_PARTS)
    net.encoder.whiten([net.levels(maps)], torch.arange(4).repeat_interleave(3))  # type: ignore[operator]
    save_checkpoint(tmp_path / "net.safetensors", net, Card(TWO_PARTS))
    again, _ = load_checkpoint(tmp_path / "net.safetensors")
    scores = again(maps[:3], maps[3:6])
    assert torch.equal(scores, net(maps[:3], maps[3:6]))
    one_sided = OneSidedScore(again, maps[3])(maps[:1])
    assert torch.allclose(one_sided, scores[:1], atol=1e-5)


def test_changes_of_maps_too_short_for_them_are_refused() -> None:
    bands = TINY_RECIPE.mel.n_mels
    parameters = TWO_PARTS.override(["encoder.changes=true"]).encoder
    with pytest.raises(ParameterError, match="needs log-mels of more than 8 frames, not 8;"):
        build_encoder(parameters, (bands, 8))
    encoder = build_encoder(parameters, (bands, 9)).eval()
    assert bool(torch.isfinite(encoder(torch.randn(2, 1, bands, 9))).all())


def test_more_statistics_than_bands_give_are_refused() -> None:
    bands = TINY_RECIPE.mel.n_mels
    recipe = TWO_PARTS.override([f"encoder.statistics={2 * bands + 1}"])
    with pytest.raises(ParameterError, match=f"is more than the {2 * bands} statistics"):
        build(recipe)


def test_level_statistics_hear_the_loud_frames_and_their_changes() -> None:
    x = torch.full((1, 1, 4, 40), -5.0)
    x[:, :, 1, 10:20] = 1.0
    x[:, :, 2, 10:20] = torch.tensor([0.0, 0.0, 1.0, 1.0, 0.0]).repeat(2)
    pooled = LevelStatistics((4, 40), changes=True)(x)
    assert pooled.shape == (1, 28)
    mean, deviation, change, rise, fall, slow_rise, _ = pooled.detach().reshape(7, 4)
    assert float(mean[1]) == pytest.approx(1.0, abs=0.1)  # silence around it does not count
    assert float(deviation[0]) < 0.05 < float(deviation[2])
    assert float(change[0]) == 0 < float(change[1])
    # Band 1 rises once and falls once by 6: the mean of 39 squares, or of 32 over eight frames.
    assert float(rise[1]) == pytest.approx((36 / 39) ** 0.5) == float(fall[1])
    assert float(slow_rise[1]) == pytest.approx((8 * 36 / 32) ** 0.5)


def test_level_statistics_tell_a_click_from_what_swells() -> None:
    click = torch.full((1, 1, 2, 41), -5.0)
    click[..., 10:31] = torch.linspace(0, -5, 21)  # at once, then slowly away
    both = torch.cat([click, click.flip(3)])
    rise, fall = LevelStatistics((2, 41), changes=True)(both).reshape(2, 7, 2)[:, 3:5, 0].T
    assert float(rise[0]) > 3 * float(fall[0])
    torch.testing.assert_close(rise.flip(0), fall)


def test_whitening_does_not_ask_in_what_unit_an_input_is() -> None:
    x, classes = _noisy_classes()
    units = torch.tensor([1.0, 0.01, 100.0, 3.0])
    projected = []
    for scale in (torch.ones(4), units):
        whitening = Whitening(4, 2, shrinkage=0.5)
        whitening.fit(x * scale, classes)
        projected.append(whitening(x * scale).abs())
    torch.testing.assert_close(projected[0], projected[1], atol=1e-4, rtol=1e-3)

"""Ensembles: the mean of the members' cosines, whatever each learned of the levels."""

from pathlib import Path

import pytest
import torch

from siamese_core.card import Card
from siamese_core.checkpoint import build, load_checkpoint, save_checkpoint
from siamese_core.cli import main
from siamese_core.ensemble import Trained, ensemble_of
from siamese_core.errors import ParameterError
from siamese_core.recipes import Recipe
from siamese_core.training.objectives import Objective, Targets
from tests.conftest import TINY_MEL, TINY_RECIPE

COSINE = TINY_RECIPE.override(["distance=cosine", "encoder.activation=none"])


def _trained(seed: int, recipe: Recipe = COSINE, heard: tuple[str, ...] = ()) -> Trained:
    """A net as training may leave it: its own weights, levels and head."""
    torch.manual_seed(seed)
    net = build(recipe)
    with torch.no_grad():
        net.levels.mean.fill_(-40 + 5 * seed)
        net.levels.scale.fill_(20 + 3 * seed)
        net.head.weight.fill_(10 + seed)
    return net.eval().requires_grad_(False), Card(recipe, heard, {"validation accuracy": 0.5}, seed)


def _maps(seed: int) -> torch.Tensor:
    return torch.randn(6, *TINY_MEL.shape, generator=torch.Generator().manual_seed(seed)) * 15 - 45


@pytest.mark.parametrize("count", [2, 3])
def test_the_cosine_is_the_mean_of_the_members_cosines(count: int) -> None:
    members = [_trained(seed) for seed in range(count)]
    net, _ = ensemble_of(members)
    a, b = _maps(1), _maps(2)
    each = [member.distance(member.embed(a), member.embed(b)) for member, _ in members]
    assert float(torch.stack(each).std(dim=0).min()) > 1e-3  # the members do differ
    torch.testing.assert_close(net.distance(net.embed(a), net.embed(b)), sum(each) / count)
    slope = sum(float(member.head.weight) for member, _ in members) / count
    assert float(net.head.weight) == pytest.approx(slope)


def test_the_card_names_every_class_that_any_member_heard() -> None:
    _, card = ensemble_of([_trained(1, heard=("b", "a")), _trained(2, heard=("c", "b"))])
    assert card.classes_heard == ("a", "b", "c")
    assert card.scores == {}, "no member's score is the ensemble's"
    assert card.recipe.encoder.width == 2 * COSINE.encoder.width


def test_members_must_fit_each_other() -> None:
    with pytest.raises(ParameterError, match="one network"):
        ensemble_of([_trained(1)])
    with pytest.raises(ParameterError, match=r"distance 'squared'.*by the cosine"):
        ensemble_of([_trained(1), _trained(2, TINY_RECIPE)])
    for change in ("input.n_mels=20", "encoder.dense=9", "levels=peak"):
        with pytest.raises(ParameterError, match=rf"differs from the first in its {change[:5]}"):
            ensemble_of([_trained(1), _trained(2, COSINE.override([change]))])
    whole = ensemble_of([_trained(1), _trained(2)])
    with pytest.raises(ParameterError, match="of 2 networks already; give their members"):
        ensemble_of([whole, whole])


def test_a_whitened_member_is_refused() -> None:
    whitened = {"kind": "resnet", "widths": (16,), "blocks": (1,), "whitened": True}
    encoder = {"kind": "ensemble", "member": whitened}
    with pytest.raises(ParameterError, match="set whitened to false"):
        Recipe.parse({**COSINE.model_dump(), "encoder": encoder})


def test_each_member_is_trained_by_a_loss_of_its_own() -> None:
    member = {**COSINE.encoder.model_dump(), "dense": 6}
    encoder = {"kind": "ensemble", "members": 2, "member": member}
    recipe = Recipe.parse(
        {**COSINE.model_dump(), "encoder": encoder, "loss": "contrastive", "margin": 0.5}
    )
    torch.manual_seed(0)
    net, objective = build(recipe), Objective(recipe, 2, recipe.encoder.learned)
    maps, members = _maps(3)[:4], net.encoder.members
    left, right = torch.tensor([0, 0]), torch.tensor([1, 2])
    classes = torch.tensor([0, 0, 1, 1])
    targets = Targets(classes, torch.arange(4), left, right, torch.tensor([1.0, 0.0]))
    embeddings = net.embed(maps)
    alone = embeddings.detach().clone().requires_grad_()
    first = torch.cat([alone[:, :6], embeddings[:, 6:].detach()], dim=1)
    objective(net, first, targets)[0].backward()
    objective(net, embeddings, targets)[0].backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in members.parameters())
    # The other member's embeddings do not reach the gradient of this one's.
    changed = alone.detach().clone().requires_grad_()
    other = torch.cat([changed[:, :6], -embeddings[:, 6:].detach().roll(1, dims=0)], dim=1)
    objective(net, other, targets)[0].backward()
    torch.testing.assert_close(changed.grad, alone.grad)


def test_the_command_joins_checkpoints(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    paths = [tmp_path / f"{seed}.safetensors" for seed in (1, 2)]
    for seed, path in enumerate(paths, start=1):
        save_checkpoint(path, *_trained(seed))
    out = tmp_path / "both.safetensors"
    names = [str(path) for path in paths]
    assert main(["ensemble", *names, "--half", "--out", str(out)]) == 0
    assert "2 networks" in capsys.readouterr().out
    net, _ = load_checkpoint(out)
    wanted, _ = ensemble_of([load_checkpoint(path) for path in paths])
    torch.testing.assert_close(
        net(_maps(1), _maps(2)), wanted(_maps(1), _maps(2)), atol=0.02, rtol=0
    )
    for wrong, said in (
        ([names[0], "--out", str(out)], "one network"),
        ([*names, "--out", names[0]], "overwrite a member"),
        ([*names, "--out", str(tmp_path / "both.pt")], "end it in .safetensors"),
        ([*names, str(tmp_path / "none"), "--out", str(out)], "There is no file"),
    ):
        assert main(["ensemble", *wrong]) == 2
        assert said in capsys.readouterr().err

"""The state of a stopped training comes back whole, or is refused in a sentence."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import nn

from siamese_core.errors import TrainingError
from siamese_core.recipes import Recipe
from siamese_core.training.training_state import TrainingState, load_state, save_state

STATE = TrainingState(step=12, best=0.7, best_step=9, stale=1, validated=12)


def _parts(width: int = 3) -> tuple[nn.Module, nn.Module, torch.optim.Optimizer]:
    """A net, an objective and an optimizer that has made a step."""
    torch.manual_seed(width)
    net, objective = nn.Linear(width, 2), nn.Linear(2, 1)
    optimizer = torch.optim.Adam([*net.parameters(), *objective.parameters()])
    objective(net(torch.ones(1, width))).sum().backward()
    optimizer.step()
    return net, objective, optimizer


def _path(folder: Path) -> Path:
    save_state(folder / "state.safetensors", *_parts(), STATE)
    return folder / "state.safetensors"


def test_weights_moments_and_numbers_come_back(tmp_path: Path) -> None:
    path, (net, objective, optimizer) = _path(tmp_path), _parts()
    wanted = [tensor.clone() for tensor in (*net.parameters(), *objective.parameters())]
    moments = [m["exp_avg"].clone() for m in optimizer.state.values()]
    with torch.no_grad():
        for tensor in (*net.parameters(), *objective.parameters()):
            tensor.zero_()
            optimizer.state[tensor]["exp_avg"].zero_()
    assert load_state(path, net, objective, optimizer) == STATE
    ours = (*net.parameters(), *objective.parameters())
    assert all(map(torch.equal, ours, wanted))
    assert all(map(torch.equal, (m["exp_avg"] for m in optimizer.state.values()), moments))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("step", "x"),
        ("step", None),
        ("step", -5),
        ("step", 3.5),
        ("step", 10**30),
        ("validated", "x"),
        ("stale", None),
        ("best", "a"),
        ("best", float("nan")),
    ],
)
def test_a_state_of_other_kinds_is_none(name: str, value: object) -> None:
    plain = asdict(STATE)
    assert TrainingState.read(json.dumps(plain)) == STATE
    assert TrainingState.read(json.dumps(asdict(TrainingState()))) == TrainingState()
    with pytest.raises((ValueError, TypeError)):
        TrainingState.read(json.dumps({**plain, name: value}))


def test_a_weight_without_its_moments_is_refused(tmp_path: Path) -> None:
    path, parts = _path(tmp_path), _parts()
    tensors = load_file(path)
    del tensors["optimizer.0.exp_avg"]
    save_file(tensors, path, {"state": json.dumps(asdict(STATE))})
    with pytest.raises(TrainingError, match="is broken or belongs to another training"):
        load_state(path, *parts)


@pytest.mark.parametrize("fused", [True, False])
def test_a_step_after_the_return_is_that_of_who_never_left(tmp_path: Path, fused: bool) -> None:
    def training() -> tuple[nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(0)
        net = nn.Conv2d(3, 8, 3).to(memory_format=torch.channels_last)
        return net, torch.optim.Adam(net.parameters(), fused=fused)

    def step(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        net(torch.arange(150.0).sin().view(2, 3, 5, 5)).square().sum().backward()
        optimizer.step()

    path, rest = tmp_path / "state.safetensors", nn.Identity()
    stays, returns = training(), training()
    step(*stays)
    save_state(path, stays[0], rest, stays[1], STATE)
    load_state(path, returns[0], rest, returns[1])
    for _ in range(3):
        step(*stays)
        step(*returns)
    for mine, theirs in zip(returns[0].parameters(), stays[0].parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_the_state_of_another_net_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="broken or belongs to another training"):
        load_state(_path(tmp_path), *_parts(width=4))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_torn_state_is_refused(tmp_path: Path, share: float) -> None:
    path = _path(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(TrainingError, match="broken or belongs to another training"):
        load_state(path, *_parts())


@pytest.mark.parametrize("state", [TrainingState(), STATE])
def test_it_travels_as_numbers(state: TrainingState) -> None:
    again = TrainingState.of(state.numbers)
    assert again == state
    assert type(again.step) is int


ACCURACIES = [
    {10: 0.5, 15: 0.9, 20: 0.6, 30: 0.7, 40: 0.8, 50: 0.85},
    {10: 0.9, 15: 0.95, 20: 0.5, 30: 0.5, 40: 0.5, 50: 0.5},
    {10: 0.5, 15: 0.1, 20: 0.5, 30: 0.6, 40: 0.5, 50: 0.5},
]


def _course(state: TrainingState, recipe: Recipe, accuracies: dict[int, float]) -> TrainingState:
    """Step and validate to the end, as a training does."""
    while not state.ended(recipe):
        if state.awaits_validation(recipe):
            state = state.after(accuracies[state.step], recipe)
        else:
            state = replace(state, step=state.step + 1)
    return state.after(accuracies[state.step], recipe) if state.validated < state.step else state


@pytest.mark.parametrize("accuracies", ACCURACIES)
@pytest.mark.parametrize("patience", [1, 2, 3])
def test_prolonged_it_ends_where_it_would_have_from_the_first(
    tiny_recipe: Recipe, patience: int, accuracies: dict[int, float]
) -> None:
    recipe = tiny_recipe.override(["evaluate_every=10", f"patience={patience}", "steps=50"])
    whole = _course(TrainingState(), recipe, accuracies)
    first = _course(TrainingState(), recipe.override(["steps=15"]), accuracies)
    assert first.validated == 15
    again = TrainingState.read(json.dumps(asdict(first)))
    prolonged = _course(again, recipe, accuracies)
    assert (prolonged.step, prolonged.stale) == (whole.step, whole.stale)
    assert prolonged.best == max(first.best, whole.best)


def test_the_state_of_an_older_version_has_the_patience_that_it_had() -> None:
    older = {name: value for name, value in asdict(STATE).items() if name != "best_regular"}
    assert TrainingState.read(json.dumps(older)) == replace(STATE, best_regular=STATE.best)


def test_a_step_is_validated_once(tiny_recipe: Recipe) -> None:
    recipe = tiny_recipe.override(["evaluate_every=4", "patience=2"])
    assert not TrainingState().awaits_validation(recipe)
    assert not TrainingState(step=3).awaits_validation(recipe)
    state = TrainingState(step=4)
    assert state.awaits_validation(recipe)
    better = state.after(0.5, recipe)
    assert (better.best, better.best_step, better.stale) == (0.5, 4, 0)
    assert not better.awaits_validation(recipe)
    tired = better.after(0.5, recipe).after(0.4, recipe)
    assert (tired.best, tired.stale, tired.ended(recipe)) == (0.5, 2, "patience")

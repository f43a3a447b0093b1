"""Losses with values computed by hand, and objectives that fall when followed."""

import math
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.reducers import MeanReducer

from siamese_core.checkpoint import build
from siamese_core.errors import ParameterError
from siamese_core.losses import (
    binary_cross_entropy,
    contrastive,
    mean_squared_error,
    mined_triplets,
    triplet,
)
from siamese_core.training.objectives import Objective, Targets
from tests.conftest import TINY_RECIPE


def test_binary_cross_entropy_by_hand() -> None:
    loss = binary_cross_entropy(torch.tensor([0.0, 2.0]), torch.tensor([1.0, 0.0]))
    assert float(loss) == pytest.approx((math.log(2) + math.log(1 + math.exp(2))) / 2, rel=1e-6)


def test_mean_squared_error_by_hand() -> None:
    loss = mean_squared_error(torch.tensor([0.0, 0.0]), torch.tensor([1.0, 0.0]))
    assert float(loss) == pytest.approx(0.25)


def test_contrastive_loss_by_hand() -> None:
    a = torch.tensor([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    b = torch.tensor([[3.0, 4.0], [0.6, 0.8], [3.0, 4.0]])
    target = torch.tensor([1.0, 0.0, 0.0])
    # distances 5, 1, 5; margin 2: 25, (2 - 1)^2, 0
    assert float(contrastive(a, b, target, 2.0)) == pytest.approx(26 / 3, rel=1e-4)


def test_triplet_loss_by_hand() -> None:
    anchor = torch.zeros(2, 1)
    positive, negative = torch.tensor([[2.0], [1.0]]), torch.tensor([[1.0], [3.0]])
    # 4 - 1 + 0.5, and 1 - 9 + 0.5 below zero
    assert float(triplet(anchor, positive, negative, 0.5)) == pytest.approx(3.5 / 2)


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    triplets=st.integers(1, 30),
    width=st.integers(1, 16),
    margin=st.floats(0.01, 5.0),
)
def test_triplet_loss_is_the_librarys_with_every_triplet_counted(
    seed: int, triplets: int, width: int, margin: float
) -> None:
    random = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(8, width, dtype=torch.float64, generator=random)
    chosen = torch.randint(8, (3, triplets), generator=random)
    anchors, positives, negatives = chosen
    ours, theirs = embeddings.clone().requires_grad_(), embeddings.clone().requires_grad_()
    distance = LpDistance(normalize_embeddings=False, power=2)
    library = TripletMarginLoss(margin, distance=distance, reducer=MeanReducer())
    value = triplet(ours[anchors], ours[positives], ours[negatives], margin)
    wanted = library(theirs, indices_tuple=(anchors, positives, negatives))
    torch.testing.assert_close(value, wanted)
    (gradient,) = torch.autograd.grad(value, ours)
    (wanted_gradient,) = torch.autograd.grad(wanted, theirs)
    torch.testing.assert_close(gradient, wanted_gradient)


def _targets() -> Targets:
    left, right = torch.tensor([0, 0, 2, 2]), torch.tensor([1, 2, 3, 0])
    target = torch.tensor([1.0, 0.0, 1.0, 0.0])
    return Targets(torch.tensor([0, 0, 1, 1]), torch.arange(4), left, right, target)


@pytest.mark.parametrize(
    ("loss", "miner"),
    [
        ("binary-cross-entropy", "none"),
        ("mse", "none"),
        ("contrastive", "none"),
        ("triplet", "none"),
        ("triplet", "semihard"),
        ("angular-margin", "none"),
    ],
)
def test_every_objective_falls_when_followed_and_trains_the_head(loss: str, miner: str) -> None:
    torch.manual_seed(0)
    recipe = TINY_RECIPE.override(
        [f"loss={loss}", f"miner={miner}", "margin=0.5", "distance=euclidean"]
    )
    net, objective = build(recipe), Objective(recipe, 2, [8])
    maps = torch.randn(4, *recipe.mel.shape) * 20 - 40
    head = net.head.weight.detach().clone()
    optimizer = torch.optim.Adam([*net.parameters(), *objective.parameters()], 0.01)
    values = []
    for _ in range(40):
        optimizer.zero_grad()
        value, accuracy = objective(net, net.embed(maps), _targets())
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert values[-1] < 0.8 * values[0]
    assert 0 <= accuracy <= 1
    assert not torch.equal(net.head.weight, head)


def test_the_head_of_an_embedding_loss_pulls_no_gradient_into_the_encoder() -> None:
    recipe = TINY_RECIPE.override(["loss=contrastive", "margin=0.000001"])
    net, objective = build(recipe), Objective(recipe, 2, [8])
    embeddings = torch.randn(4, 8, requires_grad=True)
    value, _ = objective(net, embeddings, _targets()._replace(target=torch.zeros(4)))
    value.backward()
    # All pairs are negative and further apart than the margin: the contrastive loss is flat.
    assert embeddings.grad is None or float(embeddings.grad.abs().max()) == 0


def test_a_tie_is_never_right() -> None:
    net, objective = build(TINY_RECIPE), Objective(TINY_RECIPE, 2, [8])
    torch.nn.init.zeros_(net.head.weight)
    for bias, share in ((0.0, 0.0), (1.0, 0.5), (-1.0, 0.5)):
        torch.nn.init.constant_(net.head.bias, bias)
        _, accuracy = objective(net, torch.randn(4, 8), _targets())
        assert float(accuracy) == share


def test_mined_triplets_are_those_that_still_teach() -> None:
    # On a line: two of class 0 at 0 and 1; of class 1 at 1.2 (hard for the second), 2 and 9.
    embeddings = torch.tensor([[0.0], [1.0], [1.2], [2.0], [9.0]])
    classes = torch.tensor([0, 0, 1, 1, 1])
    squared = (embeddings - embeddings.T).square()
    for kind in ("semihard", "hard"):
        anchors, positives, negatives = mined_triplets(kind, 1.0)(embeddings, classes)
        assert len(anchors) > 0
        found = set(zip(anchors.tolist(), positives.tolist(), negatives.tolist(), strict=True))
        wanted = set()
        for a, p, n in product(range(5), repeat=3):
            if a == p or classes[a] != classes[p] or classes[a] == classes[n]:
                continue
            gap = float(squared[a, n] - squared[a, p])
            if gap <= 0 if kind == "hard" else 0 < gap <= 1:
                wanted.add((a, p, n))
        assert found == wanted


def test_a_batch_without_a_triplet_worth_mining_trains_on_all() -> None:
    recipe = TINY_RECIPE.override(["loss=triplet", "miner=hard", "margin=0.5"])
    net, objective = build(recipe), Objective(recipe, 2, [8])
    easy = torch.tensor([[0.0], [0.1], [5.0], [5.1]]) * torch.ones(8)
    easy.requires_grad_()
    loss, _ = objective(net, easy, _targets())
    assert torch.isfinite(loss)


def test_mined_triplets_keep_clips_of_one_recording_apart() -> None:
    recipe = TINY_RECIPE.override(["loss=triplet", "miner=semihard", "margin=0.5"])
    objective, embeddings = Objective(recipe, 4, [3]), torch.randn(40, 3)
    clips = torch.arange(40)
    of_their_own = _targets()._replace(classes=clips % 4, recordings=clips)
    two_each = of_their_own._replace(recordings=clips // 8 * 4 + clips % 4)
    mined, kept = (
        set(zip(*(places.tolist() for places in objective._triplets(embeddings, t)), strict=True))
        for t in (of_their_own, two_each)
    )
    met = {(a, p, n) for a, p, n in mined if two_each.recordings[a] == two_each.recordings[p]}
    assert met
    assert kept == mined - met


def test_a_miner_is_for_triplets() -> None:
    with pytest.raises(ParameterError, match="miner hard needs the loss triplet, not mse"):
        TINY_RECIPE.override(["loss=mse", "miner=hard"])

"""Folded scores: the same logits and weights, fewer layers."""

import pytest
import torch
from torch import nn

from siamese_core.attribution.contrast import ContrastScore
from siamese_core.attribution.quick.folded import FoldedBlock, folded
from siamese_core.siamese import OneSidedScore
from tests.core.convolved_nets import CONVOLVED, convolved_net, noise_db
from tests.core.toys import ProductScore

RESIDUAL = [kind for kind in CONVOLVED if "residual" in kind or "ensemble" in kind]


@pytest.mark.parametrize("kind", RESIDUAL)
def test_the_logits_are_the_same_without_batch_norms(kind: str) -> None:
    net = convolved_net(kind)
    maps = torch.stack([noise_db(seed) for seed in range(3)])
    for score in (
        OneSidedScore(net, noise_db(4)),
        ContrastScore(net, noise_db(4), noise_db(5)),
    ):
        ours = folded(score)
        assert type(ours) is type(score)
        assert not any(isinstance(layer, nn.BatchNorm2d) for layer in ours.modules())
        with torch.inference_mode():
            torch.testing.assert_close(ours(maps), score(maps), atol=1e-12, rtol=1e-9)


@pytest.mark.parametrize("kind", RESIDUAL)
def test_the_net_itself_stays_as_it_was(kind: str) -> None:
    net = convolved_net(kind)
    modules = dict(net.named_modules())
    weights = {name: weight.clone() for name, weight in net.state_dict().items()}
    maps = noise_db(0)[None]
    with torch.inference_mode():
        folded(OneSidedScore(net, noise_db(1)))(maps)
    assert dict(net.named_modules()) == modules
    assert not any(isinstance(module, FoldedBlock) for module in net.modules())
    torch.testing.assert_close(net.state_dict(), weights, atol=0, rtol=0)


def test_kernels_stay_laid_out_channels_last() -> None:
    ours = folded(OneSidedScore(convolved_net("residual"), noise_db(1)))
    kernels = [layer.weight for layer in ours.modules() if isinstance(layer, nn.Conv2d)]
    assert all(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)


def test_what_has_nothing_to_fold_is_left() -> None:
    product = ProductScore()
    assert folded(product) is product
    plain = OneSidedScore(convolved_net("batch norm"), noise_db(1))
    assert folded(plain) is plain, "its batch norms come after the activation"
    learning = OneSidedScore(convolved_net("residual"), noise_db(1)).train()
    assert folded(learning) is learning, "its batch norms look at the batch"

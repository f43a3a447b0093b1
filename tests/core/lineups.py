"""Line-ups of four cells whose probabilities are worked out by hand."""

import numpy as np
import torch
from torch import Tensor, nn

from siamese_core.encoder.encoder_parameters import ConvParameters
from siamese_core.faithfulness.episode_score import EpisodeScore
from siamese_core.logmel import LogMel
from siamese_core.melspec import MelSpec
from siamese_core.siamese import SiameseNet

FOUR = MelSpec(rate=1000, n_fft=16, hop=8, n_mels=2, seconds=0.012)
"""Two bands of two frames."""


class Product(nn.Module):
    """The product, cell by cell: what both clips have counts."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a * b


def product_net() -> SiameseNet:
    """A net whose logit is the sum of the products of two clips' levels."""
    net = SiameseNet(FOUR, ConvParameters(filters=(1,), kernels=(1,), dense=4))
    net.encoder, net.distance, net.width = nn.Flatten(), Product(), 4
    net.head = nn.Linear(4, 1)
    nn.init.ones_(net.head.weight)
    nn.init.zeros_(net.head.bias)
    net.levels.mean.fill_(0)
    net.levels.scale.fill_(1)
    return net.eval().requires_grad_(False)


def seen(cells: list[list[float]], seconds: float = FOUR.seconds) -> LogMel:
    return LogMel(np.array(cells, np.float32), FOUR, 0.0, seconds)


ONES = [[1.0, 1.0], [1.0, 1.0]]
A = [[float(np.log(3)), float(np.log(2))], [0.0, 0.0]]
"""Beside ones its logit is log 6, and that of its first cell alone log 3."""
B = [[0.0, 0.0], [0.0, 0.0]]


def lineup() -> EpisodeScore:
    """A against B, which is asked for ones: 6/7 to 1/7."""
    torch.manual_seed(0)
    return EpisodeScore(product_net(), seen(ONES), [seen(A), seen(B)], ("a", "b"), 0)

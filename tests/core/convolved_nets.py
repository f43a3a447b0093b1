"""Nets of every kind whose first layers are convolutions, with weights of no special values.

In double precision: an untrained net's logits differ by less than single precision rounds.
"""

import torch
from torch import Tensor

from siamese_core.checkpoint import build
from siamese_core.siamese import SiameseNet
from tests.conftest import TINY_MEL, TINY_RECIPE

RESNET = {"kind": "resnet", "widths": (16, 24), "blocks": (1, 1), "embedding": 6}
CONVOLVED: dict[str, dict[str, object]] = {
    "odd kernels": {"kernels": (5, 3)},
    "even kernels": {"kernels": (4, 2)},
    "a kernel wider than the map": {"kernels": (31, 3)},
    "no pooling": {"pooling": "none"},
    "average pooling": {"pooling": "average"},
    "batch norm": {"batch_norm": True},
    "dropout and two dense layers": {"conv_dropout": 0.5, "hidden": (6,)},
    "residual": RESNET,
    "residual, halved at once": {**RESNET, "stride": 2},
    "residual and the levels' statistics": {**RESNET, "statistics": 5},
    "an ensemble": {"kind": "ensemble", "members": 2, "member": RESNET},
    "an ensemble of convolutions": {
        "kind": "ensemble",
        "members": 2,
        "member": {"kind": "conv", "filters": (4, 8), "kernels": (3, 3), "dense": 6},
    },
}


def convolved_net(kind: str) -> SiameseNet:
    """Build a net whose running statistics, gains and offsets are not those it begins with."""
    changes = CONVOLVED[kind]
    plain = TINY_RECIPE.model_dump()
    encoder = changes if "kind" in changes else {**plain["encoder"], **changes}
    torch.manual_seed(1)
    distance = {"distance": "cosine"} if changes.get("kind") == "ensemble" else {}
    net = build(TINY_RECIPE.parse({**plain, **distance, "encoder": encoder}))
    for name, buffer in net.encoder.named_buffers():
        if name.endswith(("running_mean", "offsets")):
            buffer.normal_()
        elif name.endswith(("running_var", "gains")):
            buffer.uniform_(0.5, 1.5)
    return net.double().eval().requires_grad_(False)


def noise_db(seed: int) -> Tensor:
    noise = torch.randn(TINY_MEL.shape, generator=torch.Generator().manual_seed(seed))
    return noise.double() * 10 - 45

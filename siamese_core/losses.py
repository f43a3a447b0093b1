"""Distances between embeddings and the losses that train them.

Distances are modules whose non-linearity is a module used once, so that DeepLift keeps its
completeness: as plain functions `square` and `abs` break it.
"""

from collections.abc import Callable

import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import ArcFaceLoss
from pytorch_metric_learning.miners import TripletMarginMiner
from torch import Tensor, nn
from torch.nn import functional


class Square(nn.Module):
    """The square as a module, for Captum's rules."""

    def forward(self, x: Tensor) -> Tensor:
        """Square each value."""
        return x.square()


class Absolute(nn.Module):
    """The absolute value as a module, for Captum's rules."""

    def forward(self, x: Tensor) -> Tensor:
        """Take each value's magnitude."""
        return x.abs()


class ElementwiseDistance(nn.Module):
    """A function of the difference, element by element: (batch, width) twice to (batch, width)."""

    def __init__(self, function: nn.Module) -> None:
        super().__init__()
        self.function = function

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Apply the function to ``a - b``."""
        out: Tensor = self.function(a - b)
        return out


class EuclideanDistance(nn.Module):
    """The Euclidean distance: (batch, width) twice to (batch, 1)."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Measure the distance; a tiny constant keeps its gradient finite at zero."""
        return ((a - b).square().sum(dim=-1, keepdim=True) + 1e-12).sqrt()


class CosineSimilarity(nn.Module):
    """The cosine of the angle between embeddings: (batch, width) twice to (batch, 1)."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Measure the cosine; 1 where both point the same way."""
        return functional.cosine_similarity(a, b, dim=-1).unsqueeze(-1)


DISTANCES: dict[str, tuple[Callable[[], nn.Module], bool]] = {
    "squared": (lambda: ElementwiseDistance(Square()), True),
    "absolute": (lambda: ElementwiseDistance(Absolute()), True),
    "euclidean": (EuclideanDistance, False),
    "cosine": (CosineSimilarity, False),
}
"""Name -> (module, whether it keeps the embedding's width)."""


def binary_cross_entropy(logit: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy of the similarity, from the logit."""
    return functional.binary_cross_entropy_with_logits(logit, target)


def mean_squared_error(logit: Tensor, target: Tensor) -> Tensor:
    """Mean squared error of the similarity."""
    return functional.mse_loss(logit.sigmoid(), target)


def contrastive(a: Tensor, b: Tensor, target: Tensor, margin: float) -> Tensor:
    """Contrastive loss, ``y D^2 + (1 - y) max(margin - D, 0)^2`` (002_3413a999b827c9d7.txt)."""
    distance = functional.pairwise_distance(a, b)
    apart = (margin - distance).clamp_min(0).square()
    return (target * distance.square() + (1 - target) * apart).mean()


def triplet(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """Triplet loss on squared distances (Schroff et al. 2015; 002_3413a999b827c9d7.txt).

    It equals pytorch-metric-learning's `TripletMarginLoss` on squared Euclidean distances, with
    `MeanReducer`: its default averages over the triplets above zero alone. Written out, it measures
    the distances of the triplets given, where the library measures those of all embeddings.
    """
    near = (anchor - positive).square().sum(dim=1)
    far = (anchor - negative).square().sum(dim=1)
    return (near - far + margin).clamp_min(0).mean()


def mined_triplets(kind: str, margin: float) -> TripletMarginMiner:
    """Build what picks a batch's instructive triplets (Schroff et al. 2015, section 3.2).

    Called with embeddings (batch, width) and classes (batch,), it returns the places of anchors,
    positives and negatives.

    Parameters
    ----------
    kind : {"semihard", "hard"}
    margin : float
        That of `triplet`, whose squared distance is measured here, too.
    """
    distance = LpDistance(normalize_embeddings=False, power=2)
    return TripletMarginMiner(margin, kind, distance=distance)


class AngularMargin(nn.Module):
    """Additive angular margin over the training classes (ArcFace, Deng et al. 2019).

    Parameters
    ----------
    classes : int
    width : int
        Width of the embedding.
    margin : float
        In radians.
    scale : float
    """

    def __init__(self, classes: int, width: int, margin: float, scale: float) -> None:
        super().__init__()
        degrees = float(torch.rad2deg(torch.tensor(margin)))
        self.loss = ArcFaceLoss(classes, width, margin=degrees, scale=scale)

    def forward(self, embeddings: Tensor, classes: Tensor) -> Tensor:
        """Measure the loss of embeddings (batch, width) of classes (batch,)."""
        loss: Tensor = self.loss(embeddings, classes)
        return loss

"""Whitening: embeddings seen along the directions that tell classes apart."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from siamese_core.errors import TrainingError

_NEVER = 1e-6
"""Share of the mean variance below which an input has not varied: it then counts as all do."""
_ALIKE = 1e-7
"""Share of an embedding's own size below which a difference is the rounding of float32."""


class Whitening(nn.Module):
    """Projects, weighs and brings to unit length (linear discriminant analysis, Fisher 1936).

    What varies within a class, another word or another breath, is scaled down to what varies least
    (within-class covariance normalisation, Hatch, Kajarekar and Stolcke 2006), and of the whitened
    directions those are kept in which the classes differ most. Fitted in closed form after the
    training of what comes before it; until then it only brings to unit length.

    Parameters
    ----------
    inputs, outputs : int
        Width before and after; ``outputs`` at most ``inputs``.
    shrinkage : float
        Share of each input's variance within classes that is added to it, so that what a few
        examples seem to tell of several inputs together stays modest (Friedman 1989).
    """

    mean: Tensor
    matrix: Tensor

    def __init__(self, inputs: int, outputs: int, shrinkage: float = 0.1) -> None:
        super().__init__()
        self.shrinkage = shrinkage
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("matrix", torch.eye(inputs, outputs))

    def reset_parameters(self) -> None:
        """Forget what was fitted: mean zero, and directions at random, at right angles."""
        nn.init.zeros_(self.mean)
        nn.init.orthogonal_(self.matrix)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, inputs) to (batch, outputs)."""
        return functional.normalize((x - self.mean) @ self.matrix, dim=1)

    @torch.no_grad()
    def fit(self, x: Tensor, classes: Tensor) -> None:
        """Learn from embeddings (n, inputs) of the classes (n,), most of two clips or more.

        In float64 on the CPU: Apple's devices have none.

        Raises
        ------
        TrainingError
            If they are no numbers, or those of each class are alike, so that nothing tells what
            varies within a class.
        """
        x = x.cpu().double()
        if not x.isfinite().all():
            raise TrainingError(
                "The embeddings to be whitened are no numbers any more; lower the learning rate."
            )
        _, members = np.unique(classes.cpu().numpy(), return_inverse=True)
        places = torch.from_numpy(members)
        counts = places.bincount().to(x)[:, None]
        mean = x.mean(dim=0)
        centres = torch.zeros(len(counts), x.shape[1]).to(x).index_add_(0, places, x - mean)
        centres /= counts
        within = x - mean - centres[places]
        covariance = within.T @ within / max(1, len(x) - len(counts))
        variance, typical = covariance.diagonal(), covariance.diagonal().mean()
        if typical <= _ALIKE**2 * x.square().mean():
            raise TrainingError(
                "Within their classes the embeddings to be whitened are all alike; some class "
                "needs two clips that the network does not find the same."
            )
        added = torch.where(variance > _NEVER * typical, variance, typical)
        covariance += self.shrinkage * added.diag()
        levels, directions = torch.linalg.eigh(covariance)
        white = directions / levels.sqrt()
        _, rotation = torch.linalg.eigh(white.T @ centres.T @ centres @ white)
        self.mean.copy_(mean)
        self.matrix.copy_((white @ rotation)[:, -self.matrix.shape[1] :])

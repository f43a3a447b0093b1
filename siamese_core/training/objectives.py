"""Objective: what a batch of embeddings is trained for, and how many of its pairs are right."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from siamese_core.losses import (
    AngularMargin,
    binary_cross_entropy,
    contrastive,
    mean_squared_error,
    mined_triplets,
    triplet,
)
from siamese_core.recipes import Recipe
from siamese_core.siamese import SiameseNet


class Targets(NamedTuple):
    """Class and recording of each clip of a batch, places and target of each pair."""

    classes: Tensor
    recordings: Tensor
    left: Tensor
    right: Tensor
    target: Tensor


class Objective(nn.Module):
    """The recipe's loss.

    Losses of the logit train encoder and head at once. Losses of the embedding leave the head
    untrained, so it is calibrated beside them by binary cross-entropy on detached embeddings.

    Parameters
    ----------
    recipe : Recipe
    classes : int
        Training classes (with their speeds).
    widths : sequence of int
        Widths of the parts of the embedding that it shapes, which come first, each by itself.
    """

    def __init__(self, recipe: Recipe, classes: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.loss, self.margin = recipe.loss, recipe.margin
        self.widths = tuple(widths)
        self.miner = None
        if recipe.miner != "none":
            self.miner = mined_triplets(recipe.miner, recipe.margin)
        angular = recipe.loss == "angular-margin"
        self.angular = nn.ModuleList(
            AngularMargin(classes, width, recipe.margin, recipe.scale)
            for width in self.widths
            if angular
        )

    def forward(
        self, net: SiameseNet, embeddings: Tensor, targets: Targets
    ) -> tuple[Tensor, Tensor]:
        """Measure a batch.

        Parameters
        ----------
        net : SiameseNet
        embeddings : Tensor, shape (n_clips, width)
        targets : Targets

        Returns
        -------
        loss : Tensor, scalar
        accuracy : Tensor, scalar
            Share of pairs on the right side of a similarity of one half; the half itself is never
            right.
        """
        left, right, target = targets.left, targets.right, targets.target
        of_logit = self.loss in {"binary-cross-entropy", "mse"}
        compared = embeddings if of_logit else embeddings.detach()
        logit = net.compare(compared[left], compared[right])
        accuracy = torch.where(target > 0.5, logit > 0, logit < 0).float().mean()
        if self.loss == "mse":
            return mean_squared_error(logit, target), accuracy
        loss = binary_cross_entropy(logit, target)
        if not of_logit:
            shaped = embeddings[:, : sum(self.widths)]
            parts = torch.split(shaped, list(self.widths), dim=1)
            for number, part in enumerate(parts):
                loss = loss + self._of_part(number, part, targets)
        return loss, accuracy

    def _of_part(self, number: int, embeddings: Tensor, targets: Targets) -> Tensor:
        if self.angular:
            angular: Tensor = self.angular[number](embeddings, targets.classes)
            return angular
        if self.loss == "contrastive":
            pairs = embeddings[targets.left], embeddings[targets.right]
            return contrastive(*pairs, targets.target, self.margin)
        anchors, positives, negatives = self._triplets(embeddings, targets)
        return triplet(
            embeddings[anchors], embeddings[positives], embeddings[negatives], self.margin
        )

    def _triplets(self, embeddings: Tensor, targets: Targets) -> tuple[Tensor, Tensor, Tensor]:
        """Pick places of anchors, positives and negatives; all, where none is worth being mined.

        Clips of one recording never meet, mined or not.
        """
        _, recordings, left, right, target = targets
        if self.miner is not None:
            anchors, *others = self.miner(embeddings, targets.classes)
            met = [recordings[anchors] == recordings[other] for other in others]
            apart = ~(met[0] | met[1])
            if apart.any():
                return anchors[apart], others[0][apart], others[1][apart]
        near, far = target > 0.5, target < 0.5
        same_anchor = left[near][:, None] == left[far][None, :]
        positives, negatives = torch.nonzero(same_anchor, as_tuple=True)
        return left[near][positives], right[near][positives], right[far][negatives]


def optimizer_of(modules: Iterable[nn.Module], recipe: Recipe) -> torch.optim.Adam:
    """Return the recipe's Adam for all weights of some modules; one pass does a whole step."""
    weights = [weight for module in modules for weight in module.parameters()]
    return torch.optim.Adam(
        weights,
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        fused=weights[0].device.type in {"cpu", "cuda"},
    )

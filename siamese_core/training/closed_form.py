"""Closed form: what of a net is fitted at once and not stepped: its whitenings and its head."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from siamese_core.encoder.encoder import ResNetEncoder
from siamese_core.episodes import Episode
from siamese_core.evaluation.embeddings import support_logits
from siamese_core.siamese import SiameseNet
from siamese_core.training.training_set import TrainingSet

_ITERATIONS = 50
_WHITENING_CLIPS = 4096
_CHUNK = 64


def whitens(net: SiameseNet) -> bool:
    """Whether a part of the net is fitted in closed form."""
    return isinstance(net.encoder, ResNetEncoder) and len(net.encoder.whitenings) > 0


def whiten(net: SiameseNet, clips: TrainingSet, rng: np.random.Generator) -> None:
    """Fit the net's whitenings to training clips as they are: cut and placed, not varied."""
    assert isinstance(net.encoder, ResNetEncoder)
    some = rng.permutation(len(clips.labels))[:_WHITENING_CLIPS]
    parts = (some[first : first + _CHUNK] for first in range(0, len(some), _CHUNK))
    batches = (net.levels(clips.plain(part, rng, net.device)) for part in parts)
    net.encoder.whiten(batches, torch.from_numpy(clips.classes[some]).to(net.device))


def calibrate(net: SiameseNet, embeddings: Tensor, episodes: Sequence[Episode[int]]) -> None:
    """Fit a one-number head to episodes of unheard classes, so that a half is even odds.

    Logistic regression by Newton's method (Platt 1999); right and wrong pairs weigh the same. A
    head on more than one number is left as it is; so is one that weighs nothing, or that the fit
    would turn round, which would make a clip unlike itself: the embeddings tell nothing yet.

    Parameters
    ----------
    net : SiameseNet
    embeddings : Tensor, shape (n_clips, width)
    episodes : sequence of Episode
    """
    if net.head.in_features != 1 or not net.head.weight.any():
        return
    logits = torch.from_numpy(support_logits(net, embeddings, episodes))
    is_right = torch.tensor([label == e.truth for e in episodes for label in e.support.labels])
    with torch.no_grad():
        weight, bias = float(net.head.weight), float(net.head.bias)
        slope, offset = _logistic((logits - bias) / weight, is_right.double())
        if slope * weight > 0:
            net.head.weight.fill_(slope)
            net.head.bias.fill_(offset)


def _logistic(x: Tensor, target: Tensor) -> tuple[float, float]:
    """Fit a balanced, very slightly ridged logistic line: slope and offset."""
    inputs = torch.stack([x, torch.ones_like(x)], dim=1)
    share = target.mean()
    weights = torch.where(target > 0.5, 0.5 / share, 0.5 / (1 - share)) / len(x)
    line = torch.zeros(2, dtype=x.dtype)
    for _ in range(_ITERATIONS):
        odds = (inputs @ line).sigmoid()
        gradient = inputs.T @ (weights * (odds - target)) + 1e-6 * line
        curvature = (inputs * (weights * odds * (1 - odds))[:, None]).T @ inputs
        line = line - torch.linalg.solve(curvature + 1e-6 * torch.eye(2).to(x), gradient)
    return float(line[0]), float(line[1])

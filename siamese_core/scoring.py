"""Scores of a line-up: how similar the network finds the query and each support clip."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import tanh
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.devices import batch_on
from siamese_core.episodes import Episode
from siamese_core.logmel import LogMel
from siamese_core.siamese import SiameseNet
from siamese_core.ties import leaders, rounding

_BATCH = 32
"""Maps that a processor encodes at once; a GPU takes as many as it bears."""


@dataclass(frozen=True)
class Score:
    """One support clip's score.

    Parameters
    ----------
    label : str
        Class of the support clip.
    logit, similarity : float
        The head's output, and its sigmoid in [0, 1].
    rank : int
        1 for the most similar; equals keep their order.
    """

    label: str
    logit: float
    similarity: float
    rank: int


@dataclass(frozen=True)
class ClassScore:
    """One class's score: the mean logit of its shots, and its sigmoid."""

    label: str
    logit: float
    similarity: float


@dataclass(frozen=True)
class ScoredEpisode:
    """The outcome of a line-up.

    Parameters
    ----------
    scores : tuple of Score
        One a support clip, in the support set's order.
    classes : tuple of ClassScore
        One a class, in the order of their first clip.
    predicted : str or None
        The class of the largest mean logit; None on a tie for first.
    """

    scores: tuple[Score, ...]
    classes: tuple[ClassScore, ...]
    predicted: str | None

    @property
    def best(self) -> int:
        """Index of the most similar support clip of the predicted class (of all, on a tie)."""
        candidates = [i for i, s in enumerate(self.scores) if self.predicted in (None, s.label)]
        return min(candidates, key=lambda i: self.scores[i].rank)


def embed_maps(net: SiameseNet, maps: Sequence[NDArray[np.float32]]) -> Tensor:
    """Encode maps of the net's shape, each once: embeddings (n, width) on the net's device."""
    stack = torch.from_numpy(np.array(maps)).to(net.device)
    size = batch_on(net.device, stack[0].numel()) if net.device.type == "cuda" else _BATCH
    with torch.inference_mode():
        return torch.cat([net.embed(batch) for batch in torch.split(stack, size)])


def score_episode(
    net: SiameseNet,
    episode: Episode[Clip],
    *,
    starts: Sequence[float | None] | None = None,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> ScoredEpisode:
    """Score a query against each support clip.

    Parameters
    ----------
    net : SiameseNet
    episode : Episode of Clip
        Clips of any rate and length.
    starts : sequence of float or None, optional
        Where the window lies in the query and each support clip, in seconds; None for the
        placement that `audio.placement` finds.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so.
    """
    clips = (episode.query, *episode.support.clips)
    places = starts or [None] * len(clips)
    maps = []
    for number, (clip, start) in enumerate(zip(clips, places, strict=True)):
        progress(on_event, should_stop, "Scoring", number, len(clips))
        maps.append(LogMel.of(clip, net.mel, start))
    return score_maps(net, maps, episode.support.labels)


def score_maps(net: SiameseNet, maps: Sequence[LogMel], labels: Sequence[str]) -> ScoredEpisode:
    """Score a line-up whose log-mels are known.

    Parameters
    ----------
    net : SiameseNet
    maps : sequence of LogMel
        The query's, then one a support clip.
    labels : sequence of str
        The classes of the support clips.
    """
    embeddings = embed_maps(net, [log_mel.db for log_mel in maps])
    with torch.inference_mode():
        logits = net.compare(embeddings[:1].expand_as(embeddings[1:]), embeddings[1:])
    return rank(logits.cpu().double().numpy(), labels)


def rank(
    logits: np.ndarray[tuple[int], np.dtype[np.float64]], labels: Sequence[str]
) -> ScoredEpisode:
    """Rank support clips and classes by their logits; a tie for first (`ties`) predicts nothing."""
    order = np.argsort(-logits, kind="stable")
    ranks = np.empty(len(logits), int)
    ranks[order] = np.arange(1, len(logits) + 1)
    scores = tuple(
        Score(label, float(logit), sigmoid(float(logit)), int(place))
        for label, logit, place in zip(labels, logits, ranks, strict=True)
    )
    shots: dict[str, list[float]] = {}
    for score in scores:
        shots.setdefault(score.label, []).append(score.logit)
    means = {label: fmean(logits) for label, logits in shots.items()}
    classes = tuple(ClassScore(label, mean, sigmoid(mean)) for label, mean in means.items())
    leader = int(leaders(np.array([*means.values()]), rounding(logits)))
    return ScoredEpisode(scores, classes, None if leader < 0 else classes[leader].label)


def sigmoid(logit: float) -> float:
    """Return the similarity in [0, 1] that a logit stands for."""
    return 0.5 * (1 + tanh(logit / 2))

"""Checks that need more than a masked clip: infidelity, sensitivity, randomised weights."""

import math
from copy import deepcopy
from dataclasses import replace

import numpy as np
import torch
from captum.metrics import infidelity, sensitivity_max
from torch import Tensor, nn

from siamese_core.attribution.attribution import Subject, attribute_by, seeded
from siamese_core.callbacks import ShouldStop, never
from siamese_core.errors import ParameterError
from siamese_core.explanation import Explanation, explain
from siamese_core.faithfulness.metrics import Floats, rank_correlation
from siamese_core.parameters import Parameters
from siamese_core.siamese import SiameseNet

_HIDINGS = 32
"""Rectangles of one map's infidelity."""
_SHAKES = 10
"""Noises of one map's sensitivity; Captum's default."""
_RADIUS = 0.02
"""Captum's default, here as a share of the clip's range in dB."""


def map_infidelity(subject: Subject, values: Floats) -> float:
    """Return how badly a map foretells what hiding a rectangle does to the score.

    Captum's `infidelity`, normalised (Yeh et al. 2019): the mean square of
    beta sum(attribution in the rectangle) - (f(clip) - f(clip without the rectangle)), with the
    scale beta that serves the map best, so that maps of any unit compare. Being a scale it may be
    negative: a map of the wrong sign is found out by deletion and insertion, not here. Each
    rectangle lies at random in the clip's own frames, up to half as high and as long as they are,
    and is filled with the clip's floor. In squared logits.

    Parameters
    ----------
    subject : Subject
        The score that the map explains.
    values : ndarray, shape (n_mels, n_frames)
    """
    rng = np.random.default_rng(subject.seed)
    floor = subject.baseline("floor")

    def hide(maps: Tensor) -> tuple[Tensor, Tensor]:
        hidden = torch.stack([_rectangle(rng, subject) for _ in maps]).to(maps.device)
        return hidden.to(maps), torch.where(hidden, floor, maps)

    score = infidelity(
        subject.score,
        hide,
        subject.log_mel.unsqueeze(0),
        torch.from_numpy(values).to(subject.log_mel).unsqueeze(0),
        n_perturb_samples=_HIDINGS,
        max_examples_per_batch=min(subject.batch, _HIDINGS),
        normalize=True,
    )
    return float(score)


def map_sensitivity(subject: Subject, method: str, parameters: Parameters, values: Floats) -> float:
    """Return how much a map changes, at most, when slight noise is added to the clip.

    Captum's `sensitivity_max` (Yeh et al. 2019): the largest of ten norms of the difference,
    relative to the map's own. The noise is uniform in the clip's own frames, up to 0.02 of the
    clip's range in dB (Captum's 0.02 is meant for inputs in [0, 1]). NaN where the method refuses
    a clip with noise.

    Parameters
    ----------
    subject : Subject
        The score that the map explains; its seed serves each map, so that only the noise differs.
    values : ndarray, shape (n_mels, n_frames)
        The map of the clip without noise.

    Raises
    ------
    EarwitnessError
        If the memory does not suffice for a single map.
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    clip = subject.log_mel
    generator = torch.Generator().manual_seed(subject.seed)

    def shake(maps: Tensor, radius: float) -> Tensor:
        noise = (2 * torch.rand(maps.shape, generator=generator) - 1) * radius
        return maps + torch.from_numpy(subject.within(noise.numpy())).to(maps.device)

    def attribute(maps: Tensor | tuple[Tensor]) -> Tensor | tuple[Tensor]:
        if isinstance(maps, tuple):  # Captum asks for the clip itself first
            return (torch.from_numpy(values).to(clip).unsqueeze(0),)
        with torch.enable_grad():
            found = [
                attribute_by(method, replace(subject, log_mel=one), parameters) for one in maps
            ]
        return torch.stack([torch.from_numpy(subject.within(one.values)).to(clip) for one in found])

    radius = _RADIUS * subject.decibels
    try:
        return float(sensitivity_max(attribute, clip.unsqueeze(0), shake, radius, _SHAKES))
    except ParameterError:
        return math.nan


def randomised(net: SiameseNet, *parts: nn.Module, seed: int = 0) -> SiameseNet:
    """Return a copy of a net with fresh weights in some of its own modules."""
    places = [name for name, module in net.named_modules() if any(module is one for one in parts)]
    copy = deepcopy(net).cpu()
    with seeded(seed):
        for place in places:
            for module in copy.get_submodule(place).modules():
                if callable(reset := getattr(module, "reset_parameters", None)):
                    reset()
    return copy.to(net.device)


def randomisation(
    net: SiameseNet, explanation: Explanation, seed: int = 0, should_stop: ShouldStop = never
) -> dict[str, float]:
    """Explain again by a net of random weights, and return the maps' rank correlations.

    Adebayo et al. 2018, from the top down: first the head is random, then the encoder with it. A
    map that stays (near 1) does not tell what the net has learned. A head that weighs one number
    (cosine, Euclidean) can only scale a map or turn its sign: it is left as it is, and there is no
    ``random_head``. NaN where the method refuses the random net.

    Raises
    ------
    EarwitnessError
        If the memory does not suffice for a single map.
    Cancelled
        If ``should_stop`` says so.
    """
    e, own = explanation, explanation.explained_map.own_frames
    scores = {}
    wide = [net.head] if net.head.in_features > 1 else []
    for name, parts in (("random_head", wide), ("random_encoder", [*wide, net.encoder])):
        if not parts:
            continue
        try:
            again = explain(
                randomised(net, *parts, seed=seed),
                e.query,
                e.support,
                e.method,
                e.parameters,
                e.side,
                against=e.against,
                against_start=e.against_start,
                starts=(e.query_map.start, e.support_map.start),
                twin=e.twin,
                twin_start=None if e.twin_map is None else e.twin_map.start,
                seed=seed,
                should_stop=should_stop,
            )
        except ParameterError:
            scores[name] = math.nan
            continue
        maps = (one.attribution.values[:, own].astype(float) for one in (e, again))
        scores[name] = rank_correlation(*maps)
    return scores


def _rectangle(rng: np.random.Generator, subject: Subject) -> Tensor:
    """Draw a rectangle in the clip's own frames, bool (n_mels, n_frames)."""
    hidden = torch.zeros(subject.log_mel.shape, dtype=torch.bool)
    own = hidden[:, subject.own]
    sides = [int(rng.integers(1, -(-side // 2) + 1)) for side in own.shape]
    rows, columns = (
        slice(first := int(rng.integers(whole - side + 1)), first + side)
        for whole, side in zip(own.shape, sides, strict=True)
    )
    own[rows, columns] = True
    return hidden

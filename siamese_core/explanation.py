"""Explanation: why the network finds two clips as similar as it does, cell by cell."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self

import numpy as np
import torch
from torch import Tensor

from siamese_core.attribution.attribution import Attribution, Subject, attribute_by
from siamese_core.attribution.contrast import ContrastScore
from siamese_core.attribution.methods import DEFAULT_METHOD, method_parameters
from siamese_core.attribution.parameters import check_twin
from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never
from siamese_core.errors import ParameterError
from siamese_core.logmel import LogMel
from siamese_core.mask.mask import DEFAULTS, Mask, MaskParameters, shape_mask
from siamese_core.parameters import Parameters
from siamese_core.scoring import sigmoid
from siamese_core.siamese import Levels, OneSidedScore, SiameseNet

Side = Literal["support", "query"]
SIDES: tuple[Side, ...] = ("support", "query")

_SAME = "Both clips are the same, so the map says how the network scores a clip against itself."
_SAME_ZERO = "The map is zero by construction: both clips are the same."
_SAME_OF_CONTRAST = (
    "The query and {} are the same, so one of the two logits is that of a clip against itself."
)
_ALL_SAME = (
    "The query, the support clip and the clip of the contrast are the same, so both logits are "
    "that of a clip against itself."
)
_ZERO = "The map is zero everywhere: nothing that this method changes in the clip moves the score."
_DUST = 1e-2
"""Logits; a map of a clip against itself that moves fewer in all holds rounding errors alone."""


@dataclass(frozen=True, eq=False)
class Heard:
    """A query as a network hears it: the pairs of a line-up share it.

    Parameters
    ----------
    net : SiameseNet
    clip : Clip
        As it came, at its own rate.
    log_mel : LogMel
    """

    net: SiameseNet
    clip: Clip
    log_mel: LogMel

    @classmethod
    def of(cls, net: SiameseNet, clip: Clip, start: float | None = None) -> Self:
        """Hear a clip, placed by `audio.placement` or at ``start`` seconds."""
        return cls(net, clip, LogMel.of(clip, net.mel, start))

    @cached_property
    def embedding(self) -> Tensor:
        """The encoded clip, shape (1, width), asked for once."""
        with torch.no_grad():
            return self.net.embed(torch.from_numpy(self.log_mel.db).to(self.net.device)[None])


@dataclass(frozen=True, eq=False)
class Explanation:
    """One pair, its score, and what in one of its clips made the score.

    Parameters
    ----------
    query, support : Clip
        As they came, at their own rates.
    query_map, support_map : LogMel
        What the network saw of them.
    logit, similarity : float
        The head's output, and its sigmoid in [0, 1].
    side : {"support", "query"}
        The clip that the attribution lies on.
    method : str
    parameters : Parameters
        The method's settings.
    attribution : Attribution
        Zero outside the clip's own frames.
    against : Clip, optional
        The clip whose logit was taken away, if the map explains a contrast.
    contrast : float, optional
        The difference of the two logits, which the map explains.
    twin : Clip, optional
        The clip that the baseline ``twin`` stood for, if it was not the pair's other one.
    twin_map : LogMel, optional
        What the method saw of it.
    rival_map : LogMel, optional
        What the network heard of ``against``.
    """

    query: Clip
    support: Clip
    query_map: LogMel
    support_map: LogMel
    logit: float
    similarity: float
    side: Side
    method: str
    parameters: Parameters
    attribution: Attribution
    against: Clip | None = None
    contrast: float | None = None
    twin: Clip | None = None
    twin_map: LogMel | None = None
    rival_map: LogMel | None = None

    @property
    def against_start(self) -> float | None:
        """Where the window of ``against`` lies, in seconds."""
        return None if self.rival_map is None else self.rival_map.start

    @property
    def explained(self) -> Clip:
        """The clip that the attribution lies on."""
        return self.support if self.side == "support" else self.query

    @property
    def explained_map(self) -> LogMel:
        """The log-mel that the attribution lies on."""
        return self.support_map if self.side == "support" else self.query_map

    @property
    def other_map(self) -> LogMel:
        """The log-mel of the pair's other clip."""
        return self.query_map if self.side == "support" else self.support_map

    def mask(self, parameters: MaskParameters = DEFAULTS) -> Mask:
        """Shape a mask from the attribution (`mask.shape_mask`)."""
        seen, found = self.explained_map, self.attribution
        mask = shape_mask(
            found.values, seen.mel, seen.start, seen.duration, parameters, found.segments
        )
        return mask.laid_on(self.explained, seen.start)


def explain(
    net: SiameseNet,
    query: Clip | Heard,
    support: Clip,
    method: str = DEFAULT_METHOD,
    parameters: Parameters | None = None,
    side: Side = "support",
    *,
    against: Clip | None = None,
    starts: tuple[float | None, float | None] = (None, None),
    against_start: float | None = None,
    twin: Clip | None = None,
    twin_start: float | None = None,
    seed: int = 0,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Explanation:
    """Attribute the logit of a pair to the cells of one of its log-mels.

    With ``against`` the map explains a contrast, why the query resembles the support clip and not
    that one: the difference of their logits, on the query, which both share.

    Parameters
    ----------
    net : SiameseNet
        Ready to score (`checkpoint.load_checkpoint`).
    query : Clip or Heard
        Of any rate and length; heard once, if several pairs share it.
    support : Clip
        Of any rate and length.
    method : str
        A name in `METHODS`.
    parameters : Parameters, optional
        Its settings; the defaults if None.
    side : {"support", "query"}
        The clip to explain.
    against : Clip, optional
        The clip of a contrast; its side is the query.
    starts : pair of float or None
        Where the windows lie in query and support, in seconds; None for `audio.placement`. A query
        that was heard already keeps its window.
    against_start : float, optional
        The same of ``against``.
    twin : Clip, optional
        Any clip that the baseline ``twin`` shall stand for; the pair's other one if None.
    twin_start : float, optional
        Where its window lies.
    seed : int
        For methods that draw.

    Raises
    ------
    ParameterError
        If there is no such method or side, the settings are another method's, the method does not
        suit the network, a contrast is asked for on the support side, or the settings do not name
        the twin that is given.
    EarwitnessError
        If the memory does not suffice for a single map.
    Cancelled
        If ``should_stop`` says so.
    """
    parameters = _checked(method, parameters, side, against, twin)
    heard = query if isinstance(query, Heard) else Heard.of(net, query, starts[0])
    assert heard.net is net, "an embedding of another net says nothing"
    maps = heard.log_mel, LogMel.of(support, net.mel, starts[1])
    explained, other = maps[::-1] if side == "support" else maps
    rival = None if against is None else LogMel.of(against, net.mel, against_start)
    twin_map = None if twin is None else LogMel.of(twin, net.mel, twin_start)
    embedding = heard.embedding if side == "support" else None
    plain = score = one_sided_score(net, explained, other, embedding=embedding)
    if rival is not None:
        score = one_sided_score(net, explained, other, rival)
    pair = explained, twin_map or other
    log_mel, background = (torch.from_numpy(seen.db).to(net.device) for seen in pair)
    subject = Subject(score, log_mel, explained.own_frames, seed, on_event, should_stop, background)
    attribution = _within_clip(attribute_by(method, subject, parameters), subject)
    same, is_rival = (
        seen is not None and np.array_equal(explained.db, seen.db) for seen in (other, rival)
    )
    if rival is None:
        attribution, contrast = _noted(attribution, same, subject.decibels), None
    else:
        attribution, contrast = _noted_contrast(attribution, same, is_rival), subject.own_logit
    subject.progress(1, 1)
    logit = subject.own_logit if rival is None else replace(subject, score=plain).own_logit
    return Explanation(
        query=heard.clip,
        support=support,
        query_map=maps[0],
        support_map=maps[1],
        logit=logit,
        similarity=sigmoid(logit),
        side=side,
        method=method,
        parameters=parameters,
        attribution=attribution,
        against=against,
        contrast=contrast,
        twin=twin,
        twin_map=twin_map,
        rival_map=rival,
    )


def _checked(
    method: str,
    parameters: Parameters | None,
    side: Side,
    against: Clip | None,
    twin: Clip | None,
) -> Parameters:
    """Return the method's settings, its defaults if none; what `explain` raises, it raises here."""
    model = method_parameters(method)
    parameters = model() if parameters is None else parameters
    if not isinstance(parameters, model):
        raise ParameterError(f"The settings are not those of '{method}'; give {model.__name__}.")
    if side not in SIDES:
        raise ParameterError(f"'{side}' is not a side of a pair; give support or query.")
    if against is not None and side != "query":
        raise ParameterError("A contrast lies on the query, which both pairs share; give query.")
    if twin is not None:
        check_twin(parameters)
    return parameters


def one_sided_score(
    net: SiameseNet,
    explained: LogMel,
    other: LogMel,
    against: LogMel | None = None,
    *,
    embedding: Tensor | None = None,
) -> OneSidedScore:
    """Return the logit as a function of the explained side's log-mel.

    With ``against``, the logit less that of the pair with that clip. The other side's ``embedding``
    may be known already.

    A net that measures levels from each map's peak keeps the clip's own peak as the reference:
    otherwise hiding the loudest cell would turn all others up, and its gradient would be theirs.
    """
    if against is None:
        score = OneSidedScore(net, torch.from_numpy(other.db), embedding)
    else:
        score = ContrastScore(net, torch.from_numpy(other.db), torch.from_numpy(against.db))
    if score.levels.reference == "peak":
        score.levels = OwnPeak(score.levels, float(explained.db.max())).to(net.device)
    return score


class OwnPeak(Levels):
    """Levels from a peak that stays where it is, in the steps of the net's own: they round alike.

    A clip against itself then has a distance of exactly zero, where its slope is zero too.
    """

    def __init__(self, levels: Levels, peak: float) -> None:
        super().__init__("fixed")
        self.peak = peak
        self.mean.copy_(levels.mean)
        self.scale.copy_(levels.scale)

    def forward(self, db: Tensor) -> Tensor:
        """Map dB of shape (batch, n_mels, n_frames) to (batch, 1, n_mels, n_frames)."""
        return super().forward(db - self.peak)


def _within_clip(attribution: Attribution, subject: Subject) -> Attribution:
    """Cut the map to the clip's own frames: the zeros around a short clip are nobody's evidence.

    What is cut away is missing from the sum, so the residual grows by it.
    """
    values = subject.within(attribution.values)
    if attribution.residual is None:
        return replace(attribution, values=values)
    cut = float((attribution.values - values).sum(dtype=np.float64))
    return replace(attribution, values=values, residual=attribution.residual - cut)


def _noted(attribution: Attribution, same: bool, decibels: float) -> Attribution:
    """Say in words why a map is empty or odd.

    Where both clips are the same, a distance that is least there has no slope: what a gradient then
    shows is rounding, which the whole range of levels would not turn into a hundredth of a logit.
    """
    values = attribution.values
    if same and np.abs(values).sum(dtype=np.float64) * max(1.0, decibels) < _DUST:
        values = np.zeros_like(values)
    zero = not values.any()
    if same:
        note: str | None = _SAME_ZERO if zero else _SAME
    else:
        note = attribution.note or (_ZERO if zero else None)
    return replace(attribution, values=values, note=note)


def _noted_contrast(attribution: Attribution, same: bool, is_rival: bool) -> Attribution:
    """Say in words where a contrast's map is empty, or one of its pairs is a clip with itself."""
    notes = [attribution.note or ("" if attribution.values.any() else _ZERO)]
    if same or is_rival:
        clip = "the support clip" if same else "the clip of the contrast"
        notes.append(_ALL_SAME if same and is_rival else _SAME_OF_CONTRAST.format(clip))
    return replace(attribution, note=" ".join(filter(None, notes)) or None)

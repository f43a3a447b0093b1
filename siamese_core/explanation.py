"""Explanation: why the network finds two clips as similar as it does, cell by cell."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch

from siamese_core.attribution.attribution import Attribution, Subject
from siamese_core.attribution.methods import METHODS
from siamese_core.attribution.parameters import DEFAULT_METHOD, method_parameters
from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never
from siamese_core.errors import ParameterError
from siamese_core.logmel import LogMel
from siamese_core.mask import DEFAULTS, Mask, MaskParameters, shape_mask
from siamese_core.parameters import Parameters
from siamese_core.siamese import Levels, OneSidedScore, SiameseNet

Side = Literal["support", "query"]
SIDES: tuple[Side, ...] = ("support", "query")

_SAME = "Both clips are the same, so the map says how the network scores a clip against itself."
_SAME_ZERO = "The map is zero by construction: both clips are the same."
_ZERO = "The map is zero everywhere: nothing that this method changes in the clip moves the score."


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

    @property
    def explained(self) -> Clip:
        """The clip that the attribution lies on."""
        return self.support if self.side == "support" else self.query

    @property
    def explained_map(self) -> LogMel:
        """The log-mel that the attribution lies on."""
        return self.support_map if self.side == "support" else self.query_map

    def mask(self, parameters: MaskParameters = DEFAULTS) -> Mask:
        """Shape a mask from the attribution (`mask.shape_mask`)."""
        seen, values = self.explained_map, self.attribution.values
        return shape_mask(values, seen.mel, seen.start, seen.duration, parameters)


def explain(
    net: SiameseNet,
    query: Clip,
    support: Clip,
    method: str = DEFAULT_METHOD,
    parameters: Parameters | None = None,
    side: Side = "support",
    *,
    starts: tuple[float | None, float | None] = (None, None),
    seed: int = 0,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Explanation:
    """Attribute the logit of a pair to the cells of one of its log-mels.

    Parameters
    ----------
    net : SiameseNet
        Ready to score (`checkpoint.load_checkpoint`).
    query, support : Clip
        Clips of any rate and length.
    method : str
        A name in `METHODS`.
    parameters : Parameters, optional
        Its settings; the defaults if None.
    side : {"support", "query"}
        The clip to explain.
    starts : pair of float or None
        Where the windows lie in query and support, in seconds; None for `audio.placement`.
    seed : int
        For methods that draw.

    Raises
    ------
    ParameterError
        If there is no such method or side, or the settings are another method's.
    Cancelled
        If ``should_stop`` says so.
    """
    model = method_parameters(method)
    parameters = model() if parameters is None else parameters
    if not isinstance(parameters, model):
        raise ParameterError(f"The settings are not those of '{method}'; give {model.__name__}.")
    if side not in SIDES:
        raise ParameterError(f"'{side}' is no side of a pair; give support or query.")
    maps = LogMel.of(query, net.mel, starts[0]), LogMel.of(support, net.mel, starts[1])
    explained, other = maps[::-1] if side == "support" else maps
    score = one_sided_score(net, explained, other)
    log_mel = torch.from_numpy(explained.db).to(net.device)
    subject = Subject(score, log_mel, explained.own_frames, seed, on_event, should_stop)
    logit = subject.logit(log_mel)
    function, _ = METHODS[method]
    attribution = _within_clip(function(subject, parameters), explained)
    attribution = _noted(attribution, same=np.array_equal(explained.db, other.db))
    subject.progress(1, 1)
    similarity = float(torch.tensor(logit, dtype=torch.float64).sigmoid())
    return Explanation(
        query, support, *maps, logit, similarity, side, method, parameters, attribution
    )


def one_sided_score(net: SiameseNet, explained: LogMel, other: LogMel) -> OneSidedScore:
    """Return the logit as a function of the explained side's log-mel.

    A net that measures levels from each map's peak keeps the clip's own peak as the reference:
    otherwise hiding the loudest cell would turn all others up, and its gradient would be theirs.
    """
    score = OneSidedScore(net, torch.from_numpy(other.db))
    if score.levels.reference == "peak":
        levels = Levels("fixed").to(net.device)
        levels.mean.copy_(score.levels.mean + float(explained.db.max()))
        levels.scale.copy_(score.levels.scale)
        score.levels = levels
    return score


def _within_clip(attribution: Attribution, log_mel: LogMel) -> Attribution:
    """Cut the map to the clip's own frames: the zeros around a short clip are nobody's evidence.

    What is cut away is missing from the sum, so the residual grows by it.
    """
    values = np.zeros_like(attribution.values)
    values[:, log_mel.own_frames] = attribution.values[:, log_mel.own_frames]
    if attribution.residual is None:
        return replace(attribution, values=values)
    cut = float((attribution.values - values).sum(dtype=np.float64))
    return replace(attribution, values=values, residual=attribution.residual - cut)


def _noted(attribution: Attribution, same: bool) -> Attribution:
    """Say in words why a map is empty or odd."""
    zero = not attribution.values.any()
    note = (_SAME_ZERO if same else _ZERO) if zero else (_SAME if same else attribution.note)
    return replace(attribution, note=note)

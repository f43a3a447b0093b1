"""KeptMap: an explanation of a pair with its mask, to be shown again or saved."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.lineup.loaded_model import Heard, LoadedModel, ModelFile, Request
from siamese_core.audio import Clip
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.mask.mask import Mask, MaskParameters
from siamese_core.mask.mask_history import MaskHistory
from siamese_core.mask.mask_origin import MaskOrigin

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation
    from siamese_core.logmel import LogMel

SAME_LOGITS = 0.05
"""What two machines may differ by: one rounds as the other does not."""
_OWN_LOGITS = 1e-3
"""What two answers of one network may differ by: clips that are scored together round together."""
_MOST = 100

PairOfClips = tuple[ClipFile, ClipFile]
"""A query and a support clip."""


class FiledModel(NamedTuple):
    """What an episode's file says of the model that made it."""

    name: str
    weights: str = ""
    """The `fingerprint` of its net; empty in an older file."""

    def is_same(self, model: LoadedModel) -> bool:
        """Whether it is this one, as far as the file says: under any name if by its weights."""
        return self.weights == model.weights if self.weights else self.name == model.name


@dataclass(frozen=True, eq=False)
class KeptMap:
    """What a person has of one pair."""

    explanation: "Explanation"
    mask_parameters: MaskParameters
    """How the mask was shaped."""
    history: MaskHistory
    """The mask as it is, and the edits before it."""
    shaped: Mask | None
    """The mask as the parameters gave it."""
    model: ModelFile | FiledModel
    """Whose map it is; no net is held by it."""

    @property
    def request(self) -> Request:
        """What it answers."""
        return request_of(self.explanation, self.mask_parameters)

    @property
    def mask_origin(self) -> MaskOrigin:
        """How its mask came to be."""
        return MaskOrigin.of(self.history, self.shaped, self.mask_parameters)

    @property
    def is_drawn(self) -> bool:
        """Whether its mask was changed by hand, now or before."""
        return bool(self.history.past) or self.history.now is not self.shaped

    def answers(self, request: Request) -> bool:
        """Whether it is the map that is asked for; its mask may be shaped in another way."""
        return replace(self.request, mask=request.mask) == request

    def suits(self, pair: PairOfClips, heard: Heard, model: LoadedModel | None) -> bool:
        """Whether it can be shown: the same log-mels and rival, and the same model or a file's."""
        seen = zip(pair, (self.explanation.query_map, self.explanation.support_map), strict=True)
        same = all(
            clip in heard.maps and _same(heard.maps[clip], log_mel) for clip, log_mel in seen
        )
        if not same or not self._meets_rival(heard):
            return False
        return isinstance(self.model, FiledModel) or (
            self._is_by(model, pair, heard) and self._differs(pair, heard, _OWN_LOGITS)
        )

    def is_of(self, pair: PairOfClips, heard: Heard, model: LoadedModel | None) -> bool:
        """Whether it explains the score on screen, which a file's model must give as well."""
        if not (self.suits(pair, heard, model) and model and heard.scored):
            return False
        if not isinstance(self.model, FiledModel):
            return True
        alike = abs(_logit(heard, pair[1]) - self.explanation.logit) < SAME_LOGITS
        return self.model.is_same(model) and alike and self._differs(pair, heard, SAME_LOGITS)

    def _is_by(self, model: LoadedModel | None, pair: PairOfClips, heard: Heard) -> bool:
        """Whether this model made it, or one that the same file brought again and that agrees."""
        if model and self.model is model.file:
            return True
        again = model and isinstance(self.model, ModelFile) and self.model.path == model.path
        gap = abs(_logit(heard, pair[1]) - self.explanation.logit)
        return bool(again) and gap < _OWN_LOGITS

    def _meets_rival(self, heard: Heard) -> bool:
        """Whether its rival and the baseline's clip, if any, stand for their classes now."""
        named = (self.explanation.against, self.explanation.twin)
        if not all(_stands(clip, heard) for clip in named if clip is not None):
            return False
        twin, seen = self.explanation.twin, self.explanation.twin_map
        now = None if twin is None else heard.lineup.first_of(twin.label)
        return now is None or seen is None or _same(heard.maps[now], seen)

    def _differs(self, pair: PairOfClips, heard: Heard, most: float) -> bool:
        """Whether the two logits differ as they did, where it explains a difference.

        They no longer do once the rival's window was moved.
        """
        shown = self.explanation
        if shown.against is None or shown.contrast is None:
            return True
        rival = heard.lineup.first_of(shown.against.label)
        if rival is None or heard.scored is None:
            return False
        contrast = _logit(heard, pair[1]) - _logit(heard, rival)
        return abs(contrast - shown.contrast) < most


def request_of(explanation: "Explanation", mask: MaskParameters) -> Request:
    """Return what an explanation answers, its mask shaped so."""
    named = (explanation.against, explanation.twin)
    against, twin = (None if clip is None else clip.label for clip in named)
    how = explanation.method, explanation.parameters, explanation.side, mask
    return Request(*how, against, twin)


MapsOfPairs = Sequence[tuple[PairOfClips, KeptMap]]
"""Maps with their pairs, several of a pair perhaps; the one that was seen last is the first."""


class KeptMaps:
    """The maps of a sitting, several a pair; those that were left longest ago are forgotten."""

    def __init__(self) -> None:
        self._maps: list[tuple[PairOfClips, KeptMap]] = []

    def put(self, pair: PairOfClips, kept: KeptMap) -> None:
        """Have a map again when its pair is chosen again."""
        others = [one for one in self._maps if not _replaces(pair, kept, *one)]
        self._maps = [*others, (pair, kept)][-_MOST:]

    def of_pair(
        self, pair: PairOfClips | None, heard: Heard | None, model: LoadedModel | None
    ) -> list[KeptMap]:
        """Find the maps of the pair as it is heard now, the one that was left last first."""
        if pair is None or heard is None:
            return []
        found = [kept for shown, kept in reversed(self._maps) if shown == pair]
        return [kept for kept in found if kept.suits(pair, heard, model)]

    def find(
        self, pair: PairOfClips | None, heard: Heard | None, model: LoadedModel | None
    ) -> KeptMap | None:
        """Find the map of the pair that was left last."""
        return next(iter(self.of_pair(pair, heard, model)), None)

    def of(
        self, heard: Heard | None, model: LoadedModel | None, first: PairOfClips | None
    ) -> MapsOfPairs:
        """Return all maps of a line-up's scores; a pair to stand first does.

        The newest of each pair come before all earlier ones.
        """
        if heard is None or heard.lineup.query is None:
            return ()
        pairs = [(heard.lineup.query, support) for support in heard.lineup.support]
        found = [
            (age, pair, kept)
            for pair in sorted(pairs, key=lambda p: p != first)
            for age, kept in enumerate(self.of_pair(pair, heard, model))
            if kept.is_of(pair, heard, model)
        ]
        return tuple((pair, kept) for _age, pair, kept in sorted(found, key=lambda one: one[0]))


def shaping_of(explanation: "Explanation", wanted: MaskParameters) -> MaskParameters:
    """Return how a mask is shaped of a map: as is wanted, by share if it has no segments."""
    if wanted.by == "segments" and explanation.attribution.segments is None:
        return wanted.model_copy(update={"by": "share"})
    return wanted


def _same(one: "LogMel", other: "LogMel") -> bool:
    return (one.mel, one.start) == (other.mel, other.start) and np.array_equal(one.db, other.db)


def same_sound(one: Clip, other: Clip) -> bool:
    """Whether two clips are the same to the ear, wherever they were read from."""
    return one is other or (one.rate == other.rate and np.array_equal(one.samples, other.samples))


def _stands(clip: Clip, heard: Heard) -> bool:
    """Whether a clip of the support set is still the one that stands for its class."""
    now = heard.lineup.first_of(clip.label)
    return now is not None and same_sound(heard.clips[now], clip)


def _logit(heard: Heard, support: ClipFile) -> float:
    scored = heard.scored
    return scored.scores[heard.lineup.support.index(support)].logit if scored else np.nan


def _replaces(pair: PairOfClips, kept: KeptMap, of: PairOfClips, other: KeptMap) -> bool:
    """Whether a map takes another one's place: it answers the same, by the same model."""
    return of == pair and other.model == kept.model and other.answers(kept.request)

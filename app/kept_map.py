"""KeptMap: an explanation of a pair with its mask, to be shown again or saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.loaded_model import Heard, LoadedModel
from siamese_core.corpus import ClipFile
from siamese_core.mask import Mask, MaskParameters
from siamese_core.mask_history import MaskHistory

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation
    from siamese_core.logmel import LogMel

SAME_LOGITS = 0.05
"""What two machines may differ by: one rounds as the other does not."""
_MOST = 100

PairOfClips = tuple[ClipFile, ClipFile]
"""A query and a support clip."""


@dataclass(frozen=True, eq=False)
class KeptMap:
    """What a person has of one pair.

    Parameters
    ----------
    explanation : Explanation
    mask_parameters : MaskParameters
        How the mask was shaped.
    history : MaskHistory
        The mask as it is, and the edits before it.
    shaped : Mask
        The mask as the parameters gave it.
    model : LoadedModel or str
        Whose map it is; of one from a file the name alone is known.
    """

    explanation: "Explanation"
    mask_parameters: MaskParameters
    history: MaskHistory
    shaped: Mask | None
    model: LoadedModel | str

    def suits(self, pair: PairOfClips, heard: Heard, model: LoadedModel | None) -> bool:
        """Whether it can be shown: the same two log-mels, and the same model or a file's."""
        seen = zip(pair, (self.explanation.query_map, self.explanation.support_map), strict=True)
        return (self.model is model or isinstance(self.model, str)) and all(
            clip in heard.maps and _same(heard.maps[clip], log_mel) for clip, log_mel in seen
        )

    def is_of(self, pair: PairOfClips, heard: Heard, model: LoadedModel | None) -> bool:
        """Whether it explains the score on screen: a file's model is known by name and score."""
        if not (self.suits(pair, heard, model) and model and heard.scored):
            return False
        score = heard.scored.scores[heard.lineup.support.index(pair[1])]
        alike = abs(score.logit - self.explanation.logit) < SAME_LOGITS
        return self.model is model or (self.model == model.name and alike)


class KeptMaps:
    """The maps of a sitting, one a pair; those that were left longest ago are forgotten."""

    def __init__(self) -> None:
        self._maps: dict[PairOfClips, KeptMap] = {}

    def put(self, maps: Mapping[PairOfClips, KeptMap]) -> None:
        """Have them again when their pairs are chosen again."""
        for pair, kept in maps.items():
            self._maps.pop(pair, None)
            self._maps[pair] = kept
        for pair in list(self._maps)[:-_MOST]:
            del self._maps[pair]

    def find(
        self, pair: PairOfClips | None, heard: Heard | None, model: LoadedModel | None
    ) -> KeptMap | None:
        """Find the map of the pair as it is heard now."""
        kept = self._maps.get(pair) if pair else None
        return kept if pair and heard and kept and kept.suits(pair, heard, model) else None

    def of(
        self, heard: Heard | None, model: LoadedModel | None, first: PairOfClips | None
    ) -> dict[PairOfClips, KeptMap]:
        """Return the maps of a line-up's scores; a pair that is to stand first does."""
        if heard is None or heard.lineup.query is None:
            return {}
        pairs = [(heard.lineup.query, support) for support in heard.lineup.support]
        found = {pair: self._maps.get(pair) for pair in sorted(pairs, key=lambda p: p != first)}
        return {p: kept for p, kept in found.items() if kept and kept.is_of(p, heard, model)}


def _same(one: "LogMel", other: "LogMel") -> bool:
    return (one.mel, one.start) == (other.mel, other.start) and np.array_equal(one.db, other.db)

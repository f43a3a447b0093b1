"""SavedEpisode: an episode with all that is known of it, as a file keeps it."""

from dataclasses import dataclass

import numpy as np

from siamese_core.audio import Clip
from siamese_core.episodes import Episode
from siamese_core.explanation import Explanation
from siamese_core.mask.mask import Mask, MaskParameters
from siamese_core.mask.mask_origin import MaskOrigin
from siamese_core.melspec import MelSpec
from siamese_core.scoring import ScoredEpisode


@dataclass(frozen=True, eq=False)
class SavedExplanation:
    """An explanation, the place of its support clip, and its mask.

    Parameters
    ----------
    place : int
        Index in the support set.
    explanation : Explanation
    mask : Mask, optional
        As it was, edits by hand included; of its path, the file's name is kept.
    mask_parameters : MaskParameters, optional
        How it was shaped; older files lack it where the mask was loaded from a file.
    """

    place: int
    explanation: Explanation
    mask: Mask | None = None
    mask_parameters: MaskParameters | None = None

    @property
    def mask_origin(self) -> MaskOrigin | None:
        """How its mask was made, where a hand or a file changed it; None if the map gives it."""
        if self.mask is None:
            return None
        if self.mask_parameters is not None and self.mask.path is None:
            shaped = self.explanation.mask(self.mask_parameters).values
            if np.array_equal(self.mask.values, shaped):
                return None
        return MaskOrigin(self.mask_parameters, self.mask.path is None, self.mask.path)


@dataclass(frozen=True, eq=False)
class SavedEpisode:
    """What an episode's file holds.

    Parameters
    ----------
    episode : Episode of Clip
        Labels of the support clips as the episode has them.
    starts : tuple of float or None
        Where windows were placed by hand in the query and each support clip, in seconds.
    model : str
        The model's name.
    mel : MelSpec
        How it heard.
    scored : ScoredEpisode, optional
        What it made of the line-up.
    explanations : tuple of SavedExplanation
        Several of a support clip, if so wished: the one that was seen last first.
    locked : frozenset of int
        Which clips stay when the next line-up is drawn: 0 the query, i + 1 the support clip i.
    selected : int, optional
        Index of the support clip that was chosen; None for that of the first explanation.
    weights : str
        The `fingerprint` of the model's net, under whatever name; empty if it is not known.
    """

    episode: Episode[Clip]
    starts: tuple[float | None, ...]
    model: str
    mel: MelSpec
    scored: ScoredEpisode | None = None
    explanations: tuple[SavedExplanation, ...] = ()
    locked: frozenset[int] = frozenset()
    selected: int | None = None
    weights: str = ""

    @property
    def clips(self) -> tuple[Clip, ...]:
        """All clips, the query first."""
        return (self.episode.query, *self.episode.support.clips)

    @property
    def chosen(self) -> int | None:
        """Index of the support clip that was chosen, or that has the map that was seen last."""
        shown = next((found.place for found in self.explanations), None)
        return shown if self.selected is None else self.selected

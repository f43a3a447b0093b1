"""An episode's file as the window opens and saves it, on the worker thread; torch comes late."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.lineup.kept_map import SAME_LOGITS, FiledModel, KeptMap, MapsOfPairs, same_sound
from app.lineup.lineup import Clips, Lineup
from app.lineup.loaded_model import Heard, LoadedModel, Starts
from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.episodes import SupportSet
from siamese_core.errors import ParameterError
from siamese_core.mask.mask import MaskParameters
from siamese_core.mask.mask_history import MaskHistory
from siamese_core.melspec import MelSpec

if TYPE_CHECKING:
    from siamese_core.episode_file.saved_episode import SavedExplanation
    from siamese_core.explanation import Explanation
    from siamese_core.scoring import ScoredEpisode

_MOST_MAPS = 100
"""As many as a file holds."""


@dataclass(frozen=True, eq=False)
class ShownEpisode:
    """What is on screen and can be saved; the first of the maps is the one that is seen."""

    lineup: Lineup
    clips: Clips
    starts: Starts
    model: LoadedModel
    scored: "ScoredEpisode | None"
    maps: MapsOfPairs
    selected: int | None = None
    """The support clip that is chosen."""

    def of_pairs(self) -> "ShownEpisode":
        """Leave out the clips that no map needs; scores are of the whole line-up: they go too."""
        own = [support for (_query, support), _kept in self.maps]
        requests = [kept.request for _pair, kept in self.maps]
        labels = [label for asked in requests for label in (asked.against, asked.twin) if label]
        named = [clip for label in labels if (clip := self.lineup.first_of(label))]
        support = tuple(dict.fromkeys([*own, *named]))
        alone = Lineup(self.lineup.query, support)
        return replace(self, lineup=alone, scored=None, selected=None)


@dataclass(frozen=True, eq=False)
class OpenedEpisode:
    """What an episode's file brings: a line-up that needs no corpus, its outcome and its maps."""

    path: Path
    lineup: Lineup
    clips: Clips
    starts: Starts
    model: FiledModel
    mel: MelSpec
    scored: "ScoredEpisode | None"
    maps: MapsOfPairs
    selected: int | None
    """The support clip that was chosen."""

    def noted(self, heard: Heard, model: LoadedModel | None) -> Heard:
        """Add to what is heard of its line-up that another model made it, if so."""
        if model is None or heard.lineup != self.lineup:
            return heard
        return heard.noting(self._foreign_to(model, heard))

    def _foreign_to(self, model: LoadedModel, heard: Heard) -> str:
        """Say that another model made it; nothing if this one did.

        An older file tells it by its name, and its scores while no window was moved.
        """
        alike = (
            bool(self.model.weights)
            or not (self.scored and heard.scored)
            or heard.starts != self.starts
            or np.allclose(_logits(self.scored), _logits(heard.scored), atol=SAME_LOGITS)
        )
        if alike and self.model.is_same(model) and self.mel == model.mel:
            return ""
        name = self.model.name
        whose = "another one of that name" if name == model.name else f"'{model.name}'"
        predicted = self.scored and self.scored.predicted
        then = f", which predicted {predicted}" if predicted else ""
        return (
            f"This episode was saved with the model '{name}'{then}; the scores are now those of "
            f"{whose}{self._fate_of_maps(model)}."
        )

    def _fate_of_maps(self, model: LoadedModel) -> str:
        if not self.maps:
            return ""
        if self.mel == model.mel:
            return ", and the map is still of the former"
        return ", which hears in another way: open the former to see its map"


def open_episode(path: Path, on_event: OnEvent, should_stop: ShouldStop) -> OpenedEpisode:
    """Read an episode's file (see `read_episode` for what it raises)."""
    from siamese_core.episode_file.episode_file import SavedClip, read_episode

    saved = read_episode(path, on_event, should_stop)
    episode, model = saved.episode, FiledModel(saved.model, saved.weights)
    labels = (episode.truth or episode.query.label or "", *episode.support.labels)
    query, *support = (SavedClip.of(*named) for named in zip(saved.clips, labels, strict=True))
    files = (query, *support)
    maps = [
        ((query, support[found.place]), _kept(found, model, path)) for found in saved.explanations
    ]
    locked = frozenset(files[place] for place in saved.locked)
    return OpenedEpisode(
        path,
        Lineup(query, tuple(support), locked),
        dict(zip(files, saved.clips, strict=True)),
        {f: start for f, start in zip(files, saved.starts, strict=True) if start is not None},
        model,
        saved.mel,
        saved.scored,
        maps,
        saved.chosen,
    )


def save_episode(
    path: Path, shown: ShownEpisode, on_event: OnEvent, should_stop: ShouldStop
) -> None:
    """Write a line-up with its clips, its outcome and the maps of its pairs.

    Raises
    ------
    ParameterError
        If the line-up is not whole.
    EarwitnessError
        What `write_episode` raises.
    """
    from siamese_core.episode_file.episode_file import write_episode
    from siamese_core.episode_file.saved_episode import SavedEpisode, SavedExplanation

    lineup, model = shown.lineup, shown.model
    if (episode := lineup.episode) is None:
        raise ParameterError("An episode to save needs a query and a support set.")
    heard = episode.map(shown.clips.__getitem__)
    maps = tuple(
        SavedExplanation(
            lineup.support.index(support),
            _within(heard.support, kept.explanation),
            kept.history.now,
            kept.mask_parameters,
        )
        for (_query, support), kept in shown.maps[:_MOST_MAPS]
    )
    places = tuple(shown.starts.get(clip) for clip in lineup.clips)
    locked = frozenset(place for place, clip in enumerate(lineup.clips) if clip in lineup.locked)
    saved = SavedEpisode(
        heard,
        places,
        model.name,
        model.mel,
        shown.scored,
        maps,
        locked,
        shown.selected,
        model.weights,
    )
    write_episode(path, saved, on_event, should_stop)


def _within(support: SupportSet[Clip], explanation: "Explanation") -> "Explanation":
    """Have what a map names beside its pair be of the support set itself, if read again."""
    against, twin = (
        clip and next((one for one in support.clips if _is_same(one, clip)), clip)
        for clip in (explanation.against, explanation.twin)
    )
    return replace(explanation, against=against, twin=twin)


def _is_same(one: Clip, other: Clip) -> bool:
    return one.label == other.label and same_sound(one, other)


def _logits(scored: "ScoredEpisode") -> list[float]:
    return [score.logit for score in scored.scores]


def _kept(found: "SavedExplanation", model: FiledModel, path: Path) -> KeptMap:
    """Shape the mask anew, so that what was drawn on it can be taken back.

    One that was loaded is this file's own in an older file, which does not say how it was shaped
    before.
    """
    parameters, mask = found.mask_parameters or MaskParameters(), found.mask
    if mask and found.mask_parameters is None:
        mask = replace(mask, path=path)
    shaped = found.explanation.mask(parameters)
    history = MaskHistory(shaped)
    if mask and (mask.path or not np.array_equal(mask.values, shaped.values)):
        history = history.edited(mask)
    return KeptMap(found.explanation, parameters, history, shaped, model)

"""Pair: the chosen pair's explanation, its mask and its sounds."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.background import Job
from app.edited_mask import Edit, EditedMask
from app.episode_file import OpenedEpisode, ShownEpisode, save_episode
from app.kept_map import KeptMap, KeptMaps, PairOfClips
from app.loaded_model import LoadedModel, Request
from app.rendering import (
    OTHERS,
    QUICK,
    SLOW,
    RenderParameters,
    region_begin,
    render,
    write_figure,
)
from app.session import Session
from siamese_core.audio import Clip, write
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.errors import EarwitnessError
from siamese_core.mask import Mask, MaskParameters

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation
    from siamese_core.logmel import LogMel


_NOT_READY = "The network is not ready yet; save the episode once the line-up is scored."
_NOT_WHOLE = "An episode to save needs a query and a support set."
_OUTDATED = "That sound is of an earlier mask; change the mask to render it again, then export."


class Pair(QObject):
    """What is known of the query beside the chosen support clip, from map to sound.

    An explanation belongs to one pair, one model and one place of the windows; when any of them
    changes, it goes.
    """

    explaining_changed = Signal(bool)
    explanation_changed = Signal()
    recalled = Signal(object)
    """What was explained earlier is shown again, or asked for: a `Request`."""
    asked_changed = Signal()
    mask_changed = Signal()
    sounds_changed = Signal()
    """Some sounds came, or all of them went."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.explanation: Explanation | None = None
        self.asked: Request | None = None
        """How the next explanation is to be made."""
        self._shown: PairOfClips | None = None
        self._by: LoadedModel | str = ""
        self._kept = KeptMaps()
        self.mask_parameters = MaskParameters(share=session.settings.mask_share)
        self.render_parameters = RenderParameters()
        self.edited = EditedMask(session)
        self.other = ""
        """Which of `rendering.OTHERS` is wanted too, if any."""
        self.sounds: dict[str, Clip] = {}
        self._rendered_from: dict[str, tuple[Mask | None, RenderParameters]] = {}
        self._explaining: Job[Explanation] | None = None
        self._region_begin = 0.0
        self._rendering: list[Job[dict[str, Clip]]] = []
        self.edited.changed.connect(self._take_mask)
        session.changing.connect(self.cancel)
        session.heard_changed.connect(self._forget_if_changed)
        session.selection_changed.connect(self._look_elsewhere)
        session.opened_episode.connect(self._take_maps)

    @property
    def explaining(self) -> bool:
        """Whether an explanation is being made."""
        return self._explaining is not None

    @property
    def mask(self) -> Mask | None:
        """What is heard of the explained clip."""
        return self.edited.now

    @property
    def heard_side(self) -> str:
        """The side whose sounds these are."""
        return self.explanation.side if self.explanation else "support"

    @property
    def offset(self) -> float:
        """Where the sounds begin in their clip, in seconds."""
        log_mel = self._shown_map()
        return _stretch(log_mel)[0] if log_mel else 0.0

    def explain(self, request: Request) -> None:
        """Explain the pair's score."""
        session = self.session
        model, pair = session.model, session.pair
        if model is None or pair is None or session.heard is None or self.explaining:
            return
        clips, starts = session.clips, dict(session.starts)
        self._explaining = session.background.run(
            lambda e, s: model.explain(pair, clips, starts, request, e, s),
            on_done=self._explained,
            on_error=self._failed,
            on_cancelled=self._cancelled,
            title="Explaining",
            key="explain",
        )
        self.explaining_changed.emit(True)

    def ask(self, request: Request) -> None:
        """Note how the next explanation is to be made."""
        if request != self.asked:
            self.asked = request
            self.asked_changed.emit()

    def recall(self, request: Request) -> None:
        """Show again what was asked for at another time."""
        self.mask_parameters = request.mask
        self.recalled.emit(request)

    def take_maps(self, maps: Mapping[PairOfClips, KeptMap]) -> None:
        """Have maps that were made earlier; each is shown once its pair is heard and chosen."""
        self._kept.put(maps)
        if not (self.explanation or self.explaining):
            self._look_elsewhere()

    def cancel(self) -> None:
        """Stop the explanation that is being made."""
        if self._explaining:
            self._explaining.cancel()
            self._ended()

    def shape(self, parameters: MaskParameters) -> None:
        """Shape the mask anew from the map; only the newest wish is carried out."""
        self.mask_parameters = parameters
        self.session.settings.mask_share = parameters.share
        self._shape()

    def reset(self) -> None:
        """Have the map's own mask again; what was drawn can be had back by undoing this."""
        self._shape()

    def edit(self, edit: Edit) -> None:
        """Change the mask by hand."""
        self._stop_rendering()
        self.edited.edit(edit)

    def want(self, name: str) -> None:
        """Have one of `rendering.OTHERS` rendered too, now and with each new mask.

        Any other name ends that.
        """
        self.other = name if name in OTHERS else ""
        made_from = self._rendered_from.get(name)
        if self.other and made_from != self._wanted:
            self._render_each([(name,)])

    def second_in_clip(self, name: str, seconds: float) -> float | None:
        """Return which second of the clip is heard ``seconds`` into a sound; None in a pause."""
        sound, original = self.sounds.get(name), self.sounds.get("original")
        if sound is None or original is None:
            return None
        if name == "region":
            return max(self._region_begin, self.offset) + seconds
        again = sound.seconds - original.seconds
        if name != "contrast-in-turn" or seconds < original.seconds:
            return self.offset + seconds
        return self.offset + seconds - again if seconds >= again else None

    def set_rendering(self, parameters: RenderParameters) -> None:
        """Render the sounds in another way."""
        self.render_parameters = parameters
        self._render()

    def export_sound(self, name: str, path: Path) -> None:
        """Write one of the sounds: 32-bit float WAV, or FLAC if the name ends so."""
        sound = self.sounds.get(name)
        if sound is None or self._rendered_from.get(name, self._wanted) != self._wanted:
            self.session.tell("export", EarwitnessError(_OUTDATED))
            return
        self._write(lambda _e, _s: write(sound, path), f"The sound is in {path}.")

    def save_mask(self, path: Path) -> None:
        """Write the mask as it is."""
        if mask := self.mask:
            self._write(lambda _e, _s: mask.save(path), f"The mask is in {path}.")

    def export_figure(self, path: Path) -> None:
        """Write the pair with its map as a picture: png, svg or pdf."""
        explanation, heard, index = self.explanation, self.session.heard, self.session.selected
        if explanation is None or heard is None or heard.scored is None or index is None:
            return
        scored, mask = heard.scored, self.mask
        predicted = scored.predicted is not None and index == scored.best
        score, truth = scored.scores[index], self.session.lineup.truth
        self._write(
            lambda _e, _s: write_figure(explanation, score, predicted, mask, truth, path),
            f"The figure is in {path}.",
        )

    def export_episode(self, request: Request, folder: Path) -> None:
        """Explain the whole line-up and write the folder that the command line writes."""
        session = self.session
        model, lineup, clips = session.model, session.lineup, session.clips
        starts = dict(session.starts)
        if model is not None:
            self._write(
                lambda e, s: model.export(lineup, clips, starts, request, folder, e, s),
                f"The episode is in {folder}.",
            )

    def can_save(self) -> bool:
        """Whether there is an episode to save; what is missing is said."""
        if self.session.model and self.session.lineup.episode:
            return True
        fault = _NOT_READY if self.session.lineup.episode else _NOT_WHOLE
        self.session.tell("line-up", EarwitnessError(fault))
        return False

    def save_episode(self, path: Path) -> None:
        """Write the line-up with its clips, scores and maps to one file."""
        if self.can_save() and (shown := self.shown_episode):
            self.session.settings.remember_episode(str(path))
            self._write(partial(save_episode, path, shown), f"The episode is in {path}.")

    @property
    def shown_episode(self) -> ShownEpisode | None:
        """The line-up with the present model's scores and maps, the map on screen first."""
        session, heard = self.session, self.session.heard
        if session.model is None:
            return None
        self._keep()
        maps = self._kept.of(heard, session.model, self._shown)
        scored, starts = heard.scored if heard else None, dict(session.starts)
        return ShownEpisode(session.lineup, session.clips, starts, session.model, scored, maps)

    # Behind the requests ----------------------------------------------------------------------

    def _write(self, work: Callable[[OnEvent, ShouldStop], None], sentence: str) -> None:
        def written(_nothing: None) -> None:
            self.session.wrote.emit(sentence)

        self.session.run(work, written, "export", "Writing")

    def _explained(self, explanation: "Explanation") -> None:
        self._ended()
        self.explanation, self.sounds = explanation, {}
        self._shown, self._by = self.session.pair, self.session.model or ""
        self.edited.clear()
        self.explanation_changed.emit()
        self.sounds_changed.emit()
        self._shape()

    def _failed(self, error: Exception) -> None:
        self._ended()
        self.session.tell("explain", error)

    def _cancelled(self) -> None:
        """Note that all work was cancelled, unless another explanation was asked for since."""
        if self._explaining and self._explaining.cancelled:
            self._ended()

    def _ended(self) -> None:
        self._explaining = None
        self.explaining_changed.emit(False)

    def _forget_if_changed(self) -> None:
        """Begin anew, unless what came is what is explained already."""
        if self.session.heard is None or not (self.explanation or self.explaining):
            self._look_elsewhere()

    def _look_elsewhere(self) -> None:
        """Leave what was shown, and take up what was left of the pair that is shown now."""
        self._forget()
        pair = self.session.pair
        if pair and (kept := self._kept.find(pair, self.session.heard, self.session.model)):
            self._take_up(pair, kept)

    def _take_up(self, pair: PairOfClips, kept: KeptMap) -> None:
        shown = kept.explanation
        self.explanation, self.sounds = shown, {}
        self._shown, self._by = pair, kept.model
        self.recall(Request(shown.method, shown.parameters, shown.side, kept.mask_parameters))
        self.explanation_changed.emit()
        self.sounds_changed.emit()
        self.edited.take_up(kept.history, kept.shaped)

    def _take_maps(self, opened: OpenedEpisode) -> None:
        self.take_maps(opened.maps)

    def _keep(self) -> None:
        """Have what is shown now again when its pair is chosen again."""
        if self.explanation and self._shown and (state := self.edited.state):
            kept = KeptMap(self.explanation, self.mask_parameters, *state, self._by)
            self._kept.put({self._shown: kept})

    def _forget(self) -> None:
        self._keep()
        self.cancel()
        self._stop_rendering()
        self.edited.clear()
        if self.explanation:
            self.explanation = None
            self.explanation_changed.emit()
            self.mask_changed.emit()
        self.sounds = self._original()
        self._rendered_from.clear()
        self.sounds_changed.emit()

    @property
    def _wanted(self) -> tuple[Mask | None, RenderParameters]:
        """What a sound must be rendered from to be the one on screen."""
        return self.mask, self.render_parameters

    def _original(self) -> dict[str, Clip]:
        """Offer the support clip as it is until there is an explanation to hear."""
        log_mel, pair = self._shown_map(), self.session.pair
        if log_mel is None or pair is None:
            return {}
        clip = self.session.clips[pair[1]]
        first, end = (round(second * clip.rate) for second in _stretch(log_mel))
        return {"original": clip.cut(first, min(end, len(clip.samples)) - first)}

    def _shown_map(self) -> "LogMel | None":
        """Return the log-mel of the clip that is heard: the explained one, or the support clip."""
        if self.explanation:
            return self.explanation.explained_map
        heard, pair = self.session.heard, self.session.pair
        return heard.maps.get(pair[1]) if heard and pair else None

    def _shape(self) -> None:
        if not (explanation := self.explanation):
            return
        self._stop_rendering()
        self.edited.shape(partial(explanation.mask, self.mask_parameters))

    def _take_mask(self) -> None:
        self.mask_changed.emit()
        self._render()

    def _render(self) -> None:
        """Render the sounds that swap at once, then the slower one."""
        self._stop_rendering()
        self._render_each([QUICK, *([(self.other,)] if self.other else []), SLOW])

    def _render_each(self, groups: list[tuple[str, ...]]) -> None:
        explanation, mask, parameters = self.explanation, self.mask, self.render_parameters
        if explanation is None or mask is None:
            return

        def rendered(sounds: dict[str, Clip]) -> None:
            self.sounds = {**self.sounds, **sounds}
            made_from = (mask, parameters)
            if "region" in sounds:
                self._region_begin = region_begin(mask)
            self._rendered_from |= {name: made_from for name in sounds if name != "original"}
            self.sounds_changed.emit()

        self._rendering += [
            self.session.run(
                partial(render, names, explanation, mask, parameters), rendered, "mask"
            )
            for names in groups
        ]

    def _stop_rendering(self) -> None:
        for job in self._rendering:
            job.cancel()
        self._rendering = []


def _stretch(log_mel: "LogMel") -> tuple[float, float]:
    """Return where the clip's own seconds within the window begin and end."""
    return max(0.0, log_mel.start), min(log_mel.duration, log_mel.start + log_mel.mel.seconds)

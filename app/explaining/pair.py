"""Pair: the chosen pair's explanation, its mask and its sounds."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.explaining.edited_mask import Edit, EditedMask
from app.explaining.rendered_sounds import RenderedSounds
from app.lineup.episode_file import OpenedEpisode, ShownEpisode
from app.lineup.kept_map import FiledModel, KeptMap, KeptMaps, MapsOfPairs, PairOfClips, shaping_of
from app.lineup.loaded_model import ModelFile, Request, release_memory
from app.newest import Newest
from app.session.session import Session
from siamese_core.audio import Clip
from siamese_core.callbacks import Event
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.mask.mask import Mask, MaskParameters

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation
    from siamese_core.logmel import LogMel


class Pair(QObject):
    """What is known of the query beside the chosen support clip, from map to sound.

    An explanation belongs to one pair, one model and one place of the windows; when any of them
    changes, it goes.
    """

    explaining_changed = Signal(bool)
    explanation_changed = Signal()
    grown = Signal(str, object)
    """A coarse map of what is being explained: its side and its values."""
    recalled = Signal(object)
    """What was explained earlier is shown again, or asked for: a `Request`."""
    asked_changed = Signal()
    shape_changed = Signal(object)
    """The mask is shaped in another way than was asked for last: `MaskParameters`."""
    mask_changed = Signal()
    sounds_changed = Signal()
    """Some sounds came, or all of them went."""
    maps_came = Signal()
    """No earlier maps are awaited any more: what is missing can be made."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.explanation: Explanation | None = None
        self.asked: Request | None = None
        """How the next explanation is to be made, as it was legal last."""
        self.asks_legally = True
        """Whether no field holds an illegal value now."""
        self.awaits_maps = False
        """Whether the maps of an earlier sitting are still being read."""
        self._shown: PairOfClips | None = None
        self._by: ModelFile | FiledModel | None = None
        self._kept = KeptMaps()
        self.mask_parameters = MaskParameters(share=session.settings.mask_share)
        self.edited, self.rendered = EditedMask(session), RenderedSounds(session)
        self._explaining: Newest[Explanation] = Newest(session.background)
        self.edited.changed.connect(self._take_mask)
        self.rendered.changed.connect(self.sounds_changed)
        session.changing.connect(self.cancel)
        session.heard_changed.connect(self._forget_if_changed)
        session.selection_changed.connect(self._look_elsewhere)
        session.opened_episode.connect(self._take_maps)
        session.background.busy_changed.connect(self._rest)

    @property
    def explaining(self) -> bool:
        """Whether an explanation is being made."""
        return self._explaining.running

    @property
    def mask(self) -> Mask | None:
        """What is heard of the explained clip."""
        return self.edited.now

    @property
    def sounds(self) -> dict[str, Clip]:
        """What can be heard of it, by name."""
        return self.rendered.now

    @property
    def heard_side(self) -> str:
        """The side whose sounds these are."""
        return self.explanation.side if self.explanation else "support"

    @property
    def other_side(self) -> str:
        """The side that is not explained."""
        return "query" if self.heard_side == "support" else "support"

    @property
    def offset(self) -> float:
        """Where the sounds begin in their clip, in seconds."""
        return self.offset_of(self.heard_side)

    def offset_of(self, side: str) -> float:
        """Where the model's window begins within the clip of a side, in seconds."""
        log_mel = self._shown_map(side)
        return _stretch(log_mel)[0] if log_mel else 0.0

    def original_of(self, side: str) -> Clip | None:
        """Return the clip of a side as it is, as much of it as the model heard."""
        log_mel, file = self._shown_map(side), self._file_of(side)
        if log_mel is None or file is None or file not in self.session.clips:
            return None
        clip = self.session.clips[file]
        first, end = (round(second * clip.rate) for second in _stretch(log_mel))
        return clip.cut(first, min(end, len(clip.samples)) - first)

    def explain(self, request: Request) -> None:
        """Explain the pair's score; a map that was made before is shown again at once."""
        session = self.session
        model, pair = session.model, session.pair
        if model is None or pair is None or session.heard is None or self.explaining:
            return
        known = next((kept for kept in self.known if kept.answers(request)), None)
        if known and known.explanation is not self.explanation:
            self.show(known)
            return
        seen = session.heard.lineup, pair, session.clips, dict(session.starts)
        self._explaining.run(
            partial(model.explain, *seen, request),
            on_done=partial(self._explained, again=known is not None),
            on_error=self._failed,
            on_event=partial(self._hear, request.side),
            on_cancelled=self._ended,
            title="Explaining",
            key="explain",
        )
        self.explaining_changed.emit(True)

    def ask(self, request: Request | None) -> None:
        """Note how the next explanation is to be made; None while a field is illegal."""
        before, is_legal = (self.asked, self.asks_legally), request is not None
        self.asked, self.asks_legally = request or self.asked, is_legal
        if (self.asked, is_legal) != before:
            self.asked_changed.emit()

    def recall(self, request: Request) -> None:
        """Show again what was asked for at another time."""
        self.mask_parameters = request.mask
        self.recalled.emit(request)

    def take_maps(self, maps: MapsOfPairs) -> None:
        """Have maps that were made earlier; each is shown once its pair is heard and chosen.

        One whose mask was drawn on takes the place of its like on screen that nobody drew on.
        """
        self._keep()
        for pair, kept in reversed(maps):
            self._kept.put(pair, kept)
        if not (self.explanation or self.explaining):
            self._look_elsewhere()
        elif (known := self.known) and not self.edited.is_drawn:
            wanted = self.asked if self.explaining and self.asked else known[0].request
            drawn = {kept for _pair, kept in maps if kept.is_drawn and kept.answers(wanted)}
            if found := next((kept for kept in known if kept in drawn), None):
                self.show(found)

    def await_maps(self, awaited: bool) -> None:
        """Note whether earlier maps are still to come; till then none is made unasked."""
        self.awaits_maps = awaited
        if not awaited:
            self.maps_came.emit()

    @property
    def known(self) -> list[KeptMap]:
        """The maps of this pair's present score, the one on screen first."""
        self._keep()
        pair, heard, model = self.session.pair, self.session.heard, self.session.model
        found = self._kept.of_pair(pair, heard, model)
        return [kept for kept in found if pair and heard and kept.is_of(pair, heard, model)]

    @property
    def known_shown(self) -> KeptMap | None:
        """The map on screen, if it is of the present model's score."""
        return next((kept for kept in self.known if kept.explanation is self.explanation), None)

    def show(self, kept: KeptMap) -> None:
        """Have one of the pair's maps on screen, with its mask.

        A mask that nobody drew on is shaped as the one before.
        """
        pair = self.session.pair
        if pair is None:
            return
        self._keep()
        self.cancel()
        self.rendered.stop()
        wanted = shaping_of(kept.explanation, self.mask_parameters)
        self._take_up(pair, kept)
        if kept.history.now is kept.shaped and wanted != kept.mask_parameters:
            self._show_shaping(wanted)
            self._shape(anew=True)

    def keep(self, pair: PairOfClips, kept: KeptMap) -> None:
        """Have a map that was made beside the one on screen, which stays the newest."""
        self._kept.put(pair, kept)
        self._keep()

    def cancel(self) -> None:
        """Stop the explanation that is being made."""
        if self._explaining.cancel():
            self._ended()

    def shape(self, parameters: MaskParameters) -> None:
        """Shape the mask anew from the map."""
        self.mask_parameters = parameters
        self.session.settings.mask_share = parameters.share
        self._shape()

    def reset(self) -> None:
        """Have the map's own mask again; what was drawn can be had back by undoing this."""
        self.edited.begin_step()
        self._shape()

    def edit(self, edit: Edit) -> None:
        """Change the mask by hand."""
        self.edited.edit(edit)

    def second_in_clip(self, name: str, seconds: float) -> float | None:
        """Return which second of the clip is heard ``seconds`` into a sound; None in a pause."""
        return self.rendered.second_in_clip(name, seconds, self.offset)

    @property
    def shown_episode(self) -> ShownEpisode | None:
        """The line-up with the present model's scores and maps, the map on screen first."""
        session, heard = self.session, self.session.heard
        if session.model is None:
            return None
        self._keep()
        maps = self._kept.of(heard, session.model, self._shown)
        return ShownEpisode(
            session.lineup,
            session.clips,
            dict(session.starts),
            session.model,
            heard.scored if heard else None,
            maps,
            session.selected if session.pair else None,
        )

    # Behind the requests ----------------------------------------------------------------------

    def _explained(self, explanation: "Explanation", again: bool) -> None:
        """Show a map; asked ``again`` it goes on with the mask of the one before, and its steps."""
        self._ended()
        self._keep()
        self.explanation = explanation
        model = self.session.model
        self._shown, self._by = self.session.pair, model.file if model else None
        if not again:
            self.edited.clear()
        self.explanation_changed.emit()
        self.rendered.begin({})
        self._shape(anew=True)

    def _hear(self, side: str, event: Event) -> None:
        if event.get("event") == "partial":
            self.grown.emit(side, event["values"])

    def _failed(self, error: Exception) -> None:
        self._ended()
        self.session.tell("explain", error)

    def _ended(self) -> None:
        self.explaining_changed.emit(False)

    def _rest(self, busy: bool) -> None:
        """Leave the GPU's memory to others once nothing is computed; a model has imported torch."""
        if self.session.model and not busy:
            QTimer.singleShot(0, release_memory)  # by then a failed job holds nothing any more

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
        self.explanation = kept.explanation
        self._shown, self._by = pair, kept.model
        self.recall(kept.request)
        self.explanation_changed.emit()
        self.rendered.begin({})
        self.edited.take_up(kept.history, kept.shaped, kept.mask_parameters)

    def _take_maps(self, opened: OpenedEpisode) -> None:
        self.take_maps(opened.maps)

    def _keep(self) -> None:
        """Have what is shown now again when its pair is chosen again."""
        shown, by = self._shown, self._by
        if self.explanation and shown and by and (state := self.edited.state):
            self._kept.put(shown, KeptMap(self.explanation, self.mask_parameters, *state, by))

    def _forget(self) -> None:
        self._keep()
        self.cancel()
        self.rendered.stop()
        self.edited.clear()
        if self.explanation:
            self.explanation = None
            self.explanation_changed.emit()
            self.mask_changed.emit()
        self.rendered.begin(self._original())

    def _original(self) -> dict[str, Clip]:
        """Offer the support clip as it is until there is an explanation to hear."""
        clip = self.original_of("support") if self.session.pair else None
        return {"original": clip} if clip else {}

    def _file_of(self, side: str) -> ClipFile | None:
        pair = self.session.pair
        if side == "query":
            return self.session.lineup.query
        return pair[1] if pair else None

    def _shown_map(self, side: str) -> "LogMel | None":
        """Return the log-mel of a side's clip: what is explained, or what was heard."""
        if (shown := self.explanation) and side == shown.side:
            return shown.explained_map
        heard, file = self.session.heard, self._file_of(side)
        return heard.maps.get(file) if heard and file else None

    def _shape(self, *, anew: bool = False) -> None:
        if explanation := self.explanation:
            parameters = self.mask_parameters
            self.edited.shape(partial(explanation.mask, parameters), parameters, anew=anew)

    def _show_shaping(self, parameters: MaskParameters) -> None:
        self.mask_parameters = parameters
        self.session.settings.mask_share = parameters.share
        self.shape_changed.emit(parameters)

    def _take_mask(self) -> None:
        shaping = self.edited.parameters
        if shaping and shaping != self.mask_parameters:
            self._show_shaping(shaping)
        self.mask_changed.emit()
        self.rendered.render(self.explanation, self.mask)


def _stretch(log_mel: "LogMel") -> tuple[float, float]:
    """Return where the clip's own seconds within the window begin and end."""
    return max(0.0, log_mel.start), min(log_mel.duration, log_mel.start + log_mel.mel.seconds)

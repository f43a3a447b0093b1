"""Pair: the chosen pair's explanation, its mask and its sounds."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.background import Job
from app.loaded_model import Request
from app.rendering import QUICK, SLOW, RenderParameters, render, write_figure
from app.session import Session
from siamese_core.audio import Clip, write
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.errors import EarwitnessError
from siamese_core.mask import Mask, MaskParameters

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation
    from siamese_core.logmel import LogMel


_OUTDATED = "That sound is of an earlier mask; change the mask to render it again, then export."


class Pair(QObject):
    """What is known of the query beside the chosen support clip, from map to sound.

    An explanation belongs to one pair, one model and one place of the windows; when any of them
    changes, it goes.
    """

    explaining_changed = Signal(bool)
    explanation_changed = Signal()
    mask_changed = Signal()
    sounds_changed = Signal()
    """Some sounds came, or all of them went."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.explanation: Explanation | None = None
        self.mask_parameters = MaskParameters(share=session.settings.mask_share)
        self.render_parameters = RenderParameters()
        self.mask: Mask | None = None
        self.sounds: dict[str, Clip] = {}
        self._rendered_from: dict[str, tuple[Mask | None, RenderParameters]] = {}
        self._explaining: Job[Explanation] | None = None
        self._rendering: list[Job[dict[str, Clip]]] = []
        session.changing.connect(self.cancel)
        session.heard_changed.connect(self._forget_if_changed)
        session.selection_changed.connect(self._forget)

    @property
    def explaining(self) -> bool:
        """Whether an explanation is being made."""
        return self._explaining is not None

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
            on_cancelled=self._ended,
            title="Explaining",
            key="explain",
        )
        self.explaining_changed.emit(True)

    def cancel(self) -> None:
        """Stop the explanation that is being made."""
        if self._explaining:
            self._explaining.cancel()

    def shape(self, parameters: MaskParameters) -> None:
        """Shape the mask anew; only the newest wish is carried out."""
        self.mask_parameters = parameters
        self.session.settings.mask_share = parameters.share
        self._shape()

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

    # Behind the requests ----------------------------------------------------------------------

    def _write(self, work: Callable[[OnEvent, ShouldStop], None], sentence: str) -> None:
        def written(_nothing: None) -> None:
            self.session.wrote.emit(sentence)

        self.session.run(work, written, "export", "Writing")

    def _explained(self, explanation: "Explanation") -> None:
        self._ended()
        self.explanation, self.mask, self.sounds = explanation, None, {}
        self.explanation_changed.emit()
        self.sounds_changed.emit()
        self._shape()

    def _failed(self, error: Exception) -> None:
        self._ended()
        self.session.tell("explain", error)

    def _ended(self) -> None:
        self._explaining = None
        self.explaining_changed.emit(False)

    def _forget_if_changed(self) -> None:
        if self.session.heard is None or self.explanation is None:
            self._forget()

    def _forget(self) -> None:
        self.cancel()
        self._stop_rendering()
        if self.explanation:
            self.explanation, self.mask = None, None
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
        parameters = self.mask_parameters

        def shaped(mask: Mask) -> None:
            if self.explanation is explanation:
                self.mask = mask
                self.mask_changed.emit()
                self._render()

        self.session.run(lambda _e, _s: explanation.mask(parameters), shaped, "explain", key="mask")

    def _render(self) -> None:
        """Render the sounds that swap at once, then the slower one."""
        self._stop_rendering()
        explanation, mask, parameters = self.explanation, self.mask, self.render_parameters
        if explanation is None or mask is None:
            return

        def rendered(sounds: dict[str, Clip]) -> None:
            self.sounds = {**self.sounds, **sounds}
            made_from = (mask, parameters)
            self._rendered_from |= {name: made_from for name in sounds if name != "original"}
            self.sounds_changed.emit()

        self._rendering = [
            self.session.run(
                partial(render, names, explanation, mask, parameters), rendered, "explain"
            )
            for names in (QUICK, SLOW)
        ]

    def _stop_rendering(self) -> None:
        for job in self._rendering:
            job.cancel()
        self._rendering = []


def _stretch(log_mel: "LogMel") -> tuple[float, float]:
    """Return where the clip's own seconds within the window begin and end."""
    return max(0.0, log_mel.start), min(log_mel.duration, log_mel.start + log_mel.mel.seconds)

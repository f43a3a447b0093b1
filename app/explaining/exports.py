"""Exports: what a person takes away of the pair and of its whole line-up, or saves."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.explaining.pair import Pair
from app.explaining.rendering import write_figure
from app.lineup.episode_file import save_episode
from app.lineup.kept_map import KeptMap, MapsOfPairs, PairOfClips
from app.lineup.lineup import Lineup
from app.lineup.loaded_model import Request
from siamese_core import outputs
from siamese_core.audio import write
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.errors import EarwitnessError
from siamese_core.files import PAGES, PICTURES, check_folder, check_suffix
from siamese_core.mask.mask_file import save_mask

if TYPE_CHECKING:
    from siamese_core.exhibit.exhibit import Exhibit

_NOT_READY = "The network is not ready yet; save the episode once the line-up is scored."
_UNREAD = "Not every clip of the line-up is read yet; try again once it is scored."
_NOT_WHOLE = "An episode to save needs a query and a support set."
_OUTDATED = "That sound is of an earlier mask; change the mask to render it again, then export."

Make = Callable[[OnEvent, ShouldStop], "Exhibit"]
"""Explains a line-up."""


class Exports(QObject):
    """Each is written on the worker; of a line-up, every pair is explained first."""

    wrote = Signal(str)
    """Something was written: a sentence."""

    def __init__(self, pair: Pair) -> None:
        super().__init__(pair)
        self._pair, self._session = pair, pair.session

    # Of the pair ------------------------------------------------------------------------------

    def sound(self, name: str, path: Path) -> None:
        """Write one of the sounds: 32-bit float WAV, or FLAC if the name ends so."""
        sound = self._pair.sounds.get(name)
        if sound is None or self._pair.rendered.is_outdated(name):
            self._session.tell("export", EarwitnessError(_OUTDATED))
            return
        self._write(lambda _e, _s: write(sound, path), f"The sound is in {path}.")

    def figure(self, path: Path) -> None:
        """Write the pair with its map as a picture: png, svg or pdf."""
        explanation, heard = self._pair.explanation, self._session.heard
        index = self._session.selected
        if explanation is None or heard is None or heard.scored is None or index is None:
            return
        scored, mask, origin = heard.scored, self._pair.mask, self._pair.edited.origin
        predicted = scored.predicted is not None and index == scored.best
        score, truth = scored.scores[index], self._session.lineup.truth
        self._write(
            lambda _e, _s: write_figure(explanation, score, predicted, mask, origin, truth, path),
            f"The figure is in {path}.",
        )

    def mask(self, path: Path) -> None:
        """Write the mask as it is."""
        if mask := self._pair.mask:
            self._write(lambda _e, _s: save_mask(mask, path), f"The mask is in {path}.")

    # Of the line-up ---------------------------------------------------------------------------

    def can_save(self) -> bool:
        """Whether there is an episode to save; what is missing is said."""
        session, fault = self._session, ""
        if session.lineup.episode is None:
            fault = _NOT_WHOLE
        elif session.model is None:
            fault = _NOT_READY
        elif not session.is_read:
            fault = _UNREAD
        if fault:
            session.tell("line-up", EarwitnessError(fault))
        return not fault

    def save_episode(self, path: Path) -> None:
        """Write the line-up with its clips, scores and maps to one file."""
        if self.can_save() and (shown := self._pair.shown_episode):

            def saved(_nothing: None) -> None:
                self._session.settings.remember_episode(str(path))
                self.wrote.emit(f"The episode is in {path}.")

            work = partial(save_episode, path, shown)
            self._session.run(work, saved, "export", title="Writing", write=True)

    @property
    def shown_request(self) -> Request | None:
        """What the map on screen answers: what is taken away is what is seen.

        None if there is none, or it is not of the model's present scores.
        """
        kept = self._pair.known_shown
        return kept.request if kept else None

    def episode(self, request: Request, folder: Path) -> None:
        """Write the folder that `earwitness explain --out` writes."""
        self._write_lineup(
            request, _write_folder, folder, f"The line-up is in the folder {folder}."
        )

    def page(self, request: Request, path: Path) -> None:
        """Write the page that `earwitness explain --page` writes."""
        self._write_lineup(request, _write_page, path, f"The page is in {path}.", measured=True)

    def lineup_figure(self, request: Request, path: Path) -> None:
        """Write the picture that `earwitness explain --figure` writes: png, svg or pdf."""
        self._write_lineup(request, _write_figure, path, f"The figure is in {path}.")

    # Behind the requests ----------------------------------------------------------------------

    def _write(
        self,
        work: Callable[[OnEvent, ShouldStop], None],
        sentence: str,
        title: str = "",
    ) -> None:
        """Write something on the worker; the sentence tells then where it is.

        Work with a title of its own takes long: it can be cancelled, as no other writing can, and
        is asked of before it is lost to a close.
        """
        if not self._session.is_read:
            self._session.tell("export", EarwitnessError(_UNREAD))
            return
        self._session.run(
            work,
            lambda _nothing: self.wrote.emit(sentence),
            "export",
            title=title or "Writing",
            write=not title,
            awaited=bool(title),
        )

    def _write_lineup(
        self,
        request: Request,
        write: Callable[[Make, Path, OnEvent, ShouldStop], None],
        path: Path,
        sentence: str,
        measured: bool = False,
    ) -> None:
        session, shown = self._session, self._pair.shown_episode
        if shown is None or session.model is None:
            return
        newest = _newest(shown.maps)
        best = session.lineup.pair(shown.scored.best if shown.scored else None)
        own = next((k for p, k in shown.maps if p == best and k.answers(request)), None)
        mask = (own.history.now, own.mask_origin) if own and _is_ready(own) else (None, None)
        line_up = session.lineup, session.clips, dict(session.starts), session.corpora.branches
        how = request, *mask, self._pair.rendered.parameters, measured
        make = partial(session.model.exhibit, *line_up, *how)
        lost = [pair for pair, kept in newest if _is_ready(kept) and kept is not own]
        if lost and best:
            sentence += " " + _left_out(lost, best, request, session.lineup)
        self._write(partial(write, make, path), sentence, "Exporting the line-up")


def _newest(maps: MapsOfPairs) -> MapsOfPairs:
    """Return of each pair's maps the one that is seen when the pair is chosen."""
    return list({pair: (pair, kept) for pair, kept in reversed(maps)}.values())


def _is_ready(kept: KeptMap) -> bool:
    """Whether its mask is more than the map's own."""
    return not kept.mask_origin.is_shaped


def _left_out(
    lost: Sequence[PairOfClips], best: PairOfClips, request: Request, lineup: Lineup
) -> str:
    """Say which masks are not in what is written of a line-up, and why."""

    def named(pair: PairOfClips) -> str:
        clip, alone = pair[1], len(lineup.classes) == len(lineup.support)
        return clip.label if alone else f"{clip.label} ({clip.path.name})"

    masks = " and ".join(named(pair) for pair in lost)
    lacking = "The mask made on {} is" if len(lost) == 1 else "The masks made on {} are"
    how = f", by {request.method} on the {request.side} clip" if best in lost else ""
    kept = f"it has one mask, that of its best pair, {named(best)}{how}"
    return f"{lacking.format(masks)} not in it; {kept}."


def _write_folder(make: Make, folder: Path, on_event: OnEvent, should_stop: ShouldStop) -> None:
    from siamese_core.exhibit.exhibit_folder import write_exhibit

    check_folder(folder, outputs.EXHIBIT)  # before all that work
    write_exhibit(make(on_event, should_stop), folder, on_event, should_stop)


def _write_page(make: Make, path: Path, on_event: OnEvent, should_stop: ShouldStop) -> None:
    from siamese_core.exhibit.exhibit_page import write_page

    check_suffix(path, PAGES)
    write_page(make(on_event, should_stop), path, on_event, should_stop)


def _write_figure(make: Make, path: Path, on_event: OnEvent, should_stop: ShouldStop) -> None:
    from siamese_core.figures import save_figure

    check_suffix(path, PICTURES)
    save_figure(make(on_event, should_stop).figure(), path)

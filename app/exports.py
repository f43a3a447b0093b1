"""Exports: what a person takes away of the pair and of its whole line-up."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.loaded_model import Request
from app.pair import Pair
from app.rendering import write_figure
from siamese_core import outputs
from siamese_core.audio import write
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.errors import EarwitnessError
from siamese_core.files import PAGES, PICTURES, check_folder, check_suffix
from siamese_core.mask import Mask

if TYPE_CHECKING:
    from siamese_core.exhibit import Exhibit

_OUTDATED = "That sound is of an earlier mask; change the mask to render it again, then export."

Make = Callable[[OnEvent, ShouldStop], "Exhibit"]
"""Explains a line-up."""


class Exports(QObject):
    """Each is written on the worker; of a line-up, every pair is explained first."""

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
        self._pair.write(lambda _e, _s: write(sound, path), f"The sound is in {path}.")

    def figure(self, path: Path) -> None:
        """Write the pair with its map as a picture: png, svg or pdf."""
        explanation, heard = self._pair.explanation, self._session.heard
        index = self._session.selected
        if explanation is None or heard is None or heard.scored is None or index is None:
            return
        scored, mask = heard.scored, self._pair.mask
        predicted = scored.predicted is not None and index == scored.best
        score, truth = scored.scores[index], self._session.lineup.truth
        self._pair.write(
            lambda _e, _s: write_figure(explanation, score, predicted, mask, truth, path),
            f"The figure is in {path}.",
        )

    # Of the line-up ---------------------------------------------------------------------------

    def episode(self, request: Request, folder: Path) -> None:
        """Write the folder that `earwitness explain --out` writes."""
        self._write(request, _write_folder, folder, f"The line-up is in the folder {folder}.")

    def page(self, request: Request, path: Path) -> None:
        """Write the page that `earwitness explain --page` writes."""
        self._write(request, _write_page, path, f"The page is in {path}.", measured=True)

    def lineup_figure(self, request: Request, path: Path) -> None:
        """Write the picture that `earwitness explain --figure` writes: png, svg or pdf."""
        self._write(request, _write_figure, path, f"The figure is in {path}.")

    def _write(
        self,
        request: Request,
        write: Callable[[Make, Path, OnEvent, ShouldStop], None],
        path: Path,
        sentence: str,
        measured: bool = False,
    ) -> None:
        session, mask = self._session, self._drawn_mask(request)
        starts = dict(session.starts)
        if model := session.model:
            line_up = session.lineup, session.clips, starts
            make = partial(model.exhibit, *line_up, request, mask, measured)
            self._pair.write(partial(write, make, path), sentence, "Exporting the line-up")

    def _drawn_mask(self, request: Request) -> Mask | None:
        """Return the mask of the line-up's best pair where it is on screen and drawn by hand."""
        heard, shown = self._session.heard, self._pair.explanation
        known = next(iter(self._pair.known), None)
        if known is None or known.explanation is not shown or not heard or not heard.scored:
            return None
        is_best = self._session.selected == heard.scored.best
        return known.history.now if is_best and known.is_drawn and known.answers(request) else None


def _write_folder(make: Make, folder: Path, on_event: OnEvent, should_stop: ShouldStop) -> None:
    from siamese_core.exhibit import write_exhibit

    check_folder(folder, outputs.EXHIBIT)  # before all that work
    write_exhibit(make(on_event, should_stop), folder, on_event, should_stop)


def _write_page(make: Make, path: Path, on_event: OnEvent, should_stop: ShouldStop) -> None:
    from siamese_core.exhibit_page import write_page

    check_suffix(path, PAGES)
    write_page(make(on_event, should_stop), path, on_event, should_stop)


def _write_figure(make: Make, path: Path, on_event: OnEvent, should_stop: ShouldStop) -> None:
    from siamese_core.figures import save_figure

    check_suffix(path, PICTURES)
    save_figure(make(on_event, should_stop).figure(), path)

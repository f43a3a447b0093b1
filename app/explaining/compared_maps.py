"""ComparedMaps: maps of the present pair by several methods, made one after another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, QTimer, Signal

from app.errors import sentence
from app.explaining.faithfulness import Figures, quick_figures
from app.explaining.pair import Pair
from app.lineup.kept_map import KeptMap, PairOfClips, shaping_of
from app.lineup.lineup import Clips
from app.lineup.loaded_model import Heard, LoadedModel, Request, Starts
from app.newest import Newest
from siamese_core.attribution.methods import METHODS
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.faithfulness.metrics import obstacle
from siamese_core.mask.mask_history import MaskHistory

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation, Side

MOST_MAPS = 6
"""So many stand side by side: of more, none could be read on a small screen."""


@dataclass(frozen=True, eq=False)
class _Work:
    """What the worker needs to know of the pair."""

    model: LoadedModel
    heard: Heard
    pair: PairOfClips
    clips: Clips
    starts: Starts


class ComparedMaps(QObject):
    """What is known of a pair is shown at once; the rest is made in the order of the methods.

    A map that was made here is kept like one that was asked for alone.
    """

    changed = Signal()
    """A map or its figures came, or all of them went."""
    chosen_changed = Signal()

    def __init__(self, pair: Pair) -> None:
        super().__init__(pair)
        self._pair, self._session = pair, pair.session
        self.methods: tuple[str, ...] = ()
        self.chosen: tuple[str, ...] = ()
        """What was compared last; it stays when nothing is compared any more."""
        self.maps: dict[str, KeptMap] = {}
        self.faults: dict[str, str] = {}
        """Why a method has no map of this pair: a sentence."""
        self.running = ""
        """The method that is being asked."""
        self._figures: WeakKeyDictionary[Explanation, Figures] = WeakKeyDictionary()
        self._job: Newest[tuple[KeptMap, Figures]] = Newest(pair.session.background)
        self._asked: tuple[str, str | None] = ("support", None)
        self._wanted = False
        session = pair.session
        session.changing.connect(self.cancel)
        session.heard_changed.connect(self._begin_anew)
        session.selection_changed.connect(self._begin_anew)
        pair.asked_changed.connect(self._look_at_question)
        pair.explanation_changed.connect(self._look)
        pair.mask_changed.connect(self._look_on)
        pair.explaining_changed.connect(self._wait)

    @property
    def lacking(self) -> bool:
        """Whether a method that may have a map has none yet."""
        return self._next_method() is not None

    @property
    def going(self) -> bool:
        """Whether maps are being made, here or after the page's own."""
        return self._wanted and self.lacking

    @property
    def side(self) -> "Side":
        """The clip that the maps lie on."""
        return self._pair.asked.side if self._pair.asked else "support"

    @property
    def against(self) -> str | None:
        """The class that all of them are held against, if any."""
        return self._pair.asked.against if self._pair.asked else None

    def figures(self, method: str) -> Figures | None:
        """Return what is known of a method's map in numbers."""
        kept = self.maps.get(method)
        return self._figures.get(kept.explanation) if kept else None

    def compare(self, methods: tuple[str, ...]) -> None:
        """Show the maps of some methods, and make those that there are not yet."""
        if self.running and self.running not in methods:
            self.cancel()
        self.methods, self.faults, self._wanted = methods, {}, True
        if methods and methods != self.chosen:
            self.chosen = methods
            self.chosen_changed.emit()
        self._look_on()

    def recall(self, methods: Sequence[str]) -> None:
        """Note what was compared at another time; what is not a method any more is left out."""
        self.chosen = tuple(method for method in methods if method in METHODS)

    def cancel(self) -> None:
        """Make no further maps; those that there are stay."""
        self._job.cancel()
        self.running, self._wanted = "", False
        self.changed.emit()

    def show(self, method: str) -> None:
        """Make a method's map the one on screen."""
        if kept := self.maps.get(method):
            self._pair.show(kept)

    def _begin_anew(self) -> None:
        """Look for maps of another pair; the rest is made at once only where that is wanted."""
        if not self.methods:
            return
        self.cancel()
        self.faults = {}
        self._wanted = self._session.settings.explain_at_once
        self._look_on()

    def _look_at_question(self) -> None:
        if (self.side, self.against) != self._asked:
            self._asked = self.side, self.against
            self._begin_anew()

    def _wait(self, explaining: bool) -> None:
        """Go on after the page's own explanation, which may be one of these."""
        if not explaining:
            QTimer.singleShot(0, self._resume)

    def _resume(self) -> None:
        """Look whether that explanation came, or was given up, which gives these up too."""
        if not self._pair.explaining and self._pair.explanation is None and not self._job.running:
            self._wanted = False
        self._look_on()

    def _look_on(self) -> None:
        self._look()
        self._go_on()

    def _look(self) -> None:
        """Take up what is known of the pair."""
        if not self.methods:
            return
        known = self._pair.known
        found = {method: self._known(method, known) for method in self.methods}
        self.maps = {method: kept for method, kept in found.items() if kept}
        self.changed.emit()

    def _known(self, method: str, known: list[KeptMap]) -> KeptMap | None:
        """Find a method's newest map, with the settings that are asked for where there are some."""
        if (asked := self._pair.asked) and asked.method == method:
            return next((kept for kept in known if kept.answers(asked)), None)
        question = (method, self.side, self.against)
        requests = ((kept, kept.request) for kept in known)
        found = (k for k, own in requests if (own.method, own.side, own.against) == question)
        return next(found, None)

    def _next_method(self) -> str | None:
        return next(
            (m for m in self.methods if m not in self.faults and self.figures(m) is None), None
        )

    def _go_on(self) -> None:
        """Ask the next method, unless one is being asked, here or for the page."""
        if self._job.running or not self._wanted or self._is_page_waiting:
            return
        method, work = self._next_method(), self._work()
        if method is None or work is None:
            return
        self.running = method
        request, kept = self._request(method), self.maps.get(method)
        self._job.run(
            partial(_explain, work, request, kept),
            on_done=partial(self._take, work.pair),
            on_error=partial(self._fail, method),
            on_cancelled=self.cancel,
            title="Comparing",
        )
        self.changed.emit()

    @property
    def _is_page_waiting(self) -> bool:
        """Whether the page's own map, or its mask, is being made."""
        pair = self._pair
        return pair.explaining or (pair.explanation is not None and pair.mask is None)

    def _work(self) -> _Work | None:
        session = self._session
        model, heard, pair = session.model, session.heard, session.pair
        if model is None or heard is None or pair is None:
            return None
        return _Work(model, heard, pair, session.clips, dict(session.starts))

    def _request(self, method: str) -> Request:
        asked, shape = self._pair.asked, self._pair.mask_parameters
        if asked and asked.method == method:
            return replace(asked, mask=shape)
        return Request(method, METHODS[method].parameters(), self.side, shape, self.against)

    def _take(self, pair: PairOfClips, made: tuple[KeptMap, Figures]) -> None:
        kept, figures = made
        self.running = ""
        self._figures[kept.explanation] = figures
        if kept.explanation.method not in self.maps:
            self._pair.keep(pair, kept)
        self._look_on()

    def _fail(self, method: str, error: Exception) -> None:
        self.running = ""
        self.faults[method] = sentence(error)
        self._session.escalate(error)
        self.changed.emit()
        self._go_on()


def _explain(
    work: _Work,
    request: Request,
    kept: KeptMap | None,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> tuple[KeptMap, Figures]:
    """Make a map with its mask unless there is one, and measure what takes no time."""
    if kept is None:
        explanation = work.model.explain(
            work.heard.lineup, work.pair, work.clips, work.starts, request, on_event, should_stop
        )
        shaping = shaping_of(explanation, request.mask)
        mask = explanation.mask(shaping)
        kept = KeptMap(explanation, shaping, MaskHistory(mask), mask, work.model.file)
    model, heard, (_, support) = work.model, work.heard, work.pair
    if kept.explanation.against is not None or obstacle(heard.lineup.classes):
        return kept, {}  # the figures are of one class's probability, which must not be certain
    return kept, quick_figures(model, heard, support, kept.explanation, should_stop)

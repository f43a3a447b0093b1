"""Session: the window's only shared state, its signals, and what a person can ask of it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from app.background import Background, Job
from app.corpora import BUNDLED, Corpora
from app.episode_file import OpenedEpisode, open_episode
from app.errors import sentence
from app.guesses import Guesses
from app.hearing import Hearing
from app.lineup import Clips, Lineup, random_lineup, read_lineup
from app.lineup_history import LineupHistory
from app.loaded_model import Heard, LoadedModel, Starts, list_devices, load_model, warm_explaining
from app.outcomes import Outcomes
from app.player import Player
from app.settings import Settings
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.corpus import ClipFile, Corpus
from siamese_core.demo import bundled_lineup, bundled_model
from siamese_core.errors import EarwitnessError

if TYPE_CHECKING:
    from siamese_core.audio import Clip
    from siamese_core.devices import DeviceInfo

T = TypeVar("T")


class Session(QObject):
    """Corpus, line-up, model and scores; it holds no widget and computes nothing itself.

    Each request runs a core function on the one worker thread and changes the state when that
    ends well. Otherwise the state stays as it was, and `refused` or `failed` says why.
    """

    corpus_changed = Signal()
    lineup_changed = Signal()
    heard_changed = Signal()
    """The log-mels and scores of the line-up came, or went because it changed."""
    model_changed = Signal()
    devices_changed = Signal()
    selection_changed = Signal()
    history_changed = Signal()
    """Earlier line-ups came back, or were forgotten."""
    reading = Signal(int)
    """A clip for this place is being read."""
    given_up = Signal(int)
    """The clip for this place is no longer waited for: its reading was cancelled."""
    refused = Signal(int, str)
    """The clip for this place cannot be had: a sentence."""
    failed = Signal(str, str)
    """What failed (library, line-up, model, explain, mask, export, evaluate), and a sentence."""
    unexpected = Signal(object)
    """An exception that no person could have caused."""
    changing = Signal()
    """Another line-up, model or window was asked for: what is being explained is not wanted."""
    opened_episode = Signal(object)
    """An `OpenedEpisode` is shown."""
    wrote = Signal(str)
    """Something was written to disk: a sentence."""

    def __init__(
        self,
        background: Background,
        player: Player,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.background, self.player, self.settings = background, player, settings
        self.corpora = Corpora(background, settings, partial(self.tell, "library"), self)
        self.corpora.changed.connect(self.corpus_changed)
        self.corpora.changed.connect(self._name_anew)
        self._hearing = Hearing(background, self._take_heard, partial(self.tell, "line-up"), self)
        self._hearing.changed.connect(self.heard_changed)
        self._hearing.changed.connect(self._warm_explaining)
        self.lineup = Lineup()
        self.clips: Clips = {}
        self.starts: dict[ClipFile, float] = {}
        self.model: LoadedModel | None = None
        self.devices: list[DeviceInfo] = []
        self.selected: int | None = None
        self.unreadable: set[Path] = set()
        """Files that are known to be damaged: none is drawn."""
        self.opened: OpenedEpisode | None = None
        """The episode's file that was opened last."""
        self._filed: dict[ClipFile, Clip] = {}
        self.guesses, self.outcomes = Guesses(self), Outcomes(self)
        self.history = LineupHistory()

    def run(
        self,
        work: Callable[[OnEvent, ShouldStop], T],
        done: Callable[[T], None],
        where: str,
        title: str = "",
        key: str | None = None,
    ) -> Job[T]:
        """Run ``work`` on the worker thread; its error is told as one of ``where``."""
        return self.background.run(
            work,
            on_done=done,
            on_error=lambda error: self.tell(where, error),
            title=title,
            key=key,
        )

    def tell(self, where: str, error: Exception) -> None:
        """Phrase an error for the page that it belongs to."""
        self.failed.emit(where, sentence(error))
        self._escalate(error)

    # Opening --------------------------------------------------------------------------------

    def open_bundled(self) -> None:
        """Show the bundled line-up at once, then read the bundled voices and its clips."""
        self.corpora.open(BUNDLED)
        self.open_bundled_lineup()

    def open_bundled_lineup(self) -> None:
        """Show the bundled line-up."""
        self.begin_with(Lineup.of(bundled_lineup()))

    def begin_with(
        self, lineup: Lineup, starts: Starts | None = None, selected: int | None = None
    ) -> None:
        """Show a line-up at once, then read its clips."""
        self.changing.emit()
        self.starts |= starts or {}
        self._show(lineup, {})
        self.select(selected)
        self._take_up(lambda: lineup)

    def warm_up(self, model: Path | None = None) -> None:
        """Import torch, load a model or the bundled one, look for devices, all on the worker."""
        self.set_model(model or bundled_model())
        self.run(lambda _e, _s: list_devices(), self._list_devices, "model")

    def cancel(self) -> None:
        """Stop whatever is being done, but for the first loading of a model."""
        if self.model:
            self.background.cancel_all()

    def open_corpus(self, folder: Path) -> None:
        """Open a folder of class folders, and no other; the line-up stays."""
        self.corpora.open([folder])

    @property
    def corpus(self) -> Corpus | None:
        """All that is open in the library, as one corpus."""
        return self.corpora.joined

    def open_episode(self, path: Path) -> None:
        """Show the line-up of an episode's file; it is heard by the present model."""
        self.changing.emit()
        work = partial(open_episode, path)
        self.run(work, self.take_episode, "line-up", "Opening the episode", key="line-up")

    def take_episode(self, opened: OpenedEpisode) -> None:
        """Show an episode that was read."""
        self.settings.remember_episode(str(opened.path))
        self.opened = opened
        self._filed |= opened.clips
        self.starts |= opened.starts
        self._commit(opened.lineup, opened.clips)
        self.select(opened.selected)
        self.opened_episode.emit(opened)

    def set_model(self, path: Path, device: str | None = None) -> None:
        """Load a model, or move it to another device; the line-up is scored again."""
        self.changing.emit()
        wanted = self.settings.device if device is None else device

        def loaded(model: LoadedModel) -> None:
            if self.model is not None and self.model.mel != model.mel:
                self.starts.clear()  # windows of another length mean other places
            self.model = model
            self.settings.device = wanted
            if path != bundled_model():
                self.settings.remember_model(str(path))
            self.model_changed.emit()
            self._hear()

        def failed(error: Exception) -> None:
            self.model_changed.emit()
            self.tell("model", error)
            if self.model is None and wanted != "auto":  # the device of another day is gone
                self.set_model(path, "auto")
            elif self.model is None and path != bundled_model():
                self.set_model(bundled_model(), "auto")

        self.background.run(
            lambda _e, _s: load_model(path, wanted),
            on_done=loaded,
            on_error=failed,
            title="Loading the model" if self.model else "Warming up the network",
            key="model",
        )

    def set_device(self, name: str) -> None:
        """Run the present model on another device."""
        self.set_model(self.model.path if self.model else bundled_model(), name)

    # The line-up ----------------------------------------------------------------------------

    def put(self, place: int, clip: ClipFile) -> None:
        """Read a clip and give it a place; a clip that cannot be read changes nothing."""
        self.changing.emit()
        before = self.lineup
        self._read_into(lambda: self.lineup.place_of(place, before), clip)

    def add(self, clip: ClipFile) -> None:
        """Add a clip to the support set."""
        self._read_into(lambda: len(self.lineup.support) + 1, clip)

    def remove(self, place: int) -> None:
        """Take a clip out of the line-up."""
        self.changing.emit()
        self._commit(self.lineup.without(place), {})

    def lock(self, place: int) -> None:
        """Have a clip stay when the next line-up is drawn, or no longer."""
        self._show(self.lineup.with_lock_turned(place), self.clips)

    def draw(self, ways: int, shots: int, seed: int, among: Corpus | None = None) -> None:
        """Draw a random line-up from the corpus, or a part of it, around the locked clips."""
        self.changing.emit()
        if corpus := among or self.corpus:
            wanted = (ways, shots, seed, self.lineup, frozenset(self.unreadable))
            self._take_up(lambda: random_lineup(corpus, *wanted), drawn=True)

    def open_lineup(self, lineup: Lineup) -> None:
        """Read a line-up's clips and show it."""
        self.changing.emit()
        self._take_up(lambda: lineup)

    def can_step(self, by: int) -> bool:
        """Whether this sitting had a line-up before (-1) or after (1) this one."""
        return self.history.can_step(by)

    def step(self, by: int, *, edits: bool = False) -> None:
        """Go back (-1) or forward (1) to another line-up of this sitting."""
        if self.history.can_step(by, edits=edits):
            place = self.history.set_out(by, edits=edits)
            lineup = self.history.at(place)
            if lineup != self.lineup:
                self.changing.emit()
            self._take_up(lambda: lineup, place)

    def back(self) -> None:
        """Go to the line-up before this one."""
        self.step(-1)

    def forward(self) -> None:
        """Go to the line-up after this one."""
        self.step(1)

    def select(self, index: int | None) -> None:
        """Choose the support clip that is shown beside the query; a guess, where one is wanted."""
        if index is not None and self.guesses.hides(self.lineup):
            self.guesses.pick(self.lineup, index)
        if index != self.selected:
            self.selected = self.history.selected = index
            self.selection_changed.emit()

    def score_again(self) -> None:
        """Score the line-up once more, where that was cancelled or failed."""
        self._hear()

    def move_window(self, clip: ClipFile, start: float) -> None:
        """Place the model's window in a long clip, in seconds, and score again from there."""
        if self.starts.get(clip) != start:
            self.changing.emit()
            self.starts[clip] = start
            self._hear()

    def audition(self, clip: ClipFile) -> None:
        """Play a whole clip, or stop it."""
        known = self.clips.get(clip) or self._filed.get(clip)
        self.player.audition(clip, known, partial(self.tell, "library"))

    @property
    def hearing(self) -> bool:
        """Whether the line-up is being scored."""
        return self._hearing.running

    @property
    def heard(self) -> Heard | None:
        """The log-mels and scores of the line-up, once they are known."""
        return self._hearing.heard

    @property
    def pair(self) -> tuple[ClipFile, ClipFile] | None:
        """The query and the chosen support clip."""
        return self.lineup.pair(self.selected)

    # Behind the requests ----------------------------------------------------------------------

    def _read_into(self, find_place: Callable[[], int], clip: ClipFile) -> None:
        """Read a clip; its place is found when it is read, for others may have come meanwhile."""
        place = find_place()
        self.reading.emit(place)

        def refused(error: Exception) -> None:
            self.refused.emit(place, sentence(error))
            self._escalate(error)

        self.background.run(
            lambda _e, _s: self._filed.get(clip) or clip.read(),
            on_done=lambda read: self._commit(self.lineup.put(find_place(), clip), {clip: read}),
            on_error=refused,
            on_cancelled=partial(self.given_up.emit, place),
        )

    def _take_up(
        self, find: Callable[[], Lineup], place: int | None = None, *, drawn: bool = False
    ) -> None:
        """Find a line-up, read its clips, and show it at its place in the history, if any."""

        def taken(found: tuple[Lineup, Clips]) -> None:
            self.history.arrive(place)
            if drawn:
                self.outcomes.note_drawn(found[0])
            self._commit(*found)

        def failed(error: Exception) -> None:
            self.history.give_up(place)
            self.tell("line-up", error)

        self.background.run(
            partial(read_lineup, find, {**self._filed, **self.clips}),
            on_done=taken,
            on_error=failed,
            on_cancelled=partial(self.history.give_up, place),
            key="line-up",
        )

    def _commit(self, lineup: Lineup, read: Clips) -> None:
        """Show a line-up whose clips are read, remember it, and score it if it is another one."""
        known, named = {**self.clips, **read}, lineup.named_in(self.corpus)
        for told_of in (self.outcomes, self.guesses):
            told_of.rename(lineup, named)
        names = dict(zip(lineup.clips, named.clips, strict=True))
        self.starts |= {names[clip]: self.starts[clip] for clip in names if clip in self.starts}
        is_heard = named == self.lineup and self.heard is not None
        self._show(named, {name: known[clip] for clip, name in names.items() if clip in known})
        if not is_heard:
            self._hear()

    def _name_anew(self) -> None:
        """Follow the library, where two corpora that have a class in common rename it."""
        if self.lineup.named_in(self.corpus) != self.lineup:
            self._commit(self.lineup, {})

    def _show(self, lineup: Lineup, clips: Clips) -> None:
        replaced = len(set(lineup.support) & set(self.lineup.support)) == 0
        kept = (
            None
            if replaced or self.guesses.hides(lineup)
            else self.lineup.selected_in(lineup, self.selected, self.history.selected)
        )
        if lineup != self.lineup or not clips:
            self._hearing.heard = None
        self.lineup, self.clips = lineup, clips
        self.history.show(lineup)
        self.lineup_changed.emit()
        self.select(kept)

    def _hear(self) -> None:
        """Compute log-mels and scores of the line-up as it is now."""
        self._hearing.begin(self.model, self.lineup, self.clips, self.starts)

    def _take_heard(self, heard: Heard) -> Heard:
        """Judge guesses by what is heard, choose a pair, and tell of the model that it is for."""
        if heard.scored:
            self.guesses.note(heard.lineup, heard.scored.predicted)
            if self.model:
                self.outcomes.note(self.model.path, heard.lineup, heard.scored.predicted)
        if heard.scored and self.pair is None and not self.guesses.hides(self.lineup):
            self.select(heard.scored.best)
        return self.opened.noted(heard, self.model) if self.opened else heard

    def _warm_explaining(self) -> None:
        if self.heard:
            self.run(lambda _e, _s: warm_explaining(), lambda _: None, "explain", key="warm")

    def _list_devices(self, devices: "list[DeviceInfo]") -> None:
        self.devices = devices
        self.devices_changed.emit()

    def _escalate(self, error: Exception) -> None:
        if not isinstance(error, EarwitnessError):
            self.unexpected.emit(error)

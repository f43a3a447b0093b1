"""Session: the window's only shared state, its signals, and what a person can ask of it."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.errors import sentence
from app.lineup.episode_file import OpenedEpisode, open_episode
from app.lineup.guesses import Guesses
from app.lineup.hearing import Hearing
from app.lineup.lineup import Clips, Lineup, left_out, random_lineup, read_clips
from app.lineup.lineup_reading import LineupReading
from app.lineup.loaded_model import Heard, LoadedModel, Starts, warm_explaining
from app.lineup.outcomes import Outcomes
from app.lineup.windows import places_of
from app.session.corpora import BUNDLED, Corpora
from app.session.library_names import named_in, tell_levels
from app.session.shown_lineup import ShownLineup
from app.settings import Settings
from app.sound.player import Player
from app.training.run_folder import moved
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus
from siamese_core.demo import bundled_lineup
from siamese_core.errors import AudioError


class Session(ShownLineup):
    """Corpus, line-up, model and scores; it holds no widget and computes nothing itself.

    Each request runs a core function on the one worker thread and changes the state when that
    ends well. Otherwise the state stays as it was, and `refused` or `failed` says why.
    """

    corpus_changed = Signal()
    lineup_changed = Signal()
    heard_changed = Signal()
    """The log-mels and scores of the line-up came, or went because it changed."""
    selection_changed = Signal()
    history_changed = Signal()
    """Earlier line-ups came back, or were forgotten."""
    reading = Signal(int)
    """A clip for this place is being read."""
    reading_changed = Signal()
    """The clips of a line-up are being read, or no longer waited for."""
    given_up = Signal(int)
    """The clip for this place is no longer waited for: its reading was cancelled."""
    refused = Signal(int, str)
    """The clip for this place cannot be had: a sentence."""
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
        super().__init__(background, settings, parent)
        self.player = player
        self.corpora = Corpora(background, settings, partial(self.tell, "library"), self)
        self.corpora.changed.connect(self.corpus_changed)
        self.corpora.changed.connect(self._name_anew)
        self.corpora.changed.connect(partial(tell_levels, self.corpora, self.failed))
        telling = partial(self.tell, "line-up")
        self._reading = LineupReading(background, self.history, telling, self)
        self._reading.changed.connect(self.reading_changed)
        self._hearing = Hearing(background, self._take_heard, telling, self)
        self._hearing.changed.connect(self.heard_changed)
        self._hearing.changed.connect(self._warm_explaining)
        self._is_to_be_heard = False
        """While a line-up is shown that is to be scored; a cancelled scoring leaves no trace."""
        self.unreadable: set[Path] = set()
        """Files that are known to be damaged: none is drawn."""
        self.opened: OpenedEpisode | None = None
        """The episode's file that was opened last."""
        self._filed: Clips = {}
        self.guesses, self.outcomes = Guesses(self), Outcomes(self)

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
        self._windows.place(starts or {})
        self._take_up(lambda: lineup, partly=True)
        self._show(lineup, {})
        self._hear()
        self._select_again(selected)

    def cancel(self) -> None:
        """Stop whatever is being done, but for what must come: a first model, what is written."""
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
        title = f"Opening {path.name}"
        self.run(work, self._take_episode, "line-up", title=title, key="line-up")

    def note_outcome(self) -> None:
        """Note what the model predicts of what was heard."""
        if (heard := self.heard) and heard.scored and self.model:
            places = places_of(heard.lineup.clips, heard.starts)
            found = heard.scored.predicted, heard.sounds, places
            self.outcomes.note(self.model.path, heard.lineup, *found)

    def move_models(self, before: Path, after: Path) -> None:
        """Know models by where they are now, and what they made of the line-ups."""
        self.outcomes.follow(partial(moved, before=before, after=after))
        super().move_models(before, after)

    # The line-up ----------------------------------------------------------------------------

    def put(self, place: int, clip: ClipFile) -> None:
        """Read a clip and give it a place; a clip that cannot be read changes nothing."""
        self.changing.emit()
        before = self.lineup
        self._read_into(lambda: self.lineup.place_of(place, before), clip)

    def add(self, clip: ClipFile) -> None:
        """Add a clip to the support set."""
        self._read_into(lambda: len(self.lineup.support) + 1, clip)

    def put_several(self, place: int, files: Sequence[ClipFile], where: str) -> None:
        """Read clips and put them at a place and behind the others, as one edit.

        Of those that cannot be read it is told ``where`` that they are left out, and why.
        """
        self.changing.emit()
        before = self.lineup

        def done(found: tuple[Clips, list[AudioError]]) -> None:
            clips, faults = found
            if clips:
                at = self.lineup.place_of(place, before)
                self._commit(self.lineup.put_several(at, clips), clips)
            if faults:
                self.failed.emit(where, left_out(faults, len(files)))

        self.run(partial(read_clips, files, {**self._filed, **self.clips}), done, where)

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
            self._go(self.history.set_out(by, edits=edits), by, edits=edits)

    def go_to(self, row: int) -> None:
        """Go to one of this sitting's line-ups, as they are listed."""
        self._go(self.history.set_out_for(row))

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
        if index is not None:  # even where it was carried over: this is to be found again
            self.history.selected = index
        if index != self.selected:
            self.selected = index
            self.selection_changed.emit()

    def score_again(self) -> None:
        """Score the line-up once more, where that was cancelled or failed; read it before."""
        lineup = self.lineup
        if self.unread:
            self._take_up(lambda: lineup, partly=True)
        else:
            self._hear()

    def move_window(self, clip: ClipFile, start: float | None) -> None:
        """Place the model's window in a long clip, and score again from there.

        With None in the place of a second it finds its place itself again.
        """
        if self.starts.get(clip) != start:
            self.changing.emit()
            self._windows.place({clip: start})
            self._windows.note(self.lineup)
            self.history_changed.emit()
            self._hear()

    def audition(self, clip: ClipFile) -> None:
        """Play a whole clip, or stop it."""
        known = self.clips.get(clip) or self._filed.get(clip)
        self.player.audition(clip, known, partial(self.tell, "library"))

    @property
    def is_reading(self) -> bool:
        """Whether the clips of a line-up are being read."""
        return self._reading.running

    @property
    def hearing(self) -> bool:
        """Whether the scores of the line-up are to come."""
        return self._hearing.running or (self._is_to_be_heard and self.heard is None)

    @property
    def heard(self) -> Heard | None:
        """The log-mels and scores of the line-up, once they are known."""
        return self._hearing.heard

    # Behind the requests ----------------------------------------------------------------------

    def _take_episode(self, opened: OpenedEpisode) -> None:
        """Show an episode that was read."""
        self.settings.remember_episode(str(opened.path))
        self.opened = opened
        self._filed = {**self._filed, **opened.clips}
        for mel in (None, opened.mel):
            self._windows.place({clip: opened.starts.get(clip) for clip in opened.clips}, mel)
        self._commit(opened.lineup, opened.clips)
        self._select_again(opened.selected)
        self.opened_episode.emit(opened)

    def _read_into(self, find_place: Callable[[], int], clip: ClipFile) -> None:
        """Read a clip; its place is found when it is read, for others may have come meanwhile."""
        place = find_place()
        self.reading.emit(place)

        def refused(error: Exception) -> None:
            self.refused.emit(place, sentence(error))
            self.escalate(error)

        self.background.run(
            lambda _e, _s: self._filed.get(clip) or clip.read(),
            on_done=lambda read: self._commit(self.lineup.put(find_place(), clip), {clip: read}),
            on_error=refused,
            on_cancelled=partial(self.given_up.emit, place),
        )

    def _take_up(
        self, find: Callable[[], Lineup], *, drawn: bool = False, partly: bool = False
    ) -> None:
        """Find a line-up, read its clips or at least part of them, and show it."""

        def taken(lineup: Lineup, clips: Clips, missing: str) -> None:
            if drawn:
                self.outcomes.note_drawn(lineup)
            self._arrive(lineup, clips, missing)

        self._reading.begin(find, {**self._filed, **self.clips}, taken, partly=partly)

    def _go(self, state: int, by: int = 0, *, edits: bool = False) -> None:
        """Go to a line-up of the history, or with ``by`` to the next beyond that can be read."""
        if not self.history.is_heard_alike(state):
            self.changing.emit()
        known = {**self._filed, **self.clips}
        self._reading.go(state, by, known, self._come_back, edits=edits)

    def _come_back(self, lineup: Lineup, clips: Clips, missing: str) -> None:
        """Show a line-up of the history, its windows where they were when it was seen last."""
        self._windows.put_back(lineup, named_in(lineup, self.corpus))
        self._arrive(lineup, clips, missing)

    def _arrive(self, lineup: Lineup, clips: Clips, missing: str) -> None:
        """Show a line-up that was read, and say what of it, or on the way to it, is missing."""
        self._commit(lineup, clips)
        if missing:
            self.failed.emit("line-up", missing)

    def _select_again(self, selected: int | None) -> None:
        """Choose what was chosen at another time; where a guess is wanted, that is none."""
        self.select(None if self.guesses.hides(self.lineup) else selected)

    def _commit(self, lineup: Lineup, read: Clips) -> None:
        """Show a line-up whose clips are read, remember it, and score it if it is another one."""
        known, named = {**self.clips, **read}, named_in(lineup, self.corpus)
        for told_of in (self.outcomes, self.guesses):
            told_of.rename(lineup, named)
        names = dict(zip(lineup.clips, named.clips, strict=True))
        self._windows.rename(names)
        clips = {name: known[clip] for clip, name in names.items() if clip in known}
        self._is_to_be_heard = bool(self.model) and len(clips) == len(set(named.clips)) > 0
        self._show(named, clips)
        self._is_to_be_heard = False
        if self.heard is None or not self.heard.is_of(named, self.starts):
            self._hear()

    def _name_anew(self) -> None:
        """Follow the library, where two corpora that have a class in common rename it."""
        if named_in(self.lineup, self.corpus) != self.lineup:
            self._commit(self.lineup, {})

    def _show(self, lineup: Lineup, clips: Clips) -> None:
        kept = self._choice_in(lineup)
        if lineup != self.lineup or not clips:
            self._hearing.heard = None
        self.lineup, self.clips = lineup, clips
        self._windows.note(lineup)
        self.lineup_changed.emit()
        self.select(kept)

    def _choice_in(self, lineup: Lineup) -> int | None:
        """Which support clip of a line-up to choose: in one that comes back, that of then."""
        if self.guesses.hides(lineup):
            return None
        if lineup != self.lineup and (then := self.history.chosen_in(lineup)) is not None:
            return then
        return self.lineup.selected_in(lineup, self.selected)

    def _hear(self) -> None:
        """Compute log-mels and scores of the line-up as it is now."""
        clips = self.clips if self.is_read else {}
        corpora = self.corpora.branches
        self._hearing.begin(self.model, self.lineup, clips, self.starts, corpora)

    def _take_heard(self, heard: Heard) -> Heard:
        """Judge guesses by what is heard, choose a pair, and tell of the model that it is for."""
        if heard.scored:
            self.guesses.note(heard.lineup, heard.scored.predicted)
        self.note_outcome()
        if heard.scored and self.pair is None and not self.guesses.hides(self.lineup):
            self.select(heard.scored.best)
        noted = self.opened.noted(heard, self.model) if self.opened else heard
        return noted.noting(self.outcomes.replaced(heard.lineup))

    def _take_model(self, model: LoadedModel) -> None:
        self._windows.listen(model.mel, self.lineup)
        super()._take_model(model)
        self._hear()

    def _warm_explaining(self) -> None:
        if self.heard:
            self.run(lambda _e, _s: warm_explaining(), lambda _: None, "explain", key="warm")

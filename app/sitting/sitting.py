"""Sitting: what a person has open, kept while they work and opened again at the next start."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from app.errors import sentence
from app.explaining.compared_maps import ComparedMaps
from app.explaining.pair import Pair
from app.lineup.episode_file import OpenedEpisode
from app.lineup.guesses import Guess
from app.lineup.lineup import Lineup
from app.lineup.loaded_model import Starts
from app.session.corpora import BUNDLED
from app.sitting.history_record import (
    KnownLineup,
    RecalledHistory,
    add_to_history,
    forget_history,
    read_history,
)
from app.sitting.sitting_record import (
    SittingLock,
    SittingRecord,
    clip_record,
    corpora_record,
    forget_sitting,
    has_sitting,
    placed,
    read_maps,
    read_sitting,
    write_sitting,
)
from siamese_core.demo import bundled_model
from siamese_core.errors import EarwitnessError, ParameterError

_PAUSE_MS = 2000
"""From a change to its writing: one who works writes now and then, not all the time."""
_INSTEAD = {
    "library": "The bundled voices are open instead.",
    "line-up": "The bundled line-up is shown instead.",
    "model": "The bundled model listens instead.",
}
_RECORD, _HISTORY = "record", "history"
_SHARED = (
    "Another window ({}) opens and keeps what was open; what you open in this one is not kept for "
    "the next start."
)


class Sitting(QObject):
    """Writes on a worker of its own, which neither an explanation nor Cancel holds up."""

    missed = Signal(str)
    """Something that was open cannot be opened again, or kept: a sentence."""
    keeping = Signal()
    """What is open is about to be written."""
    shared = Signal(str)
    """Another window keeps what is open: a sentence."""

    def __init__(self, pair: Pair, compared: ComparedMaps) -> None:
        super().__init__(pair.session)
        self._pair, self._session, self._compared = pair, pair.session, compared
        self._lock = SittingLock(self.folder)
        self.background = Background(self, "sitting")
        self._record = SittingRecord()
        self._episode: Path | None = None
        self._awaited: set[str] = set()
        """What is still to be opened: names of `_INSTEAD`, `_RECORD` and `_HISTORY`."""
        self._faults: list[str] = []
        self._maps: OpenedEpisode | None = None
        self._warm = self._changed = self._told = False
        self._unwritten: dict[Lineup, None] = {}
        """Line-ups of which something is known that the history's file does not tell."""
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self.keep)
        session = self._session
        for signal in (
            session.corpus_changed,
            session.model_changed,
            session.lineup_changed,
            session.heard_changed,
            session.selection_changed,
            pair.asked_changed,
            pair.explanation_changed,
            pair.mask_changed,
            compared.chosen_changed,
        ):
            signal.connect(self.touch)
        for signal in (session.corpus_changed, session.model_changed, session.lineup_changed):
            signal.connect(self._arrive)
        for signal in (session.lineup_changed, session.outcomes.changed):
            signal.connect(self._note)
        session.guesses.changed.connect(self._note_guesses)
        session.model_moved.connect(self._note_all)  # what each predicted is kept by its path
        session.heard_changed.connect(self._show_maps)
        session.failed.connect(self._miss)
        session.background.busy_changed.connect(self._rest)

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return self._session.settings.folder

    def touch(self) -> None:
        """Note that something changed, to be kept in a while."""
        self._changed = True
        if not self._pause.isActive():
            self._pause.start()

    # Keeping ----------------------------------------------------------------------------------

    def keep(self) -> None:
        """Write what is open, unless it is still being opened itself."""
        self.keeping.emit()
        self._write()

    def _write(self) -> None:
        if self._is_opening:
            self._pause.start()
        elif self._changed and self._session.settings.reopen and self._lock.take():
            self._changed = False
            shown = self._pair.shown_episode if self._session.heard else None
            work = partial(write_sitting, self.folder, self._values(), shown)
            self.background.run(work, on_done=self._kept, on_error=self._fail, key="sitting")
            self._write_history()

    def _note(self) -> None:
        """Note that something has become known of the line-up, to be kept in a while."""
        lineup = self._session.lineup
        if lineup.clips:
            self._unwritten.pop(lineup, None)  # an equal one has other locks
            self._unwritten[lineup] = None
            self.touch()

    def _note_all(self) -> None:
        self._unwritten = dict.fromkeys(self._session.history.lineups)
        self.touch()

    def _note_guesses(self) -> None:
        """Note a guess, or what was left unguessed when all is told; and whether to guess first."""
        session = self._session
        if not session.guesses.wanted:
            left = (one for one in session.history.lineups if session.guesses.guess(one).is_open)
            self._unwritten |= dict.fromkeys(left)
        self._note()
        self.touch()

    def _write_history(self) -> None:
        outcomes, guesses = self._session.outcomes, self._session.guesses
        known = [KnownLineup.of(one, outcomes, guesses) for one in self._unwritten]
        self._unwritten = {}
        if known:
            work = partial(add_to_history, self.folder, known)
            failed = partial(self._fail_history, [one.lineup for one in known])
            self.background.run(work, on_done=self._kept, on_error=failed)

    def clear_history(self) -> None:
        """Forget all line-ups but the one on screen, their outcomes and the guesses."""
        session = self._session
        session.history.clear()
        session.outcomes.clear()
        session.guesses.clear()
        self._unwritten = {}
        if self._session.settings.reopen and self._lock.take():
            work = partial(forget_history, self.folder)
            self.background.run(work, on_done=self._kept, on_error=self._fail)
        session.note_outcome()
        self._note()
        session.history_changed.emit()

    def set_reopen(self, wanted: bool) -> None:
        """Keep what is open from now on, or forget what was kept here and by no other window."""
        self._session.settings.reopen = wanted
        if wanted:
            self._note_all()
        elif self._lock.take():
            for forget, key in ((forget_sitting, "sitting"), (forget_history, None)):
                work = partial(forget, self.folder)
                self.background.run(work, on_done=self._kept, on_error=self._fail, key=key)

    def close(self) -> None:
        """Keep what is open a last time, and join the worker."""
        self._write()
        self._pause.stop()
        self.background.finish()
        self._lock.release()

    def _values(self) -> dict[str, object]:
        session, pair = self._session, self._pair
        lineup, starts, model, asked = session.lineup, session.starts, session.model, pair.asked
        return {
            **corpora_record(session.corpora.folders),
            "model": str(model.path) if model and model.path != bundled_model() else "",
            "query": lineup.query and clip_record(lineup.query, lineup, starts),
            "support": [clip_record(clip, lineup, starts) for clip in lineup.support],
            "selected": session.selected,
            "asked": asked
            and {
                "method": asked.method,
                "parameters": asked.parameters.model_dump(mode="json"),
                "side": asked.side,
                "mask": pair.mask_parameters.model_dump(),
                "against": asked.against,
                "twin": asked.twin,
            },
            "compared": self._compared.chosen,
            "guess_first": session.guesses.wanted,
            "told": not session.guesses.hides(lineup),
        }

    def _kept(self, _none: None) -> None:
        self._told = False

    def _fail_history(self, lineups: list[Lineup], error: Exception) -> None:
        """Try again with these, unless they are what cannot be written."""
        if not isinstance(error, ParameterError):
            self._unwritten = dict.fromkeys(lineups) | self._unwritten
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Say once that nothing is kept; the next change tries again."""
        self._session.escalate(error)
        if isinstance(error, EarwitnessError) and not self._told:
            self._told = True
            self.missed.emit(f"What is open cannot be kept for the next start: {error}")

    # Opening ----------------------------------------------------------------------------------

    def open(self, episode: Path | None = None) -> bool:
        """Open what was open, or an episode's file in its place; False if there is neither."""
        keeps, folder = self._may_keep(), self.folder
        self._awaited = {_HISTORY} if keeps else set()
        wanted = keeps and has_sitting(folder)
        if not wanted and episode is None:
            return False
        self._episode = episode
        self._awaited |= {*_INSTEAD, _RECORD}
        if wanted:
            self.background.run(
                lambda _e, _s: read_sitting(folder), on_done=self._open, on_error=self._begin_anew
            )
        else:
            self._open(self._record)
        return True

    def _may_keep(self) -> bool:
        """Whether what is open is to be kept, and no other window does so; if one does, say it."""
        if not self._session.settings.reopen:
            return False
        if self._lock.take():
            return True
        self.shared.emit(_SHARED.format(self._lock.holder))
        return False

    def warm_up(self) -> None:
        """Load the model, and all that needs torch, once the window is on screen."""
        self._warm = True
        if _RECORD not in self._awaited:
            self._load()

    @property
    def _is_opening(self) -> bool:
        return bool(self._awaited or self._maps)

    def _open(self, record: SittingRecord) -> None:
        self._record = record
        self._awaited.discard(_RECORD)
        self._session.corpora.open(record.folders)
        self._session.guesses.want(record.guess_first)
        self._recall()
        self._compared.recall(record.compared)
        if self._episode is None and record.clips and record.is_plain:
            self._show(record.lineup())
        elif self._episode is None and not record.clips:
            self._awaited.discard("line-up")
        if self._warm:
            self._load()

    def _begin_anew(self, error: Exception) -> None:
        """Begin as at the first start."""
        self.missed.emit(f"{sentence(error)} {_INSTEAD['line-up']}")
        if self._episode is None:
            self._session.open_bundled_lineup()
        self._open(self._record)

    def _load(self) -> None:
        record, folder = self._record, self.folder
        if _HISTORY in self._awaited:
            work = partial(read_history, folder)
            self.background.run(work, on_done=self._recall_history, on_error=self._miss_history)
        self._session.warm_up(Path(record.model) if record.model else None)
        run = self._session.background.run
        if self._episode:
            self._session.open_episode(self._episode)
        elif record.clips:  # all is kept: what is awaited must come or fail
            if not record.is_plain:
                missed = partial(self._session.tell, "line-up")
                run(lambda _e, _s: record.lineup(), on_done=self._show, on_error=missed, keep=True)
            self._pair.await_maps(True)
            reading = partial(read_maps, folder)
            run(reading, on_done=self._take_maps, on_error=self._miss_maps, keep=True)

    def _show(self, found: tuple[Lineup, Starts]) -> None:
        """Show the line-up, hidden or told as it was; a choice of another day is no guess."""
        guesses, (lineup, starts), record = self._session.guesses, found, self._record
        if record.told:
            guesses.recall(lineup, Guess(known=True))
        self._session.begin_with(lineup, starts, record.selected)

    def _recall(self) -> None:
        try:
            if self._record.asked:
                self._pair.recall(self._record.asked.request)
        except ParameterError as error:
            self.missed.emit(sentence(error))

    def _recall_history(self, found: RecalledHistory) -> None:
        """Put the line-ups of the last sitting before what was shown since."""
        session = self._session
        self._awaited.discard(_HISTORY)
        for one in found.lineups:
            one.recall(session.outcomes, session.guesses)
        session.history.recall([one.lineup for one in found.lineups])
        if session.outcomes.replaced(session.lineup):
            session.score_again()  # it was scored before this was known, and says so now
        if found.lineups:
            session.history_changed.emit()
            session.guesses.changed.emit()
        if found.fault:
            self.missed.emit(found.fault)

    def _miss_history(self, error: Exception) -> None:
        self._awaited.discard(_HISTORY)
        self.missed.emit(sentence(error))
        self._session.escalate(error)

    def _take_maps(self, opened: OpenedEpisode | None) -> None:
        self._maps = opened
        if opened is None:
            self._pair.await_maps(False)
        self._show_maps()

    def _show_maps(self) -> None:
        """Show the maps once the line-up is heard, if they are of its scores."""
        session, opened = self._session, self._maps
        if opened is None or (heard := session.heard) is None:
            return
        self._maps = None
        maps = placed(opened, session.lineup)
        self._pair.take_maps([(p, m) for p, m in maps if m.is_of(p, heard, session.model)])
        self._recall()
        self._pair.await_maps(False)

    def _miss_maps(self, error: Exception) -> None:
        self._pair.await_maps(False)
        self._session.escalate(error)
        if isinstance(error, EarwitnessError):
            self.missed.emit("The maps that were on screen cannot be read; explain the pair again.")

    def _arrive(self) -> None:
        """Note what has been opened, and tell then what else the model should have been."""
        session = self._session
        there = {
            "library": session.corpus is not None or self._record.closed,
            "line-up": session.is_read,
            "model": session.model is not None,
        }
        if "model" in self._awaited and session.model and self._faults:
            instead = session.model.path == bundled_model() and bool(self._record.model)
            self.missed.emit(" ".join([*self._faults, *([_INSTEAD["model"]] if instead else [])]))
        self._awaited -= {name for name, arrived in there.items() if arrived}

    def _rest(self, busy: bool) -> None:
        """Wait no longer for what was cancelled: once a model listens, nothing else is opened."""
        if not busy and self._session.model:
            self._awaited -= set(_INSTEAD)

    def _miss(self, where: str, sentence: str) -> None:
        """Open what is bundled in the place of what is gone."""
        if where not in self._awaited:
            return
        if where == "model":  # the session itself goes on with another one
            self._faults.append(sentence)
            return
        self._awaited.discard(where)
        self.missed.emit(f"{sentence} {_INSTEAD[where]}")
        if where == "library":
            self._session.corpora.open(BUNDLED)
        else:
            self._session.open_bundled_lineup()

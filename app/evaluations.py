"""Evaluations: what the Evaluate page asks for, and what came out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.background import Background, Job
from app.charts import Table
from app.lineup.lineup import Lineup
from app.newest import Newest
from app.session.session import Session
from app.training.run_folder import moved
from siamese_core.alphabets import AlphabetSampler
from siamese_core.callbacks import Event, OnEvent, ShouldStop
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.corpora.omniglot import GlyphFile
from siamese_core.corpus import Corpus, join, read_any
from siamese_core.episodes import Episode, check_drawable, count_recordings
from siamese_core.errors import CorpusError, ParameterError, counted
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.report.evaluation_plan import EvaluationPlan, carry_out

if TYPE_CHECKING:
    from siamese_core.report.report import Report

Source = Path | Corpus
"""A folder that is yet to be opened, or what is open already."""
Counted = tuple[Corpus[LabelledFile], Mapping[str, int]]
"""A corpus, and how many separate recordings each of its classes has."""


@dataclass(frozen=True, eq=False)
class Measured:
    """What came out, what it was measured on, and its tables and words."""

    plan: EvaluationPlan
    corpus: Corpus[LabelledFile]
    report: "Report"
    tables: Mapping[str, Table]
    words: str

    def lineup(self, episode: Episode[int]) -> Lineup:
        """Return one of its episodes as a line-up.

        Raises
        ------
        CorpusError
            If it is not of sounds.
        """
        files = episode.map(self.corpus.clips.__getitem__)
        if not all(isinstance(f, ClipFile) for f in (files.query, *files.support.clips)):
            raise CorpusError(
                f"{self.corpus.name} holds no sounds; only line-ups of sounds can be opened."
            )
        return Lineup.of(files)  # type: ignore[arg-type]


class Evaluations(QObject):
    """Networks are measured on a worker of their own; the newest outcome stays.

    So explaining and listening go on meanwhile. Corpora are opened, and what measures is imported,
    on the session's worker: no two threads import at once.
    """

    corpus_changed = Signal()
    """Another corpus is to be measured on, or none yet: `wanting` says why."""
    measuring_changed = Signal(bool)
    cancelling = Signal()
    """The evaluation that is being made was asked to stop, and has not yet."""
    measured_changed = Signal()
    progressed = Signal(str, int, int)
    """What is done for the evaluation that is being made, and how far that is."""
    noticed = Signal(str)
    """What a person should know of the evaluation that is being made: a sentence."""
    wrote = Signal(str)
    """The report was written: a sentence."""
    opened = Signal()
    """One of its line-ups was asked for."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session, self.background = session, Background(self, "evaluations")
        self.background.progress.connect(self.progressed)
        self.corpus: Corpus[LabelledFile] | None = None
        self.recordings: Mapping[str, int] = {}
        """How many separate recordings each of its classes has, sorted."""
        self.wanting = ""
        self.measured: Measured | None = None
        self._opening: Newest[Counted] = Newest(session.background)
        self._measuring: Job[Measured] | None = None
        session.model_moved.connect(self._follow)

    @property
    def measuring(self) -> bool:
        """Whether an evaluation is being made."""
        return self._measuring is not None

    @property
    def stopping(self) -> bool:
        """Whether the evaluation that is being made was asked to stop."""
        return self._measuring is not None and self._measuring.cancelled

    def look(self, sources: Sequence[Source]) -> None:
        """Open folders and join them; an answer to an older question is not wanted."""
        self._opening.cancel()
        self.corpus = None
        if not sources:
            self._say("Choose a corpus, or add a folder.")
            return
        self._say("Opening the corpora…")
        asked = tuple(sources)
        self._opening.run(
            lambda _e, _s: count_through(open_all(asked)),
            on_done=self._take,
            on_error=self._refuse,
            on_cancelled=partial(self._say, "Opening the corpora was cancelled; choose again."),
        )

    def measure(self, plan: EvaluationPlan) -> None:
        """Carry out a plan on the corpora that were looked at."""
        corpus = self.corpus
        if corpus is None or self.measuring:
            return
        self._measuring = self.background.run(
            partial(measure, plan, corpus),
            on_done=self._done,
            on_error=self._failed,
            on_event=self._hear,
            on_cancelled=self._ended,
        )
        self.measuring_changed.emit(True)

    def cancel(self) -> None:
        """Stop the evaluation that is being made."""
        if self._measuring:
            self._measuring.cancel()
            self.cancelling.emit()

    def close(self) -> None:
        """Stop it and join the worker, for the window goes."""
        self.background.shutdown()

    def export(self, folder: Path) -> None:
        """Write the folder that `earwitness evaluate --out` writes."""
        if measured := self.measured:
            self.session.run(
                partial(write, measured, folder),
                lambda _nothing: self.wrote.emit(f"The evaluation is in {folder}."),
                "evaluate",
                title="Writing",
                write=True,
            )

    def open(self, episode: Episode[int]) -> None:
        """Show one of the line-ups, heard by the network that was measured."""
        session, measured = self.session, self.measured
        if measured is None:
            return
        try:
            lineup = measured.lineup(episode)
        except CorpusError as error:
            session.tell("evaluate", error)
            return
        if session.model is None or session.model.path != measured.plan.model:
            session.set_model(measured.plan.model)
        session.open_lineup(lineup)
        self.opened.emit()

    def _follow(self, before: Path, after: Path) -> None:
        """Know the measured model by where its folder is now."""
        if self.measured:
            plan = self.measured.plan
            plan = replace(plan, model=moved(plan.model, before, after))
            self.measured = replace(self.measured, plan=plan)

    # Behind the requests ----------------------------------------------------------------------

    def _say(self, words: str) -> None:
        self.wanting = words
        self.corpus_changed.emit()

    def _take(self, found: Counted) -> None:
        self.corpus, self.recordings = found
        self._say("")

    def _refuse(self, error: Exception) -> None:
        self._say("Choose other corpora.")
        self.session.tell("evaluate", error)

    def _hear(self, event: Event) -> None:
        if event.get("event") == "notice":
            self.noticed.emit(str(event["sentence"]))

    def _done(self, measured: Measured) -> None:
        self._ended()
        self.measured = measured
        self.measured_changed.emit()

    def _failed(self, error: Exception) -> None:
        self._ended()
        self.session.tell("evaluate", error)

    def _ended(self) -> None:
        self._measuring = None
        self.measuring_changed.emit(False)


def open_all(sources: Sequence[Source]) -> Corpus[LabelledFile]:
    """Open folders and join them, as the command line does."""
    corpora = [read_any(source) if isinstance(source, Path) else source for source in sources]
    corpus: Corpus[LabelledFile] = join(corpora)
    _ = corpus.classes  # which the window asks for first
    import_module("siamese_core.report.report")  # what measures them, and its torch
    return corpus


def count_through(corpus: Corpus[LabelledFile]) -> Counted:
    """Count a corpus once: to go through all its clips at each change would hold the window up."""
    return corpus, count_recordings(corpus.labels, corpus.sources)


def about(corpus: Corpus[LabelledFile]) -> str:
    """Say what a corpus holds."""
    classes = counted(len(corpus.classes), "class", "classes")
    return f"{corpus.name}: {classes}, {counted(len(corpus.clips), 'file')}"


def obstacle(
    corpus: Corpus[LabelledFile],
    recordings: Mapping[str, int],
    classes: Sequence[str],
    asked: EvaluationParameters,
) -> tuple[str, str]:
    """Find the parameter by which a corpus that was looked at does not allow the line-ups.

    Parameters
    ----------
    recordings : mapping of str to int
        Those of each class, as they were counted with the corpus.
    classes : sequence of str
        Those to be measured; all if there are none.

    Returns
    -------
    str, str
        Its name, and a sentence; both empty if the line-ups can be drawn.
    """
    wanted = set(classes or recordings)
    part = {label: count for label, count in recordings.items() if label in wanted}
    within = asked.within_alphabet
    # One shot of glyphs: a network that tells alphabets apart has more of each class.
    shots = asked.shots if within or not isinstance(corpus.clips[0], GlyphFile) else 1
    try:
        if within:
            AlphabetSampler(corpus.select(wanted).glyphs, asked.ways, shots)
        else:
            check_drawable(part, asked.ways, shots)
    except CorpusError as error:
        return "within_alphabet", str(error)
    except ParameterError as error:
        is_scarce = asked.shots > 1 if within else (asked.ways or 2) <= len(part)
        return "shots" if is_scarce else "ways", str(error)
    return "", ""


def measure(
    plan: EvaluationPlan,
    corpus: Corpus[LabelledFile],
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> Measured:
    """Carry out a plan and lay out what came of it."""
    report, part = carry_out(plan, corpus, on_event, should_stop)
    from siamese_core.report.report_tables import report_tables
    from siamese_core.report.report_words import describe

    return Measured(plan, part, report, report_tables(report), "\n".join(describe(report)))


def write(measured: Measured, folder: Path, _event: OnEvent, _stop: ShouldStop) -> None:
    """Write a report's folder."""
    from siamese_core.report.report import write_report

    write_report(measured.report, folder)

"""Suitability: whether a whole corpus suits the model, looked at quietly; one sentence if not."""

from collections.abc import Iterable, Sequence
from functools import partial

import soundfile
from PySide6.QtCore import QObject, Signal

from app.background import Job
from app.session import Session
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.corpus import ClipFile, Corpus
from siamese_core.errors import EarwitnessError
from siamese_core.melspec import MelSpec
from siamese_core.survey import Finding

Facts = tuple[Finding, ...]
"""What the header of each file says, or why it cannot be read."""

_FAR = 4
"""A clip is far shorter or longer than the window by this factor."""
_FEW = 0.05
"""Up to this share of odd clips a corpus suits; each is noticed once it is in a line-up."""
_PORTION = 100
"""Files that are looked at in one job, so that a sound to be heard need not wait for them all."""
_MOST_CLASSES = 3
_CUT_SHORT = "(should be"
"""What libsndfile notes where a header claims another length than the file has."""


class Suitability(QObject):
    """Looks at the headers of all clips of a corpus that is opened, and judges for each model."""

    changed = Signal()
    looked = Signal()
    """All headers were read, or those of another corpus will be."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.sentence = ""
        self._session = session
        self._facts: Facts = ()
        self._job: Job[Facts] | None = None
        session.corpus_changed.connect(self._look)
        session.model_changed.connect(self._judge)

    @property
    def findings(self) -> Facts:
        """What all headers say; nothing until they are read."""
        return () if self._job else self._facts

    def _look(self) -> None:
        """Begin with a new corpus."""
        if self._job:
            self._job.cancel()
        self._facts, self._job = (), None
        self._say("")
        self.looked.emit()
        if self._session.corpus:
            self._look_on(self._session.corpus, 0)

    def _look_on(self, corpus: Corpus, first: int) -> None:
        files = corpus.clips[first : first + _PORTION]
        self._job = self._session.player.background.run(
            partial(facts, files),
            on_done=partial(self._looked, corpus, first + len(files)),
            on_error=self._session.unexpected.emit,
        )

    def _looked(self, corpus: Corpus, seen: int, found: Facts) -> None:
        self._facts += found
        if seen < len(corpus.clips):
            self._look_on(corpus, seen)
        else:
            self._job = None
            self.looked.emit()
            self._judge()

    def _judge(self) -> None:
        """Judge what has been looked at for the model that listens now."""
        corpus, model = self._session.corpus, self._session.model
        if self._job or corpus is None or model is None:
            return
        classes, found, heard = corpus.classes, self._facts, model.card.classes_heard
        self._session.player.background.run(
            lambda _e, _s: objection(classes, found, model.mel, heard),
            on_done=self._say,
            on_error=self._session.unexpected.emit,
            key="judge",
        )

    def _say(self, sentence: str) -> None:
        self.sentence = sentence
        self.changed.emit()


def facts(files: Sequence[ClipFile], on_event: OnEvent, should_stop: ShouldStop) -> Facts:
    """Read the headers of some files."""
    found = []
    for number, file in enumerate(files):
        progress(on_event, should_stop, "Looking", number, len(files))
        found.append(_fact(file))
    return tuple(found)


def _fact(file: ClipFile) -> Finding:
    try:
        if file.path.is_file() and file.path.stat().st_size:
            header = soundfile.info(file.path)
            if header.frames and _CUT_SHORT not in header.extra_info:
                return Finding(file, header.samplerate, header.channels, header.duration)
    except (soundfile.LibsndfileError, OSError, UnicodeError, TypeError):
        pass  # reading it whole says in a sentence why
    try:
        clip = file.read()
    except EarwitnessError as error:
        return Finding(file, fault=str(error))
    return Finding(file, clip.rate, 1, clip.seconds)


def objection(
    classes: Iterable[str], found: Facts, mel: MelSpec, classes_heard: Iterable[str]
) -> str:
    """Say in one sentence what of a corpus does not suit a model; nothing if all of it does."""
    known = sorted(set(classes) & set(classes_heard))
    heard = [finding for finding in found if not finding.fault]
    window = f"its window of {mel.seconds:g} s"
    words = [
        _heard(known),
        _odd([one.seconds < mel.seconds / _FAR for one in heard], f"far shorter than {window}"),
        _odd([one.seconds > mel.seconds * _FAR for one in heard], f"far longer than {window}"),
        _odd([one.rate < mel.rate for one in heard], f"of a rate below its {mel.rate:,} Hz"),
    ]
    told = [part for part in words if part]
    return f"This corpus does not quite suit the model: {'; '.join(told)}." if told else ""


def _heard(known: Sequence[str]) -> str:
    if not known:
        return ""
    more = f" and {len(known) - _MOST_CLASSES} more" if len(known) > _MOST_CLASSES else ""
    return f"it was trained on {', '.join(known[:_MOST_CLASSES])}{more}"


def _odd(odd: Sequence[bool], what: str) -> str:
    count = sum(odd)
    if count <= _FEW * len(odd):
        return ""
    share = "all" if count == len(odd) else f"{count:,} of {len(odd):,}"
    return f"{share} clips are {what}"

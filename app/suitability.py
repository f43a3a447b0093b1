"""Suitability: whether a whole corpus suits the model, looked at quietly; one sentence if not."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial

import soundfile
from PySide6.QtCore import QObject, Signal

from app.background import Job
from app.session import Session
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.corpus import ClipFile, Corpus
from siamese_core.melspec import MelSpec

Facts = tuple[tuple[int, float], ...]
"""Rate in Hz and seconds of each file whose header can be read."""

_FAR = 4
"""A clip is far shorter or longer than the window by this factor."""
_FEW = 0.05
"""Up to this share of odd clips a corpus suits; each is noticed once it is in a line-up."""
_PORTION = 100
"""Files that are looked at in one job, so that a sound to be heard need not wait for them all."""
_MOST_CLASSES = 3


class Suitability(QObject):
    """Looks at the headers of all clips of a corpus that is opened, and judges for each model."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.sentence = ""
        self._session = session
        self._facts: Facts = ()
        self._job: Job[Facts] | None = None
        session.corpus_changed.connect(self._look)
        session.model_changed.connect(self._judge)

    def _look(self) -> None:
        """Begin with a new corpus."""
        if self._job:
            self._job.cancel()
        self._facts = ()
        self._say("")
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
    """Read the headers of some files; one that cannot be read is left out."""
    found = []
    for number, file in enumerate(files):
        progress(on_event, should_stop, "Looking", number, len(files))
        with suppress(soundfile.LibsndfileError, OSError, UnicodeError, TypeError):
            if file.path.is_file():
                header = soundfile.info(file.path)
                found.append((header.samplerate, header.duration))
    return tuple(found)


def objection(
    classes: Iterable[str], found: Facts, mel: MelSpec, classes_heard: Iterable[str]
) -> str:
    """Say in one sentence what of a corpus does not suit a model; nothing if all of it does."""
    known = sorted(set(classes) & set(classes_heard))
    window = f"its window of {mel.seconds:g} s"
    words = [
        _heard(known),
        _odd([s < mel.seconds / _FAR for _, s in found], f"far shorter than {window}"),
        _odd([s > mel.seconds * _FAR for _, s in found], f"far longer than {window}"),
        _odd([rate < mel.rate for rate, _ in found], f"of a rate below its {mel.rate:,} Hz"),
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

"""Inventory: what is known of each clip of the open corpora: its header, then all of its sound."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

import soundfile
from PySide6.QtCore import QObject, Signal

from app.newest import Newest
from app.session.corpora import leave_to_their_owner
from app.session.session import Session
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.survey import Finding, examine
from siamese_core.truncation import UNKNOWN, shortage

Facts = tuple[Finding, ...]
"""What the header of each file says, or why it cannot be read."""

_PORTION = 100
"""Files that are looked at in one job, so that a sound to be heard need not wait for them all."""
_SHIFT = 0.1
"""Seconds after which a job that reads whole files lets others be done."""
_SOON_CHECKED = 3600.0
"""Seconds of sound; that much is read to its end without being asked."""


class Inventory(QObject):
    """Looks at the headers of all clips that are opened, for damage behind them at the sound too.

    The latter takes long, so it is done at once only where there is little, else when it is asked
    for, and never while the session works. A clip that cannot be read is not drawn any more.
    """

    found = Signal(object)
    """Facts of some more clips."""
    looked = Signal()
    """All headers were read, or those of other corpora will be."""
    progressed = Signal()
    """More clips were read to their end, or no more will be."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._clips: tuple[ClipFile, ...] = ()
        self._facts: dict[LabelledFile, Finding] = {}
        self._reading: Newest[Facts] = Newest(session.player.background)
        self._unread: Sequence[LabelledFile] = ()
        self._seen, self._seconds = 0, 0.0
        self._rates: Counter[int] = Counter()
        self._faulty: list[Finding] = []
        self.looking = self.checking = False
        self.checked = 0
        """How many of `to_check` were read to their end."""
        session.corpus_changed.connect(self._begin)
        session.background.busy_changed.connect(self._go_on)

    @property
    def facts(self) -> Mapping[LabelledFile, Finding]:
        """What is known so far."""
        return self._facts

    @property
    def findings(self) -> Facts:
        """What is known of every clip; nothing until all headers are read."""
        return () if self.looking else tuple(self._facts.values())

    @property
    def unreadable(self) -> tuple[Finding, ...]:
        """What is known not to be readable, once all headers are read."""
        return () if self.looking else tuple(self._faulty)

    @property
    def seconds(self) -> float:
        """How long all clips are together that can be read, as far as is known."""
        return self._seconds

    @property
    def rates(self) -> tuple[int, ...]:
        """The rates of clips that can be read, in Hz, sorted."""
        return tuple(sorted(self._rates))

    @property
    def can_check(self) -> bool:
        """Whether the headers are read."""
        return bool(self._facts) and not self.looking

    @property
    def to_check(self) -> int:
        """How many clips there are to be read to their end: those with a header."""
        return len(self._unread)

    def check(self) -> None:
        """Read every clip to its end."""
        if self.can_check and not self.checking:
            self._unread = [one.file for one in self.findings if not one.fault]
            self.checked, self.checking = 0, bool(self._unread)
            self._check_on()

    def stop(self) -> None:
        """Read no further; what was found stays."""
        if self.checking:
            self._cancel()
            self.progressed.emit()

    def _cancel(self) -> None:
        self._reading.cancel()
        self.checking = False

    def _begin(self) -> None:
        """Begin with other corpora."""
        self._cancel()
        corpus = self._session.corpus
        self._clips, self._facts = corpus.clips if corpus else (), {}
        self._unread, self._seen, self.checked = (), 0, 0
        self._seconds, self._rates, self._faulty = 0.0, Counter(), []
        self._session.unreadable = set()
        self.looking = bool(self._clips)
        self.looked.emit()
        self.progressed.emit()
        self._go_on()

    def _go_on(self) -> None:
        """Do some more of what is left."""
        if self.looking and not self._reading.running:
            self._look_on()
        elif self.checking:
            self._check_on()

    def _look_on(self) -> None:
        files = self._clips[self._seen : self._seen + _PORTION]
        self._reading.run(
            partial(facts, files),
            on_done=self._note_headers,
            on_error=self._pass_headers,
        )

    def _note_headers(self, found: Facts) -> None:
        self._seen += len(found)
        self.looking = self._seen < len(self._clips)
        self._note(found)
        if self.looking:
            self._look_on()
            return
        leave_to_their_owner(len(self._clips))
        self.looked.emit()
        if self._seconds <= _SOON_CHECKED:
            self.check()

    def _pass_headers(self, error: Exception) -> None:
        """Go on behind clips at which something unexpected happened."""
        self._seen += _PORTION
        self._note_headers(())
        self._session.unexpected.emit(error)

    def _check_on(self) -> None:
        if self.checking and not (self._reading.running or self._session.background.busy):
            self._reading.run(
                partial(examined, self._unread, self.checked),
                on_done=self._note_whole,
                on_error=self._pass_whole,
            )

    def _note_whole(self, found: Facts) -> None:
        self.checked += len(found)
        self.checking = self.checked < self.to_check
        self._note([one for one in found if one.fault])
        self._check_on()
        self.progressed.emit()

    def _pass_whole(self, error: Exception) -> None:
        self.checked = min(self.checked + _PORTION, self.to_check)
        self._note_whole(())
        self._session.unexpected.emit(error)

    def _note(self, found: Sequence[Finding]) -> None:
        """Take what is known now; sums are kept up, for 30,000 clips take long to go through."""
        for one in found:
            before = self._facts.get(one.file)
            self._facts[one.file] = one
            self._seconds += one.seconds - (before.seconds if before else 0.0)
            if before:
                self._rates -= Counter([before.rate])
            if one.fault:
                self._faulty.append(one)
                self._session.unreadable.add(one.file.path)
            else:
                self._rates[one.rate] += 1
        if found:
            self.found.emit(found)


def facts(files: Sequence[ClipFile], on_event: OnEvent, should_stop: ShouldStop) -> Facts:
    """Read the headers of some files."""
    found = []
    for number, file in enumerate(files):
        progress(on_event, should_stop, "Looking", number, len(files))
        found.append(_fact(file, should_stop))
    return tuple(found)


def _fact(file: ClipFile, should_stop: ShouldStop) -> Finding:
    try:
        if file.path.is_file() and file.path.stat().st_size:
            with file.path.open("rb") as opened:
                is_short = shortage(opened) is not None
            header = soundfile.info(file.path)
            if 0 < header.frames < UNKNOWN and not is_short:
                return Finding(file, header.samplerate, header.channels, header.duration)
    except (soundfile.LibsndfileError, OSError, UnicodeError, TypeError):
        pass  # reading it whole says in a sentence why
    return examine(file, should_stop)


def examined(
    files: Sequence[LabelledFile], first: int, on_event: OnEvent, should_stop: ShouldStop
) -> Facts:
    """Read some files to their end, from one of them on, for about a tenth of a second."""
    found: list[Finding] = []
    end = time.monotonic() + _SHIFT
    for file in files[first : first + _PORTION]:
        progress(on_event, should_stop, "Checking", first + len(found), len(files))
        found.append(examine(file, should_stop))
        if time.monotonic() > end:
            break
    return tuple(found)

"""Corpora: the folders that are open beside each other, and all of them as one corpus."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.settings import Settings
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.corpus import Corpus, join, read_corpus
from siamese_core.demo import bundled_corpus
from siamese_core.errors import CorpusError, EarwitnessError

Folder = Path | None
"""None stands for the bundled voices."""
BUNDLED: tuple[Folder, ...] = (None,)
_MANY = 10_000
"""Clips that the collector looks through for so long that a person notices."""


@dataclass(frozen=True, eq=False)
class OpenCorpora:
    """What lies in some folders."""

    read: Mapping[Folder, Corpus]
    """Each as its folder has it."""
    branches: tuple[Corpus, ...] = ()
    """Each with its classes named as in `joined`."""
    joined: Corpus | None = None
    """All of them; None where there is none."""
    faults: tuple[EarwitnessError, ...] = ()
    """Why others are not there."""


class Corpora(QObject):
    """What the library holds.

    Each request opens on the worker; a folder that cannot be read is told, and the others stay.

    ``settings`` remember the folders that were opened, and ``tell`` receives each error.
    """

    changed = Signal()

    def __init__(
        self,
        background: Background,
        settings: Settings,
        tell: Callable[[Exception], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background, self._settings, self._tell = background, settings, tell
        self._open = OpenCorpora({})
        self._wanted: tuple[Folder, ...] = ()

    @property
    def joined(self) -> Corpus | None:
        """All that is open as one corpus."""
        return self._open.joined

    @property
    def folders(self) -> tuple[Folder, ...]:
        """What is open, in the order in which it was opened."""
        return tuple(self._open.read)

    @property
    def branches(self) -> tuple[Corpus, ...]:
        """The corpora of the folders, with their classes named as in the joined one."""
        return self._open.branches

    def open(self, folders: Sequence[Folder]) -> None:
        """Open these in the place of what is open; that stays if none of them can be read."""
        self._gather(tuple(dict.fromkeys(folders)), {})

    def add(self, folder: Folder) -> None:
        """Open a folder beside what is open."""
        if folder in self._wanted:
            self._tell(CorpusError(f"{folder or 'The bundled voices'} is open already."))
        else:
            self._gather((*self._wanted, folder), self._open.read)

    def remove(self, folder: Folder) -> None:
        """Close a folder."""
        rest = tuple(other for other in self._wanted if other != folder)
        self._gather(rest, self._open.read)

    def _gather(self, wanted: tuple[Folder, ...], known: Mapping[Folder, Corpus]) -> None:
        self._wanted = wanted
        self._background.run(
            partial(gather, wanted, known),
            on_done=partial(self._take, wanted),
            on_error=partial(self._fail, wanted),
            on_cancelled=partial(self._settle, wanted),
            title="Opening the folder" if any(wanted) else "",
            key="corpora",
        )

    def _take(self, wanted: tuple[Folder, ...], found: OpenCorpora) -> None:
        before, self._open = self._open, found
        self._settle(wanted)
        for folder in found.read:
            if folder is not None and folder not in before.read:
                self._settings.remember_corpus(str(folder))
        self.changed.emit()
        for fault in found.faults:
            self._tell(fault)

    def _fail(self, wanted: tuple[Folder, ...], error: Exception) -> None:
        self._settle(wanted)
        self._tell(error)

    def _settle(self, wanted: tuple[Folder, ...]) -> None:
        """Count from what is open again, unless something else was asked for meanwhile."""
        if self._wanted == wanted:
            self._wanted = self.folders


def gather(
    folders: Sequence[Folder],
    known: Mapping[Folder, Corpus],
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> OpenCorpora:
    """Read the folders that are not known yet, and join all of them.

    Raises
    ------
    EarwitnessError
        If every folder that was to be read cannot be.
    """
    with _uncollected():
        found = _gathered(folders, known, on_event, should_stop)
        leave_to_their_owner(len(found.joined.clips) if found.joined else 0)
    return found


def _gathered(
    folders: Sequence[Folder],
    known: Mapping[Folder, Corpus],
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> OpenCorpora:
    read: dict[Folder, Corpus] = {}
    faults = []
    for number, folder in enumerate(folders):
        progress(on_event, should_stop, "Opening the folder", number, len(folders))
        try:
            read[folder] = known.get(folder) or _read(folder)
        except EarwitnessError as error:
            faults.append(error)
    if faults and not read.keys() - known.keys():
        raise faults[0]
    if not read:
        return OpenCorpora({})
    joined = join(tuple(read.values()))
    _ = joined.classes, joined.by_path  # which the window asks for first
    return OpenCorpora(read, _branches(tuple(read.values()), joined), joined, tuple(faults))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hold Python's collector back while clips are made, none of which is garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def leave_to_their_owner(clips: int) -> None:
    """Have Python's collector pass over all that is there now, where that holds many clips.

    What is known of clips goes with its corpus, since nothing in it refers back; the collector
    would hold the window for seconds while it finds that out of 250,000, again and again.
    """
    if clips >= _MANY:
        gc.freeze()


def _read(folder: Folder) -> Corpus:
    return bundled_corpus() if folder is None else read_corpus(folder)


def _branches(parts: Sequence[Corpus], joined: Corpus) -> tuple[Corpus, ...]:
    """Cut the joined corpus into its parts, which lie in it one after the other."""
    branches, first = [], 0
    for part in parts:
        last = first + len(part.clips)
        branches.append(replace(part, clips=joined.clips[first:last]))
        first = last
    return tuple(branches)

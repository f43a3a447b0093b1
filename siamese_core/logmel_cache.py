"""LogMelCache: maps of clips, computed once, in parallel, and kept for the next time.

A file of maps is named after a hash of every clip's bytes and of all else that its maps depend
on. They are kept in single precision, as they were computed: a training from the cache is bit for
bit one without it (half precision would take half the room and change every loss).
"""

import hashlib
import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

import pooch
import soundfile
import soxr
import torch

from siamese_core import __version__
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.devices import threads
from siamese_core.errors import AudioError, Cancelled, CorpusError, EarwitnessError
from siamese_core.files import TEMPORARY, reason
from siamese_core.glyphspec import GlyphSpec
from siamese_core.lock import release, take
from siamese_core.map_file import Map, MapFile, open_maps, remove_maps, write_maps
from siamese_core.melspec import MelSpec
from siamese_core.pictures import pictures

Made = TypeVar("Made")
Views = Callable[[Iterable[LabelledFile]], Iterable[Map]]
Tell = Callable[[int, int], None]
"""Receives how many of how many files are done; raises where no more are wanted."""

LARGEST_BYTES = 20 * 2**30
"""When a new file leads beyond, those that were used longest ago are removed."""

_CHUNK = 16
"""Clips that a thread reads before it hands them on."""
_POLL_SECONDS = 0.1
_FORSAKEN_SECONDS = 24 * 3600.0
"""No file takes so long from one write to the next."""


def cache_folder() -> Path:
    """Return the person's cache folder, or what the variable EARWITNESS_CACHE names."""
    named = os.environ.get("EARWITNESS_CACHE")
    return Path(named) if named else Path(pooch.os_cache("earwitness")) / "log-mels"


def cached_maps(
    files: Sequence[LabelledFile],
    views: Views,
    settings: Mapping[str, object],
    on_event: OnEvent,
    should_stop: ShouldStop,
    beside: Path | None = None,
) -> Sequence[Map]:
    """Return every view of every clip, in order: from the cache, computed first if need be.

    Parameters
    ----------
    files : sequence of LabelledFile
    views : callable
        Computes the maps of a few files, in order, reading each when it comes to it; called in
        threads.
    settings : mapping
        All that its maps depend on, but the file.
    beside : Path, optional
        A folder to keep the maps in where the person's cache folder has no room. Where this has
        none either, they are kept in memory, and a ``notice`` event says so.

    Raises
    ------
    AudioError
        If a clip cannot be read.
    Cancelled
        If ``should_stop`` says so.
    """
    key = _key(files, settings, on_event, should_stop)
    compute = partial(computed_maps, files, views, on_event, should_stop)
    refusal = ""
    for folder in filter(None, (cache_folder(), beside)):
        try:
            with _held(folder / f"{key}.lock", should_stop):  # who begin together compute once
                return _kept(folder / f"{key}.npy", key, compute, should_stop)
        except (AudioError, CorpusError, Cancelled):
            raise
        except EarwitnessError as error:
            refusal = str(error)
    sentence = f"{refusal} The log-mels stay in memory; EARWITNESS_CACHE can name another folder."
    on_event({"event": "notice", "sentence": sentence})
    return list(compute())


def cached_pictures(
    files: Sequence[LabelledFile],
    spec: MelSpec | GlyphSpec,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> Sequence[Map]:
    """Return what a network sees of each file (`pictures.picture`); glyphs are not kept.

    Raises
    ------
    AudioError, CorpusError
        If a file cannot be read, or is not for this network.
    Cancelled
        If ``should_stop`` says so.
    """
    views = partial(pictures, spec=spec)
    if isinstance(spec, GlyphSpec) or not all(isinstance(file, ClipFile) for file in files):
        return list(computed_maps(files, views, on_event, should_stop))
    settings = {"maps": "log-mels, placed", "mel": spec.model_dump(mode="json")}
    return cached_maps(files, views, settings, on_event, should_stop)


def _kept(
    path: Path, key: str, compute: Callable[[], Iterable[Map]], should_stop: ShouldStop
) -> MapFile:
    """Open the maps of that key; write them first if they are missing or broken."""
    if (maps := open_maps(path, key, should_stop)) is None:
        write_maps(path, key, compute(), should_stop)
        maps = open_maps(path, key, should_stop)
        _prune(path)
    if maps is None:
        raise EarwitnessError(f"{path} does not hold what was written to it.")
    with suppress(OSError):
        os.utime(path)
    return maps


@contextmanager
def _held(file: Path, should_stop: ShouldStop) -> Iterator[None]:
    """Hold a lock, after whoever holds it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        while (held := _taken(file)) is None:
            if should_stop():
                raise Cancelled("Reading clips")
            time.sleep(_POLL_SECONDS)
    except OSError as error:
        raise EarwitnessError(f"{file.parent} cannot be written: {reason(error)}.") from error
    try:
        yield
    finally:
        release(file, held)


def _taken(file: Path) -> int | None:
    try:
        return take(file)
    except BlockingIOError:
        return None


def computed_maps(
    files: Sequence[LabelledFile], views: Views, on_event: OnEvent, should_stop: ShouldStop
) -> Iterator[Map]:
    """Compute every view of every file, in order and in threads, little ahead of who takes them.

    Raises
    ------
    AudioError, CorpusError
        If a file cannot be read.
    Cancelled
        If ``should_stop`` says so.
    """
    yield from _each(files, views, partial(progress, on_event, should_stop, "Reading clips"))


def _each(
    files: Sequence[LabelledFile],
    make: Callable[[Iterable[LabelledFile]], Iterable[Made]],
    tell: Tell,
) -> Iterator[Made]:
    """Make something of all files, in order and in threads, little ahead of who takes it.

    How many are done is told several times a second; where that raises, no others are begun.
    """
    done: deque[LabelledFile] = deque()
    ended = threading.Event()

    def make_some(first: int) -> list[Made]:
        some = _counted(files[first : first + _CHUNK], done)
        return list(takewhile(lambda _: not ended.is_set(), make(some)))

    def taken(some: Future[list[Made]]) -> list[Made]:
        while not wait([some], _POLL_SECONDS).done:
            tell(len(done), len(files))
        return some.result()

    waiting: deque[Future[list[Made]]] = deque()
    # A worker a processor needs no others beside it; those that begin later get them back below.
    own_threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads(), initializer=torch.set_num_threads, initargs=(1,))
    try:
        for first in range(0, len(files), _CHUNK):
            tell(len(done), len(files))
            waiting.append(pool.submit(make_some, first))
            if len(waiting) > 2 * threads():
                yield from taken(waiting.popleft())
        while waiting:
            yield from taken(waiting.popleft())
    finally:
        ended.set()
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(own_threads)


def _counted(files: Iterable[LabelledFile], done: deque[LabelledFile]) -> Iterator[LabelledFile]:
    """Note each file as done when the next is asked for."""
    for file in files:
        yield file
        done.append(file)


def _key(
    files: Sequence[LabelledFile],
    settings: Mapping[str, object],
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> str:
    """Name the maps of these clips: by their bytes, not by their names or dates."""
    program = [__version__, torch.__version__, soxr.__version__, soundfile.__libsndfile_version__]
    key = hashlib.blake2b(json.dumps([settings, program]).encode(), digest_size=20)
    tell = partial(progress, on_event, should_stop, "Checking clips")
    for digest in _each(files, partial(map, _digest), tell):
        key.update(digest)
    return key.hexdigest()


def _digest(file: LabelledFile) -> bytes:
    try:
        with file.path.open("rb") as content:
            return hashlib.file_digest(content, "blake2b").digest()
    except OSError:
        file.read()  # says in a sentence what is wrong with it
        raise


def _prune(used: Path) -> None:
    """Remove what killed processes left, and maps used longest ago until the rest is small."""
    with suppress(OSError):
        for path in used.parent.glob(f"{TEMPORARY}*"):
            if path.stat().st_mtime < time.time() - _FORSAKEN_SECONDS:
                path.unlink()
        found = [(p.stat().st_mtime, p.stat().st_size, p) for p in used.parent.glob("[!.]*.npy")]
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total > LARGEST_BYTES and path != used:
                remove_maps(path)
                total -= size

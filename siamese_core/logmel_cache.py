"""The cache of maps: computed once, and kept for the next time.

A file of maps is named after a hash of every clip's bytes and of all else that its maps depend
on. They are kept in single precision, as they were computed: a training from the cache is bit for
bit one without it (half precision would take half the room and change every loss).
Who spares damaged clips keeps empty maps of them, so that they are found once, too.
"""

import hashlib
import json
import os
import re
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from pathlib import Path

import librosa
import numpy as np
import pooch
import soundfile
import soxr
import torch

from siamese_core import __version__
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.computed_maps import Views, computed_maps, made_in_threads
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.errors import AudioError, Cancelled, CorpusError, EarwitnessError
from siamese_core.files import reason, unfinished
from siamese_core.glyphspec import GlyphSpec
from siamese_core.lock import release, take
from siamese_core.map_file import Map, MapFile, open_maps, remove_maps, write_maps
from siamese_core.melspec import MelSpec
from siamese_core.pictures import pictures

LARGEST_BYTES = 20 * 2**30
"""Of maps that are not in use so many are kept, the last used ones.

A file larger than that stays beside them, until so many others or another such file were used.
"""

NO_MAP: Map = np.zeros((0, 0), np.float32)
"""What is kept of each view of a file that cannot be read."""

_IN_USE: weakref.WeakValueDictionary[Path, MapFile] = weakref.WeakValueDictionary()
"""What this process reads from."""

_KEY = re.compile(r"[0-9a-f]{40}")
"""What files of maps are named after."""
_UNOPENED = bytes(64)
"""Stands for a file without a digest: so many files of which one is missing are other files."""
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
    digests: Sequence[bytes] | None = None,
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
    digests : sequence of bytes, optional
        Of the files (`digests_of`), where they are known.

    Raises
    ------
    AudioError, CorpusError
        If a file cannot be read and ``views`` does not spare it (`sparing`).
    Cancelled
        If ``should_stop`` says so.
    """
    key = _key(settings, digests or digests_of(files, on_event, should_stop))
    compute = partial(computed_maps, files, views, on_event, should_stop)
    refusal = ""
    for folder in filter(None, (cache_folder(), beside)):
        try:
            with _held(folder / f"{key}.lock", should_stop):  # who begin together compute once
                return _kept(folder / f"{key}.npy", key, files, compute, should_stop)
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
    *,
    beside: Path | None = None,
    digests: Sequence[bytes] | None = None,
    spares: bool = False,
) -> Sequence[Map]:
    """Return what a network sees of each file (`pictures.pictures`); glyphs are not kept.

    Parameters
    ----------
    beside : Path, optional
    digests : sequence of bytes, optional
        As for `cached_maps`.
    spares : bool
        Whether there is `NO_MAP` of a file that cannot be read.

    Raises
    ------
    AudioError, CorpusError
        If a file is not for this network, or cannot be read and is not spared.
    Cancelled
        If ``should_stop`` says so.
    """
    views: Views = partial(pictures, spec=spec)
    views = sparing(views, 1) if spares else views
    if isinstance(spec, GlyphSpec) or not all(isinstance(file, ClipFile) for file in files):
        return list(computed_maps(files, views, on_event, should_stop))
    settings = {"maps": "log-mels, placed", "mel": spec.model_dump(mode="json")}
    maps = cached_maps(files, views, settings, on_event, should_stop, beside, digests)
    for place in () if spares else damaged(files, maps):  # who looks first spares it
        files[place].read()
    return maps


def sparing(views: Views, each: int) -> Views:
    """Let views give `NO_MAP` of a file that cannot be read, and go on.

    Parameters
    ----------
    views : callable
        Gives all views of a file, or none.
    each : int
        Views of a file.
    """
    return partial(_spared, views, each)


def _spared(views: Views, each: int, files: Iterable[LabelledFile]) -> Iterator[Map]:
    rest, taken = iter(files), list[LabelledFile]()

    def noted() -> Iterator[LabelledFile]:
        for file in rest:
            taken.append(file)
            yield file

    def alone(file: LabelledFile) -> Sequence[Map]:
        try:
            return list(views([file]))
        except (AudioError, CorpusError):
            return [NO_MAP] * each

    ended = False
    while not ended:
        taken.clear()
        given = 0
        try:
            for one in views(noted()):
                yield one
                given += 1
            ended = True
        except (AudioError, CorpusError):  # views may have read some ahead
            yield from chain.from_iterable(map(alone, taken[given // each :]))


def damaged(files: Sequence[LabelledFile], maps: Sequence[Map]) -> list[int]:
    """Return the places of the files that could not be read: their maps are empty."""
    each = len(maps) // max(1, len(files))
    return [place for place in range(len(files)) if not maps[place * each].size]


def fault_of(file: LabelledFile) -> AudioError | CorpusError | None:
    """Say why a file cannot be read; None if it can."""
    try:
        file.read()
    except (AudioError, CorpusError) as error:
        return error
    return None


def digests_of(
    files: Sequence[LabelledFile], on_event: OnEvent, should_stop: ShouldStop
) -> list[bytes]:
    """Hash each file's bytes, for a glyph those of its archive; empty if it cannot be opened.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so.
    """
    holders = [_holder(file) for file in files]
    distinct = dict(zip(holders, files, strict=True))
    tell = partial(progress, on_event, should_stop, "Checking clips")
    made = made_in_threads(list(distinct.values()), partial(map, _digest), tell)
    digests = dict(zip(distinct, made, strict=True))
    return [digests[holder] for holder in holders]


def _holder(file: LabelledFile) -> Path:
    """Return the file on the disk that holds a clip, or a glyph's picture."""
    if isinstance(file, ClipFile):
        return file.path
    return next((path for path in file.path.parents if path.is_file()), file.path)


def _kept(
    path: Path,
    key: str,
    files: Sequence[LabelledFile],
    compute: Callable[[], Iterable[Map]],
    should_stop: ShouldStop,
) -> MapFile:
    """Open the maps of that key; write them first if they are missing or broken."""
    maps = open_maps(path, key, should_stop)
    # A clip may have been damaged for a moment only: too many open files, say.
    stale = maps is None or not all(fault_of(files[place]) for place in damaged(files, maps))
    if stale:
        write_maps(path, key, compute(), should_stop)
        maps = open_maps(path, key, should_stop)
    if maps is None:
        raise EarwitnessError(f"{path} does not hold what was written to it.")
    _IN_USE[path] = maps
    _date_used()
    if stale:
        _prune(path.parent)
    return maps


def _date_used() -> None:
    """Date what this process uses, so that another one's `_prune` takes it for new."""
    for used in list(_IN_USE):
        with suppress(OSError):
            os.utime(used)


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


def _key(settings: Mapping[str, object], digests: Iterable[bytes]) -> str:
    """Name the maps of these clips: by their bytes, not by their names or dates."""
    libraries = [torch, librosa, soxr]
    versions = [__version__, *(one.__version__ for one in libraries)]
    program = [*versions, soundfile.__libsndfile_version__]
    key = hashlib.blake2b(json.dumps([settings, program]).encode(), digest_size=20)
    for digest in digests:
        key.update(digest or _UNOPENED)
    return key.hexdigest()


def _digest(file: LabelledFile) -> bytes:
    try:
        with _holder(file).open("rb") as content:
            return hashlib.file_digest(content, "blake2b").digest()
    except OSError:  # who reads it says in a sentence what is wrong
        return b""


def _prune(folder: Path) -> None:
    """Remove what killed processes left, and the maps used longest ago beyond what is kept.

    The folder can be anybody's (`cache_folder`), and hold other files.
    """
    with suppress(OSError):
        for path in unfinished(folder):
            if path.stat().st_mtime < time.time() - _FORSAKEN_SECONDS:
                path.unlink()
        kept_maps = (path for path in folder.glob("*.npy") if _KEY.fullmatch(path.stem))
        found = [(p in _IN_USE, p.stat(), p) for p in kept_maps]
        kept, larger = 0, 0
        for is_used, about, path in sorted(found, key=_recency, reverse=True):
            is_larger = about.st_size > LARGEST_BYTES
            larger += is_larger
            kept += 0 if is_larger else about.st_size
            if not is_used and (kept > LARGEST_BYTES or (is_larger and larger > 1)):
                remove_maps(path)


def _recency(found: tuple[bool, os.stat_result, Path]) -> tuple[bool, float]:
    is_used, about, _ = found
    return is_used, about.st_mtime

"""The cache of maps: computed once, and kept for the next time.

A file of maps is named after a hash of every clip's bytes and of all else that its maps depend
on. They are kept in single precision, as they were computed: a training from the cache is bit for
bit one without it (half precision would take half the room and change every loss).
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pooch
import soundfile
import soxr
import torch

from siamese_core import __version__
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.computed_maps import Views, computed_maps, made_in_threads
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.errors import AudioError, Cancelled, CorpusError, EarwitnessError
from siamese_core.files import TEMPORARY, reason
from siamese_core.glyphspec import GlyphSpec
from siamese_core.lock import release, take
from siamese_core.map_file import Map, MapFile, open_maps, remove_maps, write_maps
from siamese_core.melspec import MelSpec
from siamese_core.pictures import pictures

LARGEST_BYTES = 20 * 2**30
"""When a new file leads beyond, those that were used longest ago are removed."""

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
    for digest in made_in_threads(files, partial(map, _digest), tell):
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

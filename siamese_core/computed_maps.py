"""Maps of many files, computed in threads, in order and little ahead of who takes them."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import takewhile
from typing import TypeVar

import torch

from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.devices import threads
from siamese_core.map_file import Map

Made = TypeVar("Made")
Views = Callable[[Iterable[LabelledFile]], Iterable[Map]]
"""Computes the maps of a few files, in order, reading each when it comes to it."""
Tell = Callable[[int, int], None]
"""Receives how many of how many files are done; raises where no more are wanted."""

_CHUNK = 16
"""Files that a thread reads before it hands them on."""
_POLL_SECONDS = 0.1


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
    tell = partial(progress, on_event, should_stop, "Reading clips")
    yield from made_in_threads(files, views, tell)


def made_in_threads(
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

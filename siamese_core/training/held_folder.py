"""HeldFolder: a folder into which one process at a time writes (no torch)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from siamese_core.errors import TrainingError
from siamese_core.files import reason, unfinished
from siamese_core.lock import holder, release, take

LOCK = "lock"
"""The name of the file that is held for the folder."""


@contextmanager
def held_folder(folder: Path, check: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold a folder for this process, and remove what a killed one had not finished writing.

    Parameters
    ----------
    check : callable
        Refuses a folder that is held now, before anything in it is touched.

    Raises
    ------
    TrainingError
        If another process holds it, it cannot be written, or `LOCK` is another program's file.
    """
    file = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = take(file)
    except BlockingIOError as error:
        raise TrainingError(f"{folder} is in use by {holder(file)}; wait or stop it.") from error
    except OSError as error:
        raise TrainingError(f"{folder} cannot be used: {reason(error)}.") from error
    try:
        check()
        for torn in unfinished(folder):
            with suppress(OSError):  # a folder, say
                torn.unlink()
        yield
    finally:
        release(file, held)
        with suppress(OSError):  # refused unless empty: nothing was begun in it
            folder.rmdir()

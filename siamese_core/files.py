"""Files that are whole or absent: written under a temporary name, then renamed."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siamese_core.errors import EarwitnessError


def reason(error: OSError) -> str:
    """Say in words why the operating system refused."""
    return (error.strerror or str(error)).lower()


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; it takes its name when the block ends well.

    Raises
    ------
    EarwitnessError
        If the folder cannot be made or the file cannot be written (a full disk, say). Nothing
        half-written stays and an older file of that name is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
        os.close(handle)
    except OSError as error:
        raise EarwitnessError(f"{path} cannot be written: {reason(error)}.") from error
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise EarwitnessError(f"{path} cannot be written: {reason(error)}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file, whole or not at all."""
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

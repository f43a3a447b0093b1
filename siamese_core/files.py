"""Files that are whole or absent: written under a temporary name, then renamed."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from siamese_core import __version__
from siamese_core.errors import Cancelled, EarwitnessError, ParameterError
from siamese_core.plain_values import read_json


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


TEMPORARY = ".earwitness-"
"""How the names of unfinished files begin; a killed process leaves them behind."""
_UNFINISHED = re.compile(rf"{re.escape(TEMPORARY)}[a-z0-9_]{{8}}(\..*)?")
"""Their whole names, as `tempfile` completes them; another program's may begin like that, too."""

_TAIL = 1 << 16
"""Bytes of a long text that are read from its end."""

_UMASK = _read_umask()
"""Read once, at import: reading sets it for a moment, which other threads would notice."""


def reason(error: OSError) -> str:
    """Say in words why the operating system refused."""
    return (error.strerror or str(error)).lower()


@contextmanager
def reading(path: Path, fault: type[EarwitnessError] = EarwitnessError) -> Iterator[None]:
    """Say in a sentence why a file cannot be read.

    Raises
    ------
    EarwitnessError
        A ``fault``, if the system refuses or the file is not UTF-8.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise fault(f"{path} is not text; restore it or name another folder.") from error
    except OSError as error:
        raise fault(f"{path} cannot be read: {reason(error)}.") from error


def tail(path: Path) -> str:
    """Read the end of a text file that may be long, from the beginning of a line on.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        start = max(0, os.fstat(file.fileno()).st_size - _TAIL)
        file.seek(start)
        content = file.read()
    if start:
        content = content[content.find(b"\n") + 1 :]
    return content.decode("utf-8", errors="replace")


def file_fault(path: Path) -> str:
    """Say why ``path`` is not a file that can be opened, without a full stop; empty if it is."""
    try:
        if path.is_dir():
            return f"{path} is a folder"
        if not path.exists():
            return f"There is no file {path}"
    except (OSError, ValueError) as error:  # a name too long, or with a zero byte in it
        words = reason(error) if isinstance(error, OSError) else "its name is not a file's"
        return f"{str(path)!r} cannot be opened: {words}"
    return "" if path.is_file() else f"{path} is not an ordinary file"


def is_same(one: Path, other: Path) -> bool:
    """Whether two names lead to one file, which need not be there; links may go in circles."""
    return os.path.realpath(one) == os.path.realpath(other)


ABOUT = {"program": "earwitness", "version": __version__}
"""What the first file of each set of files says of who wrote it."""

PICTURES = (".png", ".svg", ".pdf")
PAGES = (".html", ".htm")


def check_suffix(path: Path, suffixes: Sequence[str]) -> None:
    """Refuse a name that does not end in one of the suffixes.

    Raises
    ------
    ParameterError
    """
    if path.suffix.lower() not in suffixes:
        *others, last = suffixes
        either = f"{', '.join(others)} or {last}" if others else last
        raise ParameterError(f"{path} cannot be made; end it in {either}.")


def is_unfinished(path: Path) -> bool:
    """Whether a name is one under which a file is written (`writing`) before it has its own."""
    return _UNFINISHED.fullmatch(path.name) is not None


def unfinished(folder: Path) -> list[Path]:
    """Return what is being written into a folder, or was by a killed process (`is_unfinished`).

    Raises
    ------
    OSError
        If the folder cannot be read.
    """
    return [path for path in folder.iterdir() if is_unfinished(path)]


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
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY, suffix=path.suffix)
        os.close(handle)
    except OSError as error:
        raise EarwitnessError(f"{path} cannot be written: {reason(error)}.") from error
    temporary = Path(name)
    try:
        yield temporary
        _settle(temporary)
        temporary.chmod(0o666 & ~_UMASK)
        temporary.replace(path)
    except OSError as error:
        raise EarwitnessError(f"{path} cannot be written: {reason(error)}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _settle(file: Path) -> None:
    """Bring a file's content to the disk before its name is changed: power can fail between."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file, whole or not at all."""
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def check_folder(folder: Path, names: Sequence[str] = ()) -> None:
    """Refuse a folder that must not take a set of files, before they are worked for.

    A set that the program wrote before is replaced. Its first file tells: JSON that names the
    program. Other people's files are never replaced.

    Parameters
    ----------
    names : sequence of str
        The files that the set can hold.

    Raises
    ------
    EarwitnessError
        If ``folder`` is a file, or holds a file of such a name that the program did not write.
    """
    try:
        nearest = next(p for p in (folder, *folder.absolute().parents) if os.path.lexists(p))
        if not nearest.is_dir():
            kind = "a link to nowhere" if nearest.is_symlink() else "a file"
            raise EarwitnessError(f"{nearest} is {kind}; give a folder.")
        there = [name for name in names if os.path.lexists(folder / name)]
        if there and not _is_ours(folder / names[0]):
            raise EarwitnessError(
                f"{folder} already holds another {there[0]}; give another folder."
            )
    except OSError as error:
        raise EarwitnessError(f"{folder} cannot be written: {reason(error)}.") from error


@contextmanager
def appearing(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    """Give a temporary folder beside ``folder``; its files move there when the block ends well.

    They replace the set that the program wrote before, also files of it that were not written
    this time; whatever else lies in the folder stays.

    Parameters
    ----------
    names : sequence of str
        The files that the set can hold (`check_folder`).

    Raises
    ------
    EarwitnessError
        If a file cannot be written; then none of them appears.
    """
    check_folder(folder, names)
    temporary = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=TEMPORARY))
        yield temporary
        _move(temporary, folder, names)
    except Cancelled:
        raise
    except EarwitnessError as error:  # it names the temporary folder, which says nothing to people
        raise EarwitnessError(str(error).replace(str(temporary), str(folder))) from error
    except OSError as error:
        raise EarwitnessError(f"{folder} cannot be written: {reason(error)}.") from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _move(temporary: Path, folder: Path, names: Sequence[str]) -> None:
    folder.mkdir(exist_ok=True)
    check_folder(folder, names)
    for name in names:
        if (temporary / name).exists():
            (temporary / name).replace(folder / name)
        else:
            (folder / name).unlink(missing_ok=True)


def _is_ours(file: Path) -> bool:
    try:
        about = read_json(file)
    except (OSError, ValueError):
        return False
    return isinstance(about, dict) and about.get("program") == ABOUT["program"]

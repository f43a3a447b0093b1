"""Lock: a file that one process at a time holds; the system frees it however that process ends.

It is the system's own lock on an open file, not the file's existence: nothing goes stale after a
kill, no process number is ever asked after, and two processes cannot both win.
"""

import errno
import json
import os
import re
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_UNSUPPORTED = {errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK}
"""What file systems without locks answer (some clusters'); there the folder is held on trust."""

_FAR = 1 << 30
"""Windows locks bytes, and nobody may read them: one far behind the text."""

_NO_LINK, _NO_WAIT = (getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK"))
"""A link would have another file truncated, and a pipe would have us wait for its other end."""

_LONGEST = 256
"""Bytes that are more than a process writes into a lock."""

_OWN = re.compile(rb'\0*|\{"pid": (\d{1,10}), "started": [\d.e+]+\}')
"""What `take` leaves: nothing yet, or zeros where power failed."""

_TRIES, _PAUSE = 5, 0.01
"""Whoever looks whether a file is held (`is_held`) holds it for a moment: wait that long."""


def take(file: Path) -> int:
    """Hold a file, made if it is missing; it then names this process and the time.

    Returns
    -------
    int
        What `release` needs.

    Raises
    ------
    BlockingIOError
        If another process, or another place in this one, holds it.
    OSError
        If it cannot be written, or is another program's file.
    """
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | _NO_LINK | _NO_WAIT, 0o666)
        try:
            hold(descriptor)
            if _is_still(file, descriptor):
                _refuse_foreign(file, descriptor)
                os.ftruncate(descriptor, 0)
                os.lseek(descriptor, 0, os.SEEK_SET)
                owner = {"pid": os.getpid(), "started": time.time()}
                os.write(descriptor, json.dumps(owner).encode())
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def release(file: Path, descriptor: int) -> None:
    """Let go of a file that `take` gave, and remove it."""
    if sys.platform == "win32":  # an open file cannot be removed there
        os.close(descriptor)
        with suppress(OSError):
            file.unlink()
    else:  # removed while it is held: whoever opened it meanwhile sees that it is gone
        file.unlink(missing_ok=True)
        os.close(descriptor)


def holder(file: Path) -> str:
    """Say in words who holds a file."""
    number = holder_number(file)
    return "another process" if number is None else f"process {number}"


def holder_number(file: Path) -> int | None:
    """Return the number of the process that a held file names, None if it names none."""
    try:
        with file.open("rb") as content:
            own = _OWN.fullmatch(content.read(_LONGEST))
    except OSError:
        return None
    return int(own[1]) if own and own[1] else None


def hold(descriptor: int) -> None:
    """Hold an open file; where the system allows it, a child that inherits it holds it too.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            _lock(descriptor)
        except BlockingIOError:
            if not tries_left:
                raise
            time.sleep(_PAUSE)
        else:
            return


def is_held(file: Path) -> bool:
    """Whether a living process holds a file."""
    try:
        descriptor = os.open(file, os.O_RDONLY | _NO_WAIT)
    except OSError:
        return False
    try:
        _lock(descriptor, alone=False)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock(descriptor: int, alone: bool = True) -> None:
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EACCES, errno.EAGAIN, errno.EDEADLK}:
            raise BlockingIOError(error.errno, "held by another process") from error
        if error.errno not in _UNSUPPORTED:
            raise


def _refuse_foreign(file: Path, descriptor: int) -> None:
    """Refuse what `take` never leaves."""
    is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
    if not is_file or not _OWN.fullmatch(os.read(descriptor, _LONGEST)):
        raise FileExistsError(errno.EEXIST, f"{file.name} is another program's file", str(file))


def _is_still(file: Path, descriptor: int) -> bool:
    """Look whether the file of that name is the one that was opened, not a later one."""
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False

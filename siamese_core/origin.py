"""Origin: the files that a result comes from, by their SHA-256, and when it was made."""

from datetime import datetime
from hashlib import file_digest
from pathlib import Path


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a whole file as ``sha256sum`` prints it, 64 hexadecimal digits.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def now() -> str:
    """Return this moment in ISO 8601, to the second, with the clock's distance from UTC."""
    return datetime.now().astimezone().isoformat(timespec="seconds")

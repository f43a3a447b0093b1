"""Origin: the files that a result comes from, by their SHA-256, and when it was made."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest
from os.path import commonpath
from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """What measured figures come from.

    Parameters
    ----------
    models : dict of str to str
        The SHA-256 of each checkpoint's file, by its path.
    folders : tuple of str
        Where the clips lie.
    clips : int
    date : str
        When it was measured, in ISO 8601.
    """

    models: Mapping[str, str]
    folders: tuple[str, ...]
    clips: int
    date: str

    @classmethod
    def of(cls, models: Sequence[Path], folders: Sequence[Path], clips: Sequence[Path]) -> "Origin":
        """Note what is measured now; without ``folders``, the innermost with all clips.

        Raises
        ------
        OSError
            If a checkpoint cannot be read.
        """
        digests = {str(model.absolute()): sha256_of(model) for model in models}
        paths = {str(clip.absolute().parent) for clip in clips}
        places = tuple(str(folder.absolute()) for folder in folders)
        return cls(digests, places or (commonpath(paths),), len(clips), now())

    def as_dict(self) -> dict[str, object]:
        """Return plain values."""
        return asdict(self) | {"folders": list(self.folders)}


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

"""Recording: the file that a clip comes from, and by which others know it (no torch)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from siamese_core.audio import Clip, read
from siamese_core.callbacks import ShouldStop, never
from siamese_core.episode_file.episode_contents import SUFFIX
from siamese_core.errors import Cancelled, EarwitnessError
from siamese_core.origin import sha256_of


@dataclass(frozen=True)
class Recording:
    """A clip's file, as far as it holds the clip still.

    Parameters
    ----------
    path : Path, optional
        By which `read_recording` reads the clip again, absolute; None if no file holds that sound
        any more, or none ever did.
    sha256 : str, optional
        Of the whole file (`origin.sha256_of`); of the episode's file for a clip that lies in one.
    """

    path: Path | None = None
    sha256: str | None = None

    @classmethod
    def of(cls, clip: Clip, digests: Mapping[Path, str], should_stop: ShouldStop = never) -> Self:
        """Look a clip up in its file; a file that gives another sound by now is not its own.

        Parameters
        ----------
        clip : Clip
        digests : mapping of Path to str
            The SHA-256 of each `file_of` a line-up's clips.

        Raises
        ------
        Cancelled
            If ``should_stop`` says so.
        """
        file = file_of(clip)
        if file is None or clip.path is None or file not in digests:
            return cls()
        try:
            again = read_recording(clip.path, should_stop=should_stop)
        except Cancelled:
            raise
        except EarwitnessError:
            return cls()
        return cls(clip.path.absolute(), digests[file]) if again.digest == clip.digest else cls()

    @property
    def episode(self) -> Path | None:
        """The episode's file that the clip lies in, if it does."""
        return None if self.path is None else episode_of(self.path)


def digests_of(clips: Iterable[Clip]) -> dict[Path, str]:
    """Return the SHA-256 of each file of some clips that is there, each read once."""
    files = {file for clip in clips if (file := file_of(clip)) is not None}
    digests = {}
    for file in files:
        try:
            digests[file] = sha256_of(file)
        except OSError:  # it went, or is not ours to read
            continue
    return digests


def file_of(clip: Clip) -> Path | None:
    """Return the file on disk that a clip comes from, that of its episode if it lies in one."""
    if clip.path is None:
        return None
    file = episode_of(clip.path) or clip.path
    return file.absolute() if file.is_file() else None


def episode_of(path: Path) -> Path | None:
    """Return the episode's file that a path leads into (`episode_file.SavedClip`), if it does."""
    inside = (place for place in path.parents if place.suffix == SUFFIX)
    return next((place for place in inside if place.is_file()), None)


def read_recording(path: Path, label: str | None = None, should_stop: ShouldStop = never) -> Clip:
    """Read a sound file, or a clip in an episode's file by a path that leads into that.

    Raises
    ------
    AudioError
        What `audio.read` raises.
    CorpusError
        If the episode's file does not hold such a clip.
    Cancelled
        If ``should_stop`` says so.
    """
    if episode_of(path) is None:
        return read(path, label=label, should_stop=should_stop)
    from siamese_core.episode_file.episode_file import SavedClip  # which waits for torch

    clip = SavedClip(path, label or "", str(path)).read(should_stop=should_stop)
    return replace(clip, label=label)

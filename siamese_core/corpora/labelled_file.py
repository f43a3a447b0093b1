"""LabelledFile: what a corpus holds, whatever it is; ClipFile is its audible kind."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from siamese_core.audio import Clip, read
from siamese_core.callbacks import ShouldStop, never


@dataclass(frozen=True)
class LabelledFile(ABC):
    """One file of a known class, read when it is needed.

    Parameters
    ----------
    path : Path
    label : str
        The class.
    source : str
        The recording it was cut from; files of one source never meet in a pair or across a split.
    part : str
        ``train``, ``validation`` or ``test`` where the corpus itself says so, else empty.
    """

    path: Path
    label: str
    source: str
    part: str = ""

    @abstractmethod
    def read(self) -> object:
        """Read the content."""


@dataclass(frozen=True)
class ClipFile(LabelledFile):
    """One labelled sound file; `read` gives the clip."""

    def read(self, rate: int | None = None, should_stop: ShouldStop = never) -> Clip:
        """Read the file (see `audio.read` for what it raises)."""
        return read(self.path, rate, self.label, should_stop)

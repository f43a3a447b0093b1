"""LAYOUTS: how known corpora lie on disk, name -> Layout."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from siamese_core.corpora import (
    audiomnist,
    class_folders,
    esc50,
    fsdd,
    omniglot,
    timit,
    voxceleb,
)
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.corpora.omniglot import GlyphFile

File_co = TypeVar("File_co", bound=LabelledFile, covariant=True)
About = Mapping[str, Mapping[str, str]]
"""Facts about classes, label -> {name: value}."""


def _nothing(_folder: Path) -> About:
    return {}


@dataclass(frozen=True)
class Layout(Generic[File_co]):
    """One corpus's way to lie in a folder.

    Parameters
    ----------
    title : str
        For people.
    recognises : callable
        Whether a folder is laid out so; it looks at a few names only.
    read : callable
        Lists the files.
    about : callable
        What the corpus tells about its classes.
    """

    title: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path], Sequence[File_co]]
    about: Callable[[Path], About] = _nothing


# The first that recognises a folder reads it. ESC-10 is laid out as ESC-50: it must be named.
LAYOUTS: dict[str, Layout[ClipFile]] = {
    "audiomnist": Layout("AudioMNIST", audiomnist.recognises, audiomnist.read, audiomnist.about),
    "esc50": Layout("ESC-50", esc50.recognises, esc50.read),
    "esc10": Layout("ESC-10", esc50.recognises, esc50.read_esc10),
    "fsdd": Layout("FSDD", fsdd.recognises, fsdd.read),
    "timit": Layout("TIMIT", timit.recognises, timit.read),
    "voxceleb": Layout("VoxCeleb", voxceleb.recognises, voxceleb.read),
    "class-folders": Layout("Class folders", class_folders.recognises, class_folders.read),
}

GLYPH_LAYOUTS: dict[str, Layout[GlyphFile]] = {
    "omniglot": Layout("Omniglot", omniglot.recognises, omniglot.read),
}

# Glyphs come first: any folder with a folder in it passes for class folders.
ALL_LAYOUTS: dict[str, Layout[LabelledFile]] = {**GLYPH_LAYOUTS, **LAYOUTS}

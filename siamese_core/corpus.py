"""Corpus: labelled clips on disk, read when needed, and class-disjoint splits of them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from siamese_core.audio import SUFFIXES, Clip, read
from siamese_core.errors import CorpusError
from siamese_core.files import reason

_ESC_SOURCE = re.compile(r"^\d-(\d+)-[A-Z]")
"""FOLD-SOURCE-TAKE, as ESC-50, ESC-10 and Kitchen20 name clips cut from one recording."""


@dataclass(frozen=True)
class ClipFile:
    """One labelled sound file; `read` gives the clip.

    Parameters
    ----------
    path : Path
    label : str
        The class.
    source : str
        The recording it was cut from; clips of one source never meet in a pair or across a split.
    """

    path: Path
    label: str
    source: str

    def read(self, rate: int | None = None) -> Clip:
        """Read the file (see `audio.read` for what it raises)."""
        return read(self.path, rate, self.label)


@dataclass(frozen=True)
class Split:
    """Classes for training, validation and test; no class stands in two of them."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Corpus:
    """Labelled clips.

    Parameters
    ----------
    name : str
    clips : tuple of ClipFile
    """

    name: str
    clips: tuple[ClipFile, ...] = field(repr=False)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The labels, sorted."""
        return tuple(sorted({clip.label for clip in self.clips}))

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The label of each clip."""
        return tuple(clip.label for clip in self.clips)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The recording that each clip was cut from."""
        return tuple(clip.source for clip in self.clips)

    def of_class(self, label: str) -> tuple[ClipFile, ...]:
        """Return the clips of one class, in order."""
        return tuple(clip for clip in self.clips if clip.label == label)

    def select(self, classes: Iterable[str]) -> "Corpus":
        """Return the corpus of some classes only.

        Raises
        ------
        CorpusError
            If a class is not in the corpus.
        """
        wanted = set(classes)
        if missing := sorted(wanted - set(self.classes)):
            raise CorpusError(
                f"{self.name} has no class '{missing[0]}'; it has {_some(self.classes)}."
            )
        return Corpus(self.name, tuple(clip for clip in self.clips if clip.label in wanted))

    def split(
        self,
        validation: int | Sequence[str],
        test: int | Sequence[str],
        seed: int = 0,
    ) -> Split:
        """Split the classes: named ones as named, counted ones drawn with ``seed``.

        Raises
        ------
        CorpusError
            If a named class is missing or named twice, or too few classes are left to train on.
        """
        shuffled = [
            self.classes[i] for i in np.random.default_rng(seed).permutation(len(self.classes))
        ]
        named = [c for part in (validation, test) if not isinstance(part, int) for c in part]
        self.select(named)
        free = [label for label in shuffled if label not in named]
        parts = []
        for part in (validation, test):
            count = part if isinstance(part, int) else 0
            parts.append(tuple(sorted(free[:count])) if isinstance(part, int) else tuple(part))
            free = free[count:]
        if len(set(named)) < len(named):
            raise CorpusError("A class is named for validation and for test; name it once.")
        if len(free) < 2:
            raise CorpusError(
                f"{self.name} has {len(self.classes)} classes; validation and test take all but "
                f"{len(free)}, and training needs 2."
            )
        return Split(tuple(sorted(free)), *parts)


def read_corpus(folder: Path) -> Corpus:
    """Open a folder of class folders; clips may lie at any depth within their class folder.

    Raises
    ------
    CorpusError
        If the folder is missing, unreadable, or holds no class folders with sound files.
    """
    folder = Path(folder)
    try:
        if not folder.is_dir():
            raise CorpusError(f"There is no folder {folder}; give a folder of class folders.")
        class_folders = [f for f in sorted(folder.iterdir()) if f.is_dir() and _is_shown(f)]
        clips = [clip for class_folder in class_folders for clip in _class_clips(class_folder)]
    except OSError as error:
        raise CorpusError(f"{folder} cannot be read: {reason(error)}.") from error
    if not clips:
        raise CorpusError(
            f"{folder} holds no class folders with sound files; each class is a folder of clips."
        )
    return Corpus(folder.resolve().name, tuple(clips))


def join(corpora: Sequence[Corpus]) -> Corpus:
    """Put corpora together; a class keeps its name, prefixed by its corpus where names clash."""
    if len(corpora) == 1:
        return corpora[0]
    seen: dict[str, int] = {}
    for label in (label for corpus in corpora for label in corpus.classes):
        seen[label] = seen.get(label, 0) + 1
    clips = [
        ClipFile(
            clip.path,
            f"{corpus.name}/{clip.label}" if seen[clip.label] > 1 else clip.label,
            f"{corpus.name}/{clip.source}",
        )
        for corpus in corpora
        for clip in corpus.clips
    ]
    return Corpus("+".join(corpus.name for corpus in corpora), tuple(clips))


def _class_clips(folder: Path) -> list[ClipFile]:
    files = sorted(f for f in folder.rglob("*") if f.suffix.lower() in SUFFIXES and _is_shown(f))
    return [ClipFile(file, folder.name, _source(file)) for file in files]


def _source(file: Path) -> str:
    match = _ESC_SOURCE.match(file.name)
    return match.group(1) if match else str(file)


def _is_shown(path: Path) -> bool:
    return not path.name.startswith(".")


def _some(classes: Sequence[str], most: int = 12) -> str:
    more = f" and {len(classes) - most} more" if len(classes) > most else ""
    return ", ".join(classes[:most]) + more

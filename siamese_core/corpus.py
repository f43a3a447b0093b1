"""Corpus: labelled files of known classes, read when needed, and class-disjoint splits of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from typing_extensions import TypeVar as DefaultTypeVar

from siamese_core.corpora.folder import foreign_files
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.corpora.layouts import ALL_LAYOUTS, GLYPH_LAYOUTS, LAYOUTS, Layout
from siamese_core.corpora.omniglot import GlyphFile
from siamese_core.errors import CorpusError, counted
from siamese_core.files import reason

F = TypeVar("F", bound=LabelledFile)
# A plain `Corpus` holds sound.
F_co = DefaultTypeVar("F_co", bound=LabelledFile, covariant=True, default=ClipFile)


@dataclass(frozen=True)
class Split:
    """Classes for training, validation and test; no class stands in two of them."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Corpus(Generic[F_co]):
    """Labelled files: clips, or glyphs in a ``Corpus[GlyphFile]``.

    Parameters
    ----------
    name : str
    clips : tuple of LabelledFile
        Each has a class, and a source: what was cut from one recording.
    layout : str
        The name in `LAYOUTS` of how it lies on disk.
    """

    name: str
    clips: tuple[F_co, ...] = field(repr=False)
    layout: str = ""

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

    @cached_property
    def by_path(self) -> Mapping[Path, F_co]:
        """The clip of each file; the first where several are cut from one."""
        return {clip.path: clip for clip in reversed(self.clips)}

    @cached_property
    def official(self) -> Split | None:
        """The split that the corpus itself brings (TIMIT's, Omniglot's), if it brings one."""
        parts = {
            part: tuple(sorted({clip.label for clip in self.clips if clip.part == part}))
            for part in ("train", "validation", "test")
        }
        is_whole = sum(map(len, parts.values())) == len(self.classes)
        return Split(**parts) if is_whole and parts["train"] and parts["test"] else None

    def select(self, classes: Iterable[str]) -> "Corpus[F_co]":
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
        return replace(self, clips=tuple(clip for clip in self.clips if clip.label in wanted))

    def apart_from(self, other: "Corpus[LabelledFile]") -> "Corpus[F_co]":
        """Return the corpus without clips that share a recording with a clip of ``other``.

        Parts of a split have no class in common, yet one recording can be heard in two classes:
        what trains should stand apart from what validates and tests.
        """
        taken = set(other.sources)
        return replace(self, clips=tuple(clip for clip in self.clips if clip.source not in taken))

    @property
    def has_alphabets(self) -> bool:
        """Whether it is a corpus of glyphs, and of nothing else."""
        return all(isinstance(clip, GlyphFile) for clip in self.clips)

    @property
    def glyphs(self) -> tuple[GlyphFile, ...]:
        """The files of a corpus of glyphs.

        Raises
        ------
        CorpusError
            If it holds something else.
        """
        glyphs = tuple(clip for clip in self.clips if isinstance(clip, GlyphFile))
        if not self.has_alphabets:
            raise CorpusError(f"{self.name} has no alphabets; give a folder with Omniglot.")
        return glyphs

    def by_alphabet(self) -> "Corpus[GlyphFile]":
        """Return the corpus with the alphabet as the class of each glyph.

        Raises
        ------
        CorpusError
            If it holds something else than glyphs.
        """
        clips = tuple(replace(glyph, label=glyph.alphabet) for glyph in self.glyphs)
        return Corpus(self.name, clips, self.layout)

    def split(
        self,
        validation: int | Sequence[str],
        test: int | Sequence[str],
        seed: int = 0,
    ) -> Split:
        """Split the classes: named ones as named, counted ones drawn with ``seed``.

        A name that ends in a slash stands for all classes below it: an alphabet's characters.

        Raises
        ------
        CorpusError
            If a named class is missing or named twice, or too few classes are left to train on.
        """
        parts = [p if isinstance(p, int) else self._spelled_out(p) for p in (validation, test)]
        named = [label for part in parts if not isinstance(part, int) for label in part]
        self.select(named)
        order = np.random.default_rng(seed).permutation(len(self.classes))
        free = (label for label in (self.classes[i] for i in order) if label not in named)
        chosen = [
            tuple(sorted(islice(free, part))) if isinstance(part, int) else part for part in parts
        ]
        train = tuple(sorted(free))
        if len(set(named)) < len(named):
            twice = next(label for label in named if named.count(label) > 1)
            raise CorpusError(
                f"'{twice}' is named twice; name each class once, for validation or for the test."
            )
        if len(train) < 2:
            asked = [part if isinstance(part, int) else len(part) for part in parts]
            raise CorpusError(
                f"{self.name} has {counted(len(self.classes), 'class', 'classes')}; {asked[0]} for "
                f"validation and {asked[1]} for the test leave {len(train)}, and training needs 2."
            )
        return Split(train, *chosen)

    def _spelled_out(self, names: Sequence[str]) -> tuple[str, ...]:
        below = {
            name: [label for label in self.classes if name[-1:] == "/" and label.startswith(name)]
            for name in names
        }
        return tuple(label for name in names for label in below[name] or [name])


def read_corpus(folder: Path, layout: str | None = None) -> Corpus:
    """Open a folder of clips: a known corpus's, or any folder of class folders.

    Parameters
    ----------
    folder : Path
    layout : str, optional
        A name in `LAYOUTS`; the first that recognises the folder if None.

    Raises
    ------
    CorpusError
        If the folder is missing, unreadable or not laid out so, or holds no sound files.
    """
    return _open(Path(folder), layout, LAYOUTS)


def read_any(folder: Path, layout: str | None = None) -> Corpus[LabelledFile]:
    """Open whatever the folder holds; it raises what `read_corpus` raises."""
    return _open(Path(folder), layout, ALL_LAYOUTS)


def join(corpora: Sequence[Corpus[F]]) -> Corpus[F]:
    """Put corpora together; a class keeps its name, prefixed by its corpus where names clash.

    Raises
    ------
    CorpusError
        If one of them comes twice, or only some hold sound.
    """
    if len(corpora) == 1:
        return corpora[0]
    _check_joinable(corpora)
    corpora = [
        replace(corpus, name=f"{corpus.name}-{number}")
        if [other.name for other in corpora].count(corpus.name) > 1
        else corpus
        for number, corpus in enumerate(corpora, 1)
    ]
    seen: dict[str, int] = {}
    for label in (label for corpus in corpora for label in corpus.classes):
        seen[label] = seen.get(label, 0) + 1
    clips = [
        replace(
            clip,
            label=f"{corpus.name}/{clip.label}" if seen[clip.label] > 1 else clip.label,
            source=f"{corpus.name}/{clip.source}",
        )
        for corpus in corpora
        for clip in corpus.clips
    ]
    return Corpus("+".join(corpus.name for corpus in corpora), tuple(clips))


def _check_joinable(corpora: Sequence[Corpus[F]]) -> None:
    for number, corpus in enumerate(corpora):
        if any(_same(corpus, other) for other in corpora[:number]):
            raise CorpusError(f"{corpus.name} is given twice; name each folder once.")
    names = {isinstance(clip, GlyphFile): c.name for c in corpora for clip in c.clips[:1]}
    if len(names) > 1:
        raise CorpusError(
            f"{names[True]} holds glyphs and {names[False]} does not; no network compares both."
        )


def _same(corpus: Corpus[F], other: Corpus[F]) -> bool:
    """Look whether two corpora were read from one folder, by whatever path."""
    first, others = (c.clips[0].path.resolve() for c in (corpus, other))
    return first == others and len(corpus.clips) == len(other.clips)


def _open(folder: Path, name: str | None, layouts: Mapping[str, Layout[F]]) -> Corpus[F]:
    try:
        if folder.is_file():
            raise CorpusError(f"{folder} is a file; give a folder of class folders.")
        if not folder.is_dir():
            raise CorpusError(f"There is no folder {folder}; give a folder of class folders.")
        found = _recognise(folder, layouts) if name is None else _named(folder, name, layouts)
        clips = tuple(layouts[found].read(folder)) if found else ()
    except OSError as error:
        raise CorpusError(f"{folder} cannot be read: {reason(error)}.") from error
    if not clips and (held := _recognise(folder, GLYPH_LAYOUTS)):
        raise CorpusError(
            f"{folder} holds drawn characters ({GLYPH_LAYOUTS[held].title}), not sounds; it serves "
            "to train and to evaluate (the Train and Evaluate pages, or those commands)."
        )
    if not clips and found and (strangers := foreign_files(folder)):
        kinds = ", ".join(sorted({path.suffix.lower()[1:] for path in strangers}))
        raise CorpusError(
            f"{folder} is laid out as {layouts[found].title}, but holds no sound that can be "
            f"decoded here, only {kinds} ({counted(len(strangers), 'file')}); convert it to wav."
        )
    if not clips:
        raise CorpusError(
            f"{folder} holds no class folders with sound files, nor a corpus of a known layout "
            f"({', '.join(layouts)}); each class is a folder of clips."
        )
    return Corpus(folder.resolve().name, clips, found)


def _recognise(folder: Path, layouts: Mapping[str, Layout[F]]) -> str:
    return next((name for name, layout in layouts.items() if layout.recognises(folder)), "")


def _named(folder: Path, name: str, layouts: Mapping[str, Layout[F]]) -> str:
    if name not in layouts:
        raise CorpusError(f"'{name}' is not a layout; the layouts are {', '.join(layouts)}.")
    if not layouts[name].recognises(folder):
        title = layouts[name].title
        raise CorpusError(f"{folder} is not laid out as {title}; name another layout.")
    return name


def _some(classes: Sequence[str], most: int = 12) -> str:
    more = f" and {len(classes) - most} more" if len(classes) > most else ""
    return ", ".join(classes[:most]) + more

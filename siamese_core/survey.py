"""Survey: what a folder of clips holds, every file read once, and what cannot be read and why."""

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import soundfile

from siamese_core.audio import foreign
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.corpora.class_folders import level_notice
from siamese_core.corpora.folder import foreign_files, second_links, subfolders
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.corpora.layouts import ALL_LAYOUTS, About
from siamese_core.corpus import Corpus, read_any
from siamese_core.errors import Cancelled, EarwitnessError


@dataclass(frozen=True)
class Finding:
    """What reading one file showed.

    Parameters
    ----------
    file : LabelledFile
    rate : int
        Sampling rate in Hz, 0 for what is no sound.
    channels : int
    seconds : float
    fault : str
        One sentence why it cannot be read; empty where it can.
    silent : bool
        Whether no sample rises above -100 dBFS; a header alone does not tell.
    """

    file: LabelledFile
    rate: int = 0
    channels: int = 0
    seconds: float = 0.0
    fault: str = ""
    silent: bool = False


@dataclass(frozen=True)
class Survey:
    """What a corpus holds.

    Parameters
    ----------
    corpus : Corpus
    about : mapping
        What the corpus tells about its classes.
    findings : tuple of Finding
        One a file, in the order of the corpus.
    faults : tuple of str
        What is wrong with the corpus's own tables, or may be with the level of its classes.
    empty : tuple of str
        Class folders without a sound file.
    links : mapping
        Class folders that are links to another one, by name, and so no classes of their own.
    foreign : tuple of Finding
        Sounds beside the corpus's files that cannot be decoded, and of which no copy can.
    """

    corpus: Corpus[LabelledFile]
    about: About
    findings: tuple[Finding, ...]
    faults: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    foreign: tuple[Finding, ...] = ()

    @property
    def unheard(self) -> tuple[str, ...]:
        """The classes of which no file can be read."""
        readable = {finding.file.label for finding in self.findings if not finding.fault}
        return tuple(sorted({*self.corpus.classes, *self.empty} - readable))

    @property
    def title(self) -> str:
        """The layout's name for people."""
        return ALL_LAYOUTS[self.corpus.layout].title

    @property
    def seconds(self) -> float:
        """Duration of all clips that can be read."""
        return sum(finding.seconds for finding in self.findings)

    @property
    def rates(self) -> dict[int, int]:
        """Clips at each sampling rate in Hz."""
        return _count(finding.rate for finding in self.findings)

    @property
    def channels(self) -> dict[int, int]:
        """Clips of each number of channels."""
        return _count(finding.channels for finding in self.findings)

    @property
    def shared_sources(self) -> int:
        """How many recordings are heard in more than one class."""
        pairs = {(clip.source, clip.label) for clip in self.corpus.clips}
        return sum(count > 1 for count in Counter(source for source, _ in pairs).values())

    @property
    def unreadable(self) -> tuple[Finding, ...]:
        """The files that cannot be read."""
        return tuple(finding for finding in (*self.findings, *self.foreign) if finding.fault)

    @property
    def silent(self) -> tuple[Finding, ...]:
        """The files that hold no sound."""
        return tuple(finding for finding in self.findings if finding.silent)

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        split = self.corpus.official
        return {
            "corpus": self.corpus.name,
            "layout": self.corpus.layout,
            "title": self.title,
            "files": len(self.corpus.clips),
            "classes": Counter(self.corpus.labels),
            "about": self.about,
            "sources": len(set(self.corpus.sources)),
            "shared_sources": self.shared_sources,
            "hours": self.seconds / 3600,
            "rates": self.rates,
            "channels": self.channels,
            "split": split and {"train": split.train, "test": split.test},
            "unreadable": [
                {"path": str(finding.file.path), "reason": finding.fault}
                for finding in self.unreadable
            ],
            "silent": [str(finding.file.path) for finding in self.silent],
            "unheard": self.unheard,
            "links": self.links,
            "faults": self.faults,
        }


def survey(
    folder: Path,
    layout: str | None = None,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Survey:
    """Recognise a corpus and read every file of it.

    Parameters
    ----------
    folder : Path
    layout : str, optional
        A name in `ALL_LAYOUTS`; the first that recognises the folder if None.

    Raises
    ------
    CorpusError
        If nothing is recognised. Files that cannot be read are findings, not errors.
    Cancelled
        If ``should_stop`` says so.
    """
    corpus = read_any(folder, layout)
    about, faults = _about(folder, corpus.layout)
    if corpus.layout == "class-folders" and (notice := level_notice(folder, corpus.clips)):
        faults = (*faults, notice)
    findings: list[Finding] = []
    pool = ThreadPoolExecutor()
    try:
        for finding in pool.map(partial(examine, should_stop=should_stop), corpus.clips):
            findings.append(finding)
            progress(on_event, should_stop, "Checking", len(findings), len(corpus.clips))
    finally:
        pool.shutdown(cancel_futures=True)
    links = {link.name: first.name for link, first in second_links(folder).items()}
    empty, strangers = _empty(folder, corpus), _foreign(folder, corpus)
    return Survey(corpus, about, tuple(findings), faults, empty, links, strangers)


def _about(folder: Path, layout: str) -> tuple[About, tuple[str, ...]]:
    try:
        return ALL_LAYOUTS[layout].about(folder), ()
    except EarwitnessError as error:
        return {}, (str(error),)


def _empty(folder: Path, corpus: Corpus[LabelledFile]) -> tuple[str, ...]:
    """Find class folders that lent no class: nothing in them is named as sound is."""
    if corpus.layout != "class-folders":
        return ()
    return tuple(path.name for path in subfolders(folder) if path.name not in corpus.classes)


def _foreign(folder: Path, corpus: Corpus[LabelledFile]) -> tuple[Finding, ...]:
    """Find the sounds that no reader lists, but those beside which, or as which, a copy lies."""
    copied = {(clip.path.parts[-3:-1], clip.path.stem) for clip in corpus.clips}
    roots = subfolders(folder) if corpus.layout == "class-folders" else [folder]
    return tuple(
        Finding(ClipFile(path, root.name, str(path)), fault=foreign(path))
        for root in roots
        for path in foreign_files(root)
        if not {(path.parts[-3:-1], name) for name in (path.stem, path.name)} & copied
    )


def examine(file: LabelledFile, should_stop: ShouldStop = never) -> Finding:
    """Read one file to its end; what cannot be read is a finding too.

    Parameters
    ----------
    file : LabelledFile
    should_stop : callable, optional
        Asked after every block of a sound file.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so.
    """
    try:
        if not isinstance(file, ClipFile):
            file.read()
            return Finding(file)
        clip = file.read(should_stop=should_stop)
    except Cancelled:
        raise
    except EarwitnessError as error:
        return Finding(file, fault=str(error))
    # The clip is mono by now; the header still knows.
    channels = soundfile.info(file.path).channels
    return Finding(file, clip.rate, channels, clip.seconds, silent=clip.is_silent)


def _count(values: Iterable[int]) -> dict[int, int]:
    counts = Counter(value for value in values if value)
    return dict(sorted(counts.items()))

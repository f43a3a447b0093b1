"""GroupedClips: the open corpora by class, or what of them is searched for, in a wanted order."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from app.library.search_words import SearchWords
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.survey import Finding

Known = Mapping[LabelledFile, Finding]
"""What is known of some clips."""
Splits = Mapping[str, str]
"""The part of a split that a class is of, by the class."""
Rates = tuple[int, int]
"""The lowest and the highest of some clips, in Hz."""

NAME, LENGTH, RATE, SPLIT = range(4)
"""What rows are told and ordered by: the columns of the tree."""


class Order(NamedTuple):
    """By which column rows are ordered."""

    column: int = NAME
    falling: bool = False


class Group(NamedTuple):
    """A class with its clips; how long they are together, once it is known of each of them."""

    label: str
    clips: tuple[ClipFile, ...]
    seconds: float | None = None
    rates: Rates | None = None
    alike: frozenset[str] = frozenset()
    """Names, without their endings, that several of its clips have."""


class Branch(NamedTuple):
    """A corpus by class, or what of it was searched for; ``number`` counts all open corpora."""

    number: int
    name: str
    groups: tuple[Group, ...]

    @property
    def clip_count(self) -> int:
        """How many clips it shows."""
        return sum(len(group.clips) for group in self.groups)

    @property
    def seconds(self) -> float | None:
        """How long all of them are together, once it is known."""
        lengths = [group.seconds for group in self.groups if group.seconds is not None]
        return sum(lengths) if len(lengths) == len(self.groups) else None

    @property
    def rates(self) -> Rates | None:
        """The lowest and highest rate, as far as they are known."""
        return _span(rate for group in self.groups for rate in group.rates or ())


def grouped(
    corpora: Sequence[Corpus],
    words: str = "",
    known: Known | None = None,
    splits: Splits | None = None,
    order: Order = Order(),  # noqa: B008
) -> tuple[Branch, ...]:
    """Group corpora by class, or the clips that have each of ``words`` in one of their names.

    Those are the names of file, class and corpus. 30,000 clips take their time, so this is work for
    a worker.
    """
    wanted = SearchWords.of(words)
    found = (
        Branch(
            number,
            corpus.name,
            _groups(corpus, wanted, known or {}, splits or {}, order),
        )
        for number, corpus in enumerate(corpora)
    )
    return tuple(branch for branch in found if branch.groups)


def _groups(
    corpus: Corpus, wanted: SearchWords, known: Known, splits: Splits, order: Order
) -> tuple[Group, ...]:
    by_class: dict[str, list[ClipFile]] = {}
    for label, run in groupby(corpus.clips, attrgetter("label")):
        left = wanted.missing_in(f"{corpus.name} {label}")
        if found := _with(left, [*run]):
            by_class.setdefault(label, []).extend(found)
    groups = [_group(label, by_class[label], known, order) for label in sorted(by_class)]
    keys: dict[int, Callable[[Group], Any]] = {
        LENGTH: lambda group: group.seconds or 0.0,
        RATE: lambda group: group.rates or (0, 0),
        SPLIT: lambda group: splits.get(group.label, ""),
    }
    return _sorted(groups, keys.get(order.column), order)


def _with(wanted: SearchWords, clips: list[ClipFile]) -> list[ClipFile]:
    if not wanted.words:
        return clips
    return [clips[place] for place in wanted.found_in([clip.path.name for clip in clips])]


def _group(label: str, clips: Sequence[ClipFile], known: Known, order: Order) -> Group:
    facts = [fact for clip in clips if (fact := known.get(clip))]
    seconds = sum(fact.seconds for fact in facts) if len(facts) == len(clips) else None
    keys: dict[int, Callable[[ClipFile], Any]] = {
        LENGTH: lambda clip: known[clip].seconds if clip in known else 0.0,
        RATE: lambda clip: known[clip].rate if clip in known else 0,
    }
    in_order = _sorted(clips, keys.get(order.column), order)
    rates = _span(fact.rate for fact in facts if fact.rate)
    return Group(label, in_order, seconds, rates, _alike(clips))


def _alike(clips: Sequence[ClipFile]) -> frozenset[str]:
    endings = {clip.path.suffix for clip in clips}
    if len(endings) < 2:  # as most classes are
        return frozenset()
    counts = Counter(clip.path.stem for clip in clips)
    return frozenset(name for name, count in counts.items() if count > 1)


def _sorted(rows: Sequence[Any], key: Callable[[Any], Any] | None, order: Order) -> tuple[Any, ...]:
    """Order rows that come by name; what has no key of its own in a column stays by name."""
    if key:
        return tuple(sorted(rows, key=key, reverse=order.falling))
    return tuple(reversed(rows)) if order == (NAME, True) else tuple(rows)


def _span(rates: Iterable[int]) -> Rates | None:
    found = set(rates)
    return (min(found), max(found)) if found else None

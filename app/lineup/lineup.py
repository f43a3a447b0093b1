"""Lineup: the episode while it is being put together; a query and support clips, some missing."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus
from siamese_core.episodes import Episode, EpisodeSampler, SupportSet
from siamese_core.errors import AudioError, ParameterError, causes, counted
from siamese_core.locked_draw import draw_around

Clips = Mapping[ClipFile, Clip]

QUERY = 0
"""The query's place; support clip i stands at place i + 1."""
_NAMED = 3
"""Clips that a sentence names."""


@dataclass(frozen=True)
class Lineup:
    """A query and its support clips; becomes an episode once both are there.

    Those that are locked stay when the next one is drawn; a line-up is the same one without locks.
    """

    query: ClipFile | None = None
    support: tuple[ClipFile, ...] = ()
    locked: frozenset[ClipFile] = field(default=frozenset(), compare=False)

    @classmethod
    def of(cls, episode: Episode[ClipFile]) -> "Lineup":
        """Return the line-up of a whole episode, labels as the episode has them."""
        labelled = zip(episode.support.clips, episode.support.labels, strict=True)
        return cls(episode.query, tuple(replace(clip, label=label) for clip, label in labelled))

    def __hash__(self) -> int:
        """Sum it up, once: a history looks thousands of them up."""
        return self._sum

    @cached_property
    def _sum(self) -> int:
        return hash((self.query, self.support))

    @property
    def clips(self) -> tuple[ClipFile, ...]:
        """Every clip that is there, the query first."""
        return (self.query, *self.support) if self.query else self.support

    @property
    def files(self) -> tuple[tuple[Path, str], ...]:
        """Which clips these are, whatever their classes are called."""
        return tuple((clip.path, clip.part) for clip in self.clips)

    @property
    def classes(self) -> tuple[str, ...]:
        """The support set's labels, each once."""
        return tuple(dict.fromkeys(clip.label for clip in self.support))

    @property
    def truth(self) -> str | None:
        """The query's class, where one of the support classes can be the right answer."""
        return self.query.label if self.query and self.query.label in self.classes else None

    @property
    def episode(self) -> Episode[ClipFile] | None:
        """The episode, or None while the query or every support clip is missing."""
        if self.query is None or not self.support:
            return None
        labels = tuple(clip.label for clip in self.support)
        return Episode(self.query, SupportSet(self.support, labels), self.truth)

    def pair(self, selected: int | None) -> tuple[ClipFile, ClipFile] | None:
        """Return the query and a support clip, where both are there."""
        if self.query is None or selected is None or selected >= len(self.support):
            return None
        return self.query, self.support[selected]

    def first_of(self, label: str | None) -> ClipFile | None:
        """Return the first support clip of a class, which stands for it in a contrast."""
        return next((clip for clip in self.support if clip.label == label), None)

    def rival(self, support: ClipFile, label: str) -> ClipFile:
        """Return what a support clip's contrast with a class is held against.

        Raises
        ------
        ParameterError
            If it is the clip's own class, or none of the line-up's.
        """
        if label == support.label:
            raise ParameterError(
                f"The support clip is of class '{label}' itself; hold it against another class, or "
                "against nobody."
            )
        return self.stand_in(label)

    def stand_in(self, label: str) -> ClipFile:
        """Return the support clip that stands for a class.

        Raises
        ------
        ParameterError
            If there is none.
        """
        if (first := self.first_of(label)) is None:
            raise ParameterError(
                f"'{label}' is not a class of the line-up; take one of {', '.join(self.classes)}."
            )
        return first

    def put(self, place: int, clip: ClipFile) -> "Lineup":
        """Set the query, replace a support clip, or add one where the place is beyond the last."""
        if place == QUERY:
            return self._with(clip, self.support)
        before, after = self.support[: place - 1], self.support[place:]
        return self._with(self.query, (*before, clip, *after))

    def put_several(self, place: int, clips: Iterable[ClipFile]) -> "Lineup":
        """Put the first clip at a place, and the others behind the last."""
        lineup = self
        for clip in clips:
            lineup = lineup.put(place, clip)
            place = len(lineup.support) + 1
        return lineup

    def of_these(self, clips: Container[ClipFile]) -> "Lineup":
        """Leave out all other clips."""
        query = self.query if self.query in clips else None
        return self._with(query, tuple(clip for clip in self.support if clip in clips))

    def places_of(self, path: Path) -> list[int]:
        """Find where a file stands, the query's place first."""
        places = enumerate((self.query, *self.support))
        return [place for place, clip in places if clip and clip.path == path]

    def swapped(self, one: int, other: int) -> "Lineup":
        """Let the clips of two places change them; locks go along."""
        clips = [self.query, *self.support]
        clips[one], clips[other] = clips[other], clips[one]
        query, *support = clips
        return self._with(query, tuple(clip for clip in support if clip))

    def place_of(self, place: int, before: "Lineup") -> int:
        """Find where the clip stands now that stood at a place before; behind the last if gone."""
        clip = before.support[place - 1] if 0 < place <= len(before.support) else None
        if place == QUERY or self.support[place - 1 : place] == (clip,):
            return place
        return self.support.index(clip) + 1 if clip in self.support else len(self.support) + 1

    def selected_in(self, after: "Lineup", selected: int | None) -> int | None:
        """Find a chosen support clip of this line-up in another, or the one that took its place.

        If all are others, none is chosen.
        """
        if not set(after.support) & set(self.support):
            return None
        chosen = None if selected is None else self.support[selected : selected + 1]
        if chosen and self.query and chosen[0] in after.support:
            return after.support.index(chosen[0])
        return selected if len(after.support) == len(self.support) else None

    def change_from(self, before: "Lineup") -> str:
        """Name the edit that made this one of another."""
        if self == before:
            verb = "lock" if self.locked - before.locked else "unlock"
            return f"{verb} {', '.join(c.path.name for c in self.locked ^ before.locked)}"
        ours, theirs = self.support, before.support
        if ours == theirs:
            return f"query {self.query.path.name}" if self.query else "remove the query"
        if self.query == before.query and ours[:-1] == theirs:
            return f"add {ours[-1].path.name}"
        alike = (one == other for one, other in zip(ours, theirs, strict=False))
        place = next((number for number, same in enumerate(alike, 1) if not same), len(ours) + 1)
        if place <= len(theirs) and before.without(place) == self:
            return f"remove {theirs[place - 1].path.name}"
        if place <= min(len(ours), len(theirs)) and before.put(place, ours[place - 1]) == self:
            return f"replace {theirs[place - 1].path.name}"
        if len(self.clips) == len(before.clips) and set(self.clips) == set(before.clips):
            return "change of places"
        return "new line-up"

    def without(self, place: int) -> "Lineup":
        """Take one clip away."""
        if place == QUERY:
            return self._with(None, self.support)
        return self._with(self.query, (*self.support[: place - 1], *self.support[place:]))

    def with_lock_turned(self, place: int) -> "Lineup":
        """Lock a clip, or unlock it."""
        clip = self.query if place == QUERY else self.support[place - 1]
        return replace(self, locked=self.locked ^ {clip}) if clip else self

    def named_in(self, corpus: Corpus | None) -> "Lineup":
        """Call each clip's class what the library calls it since corpora came or went."""
        if corpus is None:
            return self

        def named(clip: ClipFile) -> ClipFile:
            return replace(clip, label=corpus.by_path.get(clip.path, clip).label)

        locked = frozenset(map(named, self.locked))
        return Lineup(self.query and named(self.query), tuple(map(named, self.support)), locked)

    def name_of(self, label: str, before: "Lineup") -> str:
        """Return what a class is called here that had a label in the same line-up before."""
        names = zip(before.clips, self.clips, strict=True)
        return next((now.label for then, now in names if then.label == label), label)

    def is_same(self, other: "Lineup") -> bool:
        """Whether the clips are the same and so are the locks."""
        return self == other and self.locked == other.locked

    def _with(self, query: ClipFile | None, support: tuple[ClipFile, ...]) -> "Lineup":
        """Return a line-up of other clips; those that are gone take their locks along."""
        changed = Lineup(query, support)
        return replace(changed, locked=self.locked & frozenset(changed.clips))


def own_name(label: str) -> str:
    """Return a class's name without that of a corpus before it."""
    return label.rpartition("/")[2]


def clip_file(
    path: Path, label: str | None, corpus: Corpus | None, shown: Iterable[ClipFile] = ()
) -> ClipFile:
    """Find a dropped clip among those on the cards, some of them inside a file, or in the corpus.

    A stranger takes its folder's name as its class.
    """
    for clip in shown:
        if clip.path == path and label in (None, clip.label):
            return clip
    known = corpus.by_path.get(path) if corpus else None
    return known or ClipFile(path, label or path.parent.name, str(path))


def random_lineup(
    corpus: Corpus,
    ways: int,
    shots: int,
    seed: int,
    around: Lineup | None = None,
    unreadable: Container[Path] = (),
) -> Lineup:
    """Draw a line-up (Algorithm 4), around the locked clips of another.

    Parameters
    ----------
    unreadable : container of Path
        Files that are known to be damaged, which are not drawn.

    Raises
    ------
    ParameterError
        If the corpus cannot give it, or the locked clips leave no room for it.
    """
    whole = corpus.clips
    if unreadable:  # else tens of thousands of paths would be looked up for nothing
        whole = tuple(clip for clip in whole if clip.path not in unreadable)
    damaged = len(corpus.clips) - len(whole)
    usable = replace(corpus, clips=whole) if damaged else corpus  # which knows its classes already
    try:
        return _drawn(usable, ways, shots, seed, around)
    except ParameterError as error:
        if not damaged:
            raise
        raise ParameterError(
            f"{counted(damaged, 'clip')} of {corpus.name} cannot be read, and without "
            f"{'it' if damaged == 1 else 'them'} there is no such line-up: {error}"
        ) from error


def _drawn(corpus: Corpus, ways: int, shots: int, seed: int, around: Lineup | None) -> Lineup:
    rng = np.random.default_rng(seed)
    if around is None or not around.locked:
        sampler = EpisodeSampler(corpus.labels, ways, shots, corpus.sources)
        return Lineup.of(sampler.sample(rng).map(lambda index: corpus.clips[index]))
    known = corpus.by_path  # classes may have been renamed by joining
    query, *support = (
        known.get(clip.path, clip) if clip in around.locked else None
        for clip in (around.query, *around.support)
    )
    held = {place: clip for place, clip in enumerate(support) if clip}
    drawn = Lineup.of(draw_around(corpus, ways, shots, rng, query, held))
    kept = frozenset(clip for clip in (query, *held.values()) if clip)
    return replace(drawn, locked=kept)


def read_lineup(
    find: Callable[[], Lineup],
    known: Clips,
    partly: bool,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> tuple[Lineup, Clips, str]:
    """Find a line-up, and read those of its clips that are not known yet.

    With ``partly``, support clips that cannot be read are left out, and the sentence says which.
    """
    lineup = find()
    clips, faults = read_clips(lineup.clips, known, on_event, should_stop)
    if not faults:
        return lineup, clips, ""
    left = lineup.of_these(clips)
    if not partly or left.query != lineup.query or not left.support:
        raise faults[0]
    return left, clips, left_out(faults, len(lineup.clips))


def read_clips(
    files: Sequence[ClipFile], known: Clips, on_event: OnEvent, should_stop: ShouldStop
) -> tuple[Clips, list[AudioError]]:
    """Read files that are not known yet, in their order; of those that cannot be read, say why."""
    clips, faults = {}, []
    for number, file in enumerate(files):
        progress(on_event, should_stop, "Reading clips", number, len(files))
        try:
            clips[file] = known.get(file) or file.read()
        except AudioError as error:
            faults.append(error)
    return clips, faults


def left_out(faults: Sequence[AudioError], total: int) -> str:
    """Say in a sentence which clips were left out and why; what to do about each is left away."""
    told = causes([str(fault) for fault in faults[:_NAMED]], len(faults))
    return f"{len(faults):,} of {counted(total, 'clip')} left out: {told}."

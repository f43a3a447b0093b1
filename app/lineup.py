"""Lineup: the episode while it is being put together; a query and support clips, some missing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.corpus import ClipFile, Corpus
from siamese_core.episodes import Episode, EpisodeSampler, SupportSet

Clips = Mapping[ClipFile, Clip]

QUERY = 0
"""The query's place; support clip i stands at place i + 1."""


@dataclass(frozen=True)
class Lineup:
    """A query and its support clips; becomes an episode once both are there."""

    query: ClipFile | None = None
    support: tuple[ClipFile, ...] = ()

    @classmethod
    def of(cls, episode: Episode[ClipFile]) -> "Lineup":
        """Return the line-up of a whole episode, labels as the episode has them."""
        labelled = zip(episode.support.clips, episode.support.labels, strict=True)
        return cls(episode.query, tuple(replace(clip, label=label) for clip, label in labelled))

    @property
    def clips(self) -> tuple[ClipFile, ...]:
        """Every clip that is there, the query first."""
        return (self.query, *self.support) if self.query else self.support

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

    def put(self, place: int, clip: ClipFile) -> "Lineup":
        """Set the query, replace a support clip, or add one where the place is beyond the last."""
        if place == QUERY:
            return replace(self, query=clip)
        before, after = self.support[: place - 1], self.support[place:]
        return replace(self, support=(*before, clip, *after))

    def place_of(self, place: int, before: "Lineup") -> int:
        """Find where the clip stands now that stood at a place before; behind the last if gone."""
        clip = before.support[place - 1] if 0 < place <= len(before.support) else None
        if place == QUERY or self.support[place - 1 : place] == (clip,):
            return place
        return self.support.index(clip) + 1 if clip in self.support else len(self.support) + 1

    def selected_in(self, after: "Lineup", selected: int | None) -> int | None:
        """Find a chosen support clip of this line-up in another, or the one that took its place."""
        chosen = None if selected is None else self.support[selected : selected + 1]
        if chosen and self.query and chosen[0] in after.support:
            return after.support.index(chosen[0])
        return selected if len(after.support) == len(self.support) else None

    def change_from(self, before: "Lineup") -> str:
        """Name the edit that made this one of another."""
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
        return "new line-up"

    def without(self, place: int) -> "Lineup":
        """Take one clip away."""
        if place == QUERY:
            return replace(self, query=None)
        return replace(self, support=(*self.support[: place - 1], *self.support[place:]))


def clip_file(
    path: Path, label: str | None, corpus: Corpus | None, shown: Iterable[ClipFile] = ()
) -> ClipFile:
    """Find a dropped clip among those on the cards, some of them inside a file, or in the corpus.

    A stranger takes its folder's name as its class.
    """
    for clip in shown:
        if clip.path == path and label in (None, clip.label):
            return clip
    for clip in corpus.clips if corpus else ():
        if clip.path == path:
            return clip
    return ClipFile(path, label or path.parent.name, str(path))


def indexed(corpus: Corpus) -> Corpus:
    """Return a corpus with its classes known, which the window asks for first."""
    _ = corpus.classes
    return corpus


def random_lineup(corpus: Corpus, ways: int, shots: int, seed: int) -> Lineup:
    """Draw a line-up (Algorithm 4); raises ParameterError where the corpus cannot give it."""
    sampler = EpisodeSampler(corpus.labels, ways, shots, corpus.sources)
    drawn = sampler.sample(np.random.default_rng(seed))
    return Lineup.of(drawn.map(lambda index: corpus.clips[index]))


def read_lineup(
    find: Callable[[], Lineup], known: Clips, on_event: OnEvent, should_stop: ShouldStop
) -> tuple[Lineup, Clips]:
    """Find a line-up, and read those of its clips that are not known yet."""
    lineup = find()
    clips = {}
    for number, clip in enumerate(lineup.clips):
        progress(on_event, should_stop, "Reading clips", number, len(lineup.clips))
        clips[clip] = known.get(clip) or clip.read()
    return lineup, clips

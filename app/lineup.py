"""Lineup: the episode while it is being put together; a query and support clips, some missing."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from siamese_core.corpus import ClipFile, Corpus
from siamese_core.episodes import Episode, EpisodeSampler, SupportSet

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

    def without(self, place: int) -> "Lineup":
        """Take one clip away."""
        if place == QUERY:
            return replace(self, query=None)
        return replace(self, support=(*self.support[: place - 1], *self.support[place:]))


def clip_file(path: Path, label: str | None, corpus: Corpus | None) -> ClipFile:
    """Find a dropped file in the corpus; a stranger takes its folder's name as its class."""
    for clip in corpus.clips if corpus else ():
        if clip.path == path:
            return clip
    return ClipFile(path, label or path.parent.name, str(path))


def random_lineup(corpus: Corpus, ways: int, shots: int, seed: int) -> Lineup:
    """Draw a line-up (Algorithm 4); raises ParameterError where the corpus cannot give it."""
    sampler = EpisodeSampler(corpus.labels, ways, shots, corpus.sources)
    drawn = sampler.sample(np.random.default_rng(seed))
    return Lineup.of(drawn.map(lambda index: corpus.clips[index]))

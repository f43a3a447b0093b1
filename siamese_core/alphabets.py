"""Line-ups within one alphabet, the query by one person and the support set by another.

The one-shot classification of Lake et al., Science 350, 2015; there each has 20 characters. It is
harder than `EpisodeSampler`'s: letters of one alphabet look alike, and a hand gives nothing away.
"""

from collections.abc import Sequence

import numpy as np

from siamese_core.corpora.omniglot import GlyphFile
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import ParameterError, counted

Alphabet = dict[str, dict[int, int]]
"""Character -> drawer -> the glyph's index."""


class AlphabetSampler:
    """Draws line-ups within one alphabet, 1-shot, by two of the people who drew all of it.

    Parameters
    ----------
    glyphs : sequence of GlyphFile
    ways : int, optional
        Number of characters C in the support set; as many as the smallest alphabet has if None.
    shots : int
        Support glyphs a character: 1, as one person drew each once.

    Attributes
    ----------
    classes : tuple of str
        The characters of the alphabets that line-ups are drawn from.
    left_out : tuple of str
        The alphabets with fewer than ``ways`` characters.

    Raises
    ------
    ParameterError
        If every alphabet has fewer characters, fewer than two people drew all of an alphabet, or
        there is to be more than one shot.
    """

    protocol = "one alphabet, two drawers"

    def __init__(
        self, glyphs: Sequence[GlyphFile], ways: int | None = None, shots: int = 1
    ) -> None:
        if shots != 1:
            raise ParameterError(
                f"{counted(shots, 'shot')} cannot be drawn within an alphabet, where one person "
                "drew each character once; ask for 1."
            )
        self.shots = shots
        alphabets = _group(glyphs)
        sizes = {name: len(characters) for name, characters in alphabets.items()}
        self.ways = min(sizes.values()) if ways is None else ways
        if not 2 <= self.ways <= max(sizes.values()):
            largest = max(sizes, key=lambda name: sizes[name])
            raise ParameterError(
                f"A line-up of {counted(self.ways, 'character')} cannot be drawn from one "
                f"alphabet; the largest, {largest}, has {sizes[largest]}, and 2 are needed."
            )
        self.left_out = tuple(name for name in alphabets if sizes[name] < self.ways)
        self._alphabets = {
            name: alphabet for name, alphabet in alphabets.items() if name not in self.left_out
        }
        self._drawers = {name: _drawers(name, a) for name, a in self._alphabets.items()}
        self._home = {label: name for name, a in self._alphabets.items() for label in a}
        self.classes = tuple(sorted(self._home))

    def sample(self, rng: np.random.Generator, query_class: str | None = None) -> Episode[int]:
        """Draw one episode.

        Parameters
        ----------
        rng : numpy.random.Generator
        query_class : str, optional
            The query's character; one of a random alphabet if None.

        Returns
        -------
        Episode of int
            Indices into the glyphs.

        Raises
        ------
        ParameterError
            If there is no such character.
        """
        if query_class is None:
            name = list(self._alphabets)[rng.integers(len(self._alphabets))]
            query_class = list(self._alphabets[name])[rng.integers(len(self._alphabets[name]))]
        if query_class not in self._home:
            raise ParameterError(f"There is no character '{query_class}' to draw a query from.")
        name = self._home[query_class]
        alphabet = self._alphabets[name]
        strangers = [label for label in alphabet if label != query_class]
        others = rng.choice(len(strangers), self.ways - 1, replace=False)
        members = [query_class, *(strangers[i] for i in others)]
        labels = tuple(members[i] for i in rng.permutation(len(members)))
        asks, shows = rng.choice(self._drawers[name], 2, replace=False)
        clips = tuple(alphabet[label][shows] for label in labels)
        return Episode(alphabet[query_class][asks], SupportSet(clips, labels), query_class)


def _group(glyphs: Sequence[GlyphFile]) -> dict[str, Alphabet]:
    alphabets: dict[str, Alphabet] = {}
    for index, glyph in enumerate(glyphs):
        alphabet = alphabets.setdefault(glyph.alphabet, {})
        alphabet.setdefault(glyph.label, {})[glyph.drawer] = index
    return {name: alphabets[name] for name in sorted(alphabets)}


def _drawers(name: str, alphabet: Alphabet) -> list[int]:
    """Return who drew every character of an alphabet: a support set is by one hand."""
    drawers = sorted(set[int].intersection(*(set(drawn) for drawn in alphabet.values())))
    if len(drawers) < 2:
        raise ParameterError(
            f"{counted(len(drawers), 'person', 'people')} drew all characters of {name}; "
            "a query and its line-up need two."
        )
    return drawers

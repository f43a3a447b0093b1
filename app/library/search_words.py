"""SearchWords: what is typed to search for, and whether names have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import combining, normalize

_BETWEEN = "\0"
"""What no name of a file holds."""


@dataclass(frozen=True)
class SearchWords:
    """Each word is to be in one of the names, in any order; neither case nor accents count."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "SearchWords":
        """Take what was typed."""
        return cls(tuple(_folded(text).split()))

    def missing_in(self, name: str) -> "SearchWords":
        """Return the words that are not in a name, which others may have."""
        among = _folded(name)
        return SearchWords(tuple(word for word in self.words if word not in among))

    def found_in(self, names: Sequence[str]) -> Sequence[int]:
        """Tell which names have all of them, by their places."""
        among = _folded(_BETWEEN.join(names)).split(_BETWEEN)  # at once: there are 100,000
        places: Sequence[int] = range(len(names))
        for word in self.words:
            places = [place for place in places if word in among[place]]
        return places


def _folded(text: str) -> str:
    """Leave out case and accents, and how a letter is composed."""
    if text.isascii():
        return text.lower()
    spelled = normalize("NFKD", normalize("NFKD", text).casefold())
    return "".join(letter for letter in spelled if not combining(letter))

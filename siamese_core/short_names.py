"""Short names: names cut as short as they must be, those that differ still different."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import takewhile

LEAST = 5
"""Characters below which nothing is left out any more."""


def told_apart(names: Sequence[str], most: int) -> list[str]:
    """Shorten names to about ``most`` characters, each at a place where it is like the others.

    A name loses its middle; where others would look the same then, what differs stays.
    """
    alike = defaultdict(list)
    for name in dict.fromkeys(names):
        alike[_without_middle(name, most)].append(name)
    short: dict[str, str] = {}
    for cut, group in alike.items():
        short |= {group[0]: cut} if len(group) == 1 else _around_what_differs(group, most)
    shown = Counter(short.values())
    return [name if shown[short[name]] > 1 else short[name] for name in names]


def _without_middle(name: str, most: int) -> str:
    half = max((most - 1) // 2, 1)
    return name if len(name) <= most else f"{name[:half]}…{name[-half:]}"


def _around_what_differs(names: Sequence[str], most: int) -> dict[str, str]:
    """Keep what stands between the beginning and the end that all of the names share."""
    start = _common_start(names)
    rests = [name[len(start) :] for name in names]
    end = _common_start([rest[::-1] for rest in rests])[::-1]
    middles = [rest[: len(rest) - len(end)] for rest in rests]
    if most - 2 > LEAST:
        middles = told_apart(middles, most - 2)
    spare = max(most - 2 - max(map(len, middles)), 0)
    head, tail = _beginning(start, spare - spare // 2), _ending(end, spare // 2)
    return {name: head + middle + tail for name, middle in zip(names, middles, strict=True)}


def _common_start(names: Sequence[str]) -> str:
    letters = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letter for letter, *_ in letters)


def _beginning(text: str, most: int) -> str:
    return text if len(text) <= most + 1 else f"{text[:most]}…"


def _ending(text: str, most: int) -> str:
    return text if len(text) <= most + 1 else f"…{text[len(text) - most :]}"

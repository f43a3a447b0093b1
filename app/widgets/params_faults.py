"""Faults of a form's values: all of them at once, each with the place it is told at."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from app.widgets.param_editors import title
from siamese_core.attribution.parameters import OfNetwork
from siamese_core.errors import ParameterError
from siamese_core.parameters import Parameters

Place = tuple[str, ...]
"""The names that lead to a parameter, from the outermost group on."""
_UNREAD = object()
"""Stands where nobody can tell what was typed: no parameter is that."""


@dataclass(frozen=True)
class Fault:
    """A sentence, and where it is told; of several parameters, the group that they are in."""

    place: Place
    sentence: str


def find_faults(
    model: type[Parameters],
    values: Mapping[str, object],
    legal: Mapping[str, object],
    unread: Mapping[Place, str],
) -> Iterator[Fault]:
    """Find every value that a model refuses, by putting a legal one in the place of each in turn.

    What is wrong of several together is told only where none of them is wrong by itself.

    Parameters
    ----------
    legal : mapping
        As ``values``, but with what the form was given.
    unread : mapping of places to str
        Where nobody can tell what was typed, and why.
    """
    for place in unread:
        values = _replaced(values, place, _UNREAD)
    mended: list[Place] = []
    while found := _first_fault(model, values):
        if found.place in unread:
            yield Fault(found.place, f"{'.'.join(found.place)}: {unread[found.place]}")
        elif not any(_concerns(found, place) for place in mended):
            yield found
        if not found.place or found.place in mended:
            return
        mended.append(found.place)
        values = _replaced(values, found.place, _at(legal, found.place))


def absent_parts(
    model: type[Parameters],
    values: Mapping[str, object],
    offered: Mapping[OfNetwork, Collection[str]],
) -> Iterator[Fault]:
    """Find what a network does not have of the parts that are named, as soon as it is known."""
    for name, field in model.model_fields.items():
        wanted = values[name]
        for part in field.metadata:
            if isinstance(part, OfNetwork) and wanted and (known := offered.get(part)):
                try:
                    part.check(name, str(wanted), known)
                except ParameterError as error:
                    yield Fault((name,), str(error))


def named(sentence: str) -> list[str]:
    """Return the words of a sentence that may be parameters."""
    return re.findall(r"\w+", sentence)


def spoken(sentence: str, names: Collection[str]) -> str:
    """Write parameters that a sentence names in quotes as the form calls them."""
    return re.sub(r"'(\w+)'", lambda m: f"'{title(m[1])}'" if m[1] in names else m[0], sentence)


def _concerns(fault: Fault, mended: Place) -> bool:
    """Whether a fault of a group may come of a value that was put there."""
    inside = len(mended) > len(fault.place) and mended[: len(fault.place)] == fault.place
    return inside and mended[-1] in named(fault.sentence)


def _first_fault(model: type[Parameters], values: Mapping[str, object]) -> Fault | None:
    try:
        model.parse(values)
    except ParameterError as error:
        return Fault(tuple(_place(values, error)), str(error))
    return None


def _place(values: object, error: ParameterError) -> Iterator[str]:
    """Yield the names that lead to a fault, without the kinds of groups that pydantic tells."""
    cause = error.__cause__
    path = cause.errors()[0]["loc"] if isinstance(cause, ValidationError) else ()
    for part in path:
        if isinstance(values, Mapping) and part in values:
            values = values[part]
            yield str(part)


def _replaced(values: Mapping[str, object], place: Place, value: object) -> Mapping[str, object]:
    """Return values with another one at a place."""
    name, *rest = place
    inner = values[name]
    if rest and isinstance(inner, Mapping):
        value = _replaced(inner, tuple(rest), value)
    return {**values, name: value}


def _at(values: Mapping[str, object], place: Place) -> object:
    found: object = values
    for name in place:
        found = found.get(name) if isinstance(found, Mapping) else getattr(found, name, None)
    return found

"""Legal values in words: what a parameter can be, read from its model's JSON schema."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

Schema = Mapping[str, Any]
Field = tuple[tuple[str, ...], str]
"""The path of a parameter, and the kind of table that has it where another kind is given."""

_KINDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "null": "nothing",
}

_FEW = {1: "one", 2: "two", 3: "three"}

_COUNTABLE = 2**53
"""A bound as large as this only says what the machine can hold."""

_ALIKE, _MOST = 0.7, 3
"""How much of two names is the same (`difflib`), and how many such names are offered."""


def find(schema: Schema, path: Sequence[int | str], root: Schema | None = None) -> Schema | None:
    """Return the schema at a path of names and places, None if there is none.

    A name on the path can also be the kind by which a union chooses, as validation faults have it.
    """
    root = root or schema
    schema = _resolved(schema, root)
    if not path:
        return schema
    first, rest = path[0], path[1:]
    if isinstance(first, int):
        items = schema.get("prefixItems") or [schema.get("items", {})]
        inner: Schema | None = items[min(first, len(items) - 1)]
    else:
        inner = schema.get("properties", {}).get(first) or _of_kind(schema, first, root)
    if inner:
        return find(inner, rest, root)
    found = (find(branch, path, root) for branch in _branches(schema))
    return next((branch for branch in found if branch is not None), None)


def described(schema: Schema, root: Schema) -> str:
    """Say what the values of a schema are, in a few words; empty if it allows anything."""
    schema = _resolved(schema, root)
    if "const" in schema:
        return _plain(schema["const"])
    if "enum" in schema:
        return alternatives([_plain(value) for value in schema["enum"]])
    if kinds := schema.get("discriminator", {}).get("mapping"):
        return f"a table of the kind {alternatives(list(kinds))}"
    if branches := _branches(schema):
        return ", or ".join(dict.fromkeys(described(branch, root) for branch in branches))
    if schema.get("type") == "array":
        return _list(schema, root)
    if schema.get("type") == "object":
        return f"a table of {', '.join(schema.get('properties', {}))}"
    return f"{_KINDS.get(schema.get('type', ''), '')}{_bounds(schema)}"


def alternatives(values: Sequence[str]) -> str:
    """Write "a, b or c"."""
    return " or ".join([", ".join(values[:-1]), values[-1]] if len(values) > 1 else values)


def meant(path: Sequence[str], names: Sequence[str], values: object, schema: Schema) -> str:
    """Name the parameters that may have been meant; empty if there are none.

    Parameters
    ----------
    path : sequence of str
        What was written, a table before what it holds.
    names : sequence of str
        The parts of the path that may be wrong, the likeliest first: the same name elsewhere is
        offered, else a name that is spelt alike.
    values : object
        All that was given beside: it chooses among the kinds of a table.
    schema : mapping
        Of the whole model.
    """
    fields = list(_fields(schema, values, schema))
    known = {place[-1] for place, _ in fields}
    alike = ([name] if name in known else _alike(name, known) for name in names)
    close = next(filter(None, alike), [])
    found = [(place, kind) for name in close for place, kind in fields if place[-1] == name]
    found = [one for one in found if not one[1]] or found
    found.sort(key=lambda one: (one[0][:-1] != tuple(path[:-1]), len(one[0])))
    kinds = {place: list(dict.fromkeys(k for p, k in found if p == place)) for place, _ in found}
    return alternatives([".".join(place) + _of(kinds[place]) for place in list(kinds)[:_MOST]])


def _of(kinds: Sequence[str]) -> str:
    return f" (of the kind {alternatives(kinds)})" if any(kinds) else ""


def _alike(name: str, known: set[str]) -> list[str]:
    return get_close_matches(name, sorted(known), _MOST, _ALIKE)


def _fields(
    schema: Schema, values: object, root: Schema, path: tuple[str, ...] = (), kind: str = ""
) -> Iterator[Field]:
    """Yield every parameter, those in tables, too."""
    schema = _resolved(schema, root)
    given = values if isinstance(values, Mapping) else schema.get("default", {})
    for name, inner in schema.get("properties", {}).items():
        yield (*path, name), kind
        yield from _fields(inner, given.get(name), root, (*path, name), kind)
    kinds = schema.get("discriminator", {}).get("mapping", {})
    for branch in [] if kinds else _branches(schema):
        yield from _fields(branch, values, root, path, kind)
    for one, reference in kinds.items():
        other = kind or ("" if given.get("kind") == one else one)
        yield from _fields({"$ref": reference}, given, root, path, other)


def _resolved(schema: Schema, root: Schema) -> Schema:
    if reference := schema.get("$ref"):
        return _resolved(root["$defs"][reference.rpartition("/")[2]], root)
    whole: list[Schema] = schema.get("allOf", [])
    return _resolved(whole[0], root) if len(whole) == 1 else schema


def _branches(schema: Schema) -> list[Schema]:
    return [*schema.get("anyOf", []), *schema.get("oneOf", [])]


def _of_kind(schema: Schema, kind: str, root: Schema) -> Schema | None:
    """Return the branch of a union that carries this kind: by its table, or by its title."""
    if reference := schema.get("discriminator", {}).get("mapping", {}).get(kind):
        return {"$ref": reference}
    if kind == "kind" and (kinds := schema.get("discriminator", {}).get("mapping")):
        return {"enum": list(kinds)}
    titles = {_resolved(b, root).get("title", "").lower(): b for b in _branches(schema)}
    return next((b for title, b in titles.items() if title.startswith(kind.lower())), None)


def _list(schema: Schema, root: Schema) -> str:
    places = schema.get("prefixItems")
    if places:
        each = dict.fromkeys(described(place, root) for place in places)
        return f"a list of {len(places)} values, each {alternatives(list(each))}"
    item = described(schema.get("items", {}), root)
    fewest, most = schema.get("minItems", 0), schema.get("maxItems", 0)
    bounds = [f"at least {_FEW.get(fewest, fewest)}"] if fewest else []
    bounds += [f"at most {_FEW.get(most, most)}"] if most else []
    length = f" of {' and '.join(bounds)}" if bounds else ""
    return f"a list{length}, each {item}" if item else f"a list{length}"


def _bounds(schema: Schema) -> str:
    """Say the range of a number, or the form of a text."""
    if words := schema.get("words"):
        return f": {words}"
    if pattern := schema.get("pattern"):
        return f" of the form {pattern.strip('^$')}"
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    words = ""
    if low is not None:
        end = "on" if high is None else f"to {_number(high)}"
        words = f" from {_number(low)} {end}"
    elif high is not None:
        words = f" up to {_number(high)}"
    if above is not None:
        words = f" above {_number(above)}" + ("," * (high is not None)) + words
    if below == 2**63:
        words += " and below 2**63"
    elif below is not None and below < _COUNTABLE:
        words += f"{' and' if words else ''} below {_number(below)}"
    if step := schema.get("multipleOf"):
        words += f", a multiple of {_number(step)}"
    return words


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

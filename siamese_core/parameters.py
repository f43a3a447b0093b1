"""Typed, validated, frozen parameters: the base of every recipe, encoder and method setting."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from siamese_core.errors import ParameterError
from siamese_core.legal_values import Schema, described, find, meant

Seed = Annotated[int, Field(ge=0, lt=2**63)]


class Parameters(BaseModel):
    """A frozen set of named values with legal ranges; forms and command lines are drawn from it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        allow_inf_nan=False,
        defer_build=True,  # a window that only opens needs few of them
    )

    @classmethod
    def parse(cls, values: Mapping[str, object]) -> Self:
        """Validate plain values.

        Raises
        ------
        ParameterError
            One sentence that names the first bad value and what would be right.
        """
        for path, truth in _truths(values):  # pydantic would take them for 1 and 0
            if legal := _other_than_truth(find(_schema(cls), path), _schema(cls)):
                raise ParameterError(f"{'.'.join(map(str, path))} is {truth}; give {legal}.")
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ParameterError(_sentence(cls, values, error)) from error

    def override(self, assignments: Iterable[str]) -> Self:
        """Return a copy with ``key=value`` assignments applied; a dot reaches inside a table.

        Raises
        ------
        ParameterError
            If an assignment has no ``=``, names no parameter or carries an illegal value.
        """
        values = self.model_dump()
        for assignment in assignments:
            key, equals, text = assignment.partition("=")
            if not equals or not key.strip():
                raise ParameterError(f"'{assignment}' is not an assignment; write key=value.")
            _assign(_schema(type(self)), values, key.strip(), self._read(key.strip(), text.strip()))
        return type(self).parse(values)

    @classmethod
    def _read(cls, key: str, text: str) -> object:
        """Read a value as TOML; what is none is a string, so that quotes are optional.

        Where a list is asked for, its values may also stand between commas, as forms have them.
        """
        value, schema = _literal(text), find(_schema(cls), key.split(".")) or {}
        if schema.get("type") == "array" and isinstance(value, int | float):
            return [value]
        kinds = [schema, *schema.get("anyOf", [])]
        if isinstance(value, str) and value and any(k.get("type") == "array" for k in kinds):
            return [_literal(part.strip()) for part in value.split(",")]
        return value

    @classmethod
    def legal(cls, name: str) -> str:
        """Say which values a parameter can have: "a number from 0 to 100", "keep or remove"."""
        schema = _schema(cls)
        return described(schema["properties"][name], schema)


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's schema, which takes long to make: a form asks for every field."""
    return model.model_json_schema()


def _assign(schema: Schema, values: dict[str, Any], key: str, value: object) -> None:
    *tables, name = key.split(".")
    whole = values
    for table in tables:
        if table not in values:
            raise ParameterError(_stranger(schema, whole, key.split("."), [table, name], values))
        inner = values[table]
        if not isinstance(inner, dict):
            raise ParameterError(f"'{key}' is not a parameter; '{table}' holds no others.")
        values = inner
    if name == "kind" and values.get(name) != value:
        values.clear()  # another kind has other parameters, and its own defaults
    values[name] = value


def _literal(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _truths(values: object, *path: int | str) -> Iterator[tuple[tuple[int | str, ...], bool]]:
    """Yield each true and false, and the path that leads there."""
    if isinstance(values, bool):
        yield path, values
    items = enumerate(values) if isinstance(values, list | tuple) else ()
    for name, value in values.items() if isinstance(values, Mapping) else items:
        yield from _truths(value, *path, name)


def _other_than_truth(schema: Schema | None, root: Schema) -> str:
    """Say what else a schema wants; nothing if it allows true and false, or is unknown."""
    legal = described(schema, root) if schema else ""
    return "" if "true or false" in legal else legal


def _sentence(model: type[BaseModel], values: Mapping[str, object], error: ValidationError) -> str:
    """Say what is wrong first, and what would be right, in words of our own."""
    first, schema = error.errors()[0], _schema(model)
    loc, kind = first["loc"], first["type"]
    if kind == "missing" and isinstance(loc[-1], int):  # a list that is too short
        loc, kind = loc[:-1], "too_short"
    path = _path(values, loc, kind == "missing")
    where = ".".join(map(str, path))
    if kind == "value_error":
        return _wish(where, first)
    if kind == "extra_forbidden":
        known = (find(schema, loc[:-1]) or schema).get("properties", {})
        return _stranger(schema, values, list(map(str, path)), [str(path[-1])], known)
    if kind.startswith("union_tag"):
        where, loc = f"{where}.kind", (*loc, "kind")
    legal = described(find(schema, loc) or find(schema, path) or {}, schema) or "another value"
    if kind in ("missing", "union_tag_not_found"):
        return f"'{where}' is missing; give {legal}."
    given = dict(first["input"]).get("kind") if kind == "union_tag_invalid" else first["input"]
    return f"{where or 'what stands here'} is {given!r}; give {legal}."


def _stranger(
    schema: Schema, values: object, path: Sequence[str], names: Sequence[str], known: Iterable[str]
) -> str:
    """Say what may have been meant by a name that no parameter has, and which there are."""
    near = meant(path, names, values, schema)
    there = f"did you mean {near}? There are" if near else "there are"
    return f"'{'.'.join(path)}' is not a parameter here; {there}: {', '.join(known) or 'none'}."


def _wish(where: str, error: ErrorDetails) -> str:
    """Pass on the sentence of a validator of ours."""
    wish = error["msg"].removeprefix("Value error, ").rstrip(".")
    if not where:
        return f"{wish}."
    if isinstance(error["input"], Mapping):
        return f"{where}: {wish}."
    return f"{where} is {error['input']!r}, but {wish}."


def _path(values: object, loc: tuple[int | str, ...], is_missing: bool) -> list[int | str]:
    """Say where a fault lies in what was given; pydantic's own names for kinds are left out."""
    path: list[int | str] = []
    for number, part in enumerate(loc):
        items = dict(enumerate(values)) if isinstance(values, list | tuple) else values
        if isinstance(items, Mapping) and part in items:
            values = items[part]
        elif not (is_missing and number == len(loc) - 1):
            continue
        path.append(part)
    return path

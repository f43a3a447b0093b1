"""Typed, validated, frozen parameters: the base of every recipe, encoder and method setting."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from siamese_core.errors import ParameterError
from siamese_core.legal_values import Schema, alternatives, described, find, meant
from siamese_core.plain_values import parse_toml

Seed = Annotated[int, Field(ge=0, lt=2**63)]
_LONGEST = 200
"""Characters of a value that a sentence repeats."""


@dataclass(frozen=True)
class OnlyFor:
    """Marks a parameter that counts only while another one has one of some values.

    Parameters
    ----------
    parameter : str
        The other one's name, in the same table or in one around it.
    values : tuple
        With which it counts; any if empty. A table stands for its kind.
    but : tuple
        With which it does not count.
    why : str
        Why it does not, as a part of a sentence, where the values do not say it themselves.
    otherwise : OnlyFor, optional
        Another reason for which it counts, too.
    """

    parameter: str
    values: tuple[object, ...] = ()
    but: tuple[object, ...] = ()
    why: str = ""
    otherwise: "OnlyFor | None" = None

    def idle(self, values: Mapping[str, object], spoken: Callable[[str], str] = str) -> str:
        """Say why the parameter has no effect beside other values; nothing if it has one.

        Parameters
        ----------
        values : mapping
            Of its table, and of those around it.
        spoken : callable
            How the name of a parameter is written.
        """
        value = _plain(values.get(self.parameter))
        if value not in self.but and (not self.values or value in self.values):
            return ""
        written = str(value).lower() if isinstance(value, bool) else str(value)
        written = "empty" if value in ((), "", None) else written
        reason = self.why or f"{spoken(self.parameter)} is {written}"
        if self.values and not self.why:
            reason += f", and it counts with {alternatives([str(value) for value in self.values])}"
        if self.otherwise is None:
            return reason
        other = self.otherwise.idle(values, spoken)
        return other and f"{reason} and {other}"


def idle_reason(
    field: FieldInfo, values: Mapping[str, object], spoken: Callable[[str], str] = str
) -> str:
    """Say why a field has no effect beside other values (`OnlyFor.idle`); nothing if it has one."""
    marks = (mark for mark in field.metadata if isinstance(mark, OnlyFor))
    return next(filter(None, (mark.idle(values, spoken) for mark in marks)), "")


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

    def idle(self, around: Mapping[str, object] | None = None) -> dict[str, str]:
        """Say of each parameter that has no effect beside the others why; a dot reaches inside.

        Parameters
        ----------
        around : mapping, optional
            The values of the tables around this one.
        """
        values, told = {**(around or {}), **dict(self)}, dict[str, str]()
        for name, field in type(self).model_fields.items():
            if reason := idle_reason(field, values):
                told[name] = reason
            if isinstance(inner := values[name], Parameters):
                told |= {f"{name}.{key}": why for key, why in inner.idle(values).items()}
        return told

    def idle_notices(self, assignments: Iterable[str]) -> list[str]:
        """Say of assignments that `override` took which of them have no effect, and why."""
        idle, keys = self.idle(), (text.partition("=")[0].strip() for text in assignments)
        return [f"{key} has no effect: {idle[key]}." for key in dict.fromkeys(keys) if key in idle]

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


def _plain(value: object) -> object:
    """Return the kind of a table, and a list as a tuple."""
    if isinstance(value, Mapping | Parameters):
        return dict(value).get("kind")
    return tuple(value) if isinstance(value, list) else value


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
        values = parse_toml(f"value = {text}")
    except ValueError:
        return text
    return values["value"] if len(values) == 1 else text  # more lines assign more


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
    return f"{where or 'what stands here'} is {_brief(given)}; give {legal}."


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
    return f"{where} is {_brief(error['input'])}, but {wish}."


def _brief(value: object) -> str:
    """Write a value as it was given, of a long one the beginning."""
    written = repr(value)
    return written if len(written) <= _LONGEST else f"{written[:_LONGEST]}…"


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

"""Typed, validated, frozen parameters: the base of every recipe, encoder and method setting."""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from siamese_core.errors import ParameterError

Seed = Annotated[int, Field(ge=0, lt=2**63)]


class Parameters(BaseModel):
    """A frozen set of named values with legal ranges; forms and command lines are drawn from it."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    @classmethod
    def parse(cls, values: Mapping[str, object]) -> Self:
        """Validate plain values.

        Raises
        ------
        ParameterError
            One sentence that names the first bad value and what would be right.
        """
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
                raise ParameterError(f"'{assignment}' is no assignment; write key=value.")
            _assign(values, key.strip(), _literal(text.strip()))
        return type(self).parse(values)


def _assign(values: dict[str, Any], key: str, value: object) -> None:
    *tables, name = key.split(".")
    for table in tables:
        inner = values.get(table)
        if not isinstance(inner, dict):
            raise ParameterError(f"'{key}' names no parameter; '{table}' holds no others.")
        values = inner
    values[name] = value


def _literal(text: str) -> object:
    """Read a TOML value; what is none is a string, so that quotes are optional."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _sentence(model: type[BaseModel], values: Mapping[str, object], error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(_path(values, first["loc"]))
    if first["type"] == "extra_forbidden":
        names = ", ".join(model.model_fields) or "none"
        return f"'{where}' is no parameter here; there are: {names}."
    wish = first["msg"].removeprefix("Value error, ")
    wish = wish[:1].lower() + wish[1:]
    if not where:
        return f"{wish.rstrip('.')}."
    return f"{where} is {first['input']!r}, but {wish.rstrip('.')}."


def _path(values: object, loc: tuple[int | str, ...]) -> list[str]:
    """Say where a fault lies in what was given; pydantic's own names for kinds are left out."""
    path = []
    for number, part in enumerate(loc):
        if isinstance(values, Mapping) and part not in values and number < len(loc) - 1:
            continue
        path.append(str(part))
        values = values.get(part) if isinstance(values, Mapping) else None
    return path

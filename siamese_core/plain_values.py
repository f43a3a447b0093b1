"""Plain values from JSON and TOML that anybody may have written: read whole, or a ValueError.

Whoever reads needs that one exception: what nests too deeply for Python, and numbers of thousands
of digits, are refused like what is no JSON at all.
"""

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

_Values = TypeVar("_Values")

_DEEPEST = 64
"""Lists and tables within each other: many times what the program writes, and so few that whoever
goes through them, prints or checks them never runs out of stack."""
_TOO_DEEP = "its brackets are nested too deeply"


def parse_json(text: str | bytes) -> Any:
    """Read JSON.

    Raises
    ------
    ValueError
        If it is something else.
    """
    try:
        values = json.loads(text)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    return _shallow(values)


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is something else.
    """
    return parse_json(path.read_text(encoding="utf-8"))


def parse_toml(text: str) -> dict[str, Any]:
    """Read TOML.

    Raises
    ------
    ValueError
        If it is something else: why, as a part of a sentence.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = str(error).rpartition("(")[2].removeprefix("at ").rstrip(")")
        raise ValueError(f"it is not TOML ({place})") from error
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    except ValueError as error:
        raise ValueError("a number in it has thousands of digits") from error
    return _shallow(values)


def _shallow(values: _Values) -> _Values:
    level: Iterable[object] = [values]
    for _ in range(_DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return values
    raise ValueError(_TOO_DEEP)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()

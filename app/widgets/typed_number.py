"""TypedNumber: a number as people write it, or the reason why nobody can tell which it is."""

import math
import re
from decimal import Decimal

from PySide6.QtCore import QLocale

_GAPS = " \u00a0\u2009\u202f'\u2019"
"""What stands between thousands somewhere and is no decimal mark anywhere."""
_NUMBER = re.compile(rf"([+-]?)([\d.,{_GAPS}]+)((?:e[+-]?\d{{1,3}})?)", re.IGNORECASE)
_THOUSANDS = re.compile(rf"[1-9]\d{{0,2}}([.,{_GAPS}])\d{{3}}(?:\1\d{{3}})*")
_MOST_DIGITS = 30
"""Of a whole number: 1e999 is none that anybody means."""


def read_number(text: str, whole: bool, locale: QLocale) -> float | None:
    """Read a number; None if it is none, or may be one of two."""
    readings = _readings(text, whole, locale)
    if len(readings) != 1:
        return None
    (number,) = readings
    if whole:
        return int(number) if _is_whole(number) else None
    return float(number) if math.isfinite(float(number)) else None


def ambiguity(text: str, whole: bool, locale: QLocale) -> str:
    """Say which two numbers a text may be, and how to write them; empty if it is clear."""
    readings = sorted(_readings(text, whole, locale))
    if len(readings) < 2:
        return ""
    one, other = map(_clear, readings)
    legal = [_clear(number) for number in readings if _is_whole(number) or not whole]
    wish = f"write {' or '.join(legal)}" if len(legal) > 1 else f"write {legal[0]} if that is meant"
    return f"'{text.strip()}' is {one} to some and {other} to others; {wish}."


def _readings(text: str, whole: bool, locale: QLocale) -> set[Decimal]:
    """Return every number that a text may be: one, none, or two where a mark is ambiguous."""
    if not (found := _NUMBER.fullmatch(text.strip())):
        return set()
    sign, body, exponent = found.groups()
    bodies = _bodies(body, whole, locale)
    return {Decimal(f"{sign}{digits}{exponent}") for digits in bodies if _is_plain(digits)}


def _bodies(body: str, whole: bool, locale: QLocale) -> list[str]:
    """Return the digits of a number with a point at most, as they may be meant."""
    marks = [mark for mark in body if not mark.isdecimal()]
    if _THOUSANDS.fullmatch(body):
        grouped = re.sub(r"\D", "", body)
        if len(marks) > 1 or marks[0] in _GAPS:
            return [grouped]
        both = {True: grouped, False: body.replace(",", ".")}
        return [both[thousands] for thousands in _meanings(marks[0], whole, locale)]
    mark = marks[-1] if marks else "."
    ahead, point, behind = body.rpartition(mark if mark in ".," else ".")
    if point and _THOUSANDS.fullmatch(ahead) and mark not in ahead:
        ahead = re.sub(r"\D", "", ahead)
    return [f"{ahead}.{behind}" if point else behind]


def _meanings(mark: str, whole: bool, locale: QLocale) -> set[bool]:
    """Say whether a mark before three digits parts thousands, to the locale and to this program.

    The program writes 1,000 and 0.5 wherever it runs, and no whole number with a point.
    """
    parts_here = mark == locale.groupSeparator()
    if whole:
        return {True} if parts_here else {True, False}
    own = mark == ","
    return {own, parts_here} if mark in (locale.groupSeparator(), locale.decimalPoint()) else {own}


def _is_whole(number: Decimal) -> bool:
    return number.adjusted() < _MOST_DIGITS and number == number.to_integral_value()


def _is_plain(digits: str) -> bool:
    ahead, _, behind = digits.partition(".")
    return bool(ahead or behind) and all(p.isdecimal() for p in (ahead, behind) if p)


def _clear(number: Decimal) -> str:
    """Write a number so that it is the same everywhere: never with three decimals."""
    plain = f"{number:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return f"{plain}0" if len(plain.partition(".")[2]) == len("000") else plain

"""Result: one line of the table, a figure of ours beside its reference and its aim."""

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True)
class Aim:
    """What a result should reach: a bound on our figure, or on the reference's over ours."""

    of: Literal["ratio", "ours"]
    kind: Literal["at least", "below"]
    bound: float

    def met(self, result: "Result") -> bool:
        """Say whether the result reaches it."""
        value = result.ratio if self.of == "ratio" else result.ours
        assert value is not None, "an aim for a ratio needs a reference"
        return value >= self.bound if self.kind == "at least" else value < self.bound

    def __str__(self) -> str:
        sign = ">=" if self.kind == "at least" else "<"
        return f"{sign} {self.bound:g}{' x' if self.of == 'ratio' else ''}"


def times_faster(bound: float) -> Aim:
    """The reference should take at least so many times as long."""
    return Aim("ratio", "at least", bound)


def below(bound: float) -> Aim:
    """Our figure should stay under the bound."""
    return Aim("ours", "below", bound)


def at_least(bound: float) -> Aim:
    """Our figure should reach the bound."""
    return Aim("ours", "at least", bound)


@dataclass(frozen=True)
class Result:
    """One line.

    Parameters
    ----------
    name : str
    unit : str
        Of ``ours`` and ``reference``.
    ours : float
    reference : float, optional
    aim : Aim, optional
    equal_within : float, optional
        The largest difference between our values and the reference's.
    note : str
        What was measured, and how the reference was scaled, if it was.
    """

    name: str
    unit: str
    ours: float
    reference: float | None = None
    aim: Aim | None = None
    equal_within: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The reference's figure over ours: how many times faster, if they are seconds."""
        return None if self.reference is None else self.reference / self.ours

    @property
    def met(self) -> bool | None:
        """Whether the aim was reached."""
        return None if self.aim is None else self.aim.met(self)

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        aim = None if self.aim is None else str(self.aim)
        return {**asdict(self), "aim": aim, "ratio": self.ratio, "met": self.met}


HEADINGS = ("benchmark", "ours", "reference", "ratio", "aim", "met", "equal within")


def table(results: list[Result]) -> str:
    """Print results as aligned columns, each one's note in a line below it."""
    rows = [_cells(result) for result in results]
    widths = [max(len(row[i]) for row in [HEADINGS, *rows]) for i in range(len(HEADINGS))]
    lines = [_line(HEADINGS, widths), _line(["-" * width for width in widths], widths)]
    for result, row in zip(results, rows, strict=True):
        lines.append(_line(row, widths))
        lines += [f"    {result.note}"] if result.note else []
    return "\n".join(lines)


def _cells(result: Result) -> tuple[str, ...]:
    return (
        result.name,
        f"{result.ours:.4g} {result.unit}",
        "" if result.reference is None else f"{result.reference:.4g} {result.unit}",
        "" if result.ratio is None else f"{result.ratio:.1f} x",
        "" if result.aim is None else str(result.aim),
        "" if result.met is None else ("yes" if result.met else "NO"),
        "" if result.equal_within is None else f"{result.equal_within:.1e}",
    )


def _line(cells: tuple[str, ...] | list[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()

"""Charts: what an evaluation's figures show, as plain values that any widget can draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from siamese_core.report.report_words import fewer_pairs

if TYPE_CHECKING:
    from siamese_core.interval import Interval
    from siamese_core.report.report import Report

Style = Literal["bars", "line", "points", "dotted", "mark"]
Names = tuple[str, str]
"""What the network, and the one that it is compared with, are called."""
Table = Sequence[Sequence[object]]
"""Rows of values, the first of them the head."""

_COLOURS = ("accent", "positive")
_SHARES = ("accuracy", "low", "high", "share", "chance", "false_accepts", "true_accepts")
"""Columns of a report's tables that hold shares."""


class Share(float):
    """A share of a whole, said in percent."""

    def __str__(self) -> str:
        return f"{100 * self:.1f} %"


@dataclass(frozen=True)
class Series:
    """Values along an axis, each with its interval where there is one.

    ``colour`` names one of `theme.Colours`.
    """

    name: str
    style: Style
    where: tuple[float, ...]
    means: tuple[float, ...]
    lows: tuple[float, ...] = ()
    highs: tuple[float, ...] = ()
    colour: str = "accent"


@dataclass(frozen=True)
class Chart:
    """One figure; where its places have ``names``, they stand below each other.

    ``span`` is the range of the shares, ``extent`` that of the places.
    """

    words: str
    places: str
    shares: str
    series: tuple[Series, ...]
    extent: tuple[float, float]
    span: tuple[float, float] = (0.0, 1.0)
    names: tuple[str, ...] = ()
    share_places: bool = False
    """Whether the places are shares too."""


def charts_of(report: "Report", names: Names) -> dict[str, Chart]:
    """Draw up every figure that a report has, but its confusion matrix."""
    charts = {"per_class": _per_class(report, names)}
    if report.sweeps:
        charts["sweep"] = _sweep(report)
    if report.retrieval is not None:
        charts["retrieval"] = _retrieval(report)
    if report.verification is not None:
        charts["roc"] = _roc(report)
    if report.comparison is not None:
        charts["comparison"] = _comparison(report, names)
    return charts


def comparison_table(report: "Report", names: Names) -> Table:
    """Lay out both accuracies and their difference; nothing where nothing was compared."""
    if report.comparison is None:
        return ()
    shares = (report.evaluation.accuracy, report.comparison.other, report.comparison.difference)
    rows = zip((*names, "difference"), shares, strict=True)
    return [("model", "accuracy", "low", "high"), *((n, *_shares(s)) for n, s in rows)]


def tables_of(report: "Report", names: Names, tables: Mapping[str, Table]) -> dict[str, Table]:
    """Lay out the values of every figure, shares in percent as the figures have them.

    Parameters
    ----------
    tables : mapping of str to Table
        Those of the report's folder.
    """
    shown = {name: _in_percent(table) for name, table in tables.items()}
    if "roc" in shown:
        (_, *head), (_, *none), *points = shown["roc"]
        shown["roc"] = [("from logit", *head), ("above all", *none), *points]
    if report.rival is not None:
        shown["per_class"] = _class_table(report, names)
    return {**shown, "comparison": comparison_table(report, names)}


def percent(share: "Interval") -> str:
    """Say a share with its interval, in percent."""
    return f"{100 * share.mean:.1f} % ({100 * share.low:.1f} to {100 * share.high:.1f})"


def _points(difference: "Interval") -> str:
    """Say a difference of shares with its interval, in percentage points."""
    mean, *ends = (100 * end for end in (difference.mean, difference.low, difference.high))
    return f"{mean:+.1f} percentage points ({ends[0]:+.1f} to {ends[1]:+.1f})"


def _class_table(report: "Report", names: Names) -> Table:
    """Lay out the accuracies of each class, those of both networks below each other."""
    assert report.rival is not None
    both = report.evaluation.per_class, report.rival.per_class
    return [
        ("class", "model", "accuracy", "low", "high"),
        *(
            (label, name, *_shares(shares[label]))
            for label in both[0]
            for name, shares in zip(names, both, strict=True)
        ),
    ]


def _in_percent(table: Table) -> Table:
    head, *rows = table
    places = [place for place, title in enumerate(head) if title in _SHARES]
    shown = [list(row) for row in rows]
    for row in shown:
        for place in places:
            row[place] = Share(cast("float", row[place]))
    return [head, *shown]


def _shares(interval: "Interval") -> tuple[Share, Share, Share]:
    return Share(interval.mean), Share(interval.low), Share(interval.high)


def _per_class(report: "Report", names: Names) -> Chart:
    result = report.evaluation
    known = [result] if report.rival is None else [result, report.rival]
    bars = tuple(
        _of(name, "bars", range(len(one.per_class)), list(one.per_class.values()), colour)
        for one, name, colour in zip(known, names, _COLOURS, strict=False)
    )
    ends = (-0.5, len(result.labels) - 0.5)
    chance = Series("chance", "dotted", ends, (1 / result.ways,) * 2, colour="muted")
    words = (
        f"Accuracy of each query class, with its 95 % interval; in all {percent(result.accuracy)}."
    )
    if result.ties:
        words += f" {result.ties} of {len(result.hits)} line-ups tied for first, which is no hit."
    return Chart(words, "", "accuracy", (*bars, chance), ends, names=result.labels)


def _sweep(report: "Report") -> Chart:
    most = max(max(curve) for curve in report.sweeps.values())
    ways = tuple(float(number) for number in range(2, most + 1))
    chance = Series("chance", "dotted", ways, tuple(1 / c for c in ways), colour="muted")
    curves = tuple(
        _of(name, "line", list(curve), list(curve.values()), colour)
        for (name, curve), colour in zip(report.sweeps.items(), _COLOURS, strict=False)
    )
    words = f"{report.evaluation.shots}-shot accuracy against the classes in the support set."
    extent = (1.8, most + 0.2)
    return Chart(words, "classes in the support set, C", "accuracy", (*curves, chance), extent)


def _retrieval(report: "Report") -> Chart:
    retrieval = report.retrieval
    assert retrieval is not None
    series = []
    for kind, tops, colour in zip(
        ("clips", "classes"), (retrieval.clips, retrieval.classes), _COLOURS, strict=True
    ):
        depths = [top.k for top in tops]
        series.append(_of(f"nearest {kind}", "points", depths, [t.share for t in tops], colour))
        chances = tuple(top.chance for top in tops)
        series.append(Series(f"{kind}, chance", "dotted", _floats(depths), chances, colour=colour))
    words = (
        f"Of {retrieval.queries} clips, those with their own class among the k nearest other clips "
        "or classes."
    )
    most = max(top.k for top in retrieval.clips)
    return Chart(words, "k", "queries with a hit", tuple(series), (0.5, most + 0.5))


def _roc(report: "Report") -> Chart:
    pairs = report.verification
    assert pairs is not None
    roc, (rate, _) = pairs.roc, pairs.roc.equal_error
    curve = Series(
        "pairs", "line", tuple(roc.false_accepts.tolist()), tuple(roc.true_accepts.tolist())
    )
    equal = Series("equal error rate", "mark", (rate,), (1 - rate,), colour="positive")
    chance = Series("chance", "dotted", (0.0, 1.0), (0.0, 1.0), colour="muted")
    words = (
        f"{pairs.pairs} pairs, half of them of one class: accuracy {percent(pairs.accuracy)}, "
        f"equal error rate {100 * rate:.1f} %, area below the curve {roc.area:.3f}."
    )
    if fewer := fewer_pairs(pairs):
        words += f" {fewer}"
    shown = (curve, equal, chance)
    return Chart(
        words, "different pairs accepted", "same pairs accepted", shown, (0, 1), share_places=True
    )


def _comparison(report: "Report", names: Names) -> Chart:
    comparison = report.comparison
    assert comparison is not None
    difference = comparison.difference
    zero = Series("no difference", "dotted", (-0.5, 0.5), (0.0, 0.0), colour="muted")
    shown = _of(f"{names[0]} minus {names[1]}", "points", [0], [difference])
    reach = 1.2 * max(abs(difference.low), abs(difference.high), 0.05)
    unsure = difference.low <= 0 <= difference.high
    words = (
        f"{names[0]} {percent(report.evaluation.accuracy)}, {names[1]} {percent(comparison.other)} "
        f"on the same line-ups: difference {_points(difference)}, a 95 % interval"
        f"{', which holds 0' if unsure else ''}. Only the first is right in "
        f"{comparison.gained}, only the second in {comparison.lost}."
    )
    span = (-reach, reach)
    return Chart(words, "", "difference in accuracy", (shown, zero), (-0.5, 0.5), span, ("",))


def _of(
    name: str,
    style: Style,
    where: Sequence[int],
    shares: "Sequence[Interval]",
    colour: str = "accent",
) -> Series:
    """Return shares with their intervals as a series."""
    means, lows, highs = zip(*((s.mean, s.low, s.high) for s in shares), strict=True)
    return Series(name, style, _floats(where), means, lows, highs, colour)


def _floats(values: Sequence[int]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)

"""The tables, figures and files of a study of faithfulness."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from math import isnan
from pathlib import Path

from siamese_core import outputs
from siamese_core.errors import counted
from siamese_core.faithfulness.metrics import DISAGREE, METRICS, Metric
from siamese_core.faithfulness.summary import Summary
from siamese_core.files import ABOUT, appearing, write_text
from siamese_core.interval import KIND, OF_THESE_CLIPS, Interval
from siamese_core.report.faithfulness_figures import metrics_figure, ordered_figure
from siamese_core.report.report import save_picture

_INTERVALS = {
    "level": KIND["level"],
    "shares": KIND["method"],
    "means": "bootstrap of the maps, percentiles of 10,000 resamples",
    "of": OF_THESE_CLIPS,
}
"""What a study says of its intervals: AI and Fid-In are shares of the maps, all else means."""


def as_dict(summaries: Sequence[Summary], settings: Mapping[str, object]) -> dict[str, object]:
    """Return what ``faithfulness.json`` holds, as plain values."""
    methods = [summary.as_dict() for summary in summaries]
    return {**ABOUT, **settings, "interval": _INTERVALS, "methods": methods, "note": DISAGREE}


def describe(summaries: Sequence[Summary]) -> Iterator[str]:
    """Lay out a study as Markdown tables, one a group of metrics, line by line."""
    for group in dict.fromkeys(metric.group for metric in METRICS.values()):
        metrics = {name: metric for name, metric in METRICS.items() if metric.group == group}
        yield f"**{group}**"
        yield ""
        yield from _table(summaries, metrics)
        yield ""
        meanings = (
            f"{metric.title.removesuffix(' %')}: {metric.meaning}{_of_fewer(summaries, name)}"
            for name, metric in metrics.items()
        )
        yield f"{'; '.join(meanings)}."
        yield ""
    for summary in summaries:
        if summary.refused:
            yield f"{summary.method} was refused for some pairs: {summary.refused}"
    yield DISAGREE


def write_study(summaries: Sequence[Summary], settings: Mapping[str, object], folder: Path) -> None:
    """Write the tables as Markdown, CSV and JSON, and the figures as PNG and SVG: all or none.

    Raises
    ------
    EarwitnessError
        If the folder cannot be written, or holds other files of these names.
    """
    with appearing(folder, outputs.STUDY) as temporary:
        about = json.dumps(as_dict(summaries, settings), indent=2, ensure_ascii=False)
        write_text(temporary / "faithfulness.json", f"{about}\n")
        write_text(temporary / "faithfulness.md", "".join(f"{x}\n" for x in describe(summaries)))
        for name, rows in (("metrics", _metric_rows), ("curves", _curve_rows)):
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(rows(summaries))
            write_text(temporary / f"{name}.csv", text.getvalue())
        save_picture(metrics_figure(summaries), temporary / "metrics")
        save_picture(ordered_figure(summaries), temporary / "curves")


def _table(summaries: Sequence[Summary], metrics: Mapping[str, Metric]) -> Iterator[str]:
    """Lay out means with their intervals; an arrow says which end speaks for a map."""
    arrows = {"higher": " ↑", "lower": " ↓", "": ""}
    rows = [["method", "maps", *(m.title + arrows[m.better] for m in metrics.values())]]
    for summary in summaries:
        cells = (_words(summary.metrics.get(name), m) for name, m in metrics.items())
        rows.append([summary.method, str(summary.maps), *cells])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"| {' | '.join(cells)} |"


def _of_fewer(summaries: Sequence[Summary], name: str) -> str:
    """Say of how many maps a metric is where it is not of all, as costly ones are."""
    known = max((one.known.get(name, 0) for one in summaries), default=0)
    fewer = 0 < known < max(one.maps for one in summaries)
    return f" (of {counted(known, 'map')})" if fewer else ""


def _words(found: Interval | None, metric: Metric) -> str:
    if found is None:
        return "-"
    digits = 1 if metric.title.endswith("%") else 3
    mean, low, high = (f"{value:.{digits}f}" for value in astuple(found))
    return mean if isnan(found.low) else f"{mean} ({low} to {high})"


def _metric_rows(summaries: Sequence[Summary]) -> Iterator[list[object]]:
    yield ["method", "metric", "mean", "low", "high", "maps", "seconds"]
    for one in summaries:
        for name, found in one.metrics.items():
            yield [one.method, name, *astuple(found), one.known[name], one.seconds]


def _curve_rows(summaries: Sequence[Summary]) -> Iterator[list[object]]:
    yield ["method", "curve", "fraction", "mean", "low", "high"]
    for one in summaries:
        for name, band in one.curves.items():
            for fraction, point in zip(one.fractions, band.T, strict=True):
                yield [one.method, name, fraction, *point]

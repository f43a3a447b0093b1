"""Figures of faithfulness: deletion and insertion curves, and every metric of every method."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from siamese_core.faithfulness.curves import Curves
from siamese_core.faithfulness.metrics import METRICS, Metric
from siamese_core.faithfulness.summary import Summary
from siamese_core.figures import FAINT, INK
from siamese_core.report.report_figures import BLUE, ORANGE, draw_key, framed_figure

_ACROSS = 4
_LINES = (("insertion", BLUE), ("deletion", ORANGE), ("random", FAINT))
_X = "share of the clip's cells removed or restored"
_Y = "probability of the predicted class"


def map_figure(curves: Curves) -> Figure:
    """Draw the deletion and insertion curves of one map, beside random order."""
    figure, (axes,) = framed_figure(4.2, 2.6)
    for name, color in _LINES:
        axes.plot(
            curves.fractions, getattr(curves, name), color=color, lw=1.4, label=METRICS[name].title
        )
    axes.xaxis.set_major_formatter(PercentFormatter(1, 0))
    axes.set_ylim(0, 1.02)
    axes.set_xlabel(_X)
    axes.set_ylabel(_Y)
    draw_key(axes)
    return figure


def ordered_figure(summaries: Sequence[Summary]) -> Figure:
    """Draw each method's mean deletion and insertion curves with their bands, beside random order.

    Read from right to left, a curve is its counterpart in the reverse order.
    """
    shown = [summary for summary in summaries if summary.curves]
    rows, columns = _grid(len(shown))
    figure, panels = framed_figure(2.3 * columns, 0.4 + 2.0 * rows, rows, columns, share_y=True)
    for axes, summary in zip(panels, shown, strict=False):
        for name, color in _LINES:
            mean, low, high = summary.curves[name]
            axes.plot(summary.fractions, mean, color=color, lw=1.4, label=METRICS[name].title)
            axes.fill_between(summary.fractions, low, high, color=color, alpha=0.18, lw=0)
        axes.xaxis.set_major_formatter(PercentFormatter(1, 0))
        axes.set_title(summary.method, fontsize=8.5, color=INK, loc="left")
        axes.set_ylim(0, 1.02)
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    if shown:
        draw_key(panels[0])
    figure.supxlabel(_X, fontsize=8.5, color=INK)
    figure.supylabel(_Y, fontsize=8.5, color=INK)
    return figure


def metrics_figure(summaries: Sequence[Summary]) -> Figure:
    """Draw each metric as one panel of bars: the mean of each method with its 95 % interval."""
    shown = [summary for summary in summaries if summary.maps]
    names = [name for name in METRICS if any(name in summary.metrics for summary in shown)]
    rows, columns = _grid(len(names))
    height = 0.55 + 0.17 * len(shown)
    figure, panels = framed_figure(
        2.2 * columns + 1, rows * height + 0.2, rows, columns, share_y=True
    )
    for axes, name in zip(panels, names, strict=False):
        _draw_bars(axes, METRICS[name], name, shown)
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    if shown:
        panels[0].set_yticks(range(len(shown)), [summary.method for summary in shown])
        panels[0].set_ylim(len(shown) - 0.4, -0.6)
    return figure


def _draw_bars(axes: Axes, metric: Metric, name: str, summaries: Sequence[Summary]) -> None:
    for place, summary in enumerate(summaries):
        if (found := summary.metrics.get(name)) is None:
            continue
        spans = np.maximum([[found.mean - found.low], [found.high - found.mean]], 0)
        color = BLUE if metric.better else FAINT
        axes.barh(place, found.mean, 0.7, color=color, alpha=0.55)
        axes.errorbar(found.mean, place, xerr=spans, fmt="none", elinewidth=0.9, ecolor=INK)
    if not axes.dataLim.width:  # all are zero
        axes.set_xlim(0, 1)
    better = f" ({metric.better} is better)" if metric.better else ""
    axes.set_title(f"{metric.title}{better}", fontsize=8, color=INK, loc="left")


def _grid(count: int) -> tuple[int, int]:
    return max(1, ceil(count / _ACROSS)), max(1, min(_ACROSS, count))

"""Figures of a report: training curves, confusion, accuracy against C, retrieval and ROC."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from siamese_core.callbacks import Event
from siamese_core.episodes import Indices
from siamese_core.errors import TrainingError
from siamese_core.evaluation.evaluation import Evaluation
from siamese_core.evaluation.retrieval import Retrieval
from siamese_core.evaluation.verification import PAIR_KINDS, Verification
from siamese_core.figures import FAINT, INK
from siamese_core.interval import Interval
from siamese_core.short_names import told_apart

BLUE, ORANGE, _GREEN, _PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
"""Of Okabe and Ito: told apart by colour-blind readers."""
_MOST_NUMBERED, _MOST_NAMED = 20, 60
"""Classes whose cells are large enough for numbers, and whose names for being read."""
_LONGEST = 24
"""Characters of a class's or a model's name beside its bar."""
_LONGEST_HEAD = 56
"""Characters of a model's name above a figure."""
_WINDOWS = 50
"""Windows of the running mean in a whole training."""

Floats = NDArray[np.float64]


def curves_figure(
    events: Sequence[Event], ways: int | None = None, shots: int | None = None
) -> Figure:
    """Redraw figure 2.5 of 001_f88acf4202fc317d.txt from a run's events.

    Above, the accuracy of the training pairs, and of the validation's episodes with its interval;
    below, the loss. Single batches are faint, their running mean is strong.

    Parameters
    ----------
    ways, shots : int, optional
        Of the validation's episodes, whose chance is drawn; neither is told where it is not known.

    Raises
    ------
    TrainingError
        If the run holds no step.
    """
    steps = [event for event in events if event.get("event") == "step"]
    if not steps:
        raise TrainingError("The run holds no training step; there is no curve to draw.")
    figure, (above, below) = framed_figure(5.6, 4.6, rows=2)
    _draw_batches(above, steps, "accuracy", BLUE, "training pairs")
    _draw_validations(above, [event for event in events if event.get("event") == "validation"])
    if ways:
        above.axhline(1 / ways, ls=":", color=FAINT, lw=1, label=f"chance of {ways} classes")
        _title(above, f"validated by {ways}-way {shots}-shot episodes")
    _share_axis(above, "accuracy")
    _draw_batches(below, steps, "loss", _PURPLE, "training loss")
    below.set_ylim(bottom=0)
    below.set(xlabel="step", ylabel="loss")
    for axes in (above, below):
        axes.set_xlim(0, 1.01 * _column(steps, "step")[-1])
        draw_key(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))  # curves go everywhere else
    return figure


def per_class_figure(evaluations: Sequence[tuple[str, Evaluation]]) -> Figure:
    """Draw the accuracy of each query class with its interval, a bar each network below the other.

    Parameters
    ----------
    evaluations : sequence of (str, Evaluation)
        The outcomes of the same episodes by one or two networks, each behind its name.
    """
    _, first = evaluations[0]
    names = told_apart(list(first.per_class), _LONGEST)
    models = told_apart([name for name, _ in evaluations], _LONGEST)
    if len(evaluations) > 1:
        models = [
            f"{model}: {_said(one.accuracy)}"
            for model, (_, one) in zip(models, evaluations, strict=True)
        ]
    thick = 0.8 / len(evaluations)
    figure, (axes,) = framed_figure(5.2, float(np.clip(0.28 * len(names), 1.2, 14.0)) + 1.0)
    for place, (_, one) in enumerate(evaluations):
        where = np.arange(len(names)) + (place - (len(evaluations) - 1) / 2) * thick
        shares, color = list(one.per_class.values()), (BLUE, ORANGE)[place]
        means = [share.mean for share in shares]
        axes.barh(where, means, 0.9 * thick, color=color, alpha=0.4, label=models[place])
        axes.errorbar(means, where, xerr=_spans(shares), fmt="none", elinewidth=0.8, ecolor=INK)
    axes.axvline(1 / first.ways, ls=":", color=FAINT, lw=1, label="chance")
    named = range(len(names) if len(names) <= _MOST_NAMED else 0)
    axes.set_yticks(named, names[: len(named)], parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1, 0))
    axes.set(xlabel="accuracy", ylabel="query's class")
    asked = f"{first.ways}-way {first.shots}-shot"
    if len(evaluations) > 1:
        _title(axes, f"{asked} accuracy on the same episodes, with 95 % intervals")
        # bars fill all else
        draw_key(axes, loc="upper left", bbox_to_anchor=(0, -0.42 / figure.get_figheight()))
    else:
        _head(axes, asked, first.accuracy, model=models[0])
    return figure


def confusion_figure(evaluation: Evaluation, model: str = "") -> Figure:
    """Draw the confusion matrix (figure 2.7): each row's shares in colour, its counts as numbers.

    A class's share is of all its episodes, so that ties leave a row below 100 %. ``model`` is what
    the network is called.
    """
    figure, axes = _matrix_figure(
        evaluation.labels, evaluation.confusion, evaluation.runs, "share of the class's episodes"
    )
    axes.set(xlabel="predicted class", ylabel="query's class")
    ties = f", {evaluation.ties} ties left out" if evaluation.ties else ""
    asked = f"{evaluation.ways}-way {evaluation.shots}-shot"
    _head(axes, asked, evaluation.accuracy, ties, model)
    return figure


def pairs_figure(verification: Verification) -> Figure:
    """Draw the confusion matrix of pairs (figures 9 and 10 of 002_3413a999b827c9d7.txt)."""
    figure, axes = _matrix_figure(
        PAIR_KINDS, verification.confusion, verification.pairs // 2, "share of such pairs"
    )
    axes.set(xlabel="said to be", ylabel="pair is")
    _head(axes, f"{verification.pairs} pairs", verification.accuracy)
    return figure


def _matrix_figure(
    labels: Sequence[str], counts: Indices, whole: int, about: str
) -> tuple[Figure, Axes]:
    """Draw counts as numbers on their share of ``whole``, a row's count."""
    names = told_apart(labels, _LONGEST)
    side = float(np.clip(0.55 * len(names), 2.8, 12.0))
    figure, (axes,) = framed_figure(side + 1.6, side + 1.0)
    shares = counts / whole
    picture = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(names) <= _MOST_NUMBERED:
        for (row, column), count in np.ndenumerate(counts):
            _number(axes, row, column, int(count), dark=bool(shares[row, column] > 0.55))
    named = range(len(names) if len(names) <= _MOST_NAMED else 0)
    axes.set_xticks(named, names[: len(named)], parse_math=False)
    axes.set_yticks(named, names[: len(named)], parse_math=False)
    if max(map(len, names)) > 4:
        for text in axes.get_xticklabels():
            text.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(picture, ax=axes, shrink=0.8, format=PercentFormatter(1, 0))
    bar.set_label(about, fontsize=7, color=FAINT)
    bar.ax.tick_params(labelsize=7, length=2, colors=INK)
    return figure, axes


def sweep_figure(sweeps: Mapping[str, Mapping[int, Interval]], shots: int = 1) -> Figure:
    """Draw accuracy against C (figure 2.6), one curve a part of the corpus."""
    figure, (axes,) = framed_figure(4.4, 3.2)
    names = told_apart(list(sweeps), _LONGEST)
    for name, curve, color in zip(names, sweeps.values(), (BLUE, ORANGE), strict=False):
        means = [share.mean for share in curve.values()]
        axes.plot(list(curve), means, "o-", ms=3.5, color=color, label=name)
        axes.fill_between(
            list(curve),
            [share.low for share in curve.values()],
            [share.high for share in curve.values()],
            color=color,
            alpha=0.18,
            lw=0,
        )
    most = max(max(curve) for curve in sweeps.values())
    ways = np.arange(2, most + 1)
    axes.plot(ways, 1 / ways, ":", color=FAINT, lw=1, label="chance")
    axes.set_xlim(1.8, most + 0.2)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("classes in the support set, C")
    _share_axis(axes, f"{shots}-shot accuracy")
    draw_key(axes)
    return figure


def retrieval_figure(retrieval: Retrieval) -> Figure:
    """Draw the top-k scores of clips and of classes, each with its chance."""
    figure, (axes,) = framed_figure(4.4, 3.2)
    for tops, color, name in (
        (retrieval.clips, BLUE, "clips"),
        (retrieval.classes, ORANGE, "classes"),
    ):
        depths = [top.k for top in tops]
        _error_bars(axes, depths, [top.share for top in tops], color, f"nearest {name}")
        axes.plot(
            depths, [top.chance for top in tops], ":", color=color, lw=1, label=f"{name}, chance"
        )
    axes.set_xticks([top.k for top in retrieval.clips])
    axes.set_xlabel("k")
    _share_axis(axes, "queries with a hit among the k nearest")
    draw_key(axes)
    return figure


def roc_figure(verification: Verification) -> Figure:
    """Draw the ROC of pairs and mark the equal error rate."""
    roc = verification.roc
    rate, _ = roc.equal_error
    figure, (axes,) = framed_figure(3.8, 3.8)
    axes.plot([0, 1], [0, 1], ":", color=FAINT, lw=1)
    axes.plot([0, 1], [1, 0], "-", color="#dddddd", lw=0.8)
    axes.plot(roc.false_accepts, roc.true_accepts, color=BLUE, lw=1.5)
    axes.plot(rate, 1 - rate, "o", color=ORANGE, ms=5)
    axes.annotate(
        f"equal error rate {rate:.1%}\narea below {roc.area:.3f}",
        (rate, 1 - rate),
        (10, -18),
        textcoords="offset points",
        fontsize=8,
        color=INK,
        va="top",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )
    axes.set_aspect("equal")
    axes.xaxis.set_major_formatter(PercentFormatter(1, 0))
    axes.set_xlim(-0.01, 1)
    axes.set_xlabel("different pairs accepted")
    _share_axis(axes, "same pairs accepted")
    _head(axes, f"{verification.pairs} pairs", verification.accuracy)
    return figure


def framed_figure(
    width: float, height: float, rows: int = 1, columns: int = 1, *, share_y: bool = False
) -> tuple[Figure, Sequence[Axes]]:
    """Return a figure in inches and its panels, row by row, in the style of all figures."""
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06))
    panels: list[Axes] = list(
        figure.subplots(rows, columns, sharex=columns == 1, sharey=share_y, squeeze=False).ravel()
    )
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=7.5, length=2.5, colors=INK)
        axes.xaxis.label.set(fontsize=8.5, color=INK)
        axes.yaxis.label.set(fontsize=8.5, color=INK)
    return figure, panels


def _head(axes: Axes, what: str, accuracy: Interval, more: str = "", model: str = "") -> None:
    name = f"{told_apart([model], _LONGEST_HEAD)[0]}\n" if model else ""
    _title(axes, f"{name}{what}: accuracy {_said(accuracy)}{more}")


def _title(axes: Axes, text: str) -> None:
    axes.set_title(text, fontsize=8.5, color=INK, loc="left", pad=8, parse_math=False)


def _said(share: Interval) -> str:
    low, high = f"{100 * share.low:.1f}", f"{100 * share.high:.1f}"
    return f"{share.mean:.1%} ({low} to {high})"


def draw_key(axes: Axes, **place: Any) -> None:
    """Name the lines of a panel, where there is room; a label is never read as a formula."""
    legend = axes.legend(frameon=False, fontsize=7.5, labelcolor=INK, **place)
    for text in legend.get_texts():
        text.set_parse_math(False)


def _share_axis(axes: Axes, label: str) -> None:
    """Make the vertical axis one from 0 to 100 %."""
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1, 0))
    axes.set_ylabel(label)


def _number(axes: Axes, row: int, column: int, count: int, dark: bool) -> None:
    color = "white" if dark else INK if count else "#bbbbbb"
    axes.text(column, row, f"{count}", ha="center", va="center", fontsize=7.5, color=color)


def _column(events: Sequence[Event], name: str) -> Floats:
    return np.array([event[name] for event in events], float)


def _draw_batches(axes: Axes, steps: Sequence[Event], name: str, color: str, label: str) -> None:
    where, values = _column(steps, "step"), _column(steps, name)
    window = np.ones(1 + len(values) // _WINDOWS)
    held = np.convolve(np.ones_like(values), window, "same")
    axes.plot(where, values, color=color, alpha=0.25, lw=0.6)
    mean = np.convolve(values, window, "same") / held
    marker = "o" if len(values) == 1 else ""  # a line of one point is not seen
    if len(window) > 1:
        label += f"\n(mean of {len(window)} batches;\nfaint: each batch)"
    axes.plot(where, mean, color=color, lw=1.6, label=label, marker=marker, ms=4)


def _draw_validations(axes: Axes, validations: Sequence[Event]) -> None:
    if not validations:
        return
    shares = [Interval(**event["accuracy"]) for event in validations]
    where = _column(validations, "step")
    _error_bars(axes, where, shares, ORANGE, "validation episodes\n(with 95 % intervals)")
    best = int(np.argmax([share.mean for share in shares]))
    label = f"best: {shares[best].mean:.1%} at step {where[best]:.0f}"
    axes.plot(where[best], shares[best].mean, "o", ms=8, mfc="none", color=ORANGE, label=label)


def _error_bars(
    axes: Axes, where: Sequence[float] | Floats, shares: Sequence[Interval], color: str, label: str
) -> None:
    means = [share.mean for share in shares]
    axes.plot(where, means, "o-", ms=3.5, lw=1.2, color=color, label=label)
    axes.errorbar(where, means, _spans(shares), fmt="none", elinewidth=0.8, ecolor=color)


def _spans(shares: Sequence[Interval]) -> Floats:
    """Return how far intervals reach below their means and above, shape (2, number)."""
    return np.array([[max(s.mean - s.low, 0), max(s.high - s.mean, 0)] for s in shares], float).T

"""Figures for papers, drawn without a window: a line-up with its maps."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from textwrap import fill

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from siamese_core import __version__
from siamese_core.attribution.units import unit_of
from siamese_core.explanation import Explanation
from siamese_core.files import PICTURES, check_suffix, writing
from siamese_core.logmel import LogMel
from siamese_core.mask.mask import Mask
from siamese_core.scoring import Score, ScoredEpisode
from siamese_core.signs import LOWERS, RAISES

_DPI = 300
"""What print asks of a picture in dots."""
INK, FAINT = "#222222", "#666666"

_ACROSS = 5
"""Support clips side by side; more go on below."""
_RANGE_DB = 70.0
_LOUD, _GREY = "magma", "gray_r"
_SIGNED = LinearSegmentedColormap.from_list(
    "signed", [tuple(part / 255 for part in ink) for ink in (LOWERS, (255, 255, 255), RAISES)]
)
_HATCH = "#00000030"
_PREDICTED = "#00695c"
_HZ = (250, 500, 1000, 2000, 4000, 8000, 16000)
_LONGEST_LABEL = 22
_LONGEST_LINE = 36
"""Of the legend, in letters: a longer one would take the room of the panels beside it."""


def lineup_figure(
    explanations: Sequence[Explanation],
    scored: ScoredEpisode,
    *,
    truth: str | None = None,
    mask: Mask | None = None,
    made: str = "",
    model: str = "",
) -> Figure:
    """Draw the query and each support clip, and below each pair its signed map.

    All maps share one colour scale, centred on zero; all clips one time scale and one dB scale,
    relative to each clip's loudest value.

    Parameters
    ----------
    explanations : sequence of Explanation
        One a support clip.
    scored : ScoredEpisode
        Of the same support clips.
    truth : str, optional
        The query's class, where it is known.
    mask : Mask, optional
        Outlined on the map of the best pair.
    made : str
        How the mask was made, in a few words.
    model : str
        Its name, for the title that the figure's file has.
    """
    across = min(_ACROSS, len(explanations))
    bands = -(-len(explanations) // across)
    figure = Figure(
        figsize=(2.5 * (across + 1), 4.6 * bands),
        layout=ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.06),
    )
    grid = figure.subplots(2 * bands, across + 1, squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    look = _Look.of(explanations)
    query = explanations[0].query_map
    labels = {id(e.support): s.label for e, s in zip(explanations, scored.scores, strict=True)}
    _draw_map(grid[0, 0], query, look)
    _title(grid[0, 0], "Query", "" if truth is None else truth, INK)
    for number, (explanation, score) in enumerate(zip(explanations, scored.scores, strict=True)):
        band, column = divmod(number, across)
        above, below = grid[2 * band, column + 1], grid[2 * band + 1, column + 1]
        predicted = number == scored.best and scored.predicted is not None
        _draw_map(above, explanation.support_map, look, first=column == 0 and band > 0)
        _score_title(above, score, predicted, truth)
        _draw_attribution(below, explanation, look, first=column == 0)
        if (rival := explanation.against) is not None:
            _contrast_title(below, score.label, labels.get(id(rival), rival.label))
        if mask is not None and number == scored.best:
            _outline(below, mask, explanation.explained_map)
    _draw_legend(grid[1, 0], explanations[0], look, mask is not None, made)
    figure.set_label(_file_title(explanations, scored, model))
    return figure


def _file_title(explanations: Sequence[Explanation], scored: ScoredEpisode, model: str) -> str:
    """Name the clips of a line-up and what scored and explained them."""
    first = explanations[0]
    query = first.query.path.name if first.query.path else first.query.label or "a query"
    support = [
        f"{score.label} ({one.support.path.name})" if one.support.path else score.label
        for one, score in zip(explanations, scored.scores, strict=True)
    ]
    by = f"; {first.method}" + (f", model {model}" if model else "")
    return f"{query} against {', '.join(support)}{by}"


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as .png, .svg or .pdf, whole or not at all.

    Its label is the file's title; the file says, too, what wrote it and when.

    Raises
    ------
    ParameterError
        If the name ends otherwise.
    EarwitnessError
        If the file cannot be written.
    """
    check_suffix(path, PICTURES)
    with writing(path) as temporary:
        temporary.write_bytes(figure_bytes(figure, path.suffix.lower()))


def figure_bytes(figure: Figure, suffix: str) -> bytes:
    """Return a figure as the content of a file whose name ends in one of `files.PICTURES`."""
    content = BytesIO()
    with warnings.catch_warnings():
        # a label in a script that the font lacks shows boxes; that is no reason to fail
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        # letters as text can be searched and edited, and a script that the font lacks is shown
        with rc_context({"svg.fonttype": "none"}):
            figure.savefig(
                content,
                format=suffix[1:],
                dpi=_DPI,
                facecolor="white",
                metadata=_metadata(figure, suffix),
            )
    return content.getvalue()


def _metadata(figure: Figure, suffix: str) -> dict[str, str | datetime]:
    """Return what a file says of itself, by the names that its format has."""
    writer, now = f"Earwitness {__version__}", datetime.now().astimezone().replace(microsecond=0)
    title = {"Title": str(figure.get_label())} if figure.get_label() else {}
    if suffix == ".png":
        return {**title, "Software": writer, "Creation Time": now.isoformat()}
    if suffix == ".pdf":
        return {**title, "Creator": writer, "CreationDate": now}
    return {**title, "Creator": writer, "Date": now.isoformat()}


def shorten(label: str) -> str:
    """Cut a label that is too long to stand beside others."""
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


@dataclass(frozen=True)
class _Look:
    """What all panels share: the longest clip in seconds, and the value of full colour."""

    seconds: float
    full: float

    @classmethod
    def of(cls, explanations: Sequence[Explanation]) -> "_Look":
        maps = [m for e in explanations for m in (e.query_map, e.support_map)]
        values = np.concatenate([np.abs(_own(e)).ravel() for e in explanations])
        # the few largest cells would otherwise leave all others pale
        full = float(np.quantile(values, 0.99)) or float(values.max()) or 1.0
        return cls(max(_span(m)[1] - _span(m)[0] for m in maps), full)


def _own(explanation: Explanation) -> NDArray[np.float32]:
    """Return the map on the clip's own frames."""
    return explanation.attribution.values[:, explanation.explained_map.own_frames]


def _span(log_mel: LogMel) -> tuple[float, float]:
    """Return where the clip's own frames begin and end, in its seconds."""
    times = log_mel.times[log_mel.own_frames]
    step = log_mel.mel.frame_seconds
    return float(times[0]) - step / 2, float(times[-1]) + step / 2


def _draw_map(axes: Axes, log_mel: LogMel, look: _Look, first: bool = True) -> None:
    _show(axes, _below_peak(log_mel), log_mel, cmap=_LOUD, vmin=-_RANGE_DB, vmax=0.0)
    _scales(axes, log_mel, look, first)


def _draw_attribution(axes: Axes, explanation: Explanation, look: _Look, first: bool) -> None:
    log_mel, values = explanation.explained_map, _own(explanation) / look.full
    # the clip in pale grey, so that colour is the map's alone
    _show(axes, _below_peak(log_mel), log_mel, cmap=_GREY, vmin=-_RANGE_DB, vmax=_RANGE_DB)
    _show(
        axes,
        values,
        log_mel,
        cmap=_SIGNED,
        vmin=-1.0,
        vmax=1.0,
        alpha=0.85 * np.clip(np.abs(values), 0, 1) ** 0.6,
    )
    _scales(axes, log_mel, look, first)


def _below_peak(log_mel: LogMel) -> NDArray[np.float32]:
    own: NDArray[np.float32] = log_mel.db[:, log_mel.own_frames]
    below: NDArray[np.float32] = own - own.max()
    # nothing stands out in a silent clip: drawn as its own loudest, it would look like a roar
    return below if below.any() else below - _RANGE_DB


def _show(axes: Axes, values: NDArray[np.float32], log_mel: LogMel, **style: object) -> None:
    begin, end = _span(log_mel)
    axes.imshow(
        values,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(begin, end, -0.5, len(values) - 0.5),
        **style,  # type: ignore[arg-type]
    )


def _scales(axes: Axes, log_mel: LogMel, look: _Look, first: bool) -> None:
    """Seconds below, Hz at mel distances on the left of the first column."""
    axes.set_axis_on()
    begin, _ = _span(log_mel)
    axes.set_xlim(begin, begin + look.seconds)
    axes.spines[["top", "right"]].set_visible(False)
    centres = log_mel.frequencies
    shown = [hz for hz in _HZ if centres[0] <= hz <= centres[-1]]
    axes.set_yticks(
        np.interp(shown, centres, np.arange(len(centres))),
        [f"{hz / 1000:g}k" if hz >= 1000 else f"{hz}" for hz in shown] if first else [],
    )
    axes.tick_params(labelsize=7, length=2.5, colors=INK)
    axes.set_xlabel("s", fontsize=7, color=FAINT, labelpad=1)
    if first:
        axes.set_ylabel("Hz", fontsize=7, color=FAINT, labelpad=1)


def _score_title(axes: Axes, score: Score, predicted: bool, truth: str | None) -> None:
    line = f"similarity {score.similarity:.3f} · rank {score.rank}"
    if not predicted:
        _title(axes, score.label, line, INK)
        return
    verdict = "" if truth is None else (", right" if truth == score.label else ", wrong")
    _title(axes, score.label, f"{line} · predicted{verdict}", _PREDICTED)
    for spine in axes.spines.values():
        spine.set(visible=True, color=_PREDICTED, linewidth=2)


def _title(axes: Axes, title: str, line: str, color: str) -> None:
    axes.set_title(
        shorten(title), fontsize=9, fontweight="bold", color=color, pad=16, parse_math=False
    )
    axes.text(
        0.5,
        1.03,
        line,
        transform=axes.transAxes,
        ha="center",
        fontsize=7,
        color=color,
        parse_math=False,
    )


def _contrast_title(axes: Axes, own: str, rival: str | None) -> None:
    """Name the two classes whose logits' difference the map explains."""
    line = f"{_isolated(own)}, not {_isolated(rival or 'another')}"
    axes.set_title(line, fontsize=7, color=INK, pad=4, parse_math=False)


def _isolated(label: str) -> str:
    """Keep a name that is written from right to left from turning the words around it."""
    return f"\N{FIRST STRONG ISOLATE}{shorten(label)}\N{POP DIRECTIONAL ISOLATE}"


def _outline(axes: Axes, mask: Mask, log_mel: LogMel) -> None:
    """Draw the mask's edge, which runs along the clip's, and hatch what it removes."""
    own = np.pad(mask.values[:, log_mel.own_frames], 1)
    if own.max() <= 0.5:
        return
    step = log_mel.mel.frame_seconds
    times = log_mel.times[log_mel.own_frames][0] + step * np.arange(-1, own.shape[1] - 1)
    bands = np.arange(-1, len(own) - 1)
    # lines let the map's colours stand, by which it is compared with the others
    hatched = axes.contourf(times, bands, own, [-1.0, 0.5], colors="none", hatches=["////"])
    hatched.set(edgecolor=_HATCH, linewidth=0.0)
    axes.contour(times, bands, own, [0.5], colors=INK, linewidths=0.7)


def _draw_legend(
    axes: Axes, explanation: Explanation, look: _Look, outlined: bool, made: str
) -> None:
    """Fill the cell below the query: the method, the side, the two colour bars, the outline."""
    lines = [
        (0.98, explanation.method, "bold"),
        (0.87, f"on the {explanation.side} clip", "normal"),
    ]
    subject = "the logit" if explanation.against is None else "a difference of logits"
    unit = unit_of(explanation.method, explanation.parameters)
    counted = f"in {unit}" if unit else "without a unit"
    if outlined:
        lines.append((0.03, "outlined: the mask that is heard", "normal"))
        lines.append((-0.05, "hatched: what it removes", "normal"))
    for height, text, weight in lines:
        axes.text(0.0, height, text, fontsize=8, fontweight=weight, color=INK, va="center")
    if outlined:
        words = fill(made, _LONGEST_LINE)
        axes.text(0.0, -0.1, words, fontsize=7, color=FAINT, va="top", parse_math=False)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    label = f"attribution of {subject},\n{counted}"
    signed = _bar(axes, 0.6, _SIGNED, (-look.full, look.full), label)
    signed.set_xticks([-look.full, 0.0, look.full])
    signed.set_xticklabels([f"−{look.full:.2g}\nlowers", "0", f"+{look.full:.2g}\nraises"])
    _bar(axes, 0.22, _LOUD, (-_RANGE_DB, 0.0), "dB below the clip's loudest")


def _bar(
    axes: Axes, height: float, colors: str | Colormap, ends: tuple[float, float], label: str
) -> Axes:
    """Draw a colour bar at ``height`` of a cell, its label above it."""
    bar = axes.inset_axes((0.0, height, 0.92, 0.05))
    scale = ScalarMappable(Normalize(*ends), colors)
    axes.get_figure(root=True).colorbar(scale, cax=bar, orientation="horizontal")  # type: ignore[union-attr]
    bar.set_title(label, fontsize=7, color=FAINT, loc="left", pad=3)
    bar.tick_params(labelsize=6.5, length=2, colors=INK)
    return bar

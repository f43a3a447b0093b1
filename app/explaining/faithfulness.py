"""How faithful a map is: measured on the worker, then laid out as curves, table and words."""

import csv
from collections.abc import Mapping
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.charts import Chart, Series, Style, Table
from app.lineup.loaded_model import Heard, LoadedModel
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.faithfulness.metrics import METRICS
from siamese_core.files import check_suffix, write_text

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation
    from siamese_core.faithfulness.curves import Curves
    from siamese_core.faithfulness.episode_score import EpisodeScore
    from siamese_core.faithfulness.faithfulness import Faithfulness

Figures = Mapping[str, float]
"""By key of `METRICS`; NaN where a number is not defined."""

_SUMMARY, _TOLD = ("ad", "ff"), ("ad", "ff", "fid_in", "sps")
"""Of one map beside others: what it costs to keep its mask alone, and to remove it."""
_NAMES = {
    "ad": "Average drop",
    "ff": "Faithfulness",
    "fid_in": "Fidelity of what is kept",
    "sps": "Sparseness",
}
"""What the short titles of `_TOLD` stand for."""

TIPS = {
    "ai": "100 if the class becomes more likely when only the map's mask is kept, else 0. Over "
    "many pairs its mean is a percentage.",
    "ad": "How much of the class's probability is lost when only the mask is kept, in percent. "
    "Near 0: the mask holds all that the network needs.",
    "ag": "How much of what the class's probability could still rise is won when only the mask is "
    "kept, in percent.",
    "ff": "How far the class's probability falls when the mask is taken away. High: the network "
    "cannot do without it. Negative: it does better without.",
    "fid_in": "1 if the network still chooses the class when only the mask is kept, else 0.",
    "deletion": "The area below the deletion curve. Low: removing what the map names first soon "
    "removes the class.",
    "insertion": "The area below the insertion curve. High: restoring what the map names first "
    "soon brings the class back.",
    "random": "The area where the cells come in a random order. A map that does no better than "
    "this tells nothing.",
    "sps": "Near 1: a few cells hold all of the map. Near 0: it is spread evenly.",
    "comp": "The entropy of the map. Low: it names few cells, so that it is easy to read.",
    "silence": "How much of what raises the similarity the map places where the clip is silent. "
    "Compare it with the share of silent frames.",
    "silent_area": "How much of the clip is silent.",
    "infidelity": "How badly the map foretells what hiding a rectangle does to the score. Low is "
    "good.",
    "sensitivity": "How much the map changes when the clip changes by a noise too slight to hear. "
    "Near 0: it is steady.",
    "random_head": "How alike the map is to that of a network whose head is random. Near 1: it "
    "does not depend on what was learned.",
    "random_encoder": "How alike the map is to that of a wholly random network. Near 1: it does "
    "not depend on what was learned.",
}
"""What each figure says, in plain words."""

_RANGE = (0.0, 1.0)


def _score_of(
    model: LoadedModel, heard: Heard, support: ClipFile, explanation: "Explanation"
) -> "EpisodeScore":
    """Return what the line-up predicts as a function of the explained clip."""
    from siamese_core.faithfulness.episode_score import EpisodeScore

    lineup = heard.lineup
    maps = [heard.maps[clip] for clip in lineup.support]
    labels = [clip.label for clip in lineup.support]
    place = lineup.support.index(support)
    return EpisodeScore(model.net, explanation.query_map, maps, labels, place, explanation.side)


def quick_figures(
    model: LoadedModel,
    heard: Heard,
    support: ClipFile,
    explanation: "Explanation",
    should_stop: ShouldStop,
) -> Figures:
    """Measure what takes no time."""
    from siamese_core.faithfulness.faithfulness import measure_quickly

    score = _score_of(model, heard, support, explanation)
    return measure_quickly(score, explanation, should_stop)


def measure_map(
    model: LoadedModel,
    heard: Heard,
    support: ClipFile,
    explanation: "Explanation",
    checks: bool,
    _on_event: OnEvent,
    should_stop: ShouldStop,
) -> "Faithfulness":
    """Measure a map as `earwitness explain --faithfulness` does; the slow checks if wanted."""
    from siamese_core.faithfulness.faithfulness import measure

    score = _score_of(model, heard, support, explanation)
    return measure(model.net, score, explanation, checks=checks, should_stop=should_stop)


def summary(figures: Figures) -> str:
    """Write the figures that matter most in a line."""
    return "  ".join(f"{_title(name)} {said(name, figures, rough=True)}" for name in _SUMMARY)


def spoken(figures: Figures) -> str:
    """Write the figures of `summary` in full, for a screen reader."""
    return ", ".join(f"{_NAMES[name]} {said(name, figures, rough=True)}" for name in _SUMMARY)


def told(figures: Figures) -> str:
    """Write some figures with what they say, as paragraphs of a tooltip."""
    return "".join(
        f"<p><b>{_NAMES[name]} ({_title(name)}): {said(name, figures)}</b><br>{TIPS[name]}</p>"
        for name in _TOLD
    )


def _title(name: str) -> str:
    return METRICS[name].title.removesuffix(" %")


def said(name: str, figures: Figures, places: int = 2, *, rough: bool = False) -> str:
    """Write one figure, to some decimals; a percentage to one, or to none where that will do."""
    value = figures[name]
    if not isfinite(value):
        return "not defined"
    if METRICS[name].title.endswith("%"):
        return f"{value:z.0f} %" if rough else f"{value:z.1f} %"
    return f"{value:z.{places}f}"


def charts_of(found: "Faithfulness") -> tuple[Chart, Chart]:
    """Draw up the deletion and the insertion curve, each beside its reverse and random order.

    A curve read backwards is its counterpart in the reverse order (`curves.Curves`).
    """
    deletion, insertion, random = found.curves.deletion, found.curves.insertion, found.curves.random
    removed = "Removed in the map's order: the sooner it falls, the better."
    restored = "Restored in its order: the sooner it rises, the better."
    return (
        _chart(removed, "removed", found.curves, (deletion, insertion[::-1], random[::-1])),
        _chart(restored, "restored", found.curves, (insertion, deletion[::-1], random)),
    )


def table_of(found: "Faithfulness") -> Table:
    """Lay out the figures; the first row is the head."""
    rows = [
        (_title(name), said(name, found.values, 3), METRICS[name].better, METRICS[name].meaning)
        for name in found.values
    ]
    return [("figure", "value", "better", "what it says"), *rows]


def write_figures(
    path: Path, found: "Faithfulness", _on_event: OnEvent, _should_stop: ShouldStop
) -> None:
    """Write figures and curves as CSV: name, share of the cells (of curves), value.

    Raises
    ------
    ParameterError
        If the name does not end in .csv.
    EarwitnessError
        If the file cannot be written.
    """
    check_suffix(path, (".csv",))
    text, curves = StringIO(), found.curves
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("name", "share of cells", "value"))
    lines.writerows((name, "", value) for name, value in found.values.items())
    for name, values in curves.as_dict().items():
        if name != "fractions":
            points = zip(curves.fractions.tolist(), values, strict=True)
            lines.writerows((f"{name} curve", *point) for point in points)
    write_text(path, text.getvalue())


def _chart(words: str, done: str, of: "Curves", shown: tuple[np.ndarray, ...]) -> Chart:
    where, places = tuple(of.fractions.tolist()), f"share of the clip's cells {done}"
    styles: tuple[tuple[str, Style, str], ...] = (
        ("map's order", "line", "accent"),
        ("reverse", "line", "positive"),
        ("random", "dotted", "loud"),
    )
    series = tuple(
        Series(name, style, where, tuple(curve.tolist()), colour=colour)
        for (name, style, colour), curve in zip(styles, shown, strict=True)
    )
    return Chart(words, places, "probability", series, _RANGE, share_places=True)

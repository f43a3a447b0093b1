"""The words of a report: what a terminal, the clipboard and ``report.txt`` say."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.errors import counted
from siamese_core.interval import KIND, OF_THESE_CLIPS

if TYPE_CHECKING:
    from siamese_core.evaluation.evaluation import Evaluation
    from siamese_core.evaluation.retrieval import TopK
    from siamese_core.evaluation.verification import Verification
    from siamese_core.interval import Interval
    from siamese_core.report.report import Report

_WIDEST = 12
"""Classes whose confusion matrix fits a terminal; of more, the most frequent confusions."""
_LONGEST_HEAD = 8
"""Characters of a class's name above its column."""
_LONGEST, _MOST = 40, 5
"""Classes that are listed one by one; of more, the few hardest."""


def describe(report: "Report") -> Iterator[str]:
    """Lay out a report for people, line by line."""
    result = report.evaluation
    who = f"{report.model}: " if report.rival is not None else ""
    yield (
        f"{who}{result.ways}-way {result.shots}-shot accuracy {_words(result.accuracy)}, "
        f"{result.runs} episodes a class, {result.protocol}"
    )
    if repeats := repeated(result):
        yield repeats
    yield OF_THESE_CLIPS
    yield from _methods(report)
    yield from _origin(report)
    yield from _outcome(result)
    for name, curve in report.sweeps.items():
        yield f"\naccuracy against C on {name}"
        some = sorted({*list(curve)[:_MOST], *list(curve)[-1:]})
        yield ", ".join(f"{ways}: {curve[ways].mean:.3f}" for ways in some)
    yield from _further(report)
    yield from _compared(report)


def _methods(report: "Report") -> Iterator[str]:
    """Say how the intervals were made: those of shares, and that of a difference."""
    yield f"Intervals of shares: {KIND['method']}."
    if report.comparison is not None:
        yield f"Interval of the difference: {report.comparison.method}."


def _outcome(result: "Evaluation") -> Iterator[str]:
    """Lay out a network's classes and its confusions, behind an empty line each."""
    yield ""
    width = max(len("class"), *map(len, result.labels))
    shown = sorted(result.per_class.items(), key=lambda item: item[1].mean)[:_MOST]
    if len(result.labels) <= _LONGEST:
        shown = list(result.per_class.items())
    else:
        yield f"the {_MOST} hardest of {len(result.labels)} classes:"
    yield f"{'class':<{width}}  accuracy  95 % interval"
    for label, share in shown:
        yield f"{label:<{width}}  {share.mean:>8.3f}  {share.low:.3f} to {share.high:.3f}"
    yield ""
    yield from _matrix(result, width) if len(result.labels) <= _WIDEST else _confusions(result)


def repeated(result: "Evaluation") -> str:
    """Say that line-ups were drawn more than once; nothing where none was."""
    if result.different == len(result.hits):
        return ""
    return (
        f"Of {len(result.hits):,} line-ups drawn {result.different:,} are different; "
        "intervals count only these."
    )


def fewer_pairs(pairs: "Verification") -> str:
    """Say that the clips make fewer pairs than were asked for; nothing where they make enough."""
    if pairs.pairs == pairs.asked:
        return ""
    return (
        f"Of {pairs.asked:,} pairs asked for these clips make {pairs.pairs:,} different ones, "
        "half of them of one class."
    )


def _origin(report: "Report") -> Iterator[str]:
    """Say what was measured on what, and how it can be done again."""
    origin = report.origin
    if origin is None:
        return
    for name, digest in origin.models.items():
        yield f"model {name}, SHA-256 {digest}"
    classes = counted(len(report.evaluation.labels), "class", "classes")
    yield f"{counted(origin.clips, 'clip')} of {classes} below {', '.join(origin.folders)}"
    yield f"seed {report.evaluation.seed}, {origin.date}"


def _matrix(result: "Evaluation", width: int) -> Iterator[str]:
    yield "confusion (rows: query, columns: predicted)"
    heads = _heads(result.labels)
    cells = max(len(str(result.confusion.max())), *map(len, heads))
    yield f"{'':<{width}}  " + " ".join(f"{head:>{cells}}" for head in heads)
    for label, row in zip(result.labels, result.confusion, strict=True):
        yield f"{label:<{width}}  " + " ".join(f"{count:>{cells}}" for count in row)


def _heads(labels: Sequence[str]) -> list[str]:
    """Cut long names short: at their ends, or at their beginnings where these are alike."""
    rest = _LONGEST_HEAD - 1
    heads = [x if len(x) <= _LONGEST_HEAD else f"{x[:rest]}…" for x in labels]
    if len(set(heads)) == len(heads):
        return heads
    return [x if len(x) <= _LONGEST_HEAD else f"…{x[-rest:]}" for x in labels]


def _confusions(result: "Evaluation") -> Iterator[str]:
    yield "most frequent confusions (query, predicted)"
    wrong = result.confusion * ~np.eye(len(result.labels), dtype=bool)
    for place in np.argsort(-wrong, axis=None, kind="stable")[:_MOST]:
        row, column = np.unravel_index(place, wrong.shape)
        yield f"{result.labels[row]}, {result.labels[column]}: {wrong[row, column]}"


def _further(report: "Report") -> Iterator[str]:
    if report.retrieval is not None:
        yield f"\n{report.retrieval.queries} queries with a hit among the k nearest (by chance)"
        yield f"clips    {_tops(report.retrieval.clips)}"
        yield f"classes  {_tops(report.retrieval.classes)}"
    if report.verification is not None:
        pairs, roc = report.verification, report.verification.roc
        yield f"\n{pairs.pairs} pairs: accuracy {_words(pairs.accuracy)}"
        if fewer := fewer_pairs(pairs):
            yield fewer
        (hits, misses), (alarms, refusals) = pairs.confusion
        yield f"same pairs: {hits} said the same, {misses} different"
        yield f"different pairs: {alarms} said the same, {refusals} different"
        yield f"equal error rate {roc.equal_error[0]:.3f}, area below the ROC {roc.area:.3f}"


def _compared(report: "Report") -> Iterator[str]:
    """Lay out the rival's outcome as the network's own, and how the two differ."""
    compared = report.comparison
    if compared is None:
        return
    yield f"\n{report.against} on the same episodes: accuracy {_words(compared.other)}"
    yield f"difference {_words(compared.difference, '+.3f')}, {report.model} minus {report.against}"
    gained, lost = (counted(n, "line-up") for n in (compared.gained, compared.lost))
    yield f"only {report.model} is right in {gained}, only {report.against} in {lost}"
    if report.rival is not None:
        yield from _outcome(report.rival)


def _tops(tops: "tuple[TopK, ...]") -> str:
    return ", ".join(f"{top.k}: {top.share.mean:.3f} ({top.chance:.3f})" for top in tops)


def _words(share: "Interval", form: str = ".3f") -> str:
    return f"{share.mean:{form}} (95 % interval {share.low:{form}} to {share.high:{form}})"

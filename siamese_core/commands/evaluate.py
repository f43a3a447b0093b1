"""`earwitness evaluate`: accuracy with its interval, per class, confusion, and more if asked."""

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from siamese_core import outputs
from siamese_core.corpus import join, read_any
from siamese_core.demo import model_file
from siamese_core.evaluation_parameters import EvaluationParameters
from siamese_core.evaluation_plan import AnyPart, EvaluationPlan, carry_out
from siamese_core.files import check_folder
from siamese_core.interval import OF_THESE_CLIPS
from siamese_core.terminal import Terminal

if TYPE_CHECKING:
    from siamese_core.evaluation import Evaluation
    from siamese_core.interval import Interval
    from siamese_core.report import Report
    from siamese_core.retrieval import TopK

_WIDEST = 12
"""Classes whose confusion matrix fits a terminal; of more, the most frequent confusions."""
_LONGEST_HEAD = 8
"""Characters of a class's name above its column."""
_LONGEST, _MOST = 40, 5
"""Classes that are listed one by one; of more, the few hardest."""


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Evaluate a checkpoint on a corpus as the options say."""
    names = EvaluationParameters.model_fields
    asked = EvaluationParameters.parse({name: getattr(options, name) for name in names})
    model = model_file(options.model)
    rival_model = options.against and model_file(options.against)
    if options.out is not None:
        check_folder(options.out, outputs.REPORT)
    corpus = join([read_any(folder, options.layout) for folder in options.data])
    part: AnyPart = options.split or ""
    plan = EvaluationPlan(model, asked, rival_model, part, options.classes or (), options.device)
    report, _ = carry_out(plan, corpus, terminal.progress, terminal.should_stop)
    if options.out is not None:
        from siamese_core.report import write_report

        write_report(report, options.out)
    terminal.close()
    terminal.record(report.as_dict())
    terminal.say("\n".join(describe(report)))
    if options.out is not None:
        terminal.say(f"\nReport, tables and figures: {options.out}")


def describe(report: "Report") -> Iterator[str]:
    """Lay out a report for people, line by line."""
    result = report.evaluation
    yield (
        f"{result.ways}-way {result.shots}-shot accuracy {_words(result.accuracy)}, "
        f"{result.runs} episodes a class, {result.protocol}"
    )
    yield OF_THESE_CLIPS
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
    for name, curve in report.sweeps.items():
        yield f"\naccuracy against C on {name}"
        some = sorted({*list(curve)[:_MOST], *list(curve)[-1:]})
        yield ", ".join(f"{ways}: {curve[ways].mean:.3f}" for ways in some)
    yield from _further(report)


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
        (hits, misses), (alarms, refusals) = pairs.confusion
        yield f"same pairs: {hits} said the same, {misses} different"
        yield f"different pairs: {alarms} said the same, {refusals} different"
        yield f"equal error rate {roc.equal_error[0]:.3f}, area below the ROC {roc.area:.3f}"
    if report.comparison is not None:
        yield f"\n{report.against} on the same episodes: accuracy {_words(report.comparison.other)}"
        yield f"difference {_words(report.comparison.difference, '+.3f')}"


def _tops(tops: "tuple[TopK, ...]") -> str:
    return ", ".join(f"{top.k}: {top.share.mean:.3f} ({top.chance:.3f})" for top in tops)


def _words(share: "Interval", form: str = ".3f") -> str:
    return f"{share.mean:{form}} (95 % interval {share.low:{form}} to {share.high:{form}})"

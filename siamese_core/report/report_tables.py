"""The tables of a report, as its folder, its LaTeX and the window have them."""

from dataclasses import astuple
from typing import TYPE_CHECKING

from siamese_core.evaluation.verification import PAIR_KINDS
from siamese_core.interval import KIND

if TYPE_CHECKING:
    from siamese_core.evaluation.comparison import Comparison
    from siamese_core.evaluation.evaluation import Evaluation
    from siamese_core.evaluation.retrieval import Retrieval
    from siamese_core.evaluation.verification import Verification
    from siamese_core.report.report import Report

Tables = dict[str, list[list[object]]]
"""Rows by the name of their table, the head first; every share and its ends are from 0 to 1."""

SUFFIXES = ("", "_against")
"""What stands behind the name of a table or figure of the network, and of its rival."""


def report_tables(report: "Report") -> Tables:
    """Lay out each table of a report's folder, its head first."""
    tables: Tables = {}
    for suffix, (_, outcome) in zip(SUFFIXES, report.outcomes, strict=False):
        tables |= {f"{name}{suffix}": rows for name, rows in _outcome(outcome).items()}
    if report.comparison is not None:
        tables["comparison"] = _comparison(report, report.comparison)
    if report.sweeps:
        tables["sweep"] = [["part", "ways", "accuracy", "low", "high"]]
        for name, curve in report.sweeps.items():
            tables["sweep"] += [[name, ways, *astuple(share)] for ways, share in curve.items()]
    if report.retrieval is not None:
        tables["retrieval"] = _retrieval(report.retrieval)
    if report.verification is not None:
        tables |= _verification(report.verification)
    return tables


def _outcome(outcome: "Evaluation") -> Tables:
    rows = zip(outcome.labels, outcome.confusion, strict=True)
    return {
        "per_class": [
            ["class", "accuracy", "low", "high"],
            *([label, *astuple(share)] for label, share in outcome.per_class.items()),
        ],
        "confusion": [
            ["query \\ predicted", *outcome.labels],
            *([label, *row] for label, row in rows),
        ],
    }


def _comparison(report: "Report", compared: "Comparison") -> list[list[object]]:
    """Lay out both accuracies and their difference, each with its interval's method."""
    accuracy, method = report.evaluation.accuracy, KIND["method"]
    minus = f"{report.model} minus {report.against}"
    return [
        ["measure", "model", "mean", "low", "high", "interval"],
        ["accuracy", report.model, *astuple(accuracy), method],
        ["accuracy", report.against, *astuple(compared.other), method],
        ["difference", minus, *astuple(compared.difference), compared.method],
    ]


def _retrieval(retrieval: "Retrieval") -> list[list[object]]:
    kinds = (("clips", retrieval.clips), ("classes", retrieval.classes))
    return [
        ["nearest", "k", "share", "low", "high", "chance"],
        *([name, t.k, *astuple(t.share), t.chance] for name, tops in kinds for t in tops),
    ]


def _verification(verification: "Verification") -> Tables:
    roc = verification.roc
    points = zip(roc.thresholds, roc.false_accepts, roc.true_accepts, strict=True)
    counts = zip(PAIR_KINDS, verification.confusion, strict=True)
    return {
        "pairs": [["pair \\ said to be", *PAIR_KINDS], *([kind, *row] for kind, row in counts)],
        "roc": [["logit", "false_accepts", "true_accepts"], *map(list, points)],
    }

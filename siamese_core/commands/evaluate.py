"""`earwitness evaluate`: accuracy with its interval, per class, confusion."""

import argparse
import csv
import io
import json
from pathlib import Path

from siamese_core import __version__
from siamese_core.checkpoint import load_checkpoint
from siamese_core.corpus import join, read_corpus
from siamese_core.demo import bundled_model
from siamese_core.devices import resolve_device
from siamese_core.evaluation import Evaluation, evaluate
from siamese_core.files import write_text
from siamese_core.notices import heard_notice
from siamese_core.terminal import Terminal


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Evaluate a checkpoint on a corpus as the options say."""
    model = options.model or bundled_model()
    net, card = load_checkpoint(model, resolve_device(options.device))
    corpus = join([read_corpus(folder) for folder in options.data])
    if options.classes:
        corpus = corpus.select([name.strip() for name in options.classes.split(",")])
    if notice := heard_notice(corpus.classes, card.classes_heard):
        terminal.notice(notice)
    result = evaluate(
        net,
        corpus,
        ways=options.ways,
        shots=options.shots,
        runs=options.runs,
        seed=options.seed,
        on_event=terminal.progress,
        should_stop=terminal.should_stop,
    )
    report = {**result.as_dict(), "model": model.name, "version": __version__}
    if options.out is not None:
        write_report(report, result, options.out)
    terminal.close()
    terminal.record(report)
    terminal.say(describe(result))


def describe(result: Evaluation) -> str:
    """Lay out an evaluation for people."""
    accuracy = result.accuracy
    lines = [
        f"{result.ways}-way {result.shots}-shot accuracy {accuracy.mean:.3f} "
        f"(95 % interval {accuracy.low:.3f} to {accuracy.high:.3f}), "
        f"{result.runs} episodes a class",
        "",
    ]
    width = max(len(label) for label in result.labels)
    lines += [f"{label:<{width}}  {share:.3f}" for label, share in result.per_class.items()]
    lines += ["", "confusion (rows: query, columns: predicted)"]
    cells = max(len(str(result.confusion.max())), 4)
    for label, row in zip(result.labels, result.confusion, strict=True):
        lines.append(f"{label:<{width}}  " + " ".join(f"{count:>{cells}}" for count in row))
    return "\n".join(lines)


def write_report(report: dict[str, object], result: Evaluation, folder: Path) -> None:
    """Write report.json and confusion.csv."""
    write_text(folder / "report.json", json.dumps(report, indent=2) + "\n")
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["query \\ predicted", *result.labels])
    for label, row in zip(result.labels, result.confusion.tolist(), strict=True):
        writer.writerow([label, *row])
    write_text(folder / "confusion.csv", table.getvalue())

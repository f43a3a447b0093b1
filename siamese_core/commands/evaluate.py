"""`earwitness evaluate`: accuracy with its interval, per class, confusion, and more if asked."""

import argparse

from siamese_core import outputs
from siamese_core.commands.terminal import Terminal
from siamese_core.corpus import join, read_any
from siamese_core.demo import model_file
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.files import check_folder
from siamese_core.report.evaluation_plan import AnyPart, EvaluationPlan, carry_out
from siamese_core.report.report_words import describe


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
    plan = EvaluationPlan(
        model, asked, rival_model, part, options.classes or (), options.device, tuple(options.data)
    )
    report, _ = carry_out(plan, corpus, terminal.progress, terminal.should_stop)
    if options.out is not None:
        from siamese_core.report.report import write_report

        write_report(report, options.out)
    terminal.close()
    terminal.record(report.as_dict())
    terminal.say("\n".join(describe(report)))
    if options.out is not None:
        terminal.say(f"\nReport, tables and figures: {options.out}")

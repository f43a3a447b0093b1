"""`earwitness faithfulness`: how far the maps of each method can be trusted, over many episodes."""

import argparse

from siamese_core import outputs
from siamese_core.attribution.methods import METHODS
from siamese_core.commands.terminal import Terminal
from siamese_core.corpus import join, read_corpus
from siamese_core.demo import model_file
from siamese_core.faithfulness.parameters import StudyParameters
from siamese_core.files import check_folder
from siamese_core.notices import heard_notice
from siamese_core.origin import Origin
from siamese_core.report.evaluation_plan import choose_classes


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Measure the methods as the options say; go on where an earlier command was stopped."""
    asked = StudyParameters.parse(
        {
            "methods": tuple(dict.fromkeys(options.methods or METHODS)),
            "episodes": options.episodes,
            "ways": options.ways,
            "seed": options.seed,
        }
    )
    model = model_file(options.model)
    check_folder(options.out, outputs.STUDY)
    corpus = join([read_corpus(folder, options.layout) for folder in options.data])

    from siamese_core.checkpoint import load_checkpoint
    from siamese_core.devices import resolve_device
    from siamese_core.faithfulness.study import Study
    from siamese_core.faithfulness.summary import summarise
    from siamese_core.report.faithfulness_report import as_dict, describe, write_study

    net, card = load_checkpoint(model, resolve_device(options.device))
    corpus, _ = choose_classes(corpus, card, options.split or "", options.classes or ())
    if notice := heard_notice(corpus.classes, card.classes_heard, corpus.name):
        terminal.notice(notice)
    study = Study(net, corpus, asked, model.name, options.out)
    summaries = summarise(study.run(terminal.steady, terminal.should_stop))
    origin = Origin.of([model], options.data, [clip.path for clip in corpus.clips])
    about = {**study.settings, "episodes": asked.episodes, **origin.as_dict()}
    if options.split:
        about["split"] = options.split
    write_study(summaries, about, options.out)
    terminal.close()
    terminal.record(as_dict(summaries, about))
    terminal.say("\n".join(describe(summaries)))
    terminal.say(f"\nTables, figures and every map's numbers: {options.out}")

"""`earwitness train`: train by a recipe; a progress bar for people, JSON lines for programs."""

import argparse
import sys

from siamese_core.callbacks import Event
from siamese_core.commands.terminal import Terminal
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpora.omniglot import GlyphFile
from siamese_core.corpus import Corpus, join, read_any
from siamese_core.errors import CorpusError, ParameterError, counted
from siamese_core.files import check_folder
from siamese_core.interval import OF_THESE_CLIPS
from siamese_core.melspec import MelSpec
from siamese_core.recipes import Recipe, load_recipe, split_as
from siamese_core.training.run import EXTENDABLE, Run


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Train, resume and report as the options say."""
    recipe = load_recipe(options.recipe).override(options.set)
    if options.estimate and options.resume:
        raise ParameterError("--estimate tells of a whole training; leave out --resume.")
    check_folder(options.out)
    corpus = join([read_any(folder, options.layout) for folder in options.data])
    _check_kind(recipe, corpus)

    from siamese_core.training.ranks import leads
    from siamese_core.training.training import train

    notices = (*recipe.idle_notices(options.set), batch_notice(recipe, corpus))
    for notice in filter(None, notices):
        terminal.notice(notice)
    if options.estimate:
        _estimate(recipe, corpus, options, terminal)
        return
    folder = Run(options.out)

    def follow(event: Event) -> None:
        if event["event"] != "progress":
            terminal.record(event)
        _show(event, terminal, recipe.steps)

    outcome = train(
        recipe,
        corpus,
        options.out,
        device=options.device,
        resume=options.resume,
        raised=_raised(options),
        leave_out_damaged=options.leave_out_damaged,
        on_event=follow,
        should_stop=lambda: terminal.should_stop() or folder.stop_asked(),
    )
    terminal.close()
    if not leads():
        return
    _draw(folder, terminal)
    reason = "all steps are done" if outcome.ended == "steps" else "validation gained no more"
    terminal.say(f"Ended after step {outcome.step}: {reason}.")
    terminal.say(f"Best validation accuracy {outcome.validation:.3f} at step {outcome.best_step}.")
    if outcome.test is not None:
        accuracy = outcome.test.accuracy
        terminal.say(
            f"Test accuracy {accuracy.mean:.3f} (95 % interval {accuracy.low:.3f} to "
            f"{accuracy.high:.3f}) on {', '.join(outcome.test.labels)}."
        )
        terminal.say(OF_THESE_CLIPS)
    terminal.say(f"Best checkpoint: {folder.best}")


def _raised(options: argparse.Namespace) -> list[str]:
    """Say what a resumed run is asked more of: what the recipe's file says does not count."""
    said = {assignment.partition("=")[0].strip() for assignment in options.set}
    return [name for name in EXTENDABLE if options.resume and name in said]


def _check_kind(recipe: Recipe, corpus: Corpus[LabelledFile]) -> None:
    """Refuse glyphs for a recipe for sound, and the other way round.

    Raises
    ------
    CorpusError
    """
    heard = not isinstance(corpus.clips[0], GlyphFile)
    if heard != isinstance(recipe.input, MelSpec):
        held, wanted = ("sounds", "glyphs") if heard else ("glyphs", "sounds")
        raise CorpusError(
            f"{corpus.name} holds {held}; the recipe '{recipe.name}' is for {wanted}."
        )


def _estimate(
    recipe: Recipe, corpus: Corpus[LabelledFile], options: argparse.Namespace, terminal: Terminal
) -> None:
    from siamese_core.training.estimate import estimate

    def follow(event: Event) -> None:
        terminal.record(event)
        terminal.progress(event)

    found = estimate(
        recipe,
        corpus,
        options.out.absolute().parent,
        options.device,
        options.leave_out_damaged,
        follow,
        terminal.should_stop,
    )
    terminal.close()
    terminal.record({"event": "estimate", **found.as_dict()})
    terminal.say(found.sentence)


def batch_notice(recipe: Recipe, corpus: Corpus[LabelledFile]) -> str | None:
    """Say that a batch cannot have as many classes as the recipe draws."""
    corpus = corpus.by_alphabet() if recipe.labels == "alphabet" else corpus
    varied = recipe.augmentation
    views = len(varied.voices if isinstance(recipe.input, MelSpec) else varied.turns)
    there = len(split_as(recipe, corpus).train) * views
    if recipe.classes is None or recipe.classes <= there:
        return None
    return (
        f"The recipe draws {recipe.classes} classes into a batch, but "
        f"{counted(there, 'class', 'classes')} can be trained on; each batch has all of them."
    )


def _draw(run: Run, terminal: Terminal) -> None:
    """Draw the curves; whatever keeps them from being drawn, the training is done and stays."""
    from siamese_core.report.report import write_curves

    try:
        write_curves(run)
    except Exception as error:
        terminal.notice(f"The curves could not be drawn: {str(error).rstrip('.')}.")


def _show(event: Event, terminal: Terminal, steps: int) -> None:
    kind = event["event"]
    if kind == "step" and sys.stderr.isatty():
        terminal.bar("Training", event["step"], steps, f"loss {event['loss']:.3f}")
    elif kind == "validation":
        terminal.close()
        terminal.say(f"step {event['step']}: validation accuracy {event['accuracy']['mean']:.3f}")
    elif kind == "notice":
        terminal.notice(event["sentence"])
    elif kind == "progress":
        terminal.progress(event)

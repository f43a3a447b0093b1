"""`earwitness train`: train by a recipe; a progress bar for people, JSON lines for programs."""

import argparse
import sys

from siamese_core.callbacks import Event
from siamese_core.corpus import join, read_any
from siamese_core.recipes import load_recipe
from siamese_core.report import write_curves
from siamese_core.run import Run
from siamese_core.terminal import Terminal
from siamese_core.training import train


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Train, resume and report as the options say."""
    recipe = load_recipe(options.recipe).override(options.set)
    corpus = join([read_any(folder) for folder in options.data])

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
        on_event=follow,
        should_stop=terminal.should_stop,
    )
    terminal.close()
    _draw(Run(options.out), terminal)
    reason = "all steps are done" if outcome.ended == "steps" else "validation gained no more"
    terminal.say(f"Ended after step {outcome.step}: {reason}.")
    terminal.say(f"Best validation accuracy {outcome.validation:.3f} at step {outcome.best_step}.")
    if outcome.test is not None:
        accuracy = outcome.test.accuracy
        terminal.say(
            f"Test accuracy {accuracy.mean:.3f} (95 % interval {accuracy.low:.3f} to "
            f"{accuracy.high:.3f}) on {', '.join(outcome.test.labels)}."
        )
    terminal.say(f"Best checkpoint: {Run(options.out).best}")


def _draw(run: Run, terminal: Terminal) -> None:
    """Draw the curves; whatever keeps them from being drawn, the training is done and stays."""
    try:
        write_curves(run)
    except Exception as error:
        terminal.notice(f"The curves could not be drawn: {str(error).rstrip('.')}.")


def _show(event: Event, terminal: Terminal, steps: int) -> None:
    kind = event["event"]
    if kind == "step" and sys.stderr.isatty():
        terminal.bar("Training", int(str(event["step"])), steps, f"loss {event['loss']:.3f}")
    elif kind == "validation":
        accuracy = event["accuracy"]
        assert isinstance(accuracy, dict)
        terminal.close()
        terminal.say(f"step {event['step']}: validation accuracy {accuracy['mean']:.3f}")
    elif kind == "progress":
        terminal.progress(event)

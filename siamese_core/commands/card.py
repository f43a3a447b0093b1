"""`earwitness card`: what a model file says of itself, and by which method it is explained."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from siamese_core.attribution.methods import method_parameters
from siamese_core.card import Card, read_card
from siamese_core.commands.terminal import Terminal
from siamese_core.demo import model_file
from siamese_core.errors import ParameterError, counted
from siamese_core.melspec import MelSpec

_PROGRAM = "program"
"""Behind --explain-with: leave the choice to the program."""


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Say what a checkpoint holds, after noting its method where one is given."""
    wanted: str | None = options.explain_with
    if wanted not in (None, _PROGRAM):
        method_parameters(str(wanted))
    if wanted is not None and options.model is None:
        raise ParameterError("--explain-with is written into a file; name it by --model.")
    path = model_file(options.model)
    card = read_card(path)
    if wanted is not None:
        from siamese_core.checkpoint import set_explain_with

        card = set_explain_with(path, None if wanted == _PROGRAM else wanted)
    terminal.record(
        {
            "model": str(path),
            "recipe": card.recipe.model_dump(mode="json"),
            "classes_heard": list(card.classes_heard),
            "scores": card.scores,
            "step": card.step,
            "version": card.version,
            "explain_with": card.explain_with,
        }
    )
    terminal.say("\n".join(_describe(path, card)))


def _describe(path: Path, card: Card) -> Iterator[str]:
    """Lay a card out for people."""
    recipe, seen = card.recipe, card.recipe.input
    yield f"{path}: {path.stat().st_size / 1e6:.1f} MB, written by version {card.version}"
    yield f"Recipe         {recipe.name}, {recipe.encoder.kind}, {counted(card.step, 'step')}"
    if isinstance(seen, MelSpec):
        yield f"Hears          {seen.seconds:g} s at {seen.rate} Hz in {seen.n_mels} mel bands"
        own = "" if card.explain_with else ", the program's first choice"
        yield f"Explained by   {card.method}{own}"
    yield f"Trained on     {counted(len(card.classes_heard), 'class', 'classes')}"
    for name, score in card.scores.items():
        yield f"{name.capitalize()}: {score:.3f}"

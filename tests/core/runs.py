"""What tests of trainings do with a run: stop it at a step, and compare what two of them tell."""

import pytest

from siamese_core.callbacks import Event
from siamese_core.corpus import Corpus
from siamese_core.errors import Cancelled
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from siamese_core.training.training import train

FACTS = ("event", "step", "loss", "accuracy", "learning_rate", "best", "best_step", "test")


def story(run: Run) -> list[tuple[object, ...]]:
    """What the events tell, but the clock and the memory, and how often it was begun."""
    kinds = ("step", "validation", "finished")
    return [tuple(e.get(f) for f in FACTS) for e in run.read_events() if e["event"] in kinds]


def train_and_stop(run: Run, recipe: Recipe, corpus: Corpus, steps: int, **options: bool) -> None:
    """Train until some steps are done, and ask to stop."""
    seen: list[object] = []

    def follow(event: Event) -> None:
        seen.append(event["event"])

    with pytest.raises(Cancelled):
        train(
            recipe,
            corpus,
            run.folder,
            device="cpu",
            on_event=follow,
            should_stop=lambda: seen.count("step") >= steps,
            **options,  # type: ignore[arg-type]
        )

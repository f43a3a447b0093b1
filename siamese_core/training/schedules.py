"""Schedules: how the learning rate goes with the steps; SCHEDULES."""

import math
from collections.abc import Callable

from siamese_core.recipes import Recipe


def _one_cycle(recipe: Recipe, step: int) -> float:
    """Warm up over a tenth of the steps, then fall along a cosine (Smith and Topin 2019)."""
    warm = max(1, recipe.steps // 10)
    if step <= warm:
        return recipe.learning_rate * step / warm
    share = (step - warm) / max(1, recipe.steps - warm)
    return recipe.learning_rate * max(0.01, 0.5 * (1 + math.cos(math.pi * share)))


SCHEDULES: dict[str, Callable[[Recipe, int], float]] = {
    "fixed": lambda recipe, _step: recipe.learning_rate,
    "exponential": lambda recipe, step: (
        recipe.learning_rate * recipe.decay ** ((step - 1) / recipe.decay_every)
    ),
    "step": lambda recipe, step: (
        recipe.learning_rate * recipe.decay ** ((step - 1) // recipe.decay_every)
    ),
    "one-cycle": _one_cycle,
}
"""Name -> (recipe, step from 1) -> learning rate."""

SPREAD = frozenset({"one-cycle"})
"""Those that are spread over all steps: of another number of steps, every rate is another."""

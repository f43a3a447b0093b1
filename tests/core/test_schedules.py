"""Learning rates fall as they are asked to."""

import numpy as np
import pytest

from siamese_core.recipes import Recipe
from siamese_core.training.schedules import SCHEDULES


def test_schedules_fall_smoothly_or_in_steps(tiny_recipe: Recipe) -> None:
    recipe = tiny_recipe.override(["learning_rate=0.1", "decay=0.5", "decay_every=10"])
    rates = {name: [rule(recipe, s) for s in (1, 6, 11, 21)] for name, rule in SCHEDULES.items()}
    assert rates["fixed"] == [0.1] * 4
    assert rates["step"] == pytest.approx([0.1, 0.1, 0.05, 0.025])
    assert rates["exponential"] == pytest.approx([0.1, 0.1 * 0.5**0.5, 0.05, 0.025])


def test_one_cycle_warms_up_and_falls(tiny_recipe: Recipe) -> None:
    recipe = tiny_recipe.override(["steps=100", "schedule='one-cycle'"])
    rates = [SCHEDULES["one-cycle"](recipe, step) for step in range(1, 101)]
    assert int(np.argmax(rates)) + 1 == 10
    assert max(rates) == pytest.approx(recipe.learning_rate)
    assert rates[-1] == pytest.approx(0.01 * recipe.learning_rate)

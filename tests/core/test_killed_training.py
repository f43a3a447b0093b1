"""A training killed at any moment leaves a folder that opens, resumes and ends the same."""

import os
import random
from pathlib import Path

import pytest
import torch

from siamese_core.checkpoint import load_checkpoint
from siamese_core.corpus import read_corpus
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from siamese_core.training.training import train
from tests.core.runs import story
from tests.core.warm import WARM, run_warm

KILLS = 20


def _train(recipe: Recipe, corpus: Path, run: Run, cache: Path) -> float:
    """Begin, or go on with, a training; return its best score."""
    torch.set_num_threads(1)
    os.environ["EARWITNESS_CACHE"] = str(cache)
    resume = run.recipe.exists()
    return train(recipe, read_corpus(corpus), run.folder, device="cpu", resume=resume).validation


def _kill_after(seconds: float, *arguments: object) -> bool:
    """Kill a training some seconds after it began; say whether it was still under way."""
    child = WARM.Process(target=_train, args=arguments)
    child.start()
    child.join(seconds)
    under_way = child.is_alive()
    child.kill()
    child.join()
    return under_way


def _whole_files(run: Run) -> None:
    """Open everything that the folder holds."""
    run.read_events()
    for file in (run.best, run.last):
        if file.exists():
            load_checkpoint(file)


@pytest.fixture(scope="module")
def recipe(tiny_recipe: Recipe) -> Recipe:
    return tiny_recipe.override(["steps=21", "evaluate_every=3", "patience=100", "test=2"])


def test_killed_twenty_times_a_training_ends_as_if_never_killed(
    tmp_path: Path, recipe: Recipe, tone_corpus: Path
) -> None:
    whole, cache = Run(tmp_path / "whole"), tmp_path / "cache"
    best = run_warm(_train, recipe, tone_corpus, whole, cache)
    events = whole.read_events()
    lasted = events[-1]["time"] - events[0]["time"]
    moments, kills = random.Random(7), 0
    for number in range(10 * KILLS):
        run = Run(tmp_path / f"run-{number}")
        arguments = (recipe, tone_corpus, run, tmp_path / f"cache-{number % 4}")
        while kills < KILLS and _kill_after(moments.uniform(0, 1.5 * lasted), *arguments):
            kills += 1
            _whole_files(run)
        assert run_warm(_train, *arguments) == best
        assert story(run) == story(whole)
        for ours, theirs in ((run.best, whole.best), (run.last, whole.last)):
            a, b = load_checkpoint(ours)[0].state_dict(), load_checkpoint(theirs)[0].state_dict()
            assert all(torch.equal(a[name], b[name]) for name in b)
        names = sorted(path.name for path in run.folder.iterdir())
        assert names == sorted(path.name for path in whole.folder.iterdir()), "and nothing else"
        if kills == KILLS:
            return
    pytest.fail(f"only {kills} of {KILLS} kills met a training under way")

"""A resumed training goes on with what it began with, and with nothing else."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from siamese_core.checkpoint import load_checkpoint
from siamese_core.corpus import read_corpus
from siamese_core.errors import TrainingError
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from siamese_core.training.training import train


def test_a_training_goes_on_with_the_clips_that_it_began_with(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    run, recipe = Run(tmp_path / "run"), tiny_recipe.override(["steps=4", "evaluate_every=2"])
    train(recipe, read_corpus(tone_corpus), run.folder, device="cpu")
    before = run.events.read_bytes()
    fewer = read_corpus(shutil.copytree(tone_corpus, tmp_path / "fewer"))
    heard = json.loads(before.splitlines()[0])["split"]["train"][0]
    clips = [clip for clip in fewer.clips if clip.label != heard]
    with pytest.raises(TrainingError, match="other classes for train: 'tone"):
        train(recipe, replace(fewer, clips=tuple(clips)), run.folder, device="cpu", resume=True)
    lost = next(clip for clip in fewer.clips if clip.label == heard)
    clips = [clip for clip in fewer.clips if clip != lost]
    with pytest.raises(TrainingError, match=r"began with \d+ training clips, not \d+; resume"):
        train(recipe, replace(fewer, clips=tuple(clips)), run.folder, device="cpu", resume=True)
    assert run.events.read_bytes() == before


def test_a_lost_best_checkpoint_is_made_anew(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    run, recipe = Run(tmp_path / "run"), tiny_recipe.override(["steps=4", "evaluate_every=2"])
    train(recipe, read_corpus(tone_corpus), run.folder, device="cpu")
    run.best.unlink()
    outcome = train(recipe, read_corpus(tone_corpus), run.folder, device="cpu", resume=True)
    assert outcome.best_step == 4
    assert load_checkpoint(run.best)[1].step == 4


def test_a_finished_training_can_be_resumed_and_stays_as_it_is(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    run = Run(tmp_path / "run")
    first = train(tiny_recipe, read_corpus(tone_corpus), run.folder, device="cpu")
    before = [e["event"] for e in run.read_events()]
    again = train(tiny_recipe, read_corpus(tone_corpus), run.folder, device="cpu", resume=True)
    assert again == first
    assert (
        [e["event"] for e in run.read_events()].count("finished") == 1 == before.count("finished")
    )

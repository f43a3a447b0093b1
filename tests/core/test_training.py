"""Training really trains, stops, resumes bit for bit, and its folder is never torn."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from siamese_core.checkpoint import load_checkpoint
from siamese_core.corpus import read_corpus
from siamese_core.errors import Cancelled, EarwitnessError, ParameterError, TrainingError
from siamese_core.recipes import Recipe
from siamese_core.run import Run
from siamese_core.training import SCHEDULES, train
from siamese_core.training_set import training_set

QUIET = {"on_event": lambda _event: None, "should_stop": lambda: False}


def _losses(run: Run) -> list[tuple[int, float]]:
    return [(e["step"], e["loss"]) for e in run.read_events() if e["event"] == "step"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tiny_recipe: Recipe, tone_corpus: Path) -> Run:
    """A finished training."""
    run = Run(tmp_path_factory.mktemp("runs") / "whole")
    train(tiny_recipe, read_corpus(tone_corpus), run.folder, device="cpu")
    return run


def test_a_training_learns_and_leaves_a_complete_folder(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    recipe = tiny_recipe.override(
        ["steps=60", "evaluate_every=20", "test=2", "learning_rate=0.003"]
    )
    outcome = train(recipe, read_corpus(tone_corpus), tmp_path / "run", device="cpu")
    run = Run(tmp_path / "run")
    losses = [loss for _, loss in _losses(run)]
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:10])
    assert outcome.validation > 0.8
    assert outcome.test is not None
    assert json.loads(run.report.read_text())["test"]["ways"] == 2
    net, card = load_checkpoint(run.best)
    assert card.recipe == recipe
    assert len(card.classes_heard) == 5
    assert card.scores["validation accuracy"] == outcome.validation
    assert sorted(p.name for p in run.folder.iterdir()) == [
        "best.safetensors",
        "events.jsonl",
        "last.safetensors",
        "recipe.toml",
        "report.json",
        "state.safetensors",
    ]
    assert net.mel == recipe.mel


def test_the_same_seed_gives_the_same_losses(
    whole: Run, tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    train(tiny_recipe, read_corpus(tone_corpus), tmp_path / "again", device="cpu")
    assert _losses(Run(tmp_path / "again")) == _losses(whole)


@pytest.mark.parametrize("steps_before", [3, 10, 14])
def test_a_stopped_training_resumes_on_the_same_curve_bit_for_bit(
    whole: Run, tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, steps_before: int
) -> None:
    run, corpus = Run(tmp_path / "stopped"), read_corpus(tone_corpus)
    seen = []

    def count(event) -> None:
        seen.append(event["event"])

    with pytest.raises(Cancelled):
        train(
            tiny_recipe,
            corpus,
            run.folder,
            device="cpu",
            on_event=count,
            should_stop=lambda: seen.count("step") >= steps_before,
        )
    assert len(_losses(run)) == steps_before
    train(tiny_recipe, corpus, run.folder, device="cpu", resume=True)
    assert _losses(run) == _losses(whole)
    for name in ("best", "last"):
        mine, theirs = (load_checkpoint(getattr(r, name))[0] for r in (run, whole))
        for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(a, b)


def test_a_killed_training_resumes_to_the_same_end(
    whole: Run, tmp_path: Path, tone_corpus: Path, tiny_recipe: Recipe
) -> None:
    run = Run(tmp_path / "killed")
    recipe_file = tmp_path / "tiny.toml"
    recipe_file.write_text(tiny_recipe.to_toml())
    command = [sys.executable, "-m", "siamese_core.cli", "train", "--recipe", str(recipe_file)]
    command += ["--data", str(tone_corpus), "--out", str(run.folder), "--device", "cpu", "--json"]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}  # as here: sums in the same order
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=one_thread)
    assert child.stdout is not None
    for line in child.stdout:
        if json.loads(line).get("step", 0) >= 12:
            child.send_signal(signal.SIGKILL)
            break
    child.wait()
    child.stdout.close()
    assert (run.folder / "lock").exists(), "a killed process leaves its lock"
    train(tiny_recipe, read_corpus(tone_corpus), run.folder, device="cpu", resume=True)
    assert _losses(run) == _losses(whole)


def test_a_folder_is_used_by_one_training_at_a_time(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    run = Run(tmp_path / "run")
    with run.lock(), pytest.raises(TrainingError, match=f"in use by process {os.getpid()}"):
        train(tiny_recipe, read_corpus(tone_corpus), run.folder, device="cpu")


def test_a_folder_with_a_training_is_not_overwritten(
    whole: Run, tiny_recipe: Recipe, tone_corpus: Path, tmp_path: Path
) -> None:
    corpus = read_corpus(tone_corpus)
    with pytest.raises(TrainingError, match="holds a training already"):
        train(tiny_recipe, corpus, whole.folder, device="cpu")
    with pytest.raises(TrainingError, match="another recipe"):
        train(tiny_recipe.override(["pos=1"]), corpus, whole.folder, device="cpu", resume=True)
    with pytest.raises(TrainingError, match="no training to resume"):
        train(tiny_recipe, corpus, tmp_path / "none", device="cpu", resume=True)


def test_a_loss_that_is_no_number_ends_with_a_sentence(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    recipe = tiny_recipe.override(["learning_rate=10", "loss=contrastive", "margin=1e30"])
    with pytest.raises(TrainingError, match="lower the learning rate of 10"):
        train(recipe, read_corpus(tone_corpus), tmp_path / "run", device="cpu")
    assert not (tmp_path / "run" / "lock").exists()


def test_a_full_disk_keeps_the_best_checkpoint(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch
) -> None:
    run = Run(tmp_path / "run")
    write = Path.write_bytes

    def fill(self: Path, data: bytes) -> int:
        if run.best.exists() and run.last.exists() and run.state.exists():
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(EarwitnessError, match="no space left on device"):
        train(tiny_recipe, read_corpus(tone_corpus), run.folder, device="cpu")
    load_checkpoint(run.best)


def test_patience_ends_a_training_that_gains_no_more(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    recipe = tiny_recipe.override(
        ["learning_rate=1e-12", "steps=100", "evaluate_every=1", "patience=3"]
    )
    outcome = train(recipe, read_corpus(tone_corpus), tmp_path / "run", device="cpu")
    assert (outcome.ended, outcome.step, outcome.best_step) == ("patience", 4, 1)


def test_impossible_recipes_are_refused_before_anything_is_read(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    with pytest.raises(ParameterError, match="4 ways were asked for; with 2 classes"):
        train(
            tiny_recipe.override(["ways=4"]),
            read_corpus(tone_corpus),
            tmp_path / "run",
            device="cpu",
        )
    assert not (tmp_path / "run" / "recipe.toml").exists()
    with pytest.raises(ParameterError, match="no device 'cuda:9'"):
        train(tiny_recipe, read_corpus(tone_corpus), tmp_path / "run", device="cuda:9")


def test_speeds_make_classes_of_their_own(tiny_recipe: Recipe, tone_corpus: Path) -> None:
    recipe = tiny_recipe.override(["augmentation.speeds=[0.9, 1.0]"])
    corpus = read_corpus(tone_corpus)
    clips = training_set(corpus, recipe)
    clips.read(**QUIET)
    assert len(clips.labels) == 2 * len(corpus.clips)
    assert set(clips.classes) == set(range(18))
    slow, plain = clips.maps[0], clips.maps[1]
    assert slow.shape[1] > plain.shape[1], "a slower clip lasts longer"
    assert slow.sum(1).argmax() <= plain.sum(1).argmax(), "and is lower"


def test_a_batch_depends_on_its_generator_only(tiny_recipe: Recipe, tone_corpus: Path) -> None:
    changes = ["augmentation.noise_db=[10, 30]", "augmentation.mask_mels=4"]
    recipe = tiny_recipe.override([*changes, "augmentation.shortest=0.5"])
    clips = training_set(read_corpus(tone_corpus), recipe)
    clips.read(**QUIET)
    indices = np.arange(6)
    batches = [
        clips.batch(indices, np.random.default_rng(seed), torch.device("cpu")) for seed in (1, 1, 2)
    ]
    assert torch.equal(batches[0], batches[1])
    assert not torch.equal(batches[0], batches[2])
    assert batches[0].shape == (6, *recipe.mel.shape)


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

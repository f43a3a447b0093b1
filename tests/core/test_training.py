"""Training really trains, stops, resumes bit for bit, and its folder is never torn."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from siamese_core.checkpoint import load_checkpoint
from siamese_core.corpus import read_corpus
from siamese_core.errors import (
    AudioError,
    Cancelled,
    EarwitnessError,
    ParameterError,
    TrainingError,
)
from siamese_core.interval import Interval
from siamese_core.recipes import Recipe
from siamese_core.training import training
from siamese_core.training.objectives import Objective
from siamese_core.training.run import Run
from siamese_core.training.training import train
from siamese_core.training.training_set import training_set
from siamese_core.training.training_state import TrainingState
from tests.core.runs import train_and_stop

QUIET = {"on_event": lambda _event: None, "should_stop": lambda: False}


def _losses(run: Run) -> list[tuple[int, float]]:
    return [(e["step"], e["loss"]) for e in run.read_events() if e["event"] == "step"]


def _validations(run: Run) -> list[tuple[int, float]]:
    return [(e["step"], e["best"]) for e in run.read_events() if e["event"] == "validation"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tiny_recipe: Recipe, tone_corpus: Path) -> Run:
    """A finished training."""
    run = Run(tmp_path_factory.mktemp("runs") / "whole")
    train(tiny_recipe, read_corpus(tone_corpus), run.folder, device="cpu")
    return run


def test_line_ups_drawn_again_do_not_narrow_the_validations_interval(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    recipe = tiny_recipe.override(["steps=1", "evaluate_every=1", "episodes=3000", "ways=2"])
    train(recipe, read_corpus(tone_corpus), tmp_path / "run", device="cpu")
    events = Run(tmp_path / "run").read_events()
    (told,) = (e["accuracy"] for e in events if e["event"] == "validation")
    possible = 16 * 7 * 8  # a query, another clip of its class, one of the other class
    least = Interval.of(round(told["mean"] * possible), possible)
    assert 0 < told["mean"] < 1
    assert told["high"] - told["low"] > 0.99 * (least.high - least.low)


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
    train_and_stop(run, tiny_recipe, corpus, steps_before)
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
    with pytest.raises(TrainingError, match="trained with pos = 2, not 1"):
        train(tiny_recipe.override(["pos=1"]), corpus, whole.folder, device="cpu", resume=True)
    with pytest.raises(TrainingError, match="does not hold a training to resume"):
        train(tiny_recipe, corpus, tmp_path / "none", device="cpu", resume=True)


def test_a_training_stopped_while_it_validates_validates_again(
    whole: Run, tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch
) -> None:
    run, corpus = Run(tmp_path / "stopped"), read_corpus(tone_corpus)

    def stopped(*_arguments: object) -> None:
        raise Cancelled("Embedding")

    with monkeypatch.context() as patch:
        patch.setattr(training, "embed_corpus", stopped)
        with pytest.raises(Cancelled):
            train(tiny_recipe, corpus, run.folder, device="cpu")
    train(tiny_recipe, corpus, run.folder, device="cpu", resume=True)
    assert _losses(run) == _losses(whole)
    assert _validations(run) == _validations(whole)


def test_a_training_stopped_in_its_last_validation_has_lost_no_step(
    whole: Run, tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    run, corpus = Run(tmp_path / "stopped"), read_corpus(tone_corpus)
    train_and_stop(run, tiny_recipe, corpus, tiny_recipe.steps)
    seen: list[object] = []
    train(
        tiny_recipe,
        corpus,
        run.folder,
        device="cpu",
        on_event=lambda event: seen.append(event["event"]),
        resume=True,
    )
    assert "step" not in seen
    assert _validations(run) == _validations(whole)


def test_each_step_tells_speed_rate_and_memory(whole: Run) -> None:
    steps = [e for e in whole.read_events() if e["event"] == "step"]
    assert all(e["learning_rate"] > 0 and e["clips_per_second"] > 0 for e in steps)
    if sys.platform != "win32":
        assert all(1e7 < e["memory"] < 1e12 for e in steps)


def test_after_an_unreadable_clip_the_corrected_command_is_accepted(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    corpus = read_corpus(shutil.copytree(tone_corpus, tmp_path / "tones"))
    recipe = tiny_recipe.override(["steps=2", "evaluate_every=2"])
    for clip in corpus.clips:  # of every class, whichever are drawn for training
        if clip.path.name == "take0.wav":
            clip.path.write_text("not sound")
    with pytest.raises(AudioError, match="not sound that can be read"):
        train(recipe, corpus, tmp_path / "run", device="cpu")
    assert not (tmp_path / "run").exists()
    train(recipe, read_corpus(tone_corpus), tmp_path / "run", device="cpu")


def test_a_loss_that_is_not_a_number_ends_with_a_sentence(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    recipe = tiny_recipe.override(["learning_rate=10", "loss=contrastive", "margin=1e30"])
    with pytest.raises(TrainingError, match=r"lower the learning rate of 10.*no checkpoint yet"):
        train(recipe, read_corpus(tone_corpus), tmp_path / "run", device="cpu")
    assert not (tmp_path / "run" / "lock").exists()


def _fail_at(monkeypatch, step: int, failure: Exception | float) -> None:
    """Let the measuring of a step's loss raise an error, or give a number."""
    measure, calls = Objective.forward, 0

    def fail(self, *arguments):
        nonlocal calls
        calls += 1
        loss, accuracy = measure(self, *arguments)
        if calls != step:
            return loss, accuracy
        if isinstance(failure, Exception):
            raise failure
        return loss * failure, accuracy

    monkeypatch.setattr(Objective, "forward", fail)


FAILURES = {
    "not a number": (float("nan"), "loss became nan at step 13"),
    "CUDA": (torch.OutOfMemoryError("CUDA out of memory."), "cpu ran out of memory at step 13"),
    "MPS": (RuntimeError("MPS backend out of memory"), "ran out of memory at step 13; lower"),
    "CPU": (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "ran out of memory"),
    "numpy": (MemoryError(), "ran out of memory at step 13; lower 'classes' or 'pos'"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failing_step_keeps_the_best_checkpoint_and_can_be_resumed(
    whole: Run, tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch, kind: str
) -> None:
    failure, words = FAILURES[kind]
    run, corpus = Run(tmp_path / "run"), read_corpus(tone_corpus)
    with monkeypatch.context() as patch:
        _fail_at(patch, 13, failure)
        with pytest.raises(TrainingError) as caught:
            train(tiny_recipe, corpus, run.folder, device="cpu")
    assert words in str(caught.value)
    assert str(run.best) in str(caught.value)
    assert load_checkpoint(run.best)[1].step == 10
    train(tiny_recipe, corpus, run.folder, device="cpu", resume=True)
    assert _losses(run) == _losses(whole)


def test_another_error_is_not_taken_for_one_of_memory(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch
) -> None:
    _fail_at(monkeypatch, 2, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        train(tiny_recipe, read_corpus(tone_corpus), tmp_path / "run", device="cpu")


@pytest.mark.parametrize("full", ["best", "last", "state", "events", "report"])
def test_a_full_disk_keeps_the_best_checkpoint(
    whole: Run, tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch, full: str
) -> None:
    run, corpus = Run(tmp_path / "run"), read_corpus(tone_corpus)

    def is_full() -> bool:
        return run.best.exists() and run.last.exists() and run.state.exists()

    with monkeypatch.context() as patch:
        _fill_disk(patch, getattr(run, full), is_full)
        if full == "best":  # only a better one is written again
            patch.setattr(
                TrainingState,
                "after",
                lambda self, *_: replace(
                    self, best=self.step, best_step=self.step, validated=self.step
                ),
            )
        with pytest.raises(EarwitnessError, match="no space left on device"):
            train(tiny_recipe, corpus, run.folder, device="cpu")
    load_checkpoint(run.best)
    assert not [path for path in run.folder.iterdir() if path.name.startswith(".")]
    train(tiny_recipe, corpus, run.folder, device="cpu", resume=True)
    assert _losses(run) == _losses(whole)


def _fill_disk(patch, file: Path, is_full) -> None:
    """Let a file find no room once ``is_full``: whole ones when renamed, others when opened."""
    rename, opened = Path.replace, Path.open

    def replaced(self: Path, target: Path) -> Path:
        if target == file and is_full():
            raise OSError(28, "No space left on device")
        return rename(self, target)

    def open_(self: Path, *arguments, **options):
        if self == file and "a" in arguments and is_full():
            raise OSError(28, "No space left on device")
        return opened(self, *arguments, **options)

    patch.setattr(Path, "replace", replaced)
    patch.setattr(Path, "open", open_)


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
    with pytest.raises(
        ParameterError,
        match="by line-ups of 4 classes and sets 2 classes aside for it; raise 'validation' to 4",
    ):
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


def test_every_speed_with_every_formant_is_a_class(tiny_recipe: Recipe, tone_corpus: Path) -> None:
    changes = ["augmentation.speeds=[0.9, 1.0]", "augmentation.formants=[1.0, 1.2]"]
    corpus = read_corpus(tone_corpus)
    clips = training_set(corpus, tiny_recipe.override(changes))
    clips.read(**QUIET)
    assert len(clips.labels) == 4 * len(corpus.clips)
    assert set(clips.classes) == set(range(36))
    plain, moved = clips.maps[2], clips.maps[3]
    assert plain.shape == moved.shape
    assert not np.allclose(plain, moved)


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

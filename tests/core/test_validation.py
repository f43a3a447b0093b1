"""What a training validates on, and what it refuses to keep."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from siamese_core.checkpoint import load_checkpoint
from siamese_core.corpus import read_corpus
from siamese_core.errors import TrainingError
from siamese_core.recipes import Recipe, split_as
from siamese_core.training import training
from siamese_core.training.objectives import Objective
from siamese_core.training.run import Run
from siamese_core.training.training import train


def test_weights_that_are_no_numbers_never_become_the_best_checkpoint(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch
) -> None:
    average = training.average

    def spoil(averaged, net, share: float, step: int) -> None:
        average(averaged, net, share, step)
        if step == 20:
            with torch.no_grad():
                next(averaged.encoder.parameters()).fill_(float("nan"))

    monkeypatch.setattr(training, "average", spoil)
    run = Run(tmp_path / "run")
    with pytest.raises(TrainingError, match=r"no numbers any more at step 20.*best\.safetensors"):
        train(
            tiny_recipe.override(["averaging=0.5"]),
            read_corpus(tone_corpus),
            run.folder,
            device="cpu",
        )
    assert load_checkpoint(run.best)[1].step == 10


def test_a_gradient_that_is_no_number_never_reaches_the_weights(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch
) -> None:
    measure, calls = Objective.forward, 0

    def spoil(self, net, embeddings, targets):
        nonlocal calls
        calls += 1
        loss, accuracy = measure(self, net, embeddings, targets)
        root_of_zero = (0 * embeddings[0, 0]).sqrt() if calls == 13 else 0
        return loss + root_of_zero, accuracy

    monkeypatch.setattr(Objective, "forward", spoil)
    run = Run(tmp_path / "run")
    with pytest.raises(TrainingError, match=r"gradient became nan at step 13; lower the learning"):
        train(tiny_recipe, read_corpus(tone_corpus), run.folder, device="cpu")
    weights = load_checkpoint(run.last)[0].state_dict().values()
    assert all(weight.isfinite().all() for weight in weights)
    train(tiny_recipe, read_corpus(tone_corpus), run.folder, device="cpu", resume=True)


def test_what_validates_shares_no_recording_with_what_tests(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch
) -> None:
    corpus = read_corpus(tone_corpus)
    recipe = tiny_recipe.override(["test=2"])
    split = split_as(recipe, corpus)
    tested = corpus.select(split.test).clips[0]
    shared = next(clip for clip in corpus.clips if clip.label == split.validation[0])
    clips = [replace(c, source=tested.source) if c is shared else c for c in corpus.clips]
    asked: list[set[str]] = []
    embed = training.embed_corpus

    def note(net, part, *arguments):
        asked.append(set(part.sources))
        return embed(net, part, *arguments)

    monkeypatch.setattr(training, "embed_corpus", note)
    train(recipe, replace(corpus, clips=tuple(clips)), tmp_path / "run", device="cpu")
    assert asked
    assert all(tested.source not in sources for sources in asked)


def test_a_validation_takes_its_clips_for_what_they_were_as_the_training_began(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    shutil.copytree(tone_corpus, tmp_path / "tones")
    corpus = read_corpus(tmp_path / "tones")
    held_out = corpus.select(split_as(tiny_recipe, corpus).validation)

    def lose(event: dict[str, object]) -> None:
        if event["event"] == "validation":
            for clip in held_out.clips:
                clip.path.unlink(missing_ok=True)

    one, other = Run(tmp_path / "one"), Run(tmp_path / "other")
    train(tiny_recipe, read_corpus(tone_corpus), one.folder, device="cpu")
    train(tiny_recipe, corpus, other.folder, device="cpu", on_event=lose)
    assert not any(clip.path.exists() for clip in held_out.clips)
    assert one.best.read_bytes() == other.best.read_bytes()
    assert one.last.read_bytes() == other.last.read_bytes()

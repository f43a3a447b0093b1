"""A run that is asked for more is the run that was asked for so much from the first."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from siamese_core.callbacks import Event
from siamese_core.checkpoint import load_checkpoint
from siamese_core.cli import main
from siamese_core.corpus import Corpus, read_corpus
from siamese_core.errors import EarwitnessError, TrainingError
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from siamese_core.training.status import status_of
from siamese_core.training.training import train
from siamese_core.training.training_state import read_state
from tests.core.runs import story, train_and_stop

SCHEDULES = {
    "fixed": [],
    "step": ["schedule=step", "decay=0.5", "decay_every=3"],
    "exponential": ["schedule=exponential", "decay=0.5", "decay_every=3"],
    "averaged": ["averaging=0.9", "augmentation.noise_db=[10, 30]"],
}
KEPT = ("recipe", "best", "last", "report")


@pytest.fixture
def corpus(tone_corpus: Path) -> Corpus:
    return read_corpus(tone_corpus)


@pytest.fixture
def recipe(tiny_recipe: Recipe) -> Recipe:
    return tiny_recipe.override(["steps=12", "evaluate_every=3", "test=2"])


def _go_on(run: Run, recipe: Recipe, corpus: Corpus, *raised: str) -> None:
    train(recipe, corpus, run.folder, device="cpu", resume=True, raised=raised)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_more_steps_are_those_of_a_run_that_was_asked_for_them_from_the_first(
    tmp_path: Path, recipe: Recipe, corpus: Corpus, schedule: str
) -> None:
    recipe = recipe.override(SCHEDULES[schedule])
    whole, run = Run(tmp_path / "whole"), Run(tmp_path / "run")
    train(recipe, corpus, whole.folder, device="cpu")
    train(recipe.override(["steps=6"]), corpus, run.folder, device="cpu")
    assert status_of(run).state == "done"
    _go_on(run, recipe, corpus, "steps")
    assert story(run) == story(whole)
    for name in KEPT:
        assert getattr(run, name).read_bytes() == getattr(whole, name).read_bytes(), name
    assert read_state(run.state) == read_state(whole.state)
    mine, theirs = load_file(run.state), load_file(whole.state)
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert load_checkpoint(run.best)[1].recipe == recipe
    steps = [e["steps"] for e in run.read_events() if e["event"] == "started"]
    assert steps == [6, 12], "the events tell both"


def test_steps_between_two_validations_change_no_loss_and_no_patience(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    whole, run = Run(tmp_path / "whole"), Run(tmp_path / "run")
    train(recipe, corpus, whole.folder, device="cpu")
    train(recipe.override(["steps=4"]), corpus, run.folder, device="cpu")
    first, _ = read_state(run.state)
    assert first.validated == 4
    assert first.stale == 0 or first.best_step == 3
    _go_on(run, recipe, corpus, "steps")
    told = [one for one in story(run) if one[:2] != ("validation", 4)]
    for kind, facts in (("step", slice(0, 5)), ("validation", slice(0, 4))):
        mine, theirs = ([o[facts] for o in s if o[0] == kind] for s in (told, story(whole)))
        assert mine == theirs


def test_an_early_stop_goes_on_only_with_more_patience(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    flat = recipe.override(["learning_rate=1e-12", "evaluate_every=1", "patience=2", "steps=8"])
    patient = flat.override(["patience=4"])
    whole, run = Run(tmp_path / "whole"), Run(tmp_path / "run")
    train(patient, corpus, whole.folder, device="cpu")
    train(flat, corpus, run.folder, device="cpu")
    before = run.events.read_bytes(), run.recipe.read_bytes()
    with pytest.raises(TrainingError, match="ended at step 3 because 2 validations gained nothing"):
        _go_on(run, flat.override(["steps=20"]), corpus, "steps")
    assert (run.events.read_bytes(), run.recipe.read_bytes()) == before
    _go_on(run, patient, corpus, "steps", "patience")
    assert story(run) == story(whole)
    assert run.report.read_bytes() == whole.report.read_bytes()


@pytest.mark.parametrize(
    ("asked", "raised", "words"),
    [
        (["steps=20"], (), "trained with steps = 12, not 20; resume with its own, or ask for m"),
        (["steps=6"], ("steps",), "trained with steps = 12; give 12 or more to go on with it"),
        (["patience=1"], ("patience",), "trained with patience = 10; give 10 or more"),
        (["steps=20", "pos=1"], ("steps",), "trained with pos = 2, not 1; resume with its own"),
    ],
)
def test_what_would_be_another_run_is_refused(
    tmp_path: Path, recipe: Recipe, corpus: Corpus, asked: list[str], raised: str, words: str
) -> None:
    run = Run(tmp_path / "run")
    train(recipe, corpus, run.folder, device="cpu")
    before = {path: path.read_bytes() for path in run.folder.iterdir()}
    with pytest.raises(TrainingError, match=words):
        _go_on(run, recipe.override(asked), corpus, *raised)
    assert {path: path.read_bytes() for path in run.folder.iterdir()} == before


def test_a_run_whose_recipe_names_its_document_otherwise_goes_on(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    run, whole = Run(tmp_path / "run"), Run(tmp_path / "whole")
    train(recipe, corpus, whole.folder, device="cpu")
    train_and_stop(run, recipe.override(["document=an older name"]), corpus, 5)
    train(recipe, corpus, run.folder, device="cpu", resume=True)
    assert story(run) == story(whole)
    assert load_checkpoint(run.best)[1].recipe == recipe


def test_one_cycle_is_not_prolonged(tmp_path: Path, recipe: Recipe, corpus: Corpus) -> None:
    run, cycle = Run(tmp_path / "run"), recipe.override(["schedule=one-cycle"])
    train(cycle, corpus, run.folder, device="cpu")
    with pytest.raises(TrainingError, match="one-cycle schedule, whose learning rates are spread"):
        _go_on(run, cycle.override(["steps=20"]), corpus, "steps")
    _go_on(run, cycle.override(["patience=20"]), corpus, "patience")
    assert status_of(run).state == "done"


@pytest.mark.parametrize("full", ["recipe", "best", "last", "state"])
def test_broken_off_while_it_was_asked_it_goes_on_all_the_same(
    tmp_path: Path,
    recipe: Recipe,
    corpus: Corpus,
    monkeypatch: pytest.MonkeyPatch,
    full: str,
) -> None:
    whole, run = Run(tmp_path / "whole"), Run(tmp_path / "run")
    train(recipe, corpus, whole.folder, device="cpu")
    less = recipe.override(["steps=6"])
    train(less, corpus, run.folder, device="cpu")
    replace = Path.replace

    def replaced(self: Path, target: Path) -> Path:
        if target == getattr(run, full):
            raise OSError(28, "No space left on device")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replaced)
        with pytest.raises(EarwitnessError, match="no space left on device"):
            _go_on(run, recipe, corpus, "steps")
    assert status_of(run).state == "stopped"
    again = Run(shutil.copytree(run.folder, tmp_path / "again"))
    _go_on(run, recipe, corpus, "steps")
    _go_on(again, again.read_recipe(), corpus)
    for one in (run, again):
        asked = one.read_recipe()
        assert {load_checkpoint(file)[1].recipe.steps for file in (one.best, one.last)} == {
            asked.steps
        }
    assert story(run) == story(whole)
    assert again.read_recipe() == (less if full == "recipe" else recipe)


def test_the_command_line_goes_on_with_a_finished_run(
    tmp_path: Path, recipe: Recipe, tone_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "recipe.toml").write_text(recipe.to_toml())
    command = ["train", "--recipe", str(tmp_path / "recipe.toml"), "--data", str(tone_corpus)]
    command += ["--out", str(tmp_path / "run"), "--device", "cpu"]
    assert main([*command, "--set", "steps=3", "--set", "margin=1"]) == 0
    told = "Note: margin has no effect: loss is binary-cross-entropy, and it counts with contrast"
    assert told in capsys.readouterr().err
    assert main([*command, "--resume"]) == 2
    refused = capsys.readouterr().err
    assert "was trained with steps = 3, not 12" in refused, "not asked for by name"
    assert "resume with its own, or raise it with --set." in refused
    assert main([*command, "--resume", "--set", "steps = 6"]) == 0
    assert "Ended after step 6: all steps are done." in capsys.readouterr().out
    assert main([*command, "--resume", "--set", "patience=20"]) == 2
    assert "was trained with steps = 6, not 12" in capsys.readouterr().err


@pytest.mark.parametrize("kept", ["best", "last"])
def test_a_recipe_changed_by_hand_is_not_believed(
    tmp_path: Path, recipe: Recipe, corpus: Corpus, kept: str
) -> None:
    run, other = Run(tmp_path / "run"), recipe.override(["learning_rate=0.01"])
    train(recipe, corpus, run.folder, device="cpu")
    run.recipe.write_text(other.to_toml())
    {"best": run.last, "last": run.best}[kept].unlink()
    before = getattr(run, kept).read_bytes()
    with pytest.raises(TrainingError, match=rf"{kept}\.safetensors was trained with another learn"):
        _go_on(run, other, corpus)
    assert getattr(run, kept).read_bytes() == before


def test_another_number_of_threads_is_told_once(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    run, threads = Run(tmp_path / "run"), torch.get_num_threads()
    train(recipe.override(["steps=6"]), corpus, run.folder, device="cpu")
    (began,) = [e for e in run.read_events() if e["event"] == "started"]
    assert began["threads"] == threads
    for now, told in ((threads + 1, 1), (threads, 0)):
        heard: list[Event] = []
        torch.set_num_threads(now)
        try:
            train(
                recipe,
                corpus,
                run.folder,
                device="cpu",
                resume=True,
                raised=["steps"],
                on_event=heard.append,
            )
        finally:
            torch.set_num_threads(threads)
        notices = [str(e["sentence"]) for e in heard if e["event"] == "notice"]
        assert sum(f"OMP_NUM_THREADS={threads}" in words for words in notices) == told

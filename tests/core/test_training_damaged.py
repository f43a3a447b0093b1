"""Damaged clips end a training at once, all of them told, or are left out for good."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from siamese_core import logmel_cache
from siamese_core.callbacks import Event
from siamese_core.cli import main
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus, read_corpus
from siamese_core.errors import Advice, AudioError, CorpusError, ParameterError
from siamese_core.evaluation.embeddings import embed_corpus
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from siamese_core.training.training import train
from siamese_core.training.training_plan import plan_training
from tests.core.runs import story, train_and_stop

FAULTS: dict[str, Callable[[Path], object]] = {
    "is empty": lambda path: path.write_bytes(b""),
    "is truncated": lambda path: path.write_bytes(path.read_bytes()[:1000]),
    "is not sound": lambda path: path.write_text("not sound"),
    "There is no file": lambda path: path.rename(path.with_suffix(".gone")),
}


@pytest.fixture
def recipe(tiny_recipe: Recipe) -> Recipe:
    return tiny_recipe.override(["steps=6", "evaluate_every=3", "test=2"])


@pytest.fixture
def corpus(tmp_path: Path, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """A copy that may be damaged, with a cache of its own."""
    monkeypatch.setenv("EARWITNESS_CACHE", str(tmp_path / "cache"))
    return read_corpus(shutil.copytree(tone_corpus, tmp_path / "tones"))


def _of_parts(recipe: Recipe, corpus: Corpus) -> list[ClipFile]:
    """A clip that is trained on, two that are validated and one that is tested with."""
    split = plan_training(recipe, corpus).split
    labels = (split.train[0], split.validation[0], split.validation[1], split.test[1])
    return [corpus.select([label]).clips[3] for label in labels]


def _damage(recipe: Recipe, corpus: Corpus) -> list[ClipFile]:
    damaged = _of_parts(recipe, corpus)
    for clip, fault in zip(damaged, FAULTS.values(), strict=True):
        fault(clip.path)
    return damaged


def test_all_damaged_clips_are_counted_and_the_first_named_before_any_step(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    damaged, run = _damage(recipe, corpus), Run(tmp_path / "run")
    with pytest.raises(AudioError) as refused:
        train(recipe, corpus, run.folder, device="cpu")
    said = str(refused.value)
    assert said.startswith("4 of 72 clips cannot be read: ")
    for clip, fault in zip(damaged[:3], FAULTS, strict=False):
        assert f"{clip.path} {fault}" in said
    assert said.endswith(" and 1 more; repair or remove them, or leave them out.")
    assert refused.value.advice is Advice.LEAVE_OUT_DAMAGED
    assert refused.value.reason == said.partition("; repair")[0], "the reason apart"
    assert not run.folder.exists()


def test_a_single_one_is_told_with_its_reason(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    (clip, *_) = _of_parts(recipe, corpus)
    clip.path.write_bytes(b"")
    with pytest.raises(AudioError, match=r"1 of 72 clips cannot be read: .* is empty \(0 bytes\);"):
        train(recipe, corpus, tmp_path / "run", device="cpu")


@pytest.mark.parametrize("is_cached", [False, True])
def test_left_out_they_are_as_if_they_had_never_been(
    tmp_path: Path, recipe: Recipe, corpus: Corpus, is_cached: bool
) -> None:
    damaged, run = _damage(recipe, corpus), Run(tmp_path / "run")
    if is_cached:
        with pytest.raises(AudioError):
            train(recipe, corpus, run.folder, device="cpu")
    told: list[str] = []
    outcome = train(
        recipe,
        corpus,
        run.folder,
        device="cpu",
        leave_out_damaged=True,
        on_event=lambda event: told.append(str(event.get("sentence", ""))),
    )
    assert outcome.left_out == tuple(str(clip.path) for clip in damaged)
    assert json.loads(run.report.read_text())["left_out"] == list(outcome.left_out)
    (started,) = (e for e in run.read_events() if e["event"] == "started")
    assert [one["path"] for one in started["left_out"]] == list(outcome.left_out)
    assert "is truncated" in started["left_out"][1]["reason"]
    assert "4 of 72 clips could not be read and stay left out: " in "".join(told)
    for clip in damaged:
        clip.path.unlink(missing_ok=True)
    healthy = Run(tmp_path / "healthy")
    train(recipe, read_corpus(tmp_path / "tones"), healthy.folder, device="cpu")
    assert story(run) == story(healthy)


def test_a_resumed_training_hears_the_same_clips_though_they_were_repaired(
    tmp_path: Path, recipe: Recipe, corpus: Corpus, tone_corpus: Path
) -> None:
    damaged, whole, run = _damage(recipe, corpus), Run(tmp_path / "whole"), Run(tmp_path / "run")
    train(recipe, corpus, whole.folder, device="cpu", leave_out_damaged=True)
    train_and_stop(run, recipe, corpus, 4, leave_out_damaged=True)
    for clip in damaged:
        shutil.copy(tone_corpus / clip.path.relative_to(tmp_path / "tones"), clip.path)
    moved = read_corpus((tmp_path / "tones").rename(tmp_path / "moved"))
    outcome = train(recipe, moved, run.folder, device="cpu", resume=True)
    assert len(outcome.left_out) == 4
    assert story(run) == story(whole)


def test_a_training_that_began_whole_does_not_go_on_without_a_clip(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    run, (clip, *_) = Run(tmp_path / "run"), _of_parts(recipe, corpus)
    train(recipe, corpus, run.folder, device="cpu")
    before = run.events.read_bytes()
    content = clip.path.read_bytes()
    options = {"device": "cpu", "resume": True, "leave_out_damaged": True}
    clip.path.unlink()
    with pytest.raises(AudioError, match="1 of 72 clips cannot be read any more: There is no file"):
        train(recipe, corpus, run.folder, **options)
    clip.path.write_bytes(content[:1000])
    with pytest.raises(AudioError, match=f"cannot be read any more: {clip.path} is truncated"):
        train(recipe, corpus, run.folder, **options)
    clip.path.write_bytes(b"")
    with pytest.raises(AudioError, match=f"cannot be read any more: {clip.path} is empty"):
        train(recipe, corpus, run.folder, **options)
    assert run.events.read_bytes() == before


@pytest.mark.parametrize("tells", ["state", "events of an older version"])
def test_a_clip_that_was_left_out_may_be_removed(
    tmp_path: Path, recipe: Recipe, corpus: Corpus, tells: str
) -> None:
    damaged, whole, run = _damage(recipe, corpus), Run(tmp_path / "whole"), Run(tmp_path / "run")
    train(recipe, corpus, whole.folder, device="cpu", leave_out_damaged=True)
    train_and_stop(run, recipe, corpus, 4, leave_out_damaged=True)
    if tells == "state":
        run.events.unlink()
    else:
        _forget_left_out(run)
    for clip in damaged[:2]:
        clip.path.unlink()
    moved = read_corpus((tmp_path / "tones").rename(tmp_path / "moved"))
    outcome = train(recipe, moved, run.folder, device="cpu", resume=True)
    assert outcome.left_out == tuple(str(clip.path) for clip in damaged)
    assert story(run)[-3:] == story(whole)[-3:]
    assert run.best.read_bytes() == whole.best.read_bytes()


def _forget_left_out(run: Run) -> None:
    """Make a state of it that says nothing of what was left out, and events without classes."""
    tensors = load_file(run.state)
    with safe_open(run.state, framework="pt") as file:
        about = {k: v for k, v in file.metadata().items() if k != "left_out"}
    save_file(tensors, run.state, about)
    events = run.read_events()
    for one in events[0]["left_out"]:
        del one["label"]
    run.events.write_text("".join(json.dumps(event) + "\n" for event in events))


def test_a_damaged_clip_of_another_name_is_another(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    damaged, run = _damage(recipe, corpus), Run(tmp_path / "run")
    train(recipe, corpus, run.folder, device="cpu", leave_out_damaged=True)
    damaged[1].path.rename(damaged[1].path.with_name("other.wav"))
    with pytest.raises(AudioError, match=r"cannot be read any more: .*other\.wav is truncated"):
        train(recipe, read_corpus(tmp_path / "tones"), run.folder, device="cpu", resume=True)


def test_killed_before_anything_was_saved_it_may_still_leave_clips_out(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    run, killed, damaged = Run(tmp_path / "run"), SystemExit(), _of_parts(recipe, corpus)
    damaged[0].path.write_bytes(b"")

    def kill(event: Event) -> None:
        if event["event"] == "step":
            raise killed

    options = {"device": "cpu", "leave_out_damaged": True}
    with pytest.raises(SystemExit):
        train(recipe, corpus, run.folder, on_event=kill, **options)
    assert not run.state.exists()
    damaged[1].path.write_bytes(b"")
    outcome = train(recipe, corpus, run.folder, resume=True, **options)
    assert outcome.left_out == tuple(str(clip.path) for clip in damaged[:2])
    (started,) = (e for e in run.read_events() if e["event"] == "started")
    assert started["clips"] == len(plan_training(recipe, corpus).clips.files) - 1
    assert train(recipe, corpus, run.folder, resume=True, **options).as_dict() == outcome.as_dict()


def test_maps_of_clips_that_are_only_measured_by_are_not_kept_for_nobody(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    plan = plan_training(recipe, corpus)
    train(recipe.override(["episodes=1"]), corpus, tmp_path / "run", device="cpu")
    indices = logmel_cache.cache_folder().glob("*.json")
    kept = sorted(len(json.loads(index.read_text())["shapes"]) for index in indices)
    assert kept[0] == 3, "a line-up of two classes"
    assert kept[1] <= 2 * 3
    assert kept[2:] == [len(plan.clips.files)]


def test_a_class_that_is_left_with_too_few_clips_is_named(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    heard = plan_training(recipe, corpus).split.train[2]
    first, *others = corpus.select([heard]).clips
    for clip in others[:-1]:
        clip.path.write_bytes(b"")
    options = {"device": "cpu", "leave_out_damaged": True}
    with pytest.raises(ParameterError, match=f"Class '{heard}' has 2 separate recordings; 2 posit"):
        train(recipe, corpus, tmp_path / "run", **options)
    for clip in (first, others[-1]):
        clip.path.write_bytes(b"")
    with pytest.raises(CorpusError, match=f"Of class '{heard}' no clip can be read; restore"):
        train(recipe, corpus, tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_a_clip_that_was_damaged_for_a_moment_only_is_read_again(
    tmp_path: Path, recipe: Recipe, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = ClipFile.read

    def fails(self: ClipFile, *arguments: object, **options: object) -> object:
        if self.path.name == "take3.wav":
            raise AudioError(f"{self.path} cannot be opened: too many open files.")
        return read(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(ClipFile, "read", fails)
        with pytest.raises(AudioError, match=r"9 of 72 clips cannot be read: .* too many open fi"):
            train(recipe, corpus, tmp_path / "run", device="cpu")
    outcome = train(recipe, corpus, tmp_path / "run", device="cpu")
    assert outcome.left_out == ()


def test_who_evaluates_is_told_of_what_a_training_left_out(
    tmp_path: Path, recipe: Recipe, corpus: Corpus, tiny_net
) -> None:
    (_, clip, *_) = _of_parts(recipe, corpus)
    clip.path.write_bytes(b"")
    with suppress(AudioError):
        train(recipe, corpus, tmp_path / "run", device="cpu")
    for kept in (True, False):
        with pytest.raises(AudioError, match=f"{clip.path} is empty"):
            embed_corpus(tiny_net, plan_training(recipe, corpus).validation)
        for file in logmel_cache.cache_folder().iterdir():
            assert kept
            file.unlink()


def test_the_command_line_leaves_out_and_says_so(
    tmp_path: Path, recipe: Recipe, corpus: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged, file = _damage(recipe, corpus), tmp_path / "recipe.toml"
    file.write_text(recipe.to_toml())
    command = ["train", "--recipe", str(file), "--data", str(tmp_path / "tones"), "--device", "cpu"]
    command += ["--out", str(tmp_path / "run"), "--json"]
    damaged[3].path.with_suffix(".gone").unlink()  # and so it is no clip
    assert main(command) == 2
    said = capsys.readouterr().err
    assert "earwitness: 3 of 71 clips cannot be read: " in said
    assert "('earwitness data check' lists all), or leave them out with --leave-out-damaged" in said
    assert main([*command, "--estimate"]) == 2
    assert main([*command, "--estimate", "--leave-out-damaged"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["event"] == "estimate"
    assert main([*command, "--leave-out-damaged"]) == 0
    said = capsys.readouterr()
    assert "Note: 3 of 71 clips could not be read and stay left out: " in said.err
    finished = json.loads(said.out.splitlines()[-1])
    assert (finished["event"], len(finished["left_out"])) == ("finished", 3)

"""A run's folder: torn lines, stale locks, broken files, and which training may begin in it."""

import os
from pathlib import Path

import pytest
from torch import nn
from torch.optim import Adam

from siamese_core.callbacks import ignore, never, progress
from siamese_core.corpus import Split
from siamese_core.errors import TrainingError
from siamese_core.files import unfinished, writing
from siamese_core.lock import hold
from siamese_core.recipes import Recipe
from siamese_core.training.resumption import resumption_of
from siamese_core.training.run import Run
from siamese_core.training.run_progress import RunProgress
from siamese_core.training.training_state import TrainingState, save_state


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.append({"event": "step", "step": 1})
    with run.events.open("a") as file:
        file.write('{"event": "step", "st')
    assert run.read_events() == [{"event": "step", "step": 1}]
    run.rewind(1, validated=0)
    assert run.events.read_text() == '{"event": "step", "step": 1}\n'


def test_a_line_that_is_not_an_event_is_left_out(tmp_path: Path) -> None:
    Run(tmp_path).events.write_text('5\n{"event": "started"}\n[1]\n')
    assert Run(tmp_path).read_events() == [{"event": "started"}]


def test_events_after_the_saved_step_are_dropped(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for step in range(5):
        run.append({"event": "step", "step": step})
    run.rewind(2, validated=2)
    assert [e["step"] for e in run.read_events()] == [0, 1, 2]


def test_a_validation_that_the_state_does_not_know_and_the_end_are_dropped(tmp_path: Path) -> None:
    run = Run(tmp_path)
    told = [("validation", 2), ("step", 4), ("validation", 4), ("finished", 4)]
    for kind, step in told:
        run.append({"event": kind, "step": step})
    run.rewind(4, validated=2)
    assert [(e["event"], e["step"]) for e in run.read_events()] == told[:2]


def test_what_a_killed_training_left_unfinished_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".earwitness-ab_12xyz.safetensors").write_bytes(b"half")
    (tmp_path / ".earwitness-ab_12xyz").write_bytes(b"half")
    theirs = {".gitignore", ".earwitness-x", ".earwitness-setup.toml", "x.earwitness-ab_12xyz"}
    for name in theirs:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".earwitness-a_folder").mkdir()
    with Run(tmp_path).lock():
        names = {path.name for path in tmp_path.iterdir()}
    assert names == {"lock", ".earwitness-a_folder", *theirs}
    assert not any(Run(tmp_path).wrote(tmp_path / name) for name in theirs)


def test_what_is_being_written_has_a_name_that_is_known(tmp_path: Path) -> None:
    for name in ("last.safetensors", "recipe.toml", "stop"):
        with writing(tmp_path / name) as temporary:
            assert unfinished(tmp_path) == [temporary]
            assert Run(tmp_path).wrote(temporary)


def test_maps_that_were_kept_in_the_folder_are_its_own_and_go_with_it(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.log_mels.mkdir()
    for name in ("a.npy", "a.json", "a.lock", ".earwitness-b.npy"):
        (run.log_mels / name).write_bytes(b"map")
    assert run.wrote(run.log_mels)
    (run.log_mels / "thesis.tex").write_text("years")
    assert not run.wrote(run.log_mels)
    (run.log_mels / "thesis.tex").unlink()
    run.remove(run.log_mels)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_refused_is_left_as_it_is(tmp_path: Path, tiny_recipe: Recipe) -> None:
    run, names = Run(tmp_path), ("events.jsonl", "progress.jsonl", "stop")
    for name in names:
        (tmp_path / name).write_text("theirs")
    with (
        pytest.raises(TrainingError, match="holds a training already"),
        run.lock(lambda: run.check(tiny_recipe, resume=False)),
    ):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def _begun(folder: Path) -> Run:
    """A run with a state that an older version saved."""
    net = nn.Linear(1, 1)
    save_state(Run(folder).state, net, nn.Identity(), Adam(net.parameters()), TrainingState())
    return Run(folder)


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ({}, r"left_out is \{\}; give"),
        (["a.wav"], r"left_out\.0 is 'a\.wav'; give"),
        ([{"place": -1, "path": "a.wav", "reason": "is empty"}], r"left_out\.0\.place is -1; give"),
        ([{"place": 1, "path": "a.wav"}], r"'left_out\.0\.reason' is missing; give"),
    ],
)
def test_what_was_left_out_is_read_whole_or_said_to_be_damaged(
    tmp_path: Path, left_out: object, words: str
) -> None:
    run = _begun(tmp_path)
    run.append({"event": "started", "left_out": left_out})
    with pytest.raises(TrainingError, match=rf"events\.jsonl is damaged: {words}"):
        resumption_of(run)


@pytest.mark.parametrize("split", [{"train": 5}, {"train": [[1]]}, {"train": [5, "a"]}, [1]])
def test_a_damaged_beginning_is_not_held_against_a_resumed_training(
    tmp_path: Path, split: object
) -> None:
    run = _begun(tmp_path)
    run.events.write_text("[" * 100_000 + "\n")
    run.append({"event": "started", "split": split})
    past = resumption_of(run)
    past.check_clips(Split(("a",), (), ()), 3)
    assert past.left_out == ()


def test_a_lock_of_a_dead_process_holds_nobody_off(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text('{"pid": 1, "started": 0}')
    with Run(tmp_path).lock():
        assert (tmp_path / "lock").exists()
    assert not (tmp_path / "lock").exists()


def test_a_living_owner_is_named(tmp_path: Path) -> None:
    with (
        Run(tmp_path).lock(),
        pytest.raises(TrainingError, match=f"in use by process {os.getpid()}"),
        Run(tmp_path).lock(),
    ):
        pass
    assert not (tmp_path / "lock").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="file cannot be used: "), Run(tmp_path / "file").lock():
        pass


def test_a_folder_in_which_nothing_was_begun_is_taken_away(tmp_path: Path) -> None:
    with Run(tmp_path / "new").lock():
        pass
    assert not (tmp_path / "new").exists()


def test_a_recipe_alone_is_no_training_yet(tmp_path: Path, tiny_recipe: Recipe) -> None:
    run = Run(tmp_path)
    run.begin(tiny_recipe)
    run.check(tiny_recipe.override(["pos=1"]), resume=False)
    run.check(tiny_recipe, resume=True)
    run.append({"event": "started"})
    with pytest.raises(TrainingError, match="holds a training already"):
        run.check(tiny_recipe, resume=False)


@pytest.mark.parametrize(
    "name", ["recipe.toml", "report.json", "curves.png", "stop", "progress.jsonl"]
)
def test_another_ones_files_are_not_replaced(
    tmp_path: Path, tiny_recipe: Recipe, name: str
) -> None:
    run, text = Run(tmp_path), f"# by hand\n{tiny_recipe.to_toml()}"
    (tmp_path / name).write_text(text)
    with (
        pytest.raises(TrainingError, match=f"already holds another {name}; name another folder"),
        run.lock(lambda: run.check(tiny_recipe, resume=False)),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == text


def test_another_ones_lock_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("a note")
    with (
        pytest.raises(TrainingError, match="cannot be used: lock is another program's file"),
        Run(tmp_path).lock(),
    ):
        pass
    assert (tmp_path / "lock").read_text() == "a note"


@pytest.mark.parametrize("kept", [0, 9, 40, 400])
def test_what_a_killed_training_noted_holds_no_other_off(
    tmp_path: Path, tiny_recipe: Recipe, kept: int
) -> None:
    run = Run(tmp_path)
    tell = RunProgress(run, ignore)
    progress(tell, never, "Reading clips", 1, 3)
    run.progress.write_bytes(run.progress.read_bytes()[:kept])
    with run.lock(lambda: run.check(tiny_recipe, resume=False)):
        assert not run.progress.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("pos=1", "trained with pos = 2, not 1; resume with its own"),
        ("encoder.dense=16", r"trained with encoder\.dense = 8, not 16"),
        ("classes=3", "trained with classes = nothing, not 3"),
    ],
)
def test_resuming_with_another_recipe_names_what_differs(
    tmp_path: Path, tiny_recipe: Recipe, change: str, words: str
) -> None:
    Run(tmp_path).begin(tiny_recipe)
    with pytest.raises(TrainingError, match=words):
        Run(tmp_path).check(tiny_recipe.override([change]), resume=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe", "is not text"), (b"pos = ", "cannot be used"), (b"pos = 0", "cannot be used")],
)
def test_a_broken_recipe_is_named(
    tmp_path: Path, tiny_recipe: Recipe, content: bytes, words: str
) -> None:
    Run(tmp_path).recipe.write_bytes(content)
    with pytest.raises(TrainingError, match=rf"recipe\.toml {words}"):
        Run(tmp_path).check(tiny_recipe, resume=True)


def test_events_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    Run(tmp_path).events.write_bytes(b"\xff\xfe")
    with pytest.raises(TrainingError, match=r"events\.jsonl is not text"):
        Run(tmp_path).read_events()
    Run(tmp_path).events.unlink()
    Run(tmp_path).events.mkdir()
    with pytest.raises(TrainingError, match=r"events\.jsonl cannot be read: is a directory"):
        Run(tmp_path).read_events()


def test_events_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    Run(tmp_path).events.mkdir()
    with pytest.raises(TrainingError, match=r"events\.jsonl cannot be written: is a directory"):
        Run(tmp_path).append({"event": "step"})


def test_a_stop_that_a_starting_process_was_asked_is_not_forgotten(tmp_path: Path) -> None:
    run = Run(tmp_path)
    with run.words.open("ab") as words:
        hold(words.fileno())
        assert not run.is_taken
        run.ask_to_stop()
        with run.lock():
            assert run.is_taken
            assert run.stop_asked()
    assert not run.stop_asked()


def test_of_many_words_the_last_whole_lines_are_read(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert run.read_words() == ""
    run.words.write_text("few\nwords")
    assert run.read_words() == "few\nwords"
    line = "UserWarning: ä\n"
    run.words.write_text("first\n" + line * 100_000, encoding="utf-8")
    read = run.read_words()
    assert len(read) < 1 << 16
    assert set(read.splitlines(keepends=True)) == {line}

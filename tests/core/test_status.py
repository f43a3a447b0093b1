"""What has become of a training, told from its folder alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from siamese_core.callbacks import ignore
from siamese_core.launch import Launch, load_launch
from siamese_core.lock import hold, is_held
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from siamese_core.training.run_progress import RunProgress
from siamese_core.training.status import Status, ending, status_of


@pytest.fixture
def run(tmp_path: Path, tiny_recipe: Recipe) -> Run:
    run = Run(tmp_path / "run")
    run.folder.mkdir()
    run.begin(tiny_recipe)
    return run


def test_held_means_running_and_a_stop_that_was_asked_is_told(run: Run) -> None:
    run.append({"event": "step", "step": 7})
    with run.lock():
        assert status_of(run) == Status("running", "", 7)
        run.ask_to_stop()
        assert status_of(run).sentence == "It stops after its present step."
    assert not run.stop_asked(), "consumed with the training that it was for"
    assert status_of(run).state == "stopped"


def test_how_far_it_is_is_told_while_it_runs(run: Run) -> None:
    with run.lock():
        tell = RunProgress(run, ignore)
        tell({"event": "progress", "what": "Reading clips", "done": 1200, "total": 30000})
        tell({"event": "notice", "sentence": "No room."})
        assert status_of(run) == Status("running", "", 0, "Reading clips: 1,200 of 30,000")
        run.ask_to_stop()
        assert status_of(run).sentence == "It is stopping."
        tell({"event": "started"})
        assert status_of(run).progress == "", "the steps have begun"
        tell({"event": "progress", "what": "Embedding", "done": 1, "total": 2})
    assert not run.progress.exists(), "it goes with the process"
    assert status_of(run).progress == ""


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"what": 1, "done": 2, "total": 3}', '{"what": "x"}', "\0\xff{"]
)
def test_progress_that_is_torn_or_foreign_is_not_told(run: Run, content: str) -> None:
    with run.lock():
        run.progress.write_text(content)
        assert status_of(run) == Status("running")


def test_a_stop_of_another_day_stops_nothing(run: Run) -> None:
    run.ask_to_stop()
    with run.lock():
        assert not run.stop_asked()


def test_a_child_that_inherits_the_words_holds_the_run_until_it_ends(run: Run) -> None:
    with run.words.open("ab") as words:
        hold(words.fileno())
        command = [sys.executable, "-c", "input()"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=words)
    assert is_held(run.words)
    assert status_of(run).state == "running"
    assert child.stdin is not None
    child.stdin.close()
    child.wait()
    assert not is_held(run.words)


@pytest.mark.parametrize(
    ("words", "state", "sentence"),
    [
        ("earwitness: The loss became nan.\n", "failed", "The loss became nan."),
        ("Note: x\nearwitness: Training was cancelled.\n", "stopped", "It stopped at step 4."),
        ("", "failed", "It ended without a word (killed?) at step 4."),
        ("Note: few classes.\n", "failed", "It ended without a word (killed?) at step 4."),
        (
            'Traceback (most recent call last):\n  File "x"\nKeyError: 5\n',
            "failed",
            "Something unexpected happened: KeyError: 5.",
        ),
    ],
)
def test_what_ended_says_why(run: Run, words: str, state: str, sentence: str) -> None:
    run.append({"event": "step", "step": 4})
    run.words.write_text(words)
    assert status_of(run) == Status(state, sentence, 4)  # type: ignore[arg-type]
    assert status_of(run).can_resume


def test_without_words_it_was_stopped_in_a_terminal(run: Run) -> None:
    assert status_of(run) == Status("stopped", "It stopped before its first step.")


def test_done_and_queued(run: Run) -> None:
    Launch(data=("x",), device="cpu", waiting=True).save(run.launch)
    status = status_of(run)
    assert (status.state, status.sentence) == ("queued", "It waits until the CPU is free.")
    run.append({"event": "finished", "step": 20})
    assert status_of(run) == Status("done", "", 20)
    assert not status_of(run).can_resume


def test_one_that_is_done_waits_to_be_trained_longer_or_says_why_it_was_not(run: Run) -> None:
    run.append({"event": "finished", "step": 20})
    launch = Launch(data=("x",), device="cpu", more=("steps=40",), waiting=True)
    launch.save(run.launch)
    words = "It waits until the CPU is free, and is trained longer then."
    assert status_of(run) == Status("queued", words, 20)
    launch.model_copy(update={"waiting": False}).save(run.launch)
    run.words.write_text("earwitness: Training was cancelled.\n")
    assert status_of(run) == Status("done", "", 20)
    run.words.write_text("earwitness: There is no folder x.\n")
    assert status_of(run) == Status("done", "There is no folder x.", 20)


@pytest.mark.parametrize("name", ["recipe.toml", "job.json", "events.jsonl", "stderr.txt"])
def test_a_corrupt_folder_is_broken_and_says_where(run: Run, name: str) -> None:
    (run.folder / name).unlink(missing_ok=True)
    (run.folder / name).mkdir()
    status = status_of(run)
    assert status.state == "broken"
    assert name in status.sentence


@pytest.mark.parametrize(
    "text", ["[" * 60_000, '{"a":' * 60_000, "a = " + "[" * 20_000, "9" * 5_000]
)
@pytest.mark.parametrize("name", ["recipe.toml", "job.json", "events.jsonl", "progress.jsonl"])
def test_whatever_its_files_hold_is_told_and_raises_nothing(run: Run, name: str, text: str) -> None:
    (run.folder / name).write_text(text)
    status = status_of(run)
    assert status.state == ("broken" if name in ("recipe.toml", "job.json") else "stopped")
    assert (name in status.sentence) == (status.state == "broken")
    (run.folder / name).write_text(text)
    with run.lock():
        (run.folder / name).write_text(text)
        assert status_of(run).state == "running"


@pytest.mark.parametrize("lost", ["recipe.toml", "job.json", "events.jsonl"])
def test_a_held_run_runs_whatever_became_of_its_files(run: Run, lost: str) -> None:
    run.append({"event": "step", "step": 7})
    with run.lock():
        (run.folder / lost).unlink(missing_ok=True)
        (run.folder / lost).mkdir()
        status = status_of(run)
        assert (status.state, status.step) == ("running", 0 if lost == "events.jsonl" else 7)
        assert ("recipe.toml cannot be read" in status.sentence) == (lost == "recipe.toml")
    assert status_of(run).state == "broken"


def test_a_held_run_without_a_recipe_still_says_that_it_stops(run: Run) -> None:
    with run.lock():
        run.recipe.unlink()
        run.ask_to_stop()
        sentence = status_of(run).sentence
    assert sentence.startswith("It stops after its present step. ")
    assert "recipe.toml" in sentence


def test_a_fault_is_told_though_it_was_asked_to_stop(run: Run) -> None:
    run.words.write_text("earwitness: There is no folder /gone.\n")
    run.ask_to_stop()
    assert status_of(run) == Status("failed", "There is no folder /gone.")


def test_what_was_killed_after_it_was_asked_to_stop_has_stopped(run: Run) -> None:
    run.words.write_text("")
    run.ask_to_stop()
    assert status_of(run).state == "stopped"


@pytest.mark.parametrize("content", ["[]", "{", '{"data": 5}', '{"data": [], "device": "cpu"}'])
def test_a_corrupt_launch_is_broken(run: Run, content: str) -> None:
    run.launch.write_text(content)
    assert status_of(run).state == "broken"
    assert "job.json" in status_of(run).sentence


def test_a_launch_comes_back(tmp_path: Path) -> None:
    launch = Launch(
        data=("a", "b"),
        device="cuda:1",
        layout="esc10",
        leave_out_damaged=True,
        waiting=True,
        asked=5.0,
    )
    launch.save(tmp_path / "job.json")
    assert load_launch(tmp_path / "job.json") == launch
    assert load_launch(tmp_path / "none.json") is None


def test_the_last_sentence_counts() -> None:
    assert ending("earwitness: first.\nnoise\nearwitness: second.\n") == "second."
    assert ending("Warning: something\n") is None

"""A training process that runs out of memory says so in a sentence, and is resumed to the end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from siamese_core.checkpoint import load_checkpoint
from siamese_core.cli import main
from siamese_core.files import write_text
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from siamese_core.training.status import status_of

STEP = 13
"""The step that finds no memory; steps are validated at 10 and 20."""

HUNGRY = f"""
import sys
import torch
from siamese_core.cli import main
from siamese_core.training.objectives import Objective

forward, calls = Objective.forward, 0

def hungry(self, *arguments):
    global calls
    calls += 1
    if calls == {STEP}:
        torch.empty(1 << 60, dtype=torch.uint8)  # more than a processor of 64 bits can address
    return forward(self, *arguments)

Objective.forward = hungry
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def command(tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path) -> list[str]:
    write_text(tmp_path / "recipe.toml", tiny_recipe.to_toml())
    files = ["--recipe", str(tmp_path / "recipe.toml"), "--data", str(tone_corpus)]
    return ["train", *files, "--out", str(tmp_path / "run"), "--device", "cpu"]


def test_a_process_without_memory_says_so_keeps_the_best_and_is_resumed(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(tmp_path / "run")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run.folder.mkdir()
    with run.words.open("w") as words:  # as the window starts it
        child = subprocess.run(
            [sys.executable, "-c", HUNGRY, *command], stderr=words, text=True, env=environment
        )
    said = run.words.read_text()
    assert child.returncode == 2, said
    assert len(said.splitlines()) == 1, said
    assert said == f"earwitness: {status_of(run).sentence}\n"
    assert f"cpu ran out of memory at step {STEP}; lower 'classes' or 'pos'." in said
    assert str(run.best) in said
    assert status_of(run).can_resume
    assert not run.is_held
    assert load_checkpoint(run.best)[1].step == 10
    assert _steps(run) == list(range(1, STEP))
    assert main([*command, "--resume"]) == 0
    assert "Ended after step 20" in capsys.readouterr().out
    assert _steps(run) == list(range(1, 21)), "each step is told once"
    assert status_of(run).state == "done"


def _steps(run: Run) -> list[object]:
    return [event["step"] for event in run.read_events() if event["event"] == "step"]

"""The states that trainings and the dialog that starts them can be in, from made-up run folders."""

import json
import math
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from app.main_window import MainWindow
from siamese_core.demo import bundled_model
from siamese_core.launch import Launch
from siamese_core.recipes import load_recipe
from siamese_core.training.run import Run
from tests.app.window_states import State, settle, wait, write_hums

_EVERY = 50
"""Steps between two validations."""
_FAULT = (
    "earwitness: The loss is not a number at step 640; lower the learning rate of 0.01 or "
    "check the corpus for silent clips.\n"
)


def training_states(window: MainWindow, folder: Path) -> Iterator[State]:
    """Lead the window through its trainings; ``folder`` is where runs go."""
    train = window.train
    window.pages.setCurrentWidget(train)
    settle(window)
    yield "11-train-empty", window
    with ExitStack() as held:
        write_run(folder / "voice-1", 1200, "done")
        write_run(folder / "voice-2", 640, "failed")
        write_run(folder / "voice-3", 310, "running")
        held.enter_context(Run(folder / "voice-3").lock())
        write_run(folder / "a-run-with-quite-a-long-name-of-its-own-4", 0, "queued")
        wait(lambda: window.jobs.look() or len(window.jobs.all) == 4)
        for job in sorted(window.jobs.all, key=lambda job: job.run.folder.name[::-1]):
            if job.status.state != "queued":
                train.select(job)
                wait(lambda job=job: job.curves.steps[-1:] == [job.status.step])  # type: ignore[misc]
                settle(window)
                yield f"12-train-{job.status.state}", window
        queued = next(job for job in window.jobs.all if job.launch and job.launch.waiting)
        train.select(queued)
        settle(window)
        yield "12-train-queued", window
        yield from _renaming(window)
        yield from _dialog(window, folder.parent)


def _renaming(window: MainWindow) -> Iterator[State]:
    train = window.train
    train.select(next(job for job in window.jobs.all if job.status.state == "done"))
    train.run_actions.menu.popup(train.list.mapToGlobal(train.list.rect().center()))
    settle(window)
    yield "12-train-menu", train.run_actions.menu
    train.run_actions.menu.close()
    train.run_actions.rename.trigger()
    dialog = train.run_actions.dialog
    assert dialog is not None
    dialog.field.setText("voice-2")
    settle(window)
    yield "12-train-rename", dialog
    dialog.reject()
    yield from _longer(window)


def _longer(window: MainWindow) -> Iterator[State]:
    """Ask for fewer steps than a training took, whose schedule would allow more."""
    train = window.train
    job = train.view.job
    assert job is not None
    assert job.recipe is not None
    job.recipe = job.recipe.override(["schedule=fixed"])
    job.run.begin(job.recipe)
    job.run.state.touch()
    job.changed.emit()
    train.view.longer.click()
    dialog = train.run_actions.steps_dialog
    assert dialog is not None
    dialog.form._editors["steps"].set(800)
    dialog.form._tell()
    settle(window)
    yield "12-train-longer", dialog
    dialog.reject()


def _dialog(window: MainWindow, folder: Path) -> Iterator[State]:
    window.train_model()
    dialog = window.train.dialog
    wait(dialog.isVisible)
    settle(window)
    yield "13-dialog-empty", dialog
    dialog.corpora.set_folders([write_hums(folder / "hums", 30, 8, seconds=1, rate=16_000)])
    settle(window)
    yield "13-dialog-ready", dialog
    dialog.form.draw()
    for name, value in (("steps", 0), ("ratio", "1:x"), ("classes", 1)):
        dialog.form._editors[name].set(value)
    dialog.form._tell()
    settle(window)
    yield "13-dialog-illegal", dialog
    dialog.gallery.choose("omniglot")
    settle(window)
    yield "13-dialog-unsuitable", dialog
    dialog.reject()


def write_run(folder: Path, steps: int, state: str) -> Run:
    """Write the folder of a training of ``steps`` steps that ended, or goes on, in a state."""
    run = Run(folder)
    folder.mkdir(parents=True)
    recipe = load_recipe("voice").override([f"steps={max(steps, 1200)}"])
    run.begin(recipe)
    Launch(data=("corpora/voices",), device="cpu", waiting=state == "queued").save(run.launch)
    if state == "queued":
        return run
    run.words.write_text(_FAULT if state == "failed" else "", encoding="utf-8")
    if state == "done":
        shutil.copy(bundled_model(), run.best)
    events = [{"event": "started", "device": "cpu", "split": {}, "step": 0, "clips": 2840}]
    events[0]["parameters"] = 1_164_289
    for step in range(1, steps + 1):
        events += _events(step)
    if state == "done":
        test = {"accuracy": _share(0.93), "ways": recipe.ways, "shots": recipe.shots}
        events.append({"event": "finished", "step": steps, "ended": "steps", "test": test})
    run.events.write_text("".join(f"{json.dumps(event)}\n" for event in events), encoding="utf-8")
    return run


def _events(step: int) -> Iterator[dict[str, object]]:
    """Tell of a step, and of a validation where it is time for one."""
    wave = math.sin(step * 12.9898) * 43758.5453 % 1 - 0.5
    learnt = 1 - math.exp(-step / 250)
    yield {
        "event": "step",
        "time": 0.4 * step,
        "step": step,
        "loss": 0.72 - 0.6 * learnt + 0.12 * wave,
        "accuracy": min(1.0, 0.5 + 0.47 * learnt + 0.08 * wave),
        "clips_per_second": 240.0,
        "memory": 1.2e9,
    }
    if step % _EVERY == 0:
        share = _share(0.25 + 0.68 * learnt + 0.03 * wave)
        best = {"best": share["mean"], "best_step": step}
        yield {"event": "validation", "step": step, "accuracy": share, **best}


def _share(mean: float) -> dict[str, float]:
    return {"mean": mean, "low": mean - 0.035, "high": min(1.0, mean + 0.035)}

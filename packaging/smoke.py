"""Try a frozen build as a colleague would whose machine has no Python.

Needs Xvfb, xwininfo, xdotool and ImageMagick's ``import`` for the window; says so where they lack.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSettings

from siamese_core.recipes import load_recipe

TOOLS = ("Xvfb", "xwininfo", "xdotool", "import")
SMALL = (
    "name=smoke",
    "steps=20",
    "evaluate_every=10",
    "episodes=20",
    "ways=2",
    "classes=2",
    "validation=2",
    "test=0",
)
"""The bundled recipe at a size that ends at once, on the four bundled voices."""
PATIENCE = 120.0
"""Seconds to wait for a window or a job before it counts as failed."""


def try_out(folder: Path, out: Path) -> None:
    """Run every trial; ends the process with a sentence at the first that fails."""
    program = (folder / "earwitness").resolve()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as home:
        environment = bare(Path(home))
        explains_like_the_source(program, out.resolve(), environment)
        if lacking := [tool for tool in TOOLS if not shutil.which(tool)]:
            fail(f"The window was not tried: {', '.join(lacking)} must be installed")
        with display() as number:
            shown = environment | {"DISPLAY": number}
            opens_a_window(program, out.resolve(), shown)
            trains_from_its_dialog(program, out.resolve(), Path(home), shown)
    print(f"The frozen build passed; its pictures are in {out}.")


def bare(home: Path) -> dict[str, str]:
    """Return an environment in which no Python can be found."""
    (home / "bin").mkdir()
    return {"HOME": str(home), "PATH": str(home / "bin"), "LANG": "C.UTF-8"}


def explains_like_the_source(program: Path, out: Path, environment: dict[str, str]) -> None:
    """Compare the bundled explanation with that of the Python which built it."""
    frozen = explain([str(program)], out / "frozen", environment)
    source = explain([sys.executable, "-m", "app"], out / "source", dict(os.environ))
    for a, b in zip(frozen["support"], source["support"], strict=True):
        check(abs(a["logit"] - b["logit"]) < 1e-4, f"{a['label']}: {a['logit']}, {b['logit']}")
    with (
        np.load(out / "frozen" / "explanation.npz", allow_pickle=False) as ours,
        np.load(out / "source" / "explanation.npz", allow_pickle=False) as theirs,
    ):
        worst = float(np.abs(ours["maps"] - theirs["maps"]).max())
    check(worst < 1e-3, f"the maps differ by {worst}")
    print(f"explain: the same logits and maps as the source (largest difference {worst:.1e})")


def explain(command: list[str], out: Path, environment: dict[str, str]) -> dict:
    """Explain the bundled line-up and return what went to stdout."""
    began = time.monotonic()
    done = subprocess.run(
        [*command, "explain", "--device", "cpu", "--json", "--out", str(out)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=PATIENCE,
    )
    check(done.returncode == 0, f"explain ended with {done.returncode}: {done.stderr}")
    print(f"explain: {time.monotonic() - began:.1f} s by {Path(command[0]).name}")
    return json.loads(done.stdout.strip().splitlines()[-1])


@contextmanager
def display() -> Iterator[str]:
    """Run an X server without a screen."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def window(
    program: Path, log: Path, environment: dict[str, str]
) -> Iterator[tuple[subprocess.Popen, str]]:
    """Open the window for a while; in the end it must close when asked, and have said no fault."""
    began = time.monotonic()
    with log.open("w") as words:
        opened = subprocess.Popen([str(program)], env=environment, stderr=words, stdout=words)
        try:
            number = find_window(environment, opened, "Earwitness")
            print(f"window: on screen after {time.monotonic() - began:.1f} s")
            wait(lambda: steady(environment, number, log.parent), "the window did not come to rest")
            yield opened, number
            press(environment, number, "ctrl+q")
            check(opened.wait(PATIENCE) == 0, f"the window ended with {opened.returncode}")
        finally:
            opened.kill()
    check("Traceback" not in log.read_text(), f"the window complained; see {log}")


def opens_a_window(program: Path, out: Path, environment: dict[str, str]) -> None:
    """Photograph the window with the bundled line-up scored, and when it is asked to play.

    Where there is no sound output it says so and stays; it finds the PortAudio that it brings.
    """
    with window(program, out / "window.log", environment) as (opened, number):
        photograph(environment, number, out / "window.png")
        press(environment, number, "ctrl+space")
        wait(lambda: steady(environment, number, out), "the window did not come to rest")
        photograph(environment, number, out / "playback.png")
        check(opened.poll() is None, "the window did not survive being asked to play")
        mapped = Path("/proc", str(opened.pid), "maps").read_text()
        for own in (program.parent / "_internal").glob("libportaudio.so*"):
            check(str(own) in mapped, f"{own} is not used")
    print("playback: asked for, and the window stayed")


def trains_from_its_dialog(
    program: Path, out: Path, home: Path, environment: dict[str, str]
) -> None:
    """Start a training of 20 steps by the keyboard; its process must be this very program."""
    recipe = load_recipe("voice").override(SMALL)
    (home / "smoke.toml").write_text(recipe.to_toml(), encoding="utf-8")
    runs, demo = home / "runs", program.parent / "_internal" / "siamese_core" / "assets" / "demo"
    settings = QSettings(
        str(home / ".config" / "Earwitness" / "Earwitness.conf"), QSettings.Format.NativeFormat
    )
    settings.setValue("training_folders", json.dumps([str(demo)]))
    settings.setValue("runs_folder", json.dumps(str(runs)))
    settings.sync()
    with window(program, out / "training.log", environment) as (opened, number):
        press(environment, number, "ctrl+t")
        dialog = find_window(environment, opened, "Train model")
        press(environment, dialog, "alt+r")
        chooser = find_window(environment, opened, "Open a recipe")
        write(environment, chooser, str(home / "smoke.toml"))
        press(environment, chooser, "Return")
        wait(lambda: steady(environment, dialog, out), "the dialog did not come to rest")
        photograph(environment, dialog, out / "dialog.png")
        run_folder, windows = runs / "smoke-1", count_windows(environment)
        press(environment, dialog, "alt+s")

        def ended() -> bool:
            check(count_windows(environment) <= windows, "the training opened a window")
            return has_ended(run_folder, program)

        wait(ended, "the training did not end")
        wait(lambda: steady(environment, number, out), "the window did not come to rest")
        photograph(environment, number, out / "training.png")
    steps = [e["step"] for e in events(run_folder) if e["event"] == "step"]
    check(steps == list(range(1, 21)), f"the training told the steps {steps}")
    for name in ("best.safetensors", "curves.png", "curves.svg"):
        check((run_folder / name).exists(), f"the training left no {name}")
    print("train: 20 steps, started in the window's dialog")


def events(folder: Path) -> list[dict]:
    """Read what a training has told so far."""
    file = folder / "events.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def has_ended(folder: Path, program: Path) -> bool:
    """Look whether a training has ended; as long as it has not, who runs it."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            trains = b"train" in words and str(folder).encode() in words
            target = (process / "exe").resolve()
        except OSError:  # it ended meanwhile
            continue
        check(not trains or target == program, f"the training is run by {target}")
    return any(event["event"] == "finished" for event in events(folder))


def find_window(environment: dict[str, str], program: subprocess.Popen, title: str) -> str:
    """Wait for a window of the program to be seen, and return its number.

    Qt has windows of its own with the same title, which never are.
    """
    found: list[str] = []

    def look() -> bool:
        check(program.poll() is None, f"the program ended with {program.returncode}")
        tree = run("xwininfo", "-root", "-tree", env=environment)
        titled = [line.split()[0] for line in tree.splitlines() if f'"{title}"' in line]
        found[:] = [
            number
            for number in titled
            if "IsViewable" in run("xwininfo", "-id", number, env=environment)
        ]
        return bool(found)

    wait(look, f"no window '{title}' came")
    return found[0]


def count_windows(environment: dict[str, str]) -> int:
    """Count the windows with the program's title; its dialogs have others."""
    tree = run("xwininfo", "-root", "-tree", env=environment)
    return sum('"Earwitness"' in line for line in tree.splitlines())


def steady(environment: dict[str, str], number: str, out: Path) -> bool:
    """Tell whether the window looks the same for three seconds."""
    before = photograph(environment, number, out / "before.png")
    time.sleep(3)
    after = photograph(environment, number, out / "after.png")
    for name in ("before.png", "after.png"):
        (out / name).unlink()
    return before == after


def photograph(environment: dict[str, str], number: str, path: Path) -> bytes:
    """Write a picture of a window and return its pixels."""
    run("import", "-window", number, str(path), env=environment)
    return subprocess.run(["convert", str(path), "rgb:-"], capture_output=True).stdout


def press(environment: dict[str, str], number: str, *keys: str) -> None:
    """Press keys in a window."""
    run("xdotool", "windowfocus", "--sync", number, env=environment)
    for key in keys:
        run("xdotool", "key", "--clearmodifiers", key, env=environment)
        time.sleep(0.5)


def write(environment: dict[str, str], number: str, text: str) -> None:
    """Type text into a window."""
    run("xdotool", "windowfocus", "--sync", number, env=environment)
    run("xdotool", "type", "--clearmodifiers", text, env=environment)


def run(tool: str, *words: str, env: dict[str, str]) -> str:
    """Run one of the tools and return its output."""
    path = shutil.which(tool) or tool
    done = subprocess.run([path, *words], capture_output=True, text=True, env=env, timeout=60)
    return done.stdout


def wait(condition, sentence: str) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        check(time.monotonic() < end, sentence)
        time.sleep(0.1)


def check(holds: bool, sentence: str) -> None:
    """End the trial unless something holds."""
    if not holds:
        fail(sentence)


def fail(sentence: str) -> None:
    """End the trial with a sentence."""
    sys.exit(f"The frozen build failed: {sentence}.")
